#include "proxy/admin/visit.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "proxy/http/framing.h"
#include "proxy/http/write_head.h"
#include "proxy/socket_stream.h"
#include "proxy/tls_stream.h"

namespace dockgate::proxy {
namespace {

constexpr std::size_t longest_head = 16 * 1024;
constexpr std::chrono::seconds question_time{10};  // for the handshake, and for the head
constexpr std::chrono::seconds answer_time{10};
constexpr std::chrono::seconds farewell{2};

Page complaint(unsigned status, const std::string& what) {
  return {.status = status, .text = "{\"status\":\"" + what + "\"}\n"};
}

}  // namespace

Visit::Visit(Arrival arrival, const Pages& pages, Deadlines& deadlines)
    : pages_(pages),
      context_(std::move(arrival.tls)),
      counted_(std::move(arrival.of_listener)),
      too_many_(arrival.too_many),
      head_(longest_head),
      engine_(deadlines) {
  if (context_ == nullptr) {
    stream_ = std::make_unique<SocketStream>(std::move(arrival.socket), arrival.kind, deadlines);
    return;
  }
  auto stream = std::make_unique<TlsStream>(std::move(arrival.socket), context_, deadlines);
  tls_ = stream.get();
  stream_ = std::move(stream);
}

Visit::~Visit() = default;

Task<void> Visit::run() {
  stream_->set_deadline(Clock::now() + question_time);
  bool asks = co_await shake_hands();
  if (asks) asks = co_await read_head();
  if (asks) {
    Page page = co_await answer();
    co_await write(std::move(page));
  }
  stream_->close();
  engine_.close();
}

void Visit::abort() {
  stream_->close();
  engine_.close();
}

Task<bool> Visit::shake_hands() {
  if (too_many_) co_return false;
  if (tls_ == nullptr) co_return true;
  const std::string failed = co_await tls_->handshake();
  if (!failed.empty()) spdlog::warn("no TLS on the admin listener: {}", failed);
  co_return failed.empty();
}

Task<bool> Visit::read_head() {
  while (!head_.complete()) {
    if (input_.empty()) {
      const auto came = co_await input_.fill(*stream_, InputBuffer::small);
      if (!came || *came == 0) co_return false;
    }
    const auto used = head_.feed(input_.unread());
    if (!used) {
      Page page = complaint(used.error().status, "this is no HTTP");
      co_await write(std::move(page));
      co_return false;
    }
    input_.consume(*used);
  }
  co_return true;
}

Task<Page> Visit::answer() {
  const auto head = http::read_request_head(head_.text());
  if (!head) co_return complaint(head.error().status, "this is no HTTP");
  wants_body_ = head->method != "HEAD";
  if (head->method != "GET" && head->method != "HEAD") {
    co_return complaint(405, "there is only GET and HEAD here");
  }
  const auto framing = http::framing_of(*head);
  if (!framing || framing->has_body()) co_return complaint(400, "no page takes a body");
  std::string path(head->target.substr(0, head->target.find('?')));
  stream_->set_deadline(ByteStream::never);
  co_return co_await pages_.page(std::move(path), engine_);
}

// Closes after each answer: who asks again is looked at again, and nothing is left to keep.
Task<void> Visit::write(Page page) {
  stream_->set_deadline(Clock::now() + answer_time);
  const http::ClientAnswer answer{.status = page.status,
                                  .framing = {},
                                  .connection = http::Connection::close,
                                  .content_type = page.content_type};
  std::string text;
  http::write_own_head(answer, page.text.size(), text);
  if (wants_body_) text += page.text;
  const auto written = co_await stream_->write_all(text);
  if (!written) co_return;
  co_await stream_->shut_down_write();
  stream_->set_deadline(Clock::now() + farewell);
  while (true) {
    input_.consume(input_.unread().size());
    const auto came = co_await input_.fill(*stream_, InputBuffer::small);
    if (!came || *came == 0) co_return;
  }
}

}  // namespace dockgate::proxy
