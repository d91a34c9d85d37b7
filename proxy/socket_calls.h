// The calls that move bytes, without waiting: what Asio's would cost more for.
#pragma once

#include <cstddef>
#include <span>

#include "policy/result.h"
#include "proxy/byte_stream.h"

namespace dockgate::proxy {

// At most `into`; 0 is the peer's end. `would_block` where there is nothing.
Result<std::size_t> receive_now(int socket, std::span<char> into);

// Whether the peer is there and nothing of it has come; which stays where it is.
bool holds_nothing(int socket);

// As many as the kernel takes of what `pieces` hold; `would_block` where it takes none.
Result<std::size_t> send_now(int socket, Pieces pieces);

}  // namespace dockgate::proxy
