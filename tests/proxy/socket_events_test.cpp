#include "proxy/socket_events.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "proxy/byte_stream.h"
#include "proxy/socket_calls.h"

namespace dockgate::proxy {
namespace {

class Events : public testing::Test {
 protected:
  Events() : socket_(context_) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
    socket_.assign({AF_UNIX, SOCK_STREAM}, ends[0]);
    peer_ = ends[1];
    events_ = std::make_unique<SocketEvents>(socket_);
  }

  ~Events() override { leave(); }

  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  void say(std::string_view text) {
    ASSERT_EQ(::write(peer_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  void end_sending() { ::shutdown(peer_, SHUT_WR); }

  void leave() {
    if (peer_ >= 0) ::close(std::exchange(peer_, -1));
  }

  Result<std::size_t> read(std::size_t room = 100) {
    std::array<char, 100> bytes{};
    const auto count = receive_now(socket_.native_handle(), std::span(bytes).first(room));
    events_->note_read(count ? std::optional(*count) : std::nullopt, room);
    return count;
  }

  void begin_to_wait() {
    woken_.reset();
    const auto wait = [](Events& test) -> Task<void> {
      const bool goes_on = co_await test.events_->wait();
      test.woken_ = goes_on;
      ++test.ended_;
    };
    boost::asio::co_spawn(context_, wait(*this), boost::asio::detached);
    turn();
  }

  // What the loop has to do, without waiting for more.
  void turn() {
    context_.restart();
    context_.poll();
  }

  boost::asio::io_context context_;
  Socket socket_;
  int peer_ = -1;
  std::unique_ptr<SocketEvents> events_;
  int ended_ = 0;              // waits
  std::optional<bool> woken_;  // how the wait ended; nothing: it goes on
};

TEST_F(Events, AreLookedForUntilNothingIsFound) {
  EXPECT_TRUE(events_->may_be_readable());
  EXPECT_FALSE(read());
  EXPECT_FALSE(events_->may_be_readable());
}

TEST_F(Events, EndAWait) {
  EXPECT_FALSE(read());
  begin_to_wait();
  EXPECT_EQ(woken_, std::nullopt);
  say("hello");
  turn();
  EXPECT_EQ(woken_, true);
  EXPECT_EQ(*read(), 5U);
}

// A write of TLS waits to read where half a message of a handshake came to the read beside it.
TEST_F(Events, EndTheWaitsOfAReadAndAWrite) {
  EXPECT_FALSE(read());
  begin_to_wait();
  begin_to_wait();
  say("hello");
  turn();
  EXPECT_EQ(ended_, 2);
  EXPECT_EQ(*read(), 5U);
  EXPECT_FALSE(read());
  begin_to_wait();
  begin_to_wait();
  events_->cancel();
  turn();
  EXPECT_EQ(ended_, 4);
  EXPECT_EQ(woken_, false);
}

TEST_F(Events, AreNotMissedWhileNobodyWaits) {
  EXPECT_FALSE(read());
  say("one");
  turn();
  EXPECT_TRUE(events_->may_be_readable());
  EXPECT_EQ(*read(), 3U);
  EXPECT_FALSE(read());
  say("two");
  begin_to_wait();
  EXPECT_EQ(woken_, true);
}

TEST_F(Events, ThatCameBetweenAReadAndAWaitEndIt) {
  say("one");
  turn();
  EXPECT_EQ(*read(), 3U);
  events_->presume_empty();
  say("two");
  begin_to_wait();
  EXPECT_EQ(woken_, true);
  EXPECT_EQ(*read(), 3U);
}

TEST_F(Events, PresumeNothingEmptyThatWasNotReadToItsEnd) {
  say("longer");
  turn();
  EXPECT_EQ(*read(3), 3U);
  events_->presume_empty();
  EXPECT_TRUE(events_->may_be_readable());
}

TEST_F(Events, PresumeNoEndAway) {
  end_sending();
  turn();
  EXPECT_EQ(*read(), 0U);
  events_->presume_empty();
  EXPECT_TRUE(events_->may_be_readable());
}

// The end that came with the last bytes has no event of its own.
TEST_F(Events, FindAnEndWhenTheyLookAgain) {
  say("last");
  end_sending();
  turn();
  EXPECT_EQ(*read(), 4U);
  events_->presume_empty();
  begin_to_wait();
  EXPECT_EQ(woken_, std::nullopt);
  events_->look_again();
  EXPECT_EQ(woken_, std::nullopt);  // not within the sweep
  turn();
  EXPECT_EQ(woken_, true);
  EXPECT_EQ(*read(), 0U);
}

TEST_F(Events, WakeNobodyWhoWaitsRightly) {
  say("last");
  turn();
  EXPECT_EQ(*read(), 4U);
  events_->presume_empty();
  begin_to_wait();
  events_->look_again();
  turn();
  EXPECT_EQ(woken_, std::nullopt);
}

TEST_F(Events, GoOnAfterAWaitThatWasCancelled) {
  EXPECT_FALSE(read());
  begin_to_wait();
  events_->cancel();
  turn();
  EXPECT_EQ(woken_, false);
  EXPECT_FALSE(read());
  begin_to_wait();
  say("again");
  turn();
  EXPECT_EQ(woken_, true);
}

TEST_F(Events, EndAWaitWithTheSocket) {
  EXPECT_FALSE(read());
  begin_to_wait();
  socket_.close();
  turn();
  EXPECT_EQ(woken_, false);
  begin_to_wait();
  turn();
  EXPECT_EQ(woken_, false);
}

TEST_F(Events, AreHeardUntilNobodyListens) {
  int heard = 0;
  events_->at_each([&heard] { ++heard; });
  leave();
  turn();
  EXPECT_EQ(heard, 1);
  events_->at_each({});
  events_->cancel();
  turn();
  EXPECT_EQ(heard, 1);
}

// Sanitizers look at these two.
TEST_F(Events, GoBeforeTheirSocket) {
  EXPECT_FALSE(read());
  events_.reset();
  say("to nobody");
  turn();
  socket_.close();
  turn();
  EXPECT_EQ(context_.stopped(), true);
}

TEST_F(Events, GoWithTheLoopThatSomebodyWaitsIn) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  {
    boost::asio::io_context context;
    const auto wait = [](boost::asio::io_context& loop, int end) -> Task<void> {
      const boost::asio::generic::stream_protocol unix_socket(AF_UNIX, SOCK_STREAM);
      Socket socket(loop, unix_socket, end);
      SocketEvents events(socket);
      co_await events.wait();
    };
    boost::asio::co_spawn(context, wait(context, ends[0]), boost::asio::detached);
    context.poll();
  }
  char byte = 0;
  EXPECT_EQ(::read(ends[1], &byte, 1), 0);
  ::close(ends[1]);
}

}  // namespace
}  // namespace dockgate::proxy
