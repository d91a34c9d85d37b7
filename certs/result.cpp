#include "certs/result.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace dockgate::certs {

Failure mistake(std::string text) { return {Failure::Kind::mistake, std::move(text)}; }

Failure system_failure(const std::string& path, const std::string& what, int error) {
  // What is not there was named wrongly.
  const bool named_wrongly = error == ENOENT || error == ENOTDIR;
  return {named_wrongly ? Failure::Kind::mistake : Failure::Kind::system,
          path + " cannot be " + what + ": " + std::generic_category().message(error)};
}

}  // namespace dockgate::certs
