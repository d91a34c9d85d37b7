// The words of an instruction, and variables in them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/build/dockerfile.h"

namespace dockgate::policy {

// Takes the first word, and the blanks around it, from the front.
std::string_view take_word(std::string_view& text);

// The word with $NAME, ${NAME}, ${NAME:-word} and ${NAME:+word} filled in; what has no value is
// empty. Nothing where it holds quotes, backslashes or anything else that no image's name has, or
// is longer than one.
std::optional<std::string> fill_in(std::string_view word, const BuildArguments& variables);

// Takes what an ARG before the first FROM declares: `NAME=default`, several in a line. What cannot
// be read is forgotten, and then has no value.
void declare(std::string_view rest, const BuildArguments& given, BuildArguments& variables);

// `["a", "b"]` as strings, or the words as they stand there; nothing where it is neither.
std::optional<std::vector<std::string>> words_of(std::string_view rest);

}  // namespace dockgate::policy
