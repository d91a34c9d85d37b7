#include "proxy/audit/recorder.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <ctime>
#include <utility>

#include "proxy/audit/sinks.h"
#include "proxy/memory.h"

namespace dockgate::proxy::audit {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using policy::AuditSettings;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds gathering{5};  // records that nobody waits for
constexpr std::chrono::milliseconds retry{250};
constexpr std::chrono::seconds look_at_age{1};
constexpr std::chrono::seconds rotation_pause{30};
constexpr std::chrono::seconds longest_write{10};
constexpr std::size_t large_batch = 64 << 10;
constexpr std::size_t most_waiting = 16 << 20;  // bytes that nobody waits for
constexpr std::size_t most_kept = 4 << 20;      // of them, while nothing can be written

}  // namespace

struct Waiting {
  explicit Waiting(const asio::any_io_executor& executor) : wake(executor) {}

  error_code error;
  bool done = false;  // touched only on the waiter's thread, as is the timer
  asio::steady_timer wake;
};

namespace {

void wake(const std::shared_ptr<Waiting>& waiting, error_code error) {
  asio::post(waiting->wake.get_executor(), [waiting, error] {
    waiting->error = error;
    waiting->done = true;
    waiting->wake.cancel();
  });
}

}  // namespace

certs::Result<std::unique_ptr<Recorder>> Recorder::open(const AuditSettings& settings) {
  std::unique_ptr<certs::SigningKey> key;
  if (!settings.signing_key.empty()) {
    auto loaded = certs::SigningKey::load(settings.signing_key);
    if (!loaded) return loaded.error();
    key = std::make_unique<certs::SigningKey>(std::move(*loaded));
  }
  auto sinks = sinks_for(settings);
  if (!sinks) return sinks.error();
  auto opened = open_trail(settings.file);
  if (!opened) return opened.error();
  const Trail::Signing signing{key.get(), settings.signed_every};
  std::unique_ptr<Recorder> recorder(new Recorder(settings, std::move(*opened), signing));
  recorder->key_ = std::move(key);
  recorder->sinks_ = std::move(*sinks);
  recorder->writer_ = std::thread([one = recorder.get()] { one->run(); });
  return recorder;
}

Recorder::Recorder(const AuditSettings& settings, OpenedTrail opened, Trail::Signing signing)
    : settings_(settings),
      trail_(signing),
      is_file_(opened.is_file),
      id_(opened.id),
      began_(opened.began) {
  trail_.open(std::move(opened.store), opened.head, std::move(opened.opening));
}

Recorder::~Recorder() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  if (writer_.joinable()) writer_.join();
  if (tidier_.joinable()) tidier_.join();
}

Task<Result<void>> Recorder::decide(std::string_view open_record) {
  const error_code late = asio::error::timed_out;
  if (stalled_.load()) {
    ++refused_;
    co_return late;
  }
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto waiting = std::make_shared<Waiting>(executor);
  waiting->wake.expires_after(longest_write);
  if (hand_over(open_record, waiting)) {
    // Once for all that the loop has ready: each would be a switch of threads.
    asio::post(executor, [this] { work_.notify_one(); });
  }
  bool in_time = true;
  while (!waiting->done && in_time) {
    const auto [woken] = co_await waiting->wake.async_wait(token);
    in_time = woken.failed();
  }
  if (!waiting->done) {
    stall();
    co_return late;
  }
  if (waiting->error) co_return waiting->error;
  co_return Result<void>();
}

// The record may get into the trail yet; the one of how the request ended says that it was refused.
void Recorder::stall() {
  ++refused_;
  if (stalled_.exchange(true)) return;
  spdlog::error("the audit cannot be written: nothing was for {} s", longest_write.count());
}

void Recorder::note(std::string_view open_record) {
  if (hand_over(open_record, nullptr)) work_.notify_one();
}

// Whether the writer is to be woken for it: by the first that somebody waits for, by the first at
// all where it sleeps, and by many.
bool Recorder::hand_over(std::string_view record, std::shared_ptr<Waiting> waiting) {
  const std::lock_guard guard(mutex_);
  if (waiting == nullptr && queue_.size() > most_waiting) {
    ++dropped_;
    return false;
  }
  const bool urgent = waiting != nullptr;
  const bool first = queue_.empty() && !gathering_;
  const bool was_small = queue_.size() < large_batch;
  queue_.add(record, std::move(waiting));  // may fail for want of memory: then nobody is urgent
  const bool first_urgent = urgent && !std::exchange(urgent_, true);
  return first_urgent || first || (was_small && queue_.size() >= large_batch);
}

bool Recorder::serves_reads() const {
  if (settings_.reads == AuditSettings::Reads::answer) return true;
  return !failing_.load() && !stalled_.load();
}

void Recorder::reopen() {
  {
    const std::lock_guard guard(mutex_);
    reopening_ = true;
  }
  work_.notify_one();
}

Recorder::State Recorder::state() const {
  const std::lock_guard guard(mutex_);
  return {.failing = failing_.load() || stalled_.load(),
          .records = records_.load(),
          .failures = failures_.load(),
          .refused = refused_.load(),
          .lost = lost_.load() + dropped_,
          .waiting = queue_.size()};
}

// Waits for more to write at once. What comes meanwhile and hurries nobody need not wake it.
template <class Hurry>
void Recorder::gather(std::unique_lock<std::mutex>& lock, const Hurry& hurry) {
  gathering_ = true;
  work_.wait_for(lock, gathering, hurry);
  gathering_ = false;
}

// Takes over what there is to write. False at the end.
bool Recorder::wait_for_work() {
  std::unique_lock lock(mutex_);
  const auto hurry = [this] {
    return urgent_ || stopping_ || reopening_ || queue_.size() >= large_batch;
  };
  const auto some = [this, &hurry] { return hurry() || !queue_.empty(); };
  if (failing_.load()) {
    work_.wait_for(lock, retry, hurry);
  } else {
    gather(lock, hurry);
    if (!some()) work_.wait_for(lock, look_at_age, some);
    if (!hurry() && !queue_.empty()) gather(lock, hurry);
  }
  urgent_ = false;
  if (pending_.empty()) {
    std::swap(pending_, queue_);
  } else {
    for (std::size_t i = 0; i < queue_.count(); ++i) {
      pending_.add(queue_.record(i), queue_.waiting(i));
    }
    queue_.clear();
  }
  if (const std::uint64_t dropped = std::exchange(dropped_, 0); dropped != 0) {
    lost_ += dropped;
    trail_.note_failure(0, dropped);
  }
  return !stopping_ || !pending_.empty();
}

void Recorder::run() {
  const MemoryWait wait(MemoryWait::Kind::for_ever);  // a record that fails is nobody's to refuse
  write_pending();                                    // the trail's first record
  while (wait_for_work()) {
    write_pending();
    bool reopening = false;
    {
      const std::lock_guard guard(mutex_);
      reopening = std::exchange(reopening_, false);
      if (stopping_) break;
    }
    if (reopening) begin_new_file("reopening");
    if (rotation_is_due()) begin_new_file("rotation");
  }
  finish();
}

void Recorder::write_pending() {
  if (pending_.empty() && !trail_.has_opening()) return;
  if (doubtful_) {
    const error_code refused = leave_doubtful_file();
    if (refused) return settle({.records = 0, .error = refused, .lines = {}}, refused);
  }
  views_.clear();
  for (std::size_t i = 0; i < pending_.count(); ++i) views_.push_back(pending_.record(i));
  Trail::Appended appended = trail_.append(views_);
  error_code error = appended.error;
  const bool synced = settings_.durability == AuditSettings::Durability::synced;
  if (synced && !error) {
    error = trail_.sync();
    doubtful_ = error && is_file_;
  }
  if (synced && error && trail_.undo()) appended = {.records = 0, .error = error, .lines = {}};
  settle(appended, error);
}

// Of a file that a disk refused once, more can be missing there than what it refused, though it
// takes what comes next. The trail goes on in another, behind what is known to be on the disk.
error_code Recorder::leave_doubtful_file() {
  const error_code cannot_be_left =
      boost::system::errc::make_error_code(boost::system::errc::io_error);
  if (!was_moved(settings_.file, id_)) {
    const bool holds_nothing = trail_.store().size() == 0;
    const bool left = holds_nothing ? ::unlink(settings_.file.c_str()) == 0
                                    : move_aside(settings_.file, trail_.head().seq).has_value();
    if (!left) return cannot_be_left;
  }
  auto next = open_next(settings_.file, trail_.head(), "failure");
  if (!next) return cannot_be_left;
  go_on_in(std::move(*next));
  doubtful_ = false;
  tidy_up();
  return {};
}

void Recorder::go_on_in(OpenedTrail next) {
  is_file_ = next.is_file;
  id_ = next.id;
  began_ = next.began;
  trail_.open(std::move(next.store), next.head, std::move(next.opening));
}

// Tells everybody who waits, and the sinks. Where the disk failed, no decision counts.
void Recorder::settle(const Trail::Appended& appended, error_code error) {
  if (stalled_.exchange(false)) spdlog::info("the audit's disk answers again");
  records_ += appended.records;
  const bool counts = !error || settings_.durability == AuditSettings::Durability::written;
  for (std::size_t i = 0; i < pending_.count(); ++i) {
    if (pending_.waiting(i) == nullptr) continue;
    const bool recorded = counts && i < appended.records;
    wake(pending_.waiting(i), recorded ? error_code() : error);
  }
  for (const auto& sink : sinks_) {
    if (!appended.lines.empty()) sink->tell(appended.lines);
  }
  tell_failure(error);
  keep_what_was_not_written(appended.records);
}

// Outcomes and reads stay for the next attempt, as far as there is room for them.
void Recorder::keep_what_was_not_written(std::size_t written) {
  if (written == pending_.count()) {
    pending_.clear();
    return;
  }
  std::uint64_t refused = 0;
  std::uint64_t lost = 0;
  for (std::size_t i = written; i < pending_.count(); ++i) {
    if (pending_.waiting(i) != nullptr) {
      ++refused;
    } else if (kept_.size() > most_kept) {
      ++lost;
    } else {
      kept_.add(pending_.record(i), nullptr);
    }
  }
  std::swap(pending_, kept_);
  kept_.clear();
  refused_ += refused;
  lost_ += lost;
  trail_.note_failure(refused, lost);
}

void Recorder::tell_failure(error_code error) {
  if (error) ++failures_;
  if (failing_.exchange(error.failed()) == error.failed()) return;
  if (error) {
    spdlog::error("the audit cannot be written: {}", error.message());
  } else {
    spdlog::info("the audit is written again");
  }
}

bool Recorder::rotation_is_due() const {
  if (!is_file_ || failing_.load() || Clock::now() < not_before_) return false;
  const AuditSettings::Rotation& rotate = settings_.rotate;
  const bool large = rotate.size != 0 && trail_.store().size() >= rotate.size;
  const auto age = std::chrono::seconds(std::time(nullptr) - began_);
  return large || (rotate.age.count() != 0 && age >= rotate.age);
}

// The old file's last record is there before anything is moved, and the new one's first says what
// it goes on behind.
void Recorder::begin_new_file(std::string_view after) {
  if (!is_file_) return;
  const bool moved = was_moved(settings_.file, id_);
  if (after == "reopening" && !moved) return;
  const Trail::Appended ended = trail_.end(after);
  for (const auto& sink : sinks_) {
    if (!ended.lines.empty()) sink->tell(ended.lines);
  }
  tell_failure(ended.error);
  if (ended.error) return;
  if (const error_code unsynced = trail_.sync()) return put_off(unsynced.message());
  if (!moved) {
    const auto aside = move_aside(settings_.file, trail_.head().seq);
    if (!aside) return put_off(aside.error().text);
  }
  auto next = open_next(settings_.file, trail_.head(), after);
  if (!next) return put_off(next.error().text);
  go_on_in(std::move(*next));
  write_pending();
  tidy_up();
}

void Recorder::put_off(const std::string& problem) {
  spdlog::error("the audit goes on in the file it has: {}", problem);
  not_before_ = Clock::now() + rotation_pause;
}

void Recorder::tidy_up() {
  const AuditSettings::Rotation& rotate = settings_.rotate;
  if ((rotate.keep == 0 && !rotate.compress) || tidying_.exchange(true)) return;
  if (tidier_.joinable()) tidier_.join();
  tidier_ = std::thread([this] {
    const std::string problem =
        tidy(settings_.file, settings_.rotate.keep, settings_.rotate.compress);
    if (!problem.empty()) spdlog::error("old audit files: {}", problem);
    tidying_ = false;
  });
}

void Recorder::finish() {
  const Trail::Appended ended = trail_.end("stop");
  for (const auto& sink : sinks_) {
    if (!ended.lines.empty()) sink->tell(ended.lines);
  }
  tell_failure(ended.error);
  if (const error_code unsynced = trail_.sync()) {
    spdlog::error("the audit's end is not on the disk: {}", unsynced.message());
  }
}

}  // namespace dockgate::proxy::audit
