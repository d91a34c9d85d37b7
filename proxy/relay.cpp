#include "proxy/relay.h"

#include <vector>

namespace dockgate::proxy {
namespace {

namespace asio = boost::asio;

// As many as go out in one call.
constexpr std::size_t most_pieces = 56;

asio::const_buffer piece_of(std::string_view text) { return {text.data(), text.size()}; }

// What is there of a body, as one write: the lead, and all of it as one chunk.
class Outgoing {
 public:
  explicit Outgoing(BodyRelay::As as) : as_(as) {}

  // Decodes what has come, up to what goes out at once.
  Result<void, http::Malformed> take(InputBuffer& input, http::BodyDecoder& decoder) {
    pieces_.assign(2, {});
    size_ = 0;
    while (!input.empty() && !decoder.complete() && pieces_.size() < most_pieces) {
      const auto step = decoder.next(input.unread());
      if (!step) return step.error();
      input.consume(step->used);
      if (!step->body.empty()) pieces_.push_back(piece_of(step->body));
      size_ += step->body.size();
    }
    return {};
  }

  void finish(std::string_view lead, bool last) {
    pieces_[0] = piece_of(lead);
    if (as_ == BodyRelay::As::plain) return;
    chunk_size_ = http::ChunkSize(size_);
    if (size_ != 0) {
      pieces_[1] = piece_of(chunk_size_.text());
      pieces_.push_back(piece_of("\r\n"));
    }
    if (last) pieces_.push_back(piece_of(http::last_chunk));
  }

  void keep(std::string& kept) const {
    for (std::size_t i = 2; i < pieces_.size() && kept.size() < BodyRelay::most_kept; ++i) {
      kept.append(static_cast<const char*>(pieces_[i].data()), pieces_[i].size());
    }
  }

  Pieces pieces() const { return pieces_; }

  bool empty() const { return asio::buffer_size(pieces_) == 0; }

  std::uint64_t size() const { return size_; }

 private:
  BodyRelay::As as_;
  std::vector<asio::const_buffer> pieces_;
  http::ChunkSize chunk_size_{0};
  std::uint64_t size_ = 0;
};

}  // namespace

Task<BodyEnd> relay_body(BodyRelay relay) {
  Outgoing out(relay.as);
  bool ended = false;
  while (true) {
    const auto taken = out.take(relay.input, relay.decoder);
    const bool complete = taken && (relay.decoder.complete() || ended);
    if (relay.kept != nullptr) out.keep(*relay.kept);
    out.finish(relay.lead, complete);
    relay.lead = {};
    if (!out.empty()) {
      const auto written = co_await relay.to.write_all(out.pieces());
      if (!written) co_return BodyEnd::sink_failed;
      relay.count += out.size();
    }
    // What was sound goes on first, however it was cut.
    if (!taken) co_return BodyEnd::source_malformed;
    if (complete) co_return BodyEnd::complete;
    if (!relay.input.empty()) continue;
    if (!relay.to.is_open()) co_return BodyEnd::sink_failed;
    const std::span<char> into = relay.input.room_for(InputBuffer::large);
    const auto came = co_await relay.from.read_some(into);
    if (came) relay.input.came(*came);
    ended = came && *came == 0 && relay.decoder.complete_at_end();
    if (!came || (*came == 0 && !ended)) co_return BodyEnd::source_ended;
  }
}

namespace {

class TunnelRelay {
 public:
  explicit TunnelRelay(Tunnel& tunnel) : tunnel_(tunnel) {}

  Task<void> client_to_engine() {
    const bool ended =
        co_await copy(tunnel_.client, tunnel_.from_client, tunnel_.engine, tunnel_.bytes_in);
    client_ended_ = true;
    if (!ended || tunnel_.client.peer_is_gone()) {
      tunnel_.engine.close();
    } else {
      co_await tunnel_.engine.shut_down_write();
    }
  }

  Task<void> engine_to_client() {
    const bool ended =
        co_await copy(tunnel_.engine, tunnel_.from_engine, tunnel_.client, tunnel_.bytes_out);
    if (!ended) tunnel_.engine.close();
    tunnel_.client.set_deadline(Clock::now() + tunnel_.farewell);
    co_await tunnel_.client.shut_down_write();
  }

  // The client can leave long after it ended its own writing.
  void client_is_gone() {
    if (client_ended_) tunnel_.engine.close();
  }

 private:
  // Until `from` ends: true. Where it breaks off instead: false. When `to` takes no more, the
  // rest is read and dropped, so that nobody is left waiting to write it.
  static Task<bool> copy(ByteStream& from,
                         InputBuffer& input,
                         ByteStream& to,
                         std::uint64_t& count) {
    bool takes = true;
    while (true) {
      if (takes && !input.empty()) {
        const auto written = co_await to.write_all(input.unread());
        takes = written.has_value();
        if (takes) count += input.unread().size();
      }
      input.consume(input.unread().size());
      const std::span<char> into = input.room_for(InputBuffer::large);
      const auto came = co_await from.read_some(into);
      if (!came) co_return false;
      input.came(*came);
      if (*came == 0) co_return true;
    }
  }

  Tunnel& tunnel_;
  bool client_ended_ = false;
};

}  // namespace

Task<void> relay_tunnel(Tunnel tunnel) {
  TunnelRelay relay(tunnel);
  const PeerWatch watch(tunnel.client, [&relay] { relay.client_is_gone(); });
  co_await both(relay.client_to_engine(), relay.engine_to_client());
}

}  // namespace dockgate::proxy
