#include "tests/fuzz/played_session.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "policy/load/load_settings.h"
#include "proxy/session.h"
#include "tests/fuzz/judged.h"
#include "tests/fuzz/property.h"

namespace dockgate::tests {
namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;
using proxy::Task;

const std::string listener = "unix:///run/dockgate/fuzz.sock";

// The client: all of its bytes are there from the start, in pieces.
class MemoryStream final : public proxy::ByteStream {
 public:
  MemoryStream(std::string_view bytes, std::size_t piece, std::string& answers)
      : bytes_(bytes), piece_(piece), answers_(answers) {}

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    const error_code closed = asio::error::bad_descriptor;
    if (!open_) co_return closed;
    const std::size_t count = std::min({piece_, into.size(), bytes_.size()});
    bytes_.copy(into.data(), count);
    bytes_.remove_prefix(count);
    co_return count;
  }

  using ByteStream::write_all;

  Task<Result<void>> write_all(proxy::Pieces pieces) override {
    const error_code closed = asio::error::bad_descriptor;
    if (!open_ || ended_) co_return closed;
    for (const asio::const_buffer& piece : pieces) {
      answers_.append(static_cast<const char*>(piece.data()), piece.size());
    }
    co_return Result<void>();
  }

  Task<void> shut_down_write() override {
    ended_ = true;
    co_return;
  }

  void watch_peer(std::function<void()>) override {}

  bool peer_is_gone() const override { return false; }

  bool is_quiet() const override { return open_ && bytes_.empty(); }

  bool is_open() const override { return open_; }

  void cancel() override {}

  void close() override { open_ = false; }

 private:
  std::string_view bytes_;
  std::size_t piece_;
  std::string& answers_;
  bool open_ = true;
  bool ended_ = false;
};

std::string name_between(std::string_view path, std::string_view before, std::string_view after) {
  if (path.size() <= before.size() + after.size() || path.substr(0, before.size()) != before ||
      path.substr(path.size() - after.size()) != after) {
    return "";
  }
  path.remove_prefix(before.size());
  path.remove_suffix(after.size());
  return std::string(path);
}

bool is_lookup(const StrictMessage& request) {
  const std::string& path = request.line[1];
  return request.line[0] == "GET" && request.fields.size() == 1 &&
         (path == "/info" || !name_between(path, "/containers/", "/json").empty() ||
          !name_between(path, "/exec/", "/json").empty() ||
          !name_between(path, "/images/", "/json").empty() ||
          !name_between(path, "/networks/", "").empty() ||
          !name_between(path, "/services/", "").empty() ||
          !name_between(path, "/volumes/", "").empty());
}

// One connection to the Engine. Lives as long as something is awaited.
class EngineConnection : public std::enable_shared_from_this<EngineConnection> {
 public:
  EngineConnection(stream_protocol::socket socket, Played& played, const EngineManners& manners)
      : socket_(std::move(socket)), played_(played), manners_(manners) {}

  void read() {
    socket_.async_read_some(
        asio::buffer(buffer_),
        [self = shared_from_this()](const error_code& failed, std::size_t count) {
          if (failed) return self->end();
          self->bytes_.append(self->buffer_.data(), count);
          self->take();
        });
  }

 private:
  void end() {
    if (!tunnel_ && !bytes_.empty()) {
      StrictMessage begun;
      std::string_view rest = bytes_;
      static_cast<void>(read_strict_request(rest, begun));
      played_.begun.push_back(std::move(begun));
    }
    error_code ignored;
    socket_.close(ignored);
  }

  // Answers everything that is whole; then waits for more.
  void take() {
    std::string out;
    std::string_view rest = bytes_;
    while (!tunnel_ && !closing_ && !rest.empty()) {
      StrictMessage request;
      const StrictReading reading = read_strict_request(rest, request);
      if (reading == StrictReading::malformed) played_.broken.emplace_back(rest);
      if (reading != StrictReading::whole) break;
      out += answer_to(request);
      played_.seen.push_back(std::move(request));
    }
    if (tunnel_) {
      out += rest;
      rest = {};
    }
    bytes_.erase(0, bytes_.size() - rest.size());
    write(std::move(out));
  }

  void write(std::string text) {
    out_ = std::move(text);
    asio::async_write(socket_,
                      asio::buffer(out_),
                      [self = shared_from_this()](const error_code& failed, std::size_t) {
                        error_code ignored;
                        if (failed) return self->end();
                        if (!self->closing_) return self->read();
                        self->socket_.close(ignored);
                      });
  }

  std::string answer_to(const StrictMessage& request) {
    const bool asks = is_lookup(request);
    if (!manners_.says.empty() && !asks) {
      closing_ = true;
      return std::string(manners_.says);
    }
    ++played_.answered;
    const std::string upgrade = request.value("upgrade");
    if (!upgrade.empty() && !manners_.ignores_upgrades) {
      tunnel_ = true;
      return "HTTP/1.1 101 Switching Protocols\r\nX-Engine: 1\r\nConnection: Upgrade\r\nUpgrade: " +
             upgrade + "\r\n\r\nhello";
    }
    const std::string document = engine_document(request.line[1]);
    const bool missing = asks && document.empty();
    closing_ = manners_.closes;
    return written(missing ? "404 Not Found" : "200 OK",
                   document.empty() ? "{}" : document,
                   request.line[0] == "HEAD");
  }

  std::string written(const std::string& status, const std::string& body, bool head_alone) const {
    std::string out =
        "HTTP/1.1 " + status + "\r\nX-Engine: 1\r\nContent-Type: application/json\r\n";
    if (manners_.closes) out += "Connection: close\r\n";
    if (!manners_.chunked) {
      out += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
      return head_alone ? out : out + body;
    }
    out += "Transfer-Encoding: chunked\r\n\r\n";
    const proxy::http::ChunkSize size(body.size());
    if (!head_alone) out.append(size.text()).append(body).append("\r\n0\r\n\r\n");
    return out;
  }

  stream_protocol::socket socket_;
  Played& played_;
  EngineManners manners_;
  std::array<char, 8192> buffer_{};
  std::string bytes_;
  std::string out_;
  bool tunnel_ = false;
  bool closing_ = false;
};

class ListeningEngine {
 public:
  ListeningEngine(asio::io_context& context,
                  const std::string& path,
                  Played& played,
                  const EngineManners& manners)
      : acceptor_(context, stream_protocol::endpoint(path)), played_(played), manners_(manners) {}

  void accept() {
    acceptor_.async_accept([this](const error_code& failed, stream_protocol::socket socket) {
      if (failed) return;
      std::make_shared<EngineConnection>(std::move(socket), played_, manners_)->read();
      accept();
    });
  }

  void close() {
    error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  stream_protocol::acceptor acceptor_;
  Played& played_;
  EngineManners manners_;
};

policy::Settings settings() {
  policy::Settings out;
  out.engine.path = std::string("\0dockgate-fuzz-", 15) + std::to_string(::getpid());
  out.listen.push_back({.address = policy::UnixAddress{"/run/dockgate/fuzz.sock"}});
  return policy::with_one_policy(std::move(out), preset("baseline"), {});
}

std::unique_ptr<proxy::audit::Recorder> recorder_of_nothing() {
  spdlog::set_level(spdlog::level::off);
  policy::AuditSettings audit;
  audit.file = "/dev/null";
  return *proxy::audit::Recorder::open(audit);
}

// What a program has besides its sessions.
struct Program {
  std::unique_ptr<proxy::audit::Recorder> recorder = recorder_of_nothing();
  proxy::confine::Executables executables;
  proxy::Shared shared{.recorder = *recorder, .executables = executables};
  asio::io_context context{1};
  proxy::InForce in_force = std::make_shared<const proxy::Generation>(settings(), nullptr);
  proxy::Loop loop{.shared = shared, .deadlines = proxy::Deadlines(context), .in_force = in_force};
};

}  // namespace

std::string engine_document(std::string_view path) {
  using policy::ReferenceKind;

  struct Kind {
    ReferenceKind kind;
    std::string_view before;
    std::string_view after;
  };

  constexpr Kind kinds[] = {{ReferenceKind::container, "/containers/", "/json"},
                            {ReferenceKind::exec, "/exec/", "/json"},
                            {ReferenceKind::image, "/images/", "/json"},
                            {ReferenceKind::network, "/networks/", ""},
                            {ReferenceKind::volume, "/volumes/", ""}};
  if (path == "/info") return small_engine({ReferenceKind::engine, ""}).body;
  for (const Kind& one : kinds) {
    const std::string name = name_between(path, one.before, one.after);
    if (!name.empty()) return small_engine({one.kind, name}).body;
  }
  return "";
}

Played play(std::string_view from_client, std::size_t piece, EngineManners manners) {
  static Program program;
  Played played;
  ListeningEngine engine(program.context, program.in_force->settings.engine.path, played, manners);
  engine.accept();
  const policy::Peer peer{.listener = listener, .credentials = policy::Credentials{}};
  proxy::Session session(program.loop,
                         std::make_unique<MemoryStream>(from_client, piece, played.to_client),
                         peer,
                         std::nullopt);
  boost::asio::co_spawn(program.context, session.run(), [&engine](std::exception_ptr escaped) {
    if (escaped) std::rethrow_exception(escaped);
    engine.close();
  });
  program.context.restart();
  program.context.run();
  return played;
}

}  // namespace dockgate::tests
