#include "policy/shown_option.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace dockgate::policy {
namespace {

// Of mount(8)'s words, those that have a value by their names.
std::string names_of_words(std::string_view words) {
  std::string out;
  while (true) {
    const std::string_view word = words.substr(0, words.find(','));
    out += word.substr(0, word.find('='));
    if (word.size() == words.size()) return out;
    words.remove_prefix(word.size() + 1);
    out += ',';
  }
}

std::string without_user(const std::string& device) {
  const std::size_t at = device.rfind('@');
  return at == std::string::npos ? device : device.substr(at + 1);
}

}  // namespace

std::string shown_option(const AskedPair& option) {
  constexpr std::string_view bridge = "com.docker.network.";
  constexpr std::string_view known[] = {"type", "size", "ipam.driver"};
  if (option.key == "o") return "o=" + names_of_words(option.value);
  if (option.key == "device") return "device=" + without_user(option.value);
  const bool is_known =
      option.key.compare(0, bridge.size(), bridge) == 0 ||
      std::find(std::begin(known), std::end(known), option.key) != std::end(known);
  return is_known ? option.key + "=" + option.value : option.key;
}

}  // namespace dockgate::policy
