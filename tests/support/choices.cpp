#include "tests/support/choices.h"

namespace dockgate::tests {

std::size_t Choices::below(std::size_t count) {
  if (random_) return (*random_)() % count;
  std::size_t number = 0;
  for (std::size_t reach = 1; reach < count; reach *= 256) {
    if (bytes_.empty()) break;
    number = number * 256 + static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
  }
  return number % count;
}

}  // namespace dockgate::tests
