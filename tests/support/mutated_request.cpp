#include "tests/support/mutated_request.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/json.h"
#include "policy/strict_json.h"
#include "tests/support/mutate_body.h"
#include "tests/support/request_templates.h"
#include "tests/support/spell.h"

namespace dockgate::tests {
namespace {

using policy::Json;

const RequestTemplate& some_template(Choices& choices) {
  std::size_t all = 0;
  for (const RequestTemplate& one : request_templates()) all += one.weight;
  std::size_t chosen = choices.below(all);
  for (const RequestTemplate& one : request_templates()) {
    if (chosen < one.weight) return one;
    chosen -= one.weight;
  }
  return request_templates().front();
}

void replace_all(std::string& text, std::string_view what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), with);
    at += with.size();
  }
}

// `#` is a number of its own, `@` the middle of an IPv4 address.
class Filling {
 public:
  explicit Filling(Choices& choices)
      : number_(std::to_string(choices.below(1U << 30U))),
        middle_(std::to_string(choices.below(256)) + "." + std::to_string(choices.below(256))) {}

  std::string fill(std::string_view text) const {
    std::string out(text);
    replace_all(out, "#", number_);
    replace_all(out, "@", middle_);
    return out;
  }

 private:
  std::string number_;
  std::string middle_;
};

Json parsed(const std::string& text) {
  auto value = policy::parse_json(text, "");
  return value ? std::move(*value) : Json();
}

// Puts a value at a path of keys, made where they are missing.
void put(Json& body, std::string_view path, Json value) {
  Json* object = &body;
  while (true) {
    const std::string_view key = path.substr(0, path.find('/'));
    Json* const found = object->find(key);
    Json& member = found != nullptr ? *found : object->add(key, Json::object());
    if (key.size() == path.size()) {
      member = std::move(value);
      return;
    }
    object = &member;
    path.remove_prefix(key.size() + 1);
  }
}

void put_some(std::span<const TemplateField> fields,
              std::size_t count,
              const Filling& filling,
              Choices& choices,
              Json& body) {
  if (fields.empty()) return;
  for (; count != 0; --count) {
    const TemplateField& field = choices.one_of(fields);
    put(body, field.at, parsed(filling.fill(field.value)));
  }
}

// One in three asks for something dangerous, and is then refused however it is spelled.
std::size_t how_dangerous(Choices& choices) { return choices.one_in(3) ? 1 + choices.below(2) : 0; }

// What surrounds or cuts the document.
void mutate_bytes(std::string& body, Choices& choices) {
  if (!choices.one_in(20)) return;
  switch (choices.below(8)) {
    case 0:
      body += "\r\n \t";
      return;
    case 1:
      body.insert(0, "\n\t ");
      return;
    case 2:
      body += R"({"HostConfig":{"Privileged":true}})";
      return;
    case 3:
      body.insert(0, "\xef\xbb\xbf");
      return;
    case 4:
      body.resize(choices.below(body.size() + 1));
      return;
    case 5:
      body.insert(choices.below(body.size() + 1), 1, static_cast<char>(choices.below(256)));
      return;
    case 6:
      body.insert(choices.below(body.size() + 1), 1, '\0');
      return;
    default:
      body.insert(choices.below(body.size() + 1), "\xc5\xbf");
  }
}

std::string json_body(const RequestTemplate& made_of, const Filling& filling, Choices& choices) {
  Json body = parsed(filling.fill(made_of.body));
  put_some(made_of.harmless, choices.below(7), filling, choices, body);
  put_some(made_of.dangerous, how_dangerous(choices), filling, choices, body);
  for (std::size_t count = choices.below(4); count != 0; --count) mutate_body(body, choices);
  std::string text = spelled_json(body, choices);
  mutate_bytes(text, choices);
  return text;
}

// A plain tar with one file: the Dockerfile. Its step tells what network and control group it has.
std::string build_context(const Filling& filling) {
  const std::string dockerfile = filling.fill(
      "FROM busybox:test\nENV made=#\n"
      "RUN echo net=$(readlink /proc/self/ns/net) cgroup=$(head -n 1 /proc/self/cgroup)\n");
  std::array<char, 512> head{};
  std::snprintf(head.data(), 100, "Dockerfile");
  std::snprintf(head.data() + 100, 8, "0000644");
  std::snprintf(head.data() + 108, 8, "0000000");
  std::snprintf(head.data() + 116, 8, "0000000");
  std::snprintf(head.data() + 124, 12, "%011zo", dockerfile.size());
  std::snprintf(head.data() + 136, 12, "00000000000");
  head[156] = '0';
  std::snprintf(head.data() + 257, 6, "ustar");
  head[263] = '0';
  head[264] = '0';
  std::fill_n(head.begin() + 148, 8, ' ');
  unsigned sum = 0;
  for (const char c : head) sum += static_cast<unsigned char>(c);
  std::snprintf(head.data() + 148, 8, "%06o", sum);
  std::string tar(head.data(), head.size());
  tar += dockerfile;
  tar.resize((tar.size() + 511) / 512 * 512 + 1024);
  return tar;
}

std::string version_prefix(Choices& choices) {
  constexpr std::string_view odd[] = {
      "/v1.23", "/v1.041", "/v1.41.0", "/v1.42", "/v1.99", "/V1.41", "/v1", "/v1%2e41", "//v1.41"};
  if (choices.one_in(16)) return std::string(choices.one_of(odd));
  const std::size_t minor = choices.below(20);
  return minor > 17 ? "" : "/v1." + std::to_string(41 - minor);
}

void mutate_path(std::string& path, Choices& choices) {
  if (!choices.one_in(16)) return;
  const std::size_t at = choices.below(path.size());
  switch (choices.below(6)) {
    case 0:
    case 1:
      path.replace(at, 1, spelled_parameter(path.substr(at, 1), choices));
      return;
    case 2:
      path += '/';
      return;
    case 3:
      path.insert(0, "/.");
      return;
    case 4:
      path.replace(path.find_last_of('/'), 1, "%2F");
      return;
    default:
      path.insert(0, "/");
  }
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

void add_some(std::span<const TemplateField> fields,
              std::size_t count,
              const Filling& filling,
              Choices& choices,
              Parameters& parameters) {
  if (fields.empty()) return;
  for (; count != 0; --count) {
    const TemplateField& field = choices.one_of(fields);
    parameters.emplace_back(field.at, filling.fill(field.value));
  }
}

void mutate_parameters(Parameters& parameters, Choices& choices) {
  if (!choices.one_in(6) || parameters.empty()) return;
  auto& [name, value] = choices.one_of(parameters);
  switch (choices.below(6)) {
    case 0:
      name = respelled_key(name, choices);
      return;
    case 1:
      value = respelled_option(value, choices);
      return;
    case 2:
      value = choices.one_of(telling_words());
      return;
    case 3:
      value.clear();
      return;
    case 4:
      parameters.emplace_back("foo", "");
      return;
    default: {
      const auto again = std::make_pair(name, std::string(choices.one_of(telling_words())));
      parameters.insert(parameters.begin() + (choices.one_in(2) ? 1 : 0), again);
    }
  }
}

std::string query(const RequestTemplate& made_of, const Filling& filling, Choices& choices) {
  Parameters parameters;
  if (made_of.body.empty() || choices.one_in(3)) {
    add_some(made_of.query, choices.below(3), filling, choices, parameters);
  }
  const bool dangerous = choices.one_in(made_of.body.empty() ? 3 : 12);
  add_some(made_of.dangerous_query, dangerous ? 1 : 0, filling, choices, parameters);
  mutate_parameters(parameters, choices);
  std::string text;
  for (const auto& [name, value] : parameters) {
    text += text.empty() ? "?" : choices.one_in(24) ? ";" : "&";
    text += spelled_parameter(name, choices) + "=" + spelled_parameter(value, choices);
  }
  return text;
}

}  // namespace

MutatedRequest mutated_request(Choices& choices) {
  const RequestTemplate& made_of = some_template(choices);
  const Filling filling(choices);
  std::string path(made_of.path);
  mutate_path(path, choices);
  std::string target = version_prefix(choices) + path + query(made_of, filling, choices);
  std::string body =
      made_of.body.empty() ? build_context(filling) : json_body(made_of, filling, choices);
  return {"POST", std::move(target), std::move(body)};
}

MutatedRequest mutated_request(std::uint64_t seed, std::uint64_t number) {
  Choices choices(seed * 0x9E3779B97F4A7C15U + number);
  return mutated_request(choices);
}

}  // namespace dockgate::tests
