#include "proxy/byte_stream.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace dockgate::proxy {

Task<void> both(Task<void> one, Task<void> other) {
  using namespace boost::asio::experimental::awaitable_operators;
  co_await (std::move(one) && std::move(other));
}

}  // namespace dockgate::proxy
