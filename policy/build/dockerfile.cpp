#include "policy/build/dockerfile.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "policy/build/dockerfile_lines.h"
#include "policy/build/dockerfile_words.h"
#include "policy/image_reference.h"

namespace dockgate::policy {
namespace {

constexpr std::string_view keywords[] = {"ADD",
                                         "ARG",
                                         "CMD",
                                         "COPY",
                                         "ENTRYPOINT",
                                         "ENV",
                                         "EXPOSE",
                                         "FROM",
                                         "HEALTHCHECK",
                                         "LABEL",
                                         "MAINTAINER",
                                         "ONBUILD",
                                         "RUN",
                                         "SHELL",
                                         "USER",
                                         "VOLUME",
                                         "WORKDIR",
                                         "STOPSIGNAL"};

constexpr std::size_t most_instructions = 4096;
constexpr std::size_t most_images = 128;

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return upper(c); });
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// A flag as it can be read in one way: the builder takes quotes and backslashes away, and ends a
// flag at blanks beyond ASCII too.
bool is_plain_flag(std::string_view word) {
  constexpr std::string_view odd = "\"'\\`";
  return word != "--" && word.find_first_of(odd) == std::string_view::npos &&
         std::all_of(word.begin(), word.end(), is_ascii);
}

// What is not understood may be a secret: only what cannot be is told of it.
std::string letters_of(std::string_view word) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return {word.begin(), std::find_if_not(word.begin(), word.end(), is_letter)};
}

std::string name_of_flag(std::string_view flag) {
  constexpr std::string_view letters = "-abcdefghijklmnopqrstuvwxyz";
  return std::string(flag.substr(0, flag.find_first_not_of(letters)));
}

// Newer Engines end an instruction's lines by a word that `<<` names, also where only a variable's
// default writes one of the two; older ones do not.
// Some drop backslashes between the two.
bool may_begin_heredoc(std::string_view text) {
  bool in_braces = false;
  bool after_first = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{' && i != 0 && text[i - 1] == '$') in_braces = true;
    if (text[i] == '}') in_braces = false;
    if (text[i] == '<' && (in_braces || after_first)) return true;
    if (text[i] != '\\') after_first = text[i] == '<';
  }
  return false;
}

bool names_image(std::string_view name) {
  return is_image_id(name) || reads_as_id(name) || parse_reference(name).has_value();
}

// As the builder has them: `[a-z][a-z0-9-_.]*`, in any case.
bool is_stage_name(std::string_view name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto goes_on = [&](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
  };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), goes_on);
}

struct Stages {
  std::vector<std::string> names;  // lower case; "" where it has none

  bool knows(std::string_view name) const {
    return !name.empty() && std::find(names.begin(), names.end(), lower(name)) != names.end();
  }
};

// Reads the lines of one Dockerfile, from the first to the last.
class Reader {
 public:
  explicit Reader(const BuildArguments& given) : given_(given) {}

  // What is wrong with the line, "" where nothing is.
  std::string read(const DockerfileLine& line, Instruction& out) {
    std::string_view rest = line.text;
    out.line = line.number;
    out.text = line.text;
    out.keyword = upper(take_word(rest));
    return read_instruction(line.text.size() - rest.size(), out);
  }

 private:
  // The rest of the text begins at `at`.
  std::string read_instruction(std::size_t at, Instruction& out) {
    if (std::find(std::begin(keywords), std::end(keywords), out.keyword) == std::end(keywords)) {
      return "`" + letters_of(out.keyword) + "` is no instruction that is known here";
    }
    const bool before_stages = out.keyword == "ARG" || out.keyword == "FROM";
    if (stages_.names.empty() && !before_stages && !out.is_trigger) return "FROM has to come first";
    const std::string_view rest = std::string_view(out.text).substr(at);
    const bool here = out.keyword == "ADD" || out.keyword == "COPY" || out.keyword == "RUN";
    if (here && may_begin_heredoc(rest)) return "here-documents are not known here";
    if (out.keyword == "FROM") return read_from(at, out);
    if (out.keyword == "COPY") return read_copy(at, out);
    if (out.keyword == "ADD") return read_add(rest, out);
    if (out.keyword == "ONBUILD") return read_onbuild(at, out);
    if (out.keyword == "ARG" && stages_.names.empty()) declare(rest, given_, variables_);
    return "";
  }

  std::string read_onbuild(std::size_t at, Instruction& out) {
    if (out.is_trigger) return "a trigger cannot have ONBUILD";
    std::string_view rest = std::string_view(out.text).substr(at);
    out.is_trigger = true;
    out.keyword = upper(take_word(rest));
    return read_instruction(out.text.size() - rest.size(), out);
  }

  // FROM [--platform=P] NAME [AS STAGE]
  std::string read_from(std::size_t at, Instruction& out) {
    if (out.is_trigger) return "a trigger cannot have FROM";
    constexpr std::string_view platform = "--platform=";
    std::string_view rest = std::string_view(out.text).substr(at);
    if (rest.substr(0, platform.size()) == platform) {
      const std::string_view flag = take_word(rest);
      const auto value = fill_in(flag.substr(platform.size()), variables_);
      if (!value) return "its platform cannot be read";
      out.platform = *value;
      // As it was read: the builder reads an ARG before it in other ways.
      const std::size_t left = rest.size();
      const std::string written = value->empty() ? "" : std::string(platform) + *value;
      out.text.replace(at, flag.size(), written);
      rest = std::string_view(out.text).substr(out.text.size() - left);
    }
    const std::size_t place = out.text.size() - rest.size();
    const std::string word(take_word(rest));
    const auto name = fill_in(word, variables_);
    if (!name || (*name != "scratch" && !stages_.knows(*name) && !names_image(*name))) {
      return "what it begins with names no image once its variables are filled in";
    }
    const std::string as = upper(take_word(rest));
    const std::string stage = lower(take_word(rest));
    const bool sound = rest.empty() && (as.empty() || (as == "AS" && !stage.empty()));
    if (!sound) return "it is not FROM name or FROM name AS stage";
    const bool image = *name != "scratch" && !stages_.knows(*name);
    name_image(place, word.size(), image, image ? *name : lower(*name), out);
    if (!stage.empty() && !is_stage_name(stage)) return "its stage's name is none";
    if (!stage.empty() && stages_.knows(stage)) return "there are two stages `" + stage + "`";
    stages_.names.push_back(stage);
    return "";
  }

  // COPY [--from=NAME] [--chown=…] …
  std::string read_copy(std::size_t at, Instruction& out) {
    constexpr std::string_view from = "--from=";
    std::string_view rest = std::string_view(out.text).substr(at);
    std::size_t place = 0;
    std::string name;
    while (rest.substr(0, 2) == "--") {
      const std::size_t begins = out.text.size() - rest.size();
      const std::string_view flag = take_word(rest);
      if (!is_plain_flag(flag)) return "its flag `" + name_of_flag(flag) + "` cannot be read";
      if (flag.substr(0, 6) != "--from") continue;
      if (place != 0 || flag.size() <= from.size()) return "its --from cannot be read";
      name = flag.substr(from.size());
      place = begins + from.size();
    }
    // Bytes beyond ASCII may be blanks to the builder, before more flags.
    if (!rest.empty() && !is_ascii(rest.front())) return "what it copies first cannot be read";
    return place == 0 ? "" : read_copied_from(place, name, out);
  }

  std::string read_copied_from(std::size_t place, const std::string& name, Instruction& out) {
    if (fill_in(name, {}) != name) return "its --from names no image";
    if (std::all_of(name.begin(), name.end(), is_digit)) {
      std::size_t index = stages_.names.size();
      std::from_chars(name.data(), name.data() + name.size(), index);
      const bool before = !out.is_trigger && index < stages_.names.size() - 1;
      return before ? "" : "there is no stage " + name + " before it";
    }
    const bool stage = !out.is_trigger && stages_.knows(name);
    // The builder knows a stage once it is done, and would take its name for an image's before.
    if (stage && stages_.names.back() == lower(name)) return "a stage cannot copy from itself";
    name_image(place, name.size(), !stage, stage ? lower(name) : name, out);
    return "";
  }

  static std::string read_add(std::string_view rest, Instruction& out) {
    while (rest.substr(0, 2) == "--") {
      const std::string_view flag = take_word(rest);
      if (!is_plain_flag(flag)) return "its flag `" + name_of_flag(flag) + "` cannot be read";
    }
    // The builder skips blanks beyond ASCII before a list.
    if (!rest.empty() && !is_ascii(rest.front())) return "what it adds first cannot be read";
    auto words = words_of(rest);
    if (!words) return "its list of files is no JSON";
    if (words->size() < 2) return "it names no file and where it goes";
    words->pop_back();
    out.sources = std::move(*words);
    return "";
  }

  // An image's name is cut out, to be written by its id; a stage's stands as it was read.
  static void name_image(
      std::size_t place, std::size_t size, bool image, const std::string& name, Instruction& out) {
    out.text.replace(place, size, image ? "" : name);
    out.image_at = place;
    if (image) out.image = name;
  }

  const BuildArguments& given_;
  BuildArguments variables_;
  Stages stages_;
};

}  // namespace

Result<std::vector<Instruction>, DockerfileProblem> read_dockerfile(
    std::string_view text, const BuildArguments& arguments) {
  const auto lines = read_dockerfile_lines(text);
  if (!lines) return lines.error();
  Reader reader(arguments);
  if (lines->size() > most_instructions) {
    return DockerfileProblem{(*lines)[most_instructions].number, "it has too many instructions"};
  }
  std::vector<Instruction> out;
  std::size_t images = 0;
  for (const DockerfileLine& line : *lines) {
    Instruction instruction;
    std::string problem = reader.read(line, instruction);
    if (!problem.empty()) return DockerfileProblem{line.number, std::move(problem)};
    if (!instruction.image.empty()) ++images;
    if (images > most_images) return DockerfileProblem{line.number, "it has too many images"};
    out.push_back(std::move(instruction));
  }
  if (out.empty()) return DockerfileProblem{1, "it has no instruction"};
  return out;
}

Result<Instruction, DockerfileProblem> read_trigger(std::string_view text) {
  const auto lines = read_dockerfile_lines(text);
  if (!lines) return lines.error();
  if (text.find('\n') != std::string_view::npos || lines->size() != 1) {
    return DockerfileProblem{1, "it is not one line"};
  }
  const BuildArguments none;
  Instruction out;
  out.is_trigger = true;
  std::string problem = Reader(none).read(lines->front(), out);
  if (!problem.empty()) return DockerfileProblem{1, std::move(problem)};
  return out;
}

// A word is safe where what it begins with already tells it from `scheme://` and `git@`.
bool may_be_fetched(std::string_view source) {
  constexpr std::string_view odd = "$\\\"'`";
  const std::size_t known = std::min(source.find_first_of(odd), source.size());
  const std::string begins = lower(source.substr(0, known));
  if (begins.find("://") != std::string::npos || begins.compare(0, 4, "git@") == 0) return true;
  if (known == source.size()) return false;
  // The Engine's reader of words drops a byte order mark.
  if (!std::all_of(begins.begin(), begins.end(), is_ascii)) return true;
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  // `http`, `https:`, `git+ssh`: letters that a scheme could go on from.
  const std::size_t letters = static_cast<std::size_t>(
      std::find_if_not(begins.begin(), begins.end(), is_letter) - begins.begin());
  const std::string_view rest = std::string_view(begins).substr(letters);
  constexpr std::string_view schemes[] = {"http", "https", "git", "ssh", "ftp", "file"};
  const std::string_view word = std::string_view(begins).substr(0, letters);
  for (const std::string_view scheme : schemes) {
    const bool prefix = scheme.substr(0, word.size()) == word;
    if (prefix && rest.empty()) return true;
    if (word == scheme && (rest == ":" || rest == ":/")) return true;
  }
  return false;
}

std::string shown_address(std::string_view source) {
  constexpr std::string_view mark = "://";
  constexpr std::string_view more = "+.-";
  const auto in_scheme = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || more.find(c) != more.npos;
  };
  const auto stop = std::find_if_not(source.begin(), source.end(), in_scheme);
  const std::string scheme(source.begin(), stop);
  std::string_view host = source.substr(scheme.size());
  if (host.substr(0, mark.size()) != mark) return scheme + "...";
  host.remove_prefix(mark.size());
  host = host.substr(0, host.find_first_of("/?#\\$\"'"));
  if (const std::size_t user = host.rfind('@'); user != std::string_view::npos) {
    host.remove_prefix(user + 1);
  }
  const std::size_t colon = std::min(host.find(':'), host.size());
  const std::string_view port = host.substr(colon);
  const bool is_port = port.size() < 2 || std::all_of(port.begin() + 1, port.end(), is_digit);
  return scheme + std::string(mark) + (is_port ? std::string(host) : "") + "/...";
}

}  // namespace dockgate::policy
