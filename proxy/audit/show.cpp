#include "proxy/audit/show.h"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <iostream>
#include <thread>
#include <utility>

#include "policy/strict_json.h"
#include "proxy/audit/lines.h"
#include "proxy/audit/plain_text.h"

namespace dockgate::proxy::audit {
namespace {

using policy::Json;
using policy::string_or;

constexpr std::chrono::milliseconds look{200};
constexpr std::string_view normal = "\033[0m";

std::string_view colour_of(std::string_view verdict) {
  if (verdict == "refuse") return "\033[31m";
  if (verdict == "would_refuse") return "\033[33m";
  return verdict == "allow" ? "\033[32m" : "\033[2m";
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text + " ";
}

std::string text_of(const Json& value) {
  if (value.is(Json::Kind::string) || value.is(Json::Kind::number)) return plain(value.text);
  if (value.is(Json::Kind::boolean)) return value.boolean ? "yes" : "no";
  std::string out;
  for (const Json& item : value.items) out += (out.empty() ? "" : ",") + text_of(item);
  return out;
}

std::string text_in(const Json& record, std::string_view key) {
  const Json* const value = record.find(key);
  return value == nullptr ? "" : text_of(*value);
}

// `image=alpine bind_mounts=/a:/b:ro`
std::string asked_in(const Json& record) {
  const Json* const asked = record.find("asked");
  std::string out;
  if (asked == nullptr) return out;
  for (const policy::Member& member : asked->members) {
    out += " " + plain(member.key) + "=" + text_of(member.value);
  }
  return out;
}

std::string who_in(const Json& record) {
  const Json* const client = record.find("client");
  if (client == nullptr) return "-";
  const std::string name = text_in(*client, "name");
  std::string evidence = text_in(*client, "common_name");
  if (evidence.empty() && client->find("uid") != nullptr) {
    evidence = "uid " + text_in(*client, "uid");
  }
  if (evidence.empty()) evidence = text_in(*client, "address");
  return (name.empty() ? "nobody" : name) + (evidence.empty() ? "" : " (" + evidence + ")");
}

std::string how_it_ended(const Json& record) {
  if (record.find("status") == nullptr) return "";
  const auto microseconds = policy::integer_or_zero(record.find("duration_us"));
  std::string out =
      " " + text_in(record, "status") + " after " + std::to_string(microseconds / 1000) + " ms";
  const std::string in = text_in(record, "bytes_in");
  const std::string back = text_in(record, "bytes_out");
  if (in != "0" || back != "0") out += ", " + in + " bytes in, " + back + " out";
  if (const std::string made = text_in(record, "created"); !made.empty()) out += ", made " + made;
  const std::string ended = text_in(record, "ended");
  return ended == "complete" ? out : out + ", " + ended;
}

std::string request_line(const Json& record) {
  const std::string event = text_in(record, "event");
  std::string what = text_in(record, "operation");
  if (what.empty()) what = text_in(record, "method") + " " + text_in(record, "path");
  std::string out = padded(who_in(record), 20) + what;
  const std::string object = text_in(record, "object");
  if (!object.empty()) out += " " + object;
  if (event != "outcome") out += asked_in(record);
  if (event == "decision") out += " …";
  return out + how_it_ended(record);
}

// What the trail says of itself.
std::string own_line(const Json& record) {
  std::string out = "the trail " + text_in(record, "event");
  if (text_in(record, "event") == "signature") out = "signed";
  for (const char* const key : {"after", "why", "key", "refused", "lost"}) {
    const std::string value = text_in(record, key);
    if (!value.empty()) out += std::string(" ") + key + "=" + value;
  }
  return out;
}

std::string reasons_in(const Json& record) {
  const Json* const reasons = record.find("reasons");
  std::string out;
  if (reasons == nullptr) return out;
  for (const Json& reason : reasons->items) {
    const std::string at = text_in(reason, "at");
    out += "    - " + text_in(reason, "value") + " (" + text_in(reason, "rule") +
           (at.empty() ? "" : " at " + at) + ")\n";
  }
  return out;
}

bool is_another(const std::string& file, const struct stat& opened) {
  struct stat found {};

  return ::stat(file.c_str(), &found) == 0 &&
         (found.st_ino != opened.st_ino || found.st_dev != opened.st_dev);
}

void print_all(Lines& lines, const ShowOptions& options) {
  for (auto line = lines.next(); line && line->whole; line = lines.next()) {
    std::cout << shown(line->text, options);
  }
  std::cout.flush();
}

// What was moved away is read to its end before the next one begins.
void follow(const std::string& file, Lines lines, const ShowOptions& options) {
  struct stat opened {};

  bool known = ::stat(file.c_str(), &opened) == 0;
  while (std::cout) {
    print_all(lines, options);
    std::this_thread::sleep_for(look);
    if (!known || !is_another(file, opened)) continue;
    print_all(lines, options);
    if (auto next = Lines::open(file)) lines = std::move(*next);
    known = ::stat(file.c_str(), &opened) == 0;
  }
}

}  // namespace

std::string shown(std::string_view line, const ShowOptions& options) {
  if (line.empty() || line.front() != '{') return "";
  const auto record = policy::parse_json(line, "");
  if (!record || record->find("seq") == nullptr || !options.filter.lets_pass(*record)) return "";
  if (options.as_json) return std::string(line) + "\n";
  const std::string verdict = text_in(*record, "verdict");
  std::string out = text_in(*record, "time") + " ";
  if (options.coloured) out += colour_of(verdict);
  out += padded(verdict.empty() ? "-" : verdict, 12);
  if (options.coloured) out += normal;
  out += verdict.empty() ? own_line(*record) : request_line(*record);
  return out + "\n" + reasons_in(*record);
}

int show(const ShowOptions& options) {
  for (const std::string& file : options.files) {
    auto lines = Lines::open(file);
    if (!lines) {
      std::cerr << "dockgate: " << file << " cannot be read: " << std::strerror(errno) << "\n";
      return 2;
    }
    if (options.follow && &file == &options.files.back()) {
      follow(file, std::move(*lines), options);
      return 0;
    }
    print_all(*lines, options);
    if (!lines->error().empty()) {
      std::cerr << "dockgate: " << file << ": " << lines->error() << "\n";
      return 2;
    }
  }
  return 0;
}

}  // namespace dockgate::proxy::audit
