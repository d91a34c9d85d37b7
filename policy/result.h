// A value or the reason there is none. [[nodiscard]], which boost::system::result of 1.81 lacks.
//
// Its error() returns a copy: name it before taking a reference to anything inside.
#pragma once

#include <boost/system/result.hpp>

namespace dockgate {

template <class T, class E = boost::system::error_code>
class [[nodiscard]] Result : public boost::system::result<T, E> {
 public:
  using boost::system::result<T, E>::result;
};

}  // namespace dockgate
