// Sessions hand their records here; one thread writes them, many at a time.
//
// A decision is awaited: what mutates goes on only when its record is in the trail (and on the
// disk, with `durability: synced`). Everything else is handed over and written within milliseconds.
// While nothing can be written, decisions fail at once, the others are kept up to a limit, and the
// trail then says how many are missing. Writing is tried again with every decision, and four times
// a second. A write that hangs fails the decisions that wait for it after ten seconds, and those
// that come meanwhile at once.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "certs/result.h"
#include "certs/signing.h"
#include "policy/settings.h"
#include "proxy/audit/batch.h"
#include "proxy/audit/sink.h"
#include "proxy/audit/trail.h"
#include "proxy/audit/trail_file.h"
#include "proxy/byte_stream.h"

namespace dockgate::proxy::audit {

class Recorder {
 public:
  // Opens the trail behind its last record, and begins to write.
  static certs::Result<std::unique_ptr<Recorder>> open(const policy::AuditSettings& settings);

  // Writes what it has, and the trail's end.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Returns when the record is in the trail, or with an error where it is not. Awaited on the
  // event loop of the caller, which goes on serving others. From any thread.
  Task<Result<void>> decide(std::string_view open_record);

  // From any thread; does not wait.
  void note(std::string_view open_record);

  // Whether reads are to be served: false where the settings refuse them while nothing can be
  // recorded.
  bool serves_reads() const;

  // Whoever rotates the file has moved it: goes on in a new one. From any thread.
  void reopen();

  struct State {
    bool failing = false;
    std::uint64_t records = 0;   // in the trail, since the start
    std::uint64_t failures = 0;  // attempts to write that failed
    std::uint64_t refused = 0;   // decisions
    std::uint64_t lost = 0;      // others that were dropped
    std::uint64_t waiting = 0;   // bytes
  };

  // From any thread.
  State state() const;

 private:
  Recorder(const policy::AuditSettings& settings, OpenedTrail opened, Trail::Signing signing);

  bool hand_over(std::string_view record, std::shared_ptr<Waiting> waiting);
  template <class Hurry>
  void gather(std::unique_lock<std::mutex>& lock, const Hurry& hurry);
  bool wait_for_work();
  void run();
  void write_pending();
  void stall();
  boost::system::error_code leave_doubtful_file();
  void go_on_in(OpenedTrail next);
  void settle(const Trail::Appended& appended, boost::system::error_code error);
  void keep_what_was_not_written(std::size_t written);
  void tell_failure(boost::system::error_code error);
  bool rotation_is_due() const;
  void begin_new_file(std::string_view after);
  void put_off(const std::string& problem);
  void tidy_up();
  void finish();

  const policy::AuditSettings settings_;
  std::unique_ptr<certs::SigningKey> key_;
  std::vector<std::unique_ptr<Sink>> sinks_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  Batch queue_;  // guarded, as are the next five
  bool urgent_ = false;
  bool gathering_ = false;  // the writer looks at the queue in a moment by itself
  bool reopening_ = false;
  bool stopping_ = false;
  std::uint64_t dropped_ = 0;

  std::atomic<bool> failing_{false};
  std::atomic<bool> stalled_{false};  // a write takes too long
  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> lost_{0};

  // The writer's own.
  Batch pending_;
  Batch kept_;
  std::vector<std::string_view> views_;
  Trail trail_;
  bool is_file_;
  FileId id_;
  std::int64_t began_;
  bool doubtful_ = false;           // the file: the disk refused some of it
  Clock::time_point not_before_{};  // a rotation that failed is not tried again at once
  std::atomic<bool> tidying_{false};
  std::thread tidier_;
  std::thread writer_;
};

}  // namespace dockgate::proxy::audit
