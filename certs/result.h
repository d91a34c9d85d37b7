// A value, or the one sentence that says why there is none.
#pragma once

#include <boost/system/result.hpp>
#include <string>

namespace dockgate::certs {

struct Failure {
  enum class Kind : unsigned char {
    mistake,  // somebody asked for what cannot be, or gave a file that is wrong: exit 2
    system,   // the machine did not do its part: exit 1
  };

  Kind kind = Kind::mistake;
  std::string text;  // where, what and mend; lower case, no full stop
};

Failure mistake(std::string text);

// `PATH cannot be WHAT: ` and what errno says. A mistake where there is no such path.
Failure system_failure(const std::string& path, const std::string& what, int error);

template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Failure> {
 public:
  using boost::system::result<T, Failure>::result;
};

}  // namespace dockgate::certs
