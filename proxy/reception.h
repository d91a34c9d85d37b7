// Every way in: the doors that the settings name, opened, accepted from, changed and closed on one
// thread, that of the first worker. Arrivals go to the workers in turn and stay where they came.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "policy/result.h"
#include "proxy/door.h"
#include "proxy/worker.h"

namespace dockgate::proxy {

class Reception {
 public:
  // Both outlive it.
  Reception(const std::vector<std::unique_ptr<Worker>>& workers, const PassedSockets& passed)
      : workers_(workers), passed_(passed) {}

  Reception(const Reception&) = delete;
  Reception& operator=(const Reception&) = delete;

  // Makes the doors those of `listen`: new ones are opened, others closed, and those that stay get
  // the TLS they are said to have. All of it, or none and the first problem; `in_between` is called
  // when nothing can fail any more and nobody has come in by a new door yet.
  std::string change_to(const std::vector<policy::Listen>& listen,
                        const std::function<void()>& in_between);

  // From here on doors are accepted from as soon as they are there.
  void begin_accepting();

  // Reads the files of TLS anew; those that a look finds changed, or all of them.
  enum class Which : std::uint8_t { changed, all };
  void read_tls_files(Which which);

  void close();

  // From any thread.
  std::vector<DoorState> doors() const;

 private:
  using DoorHandle = std::shared_ptr<Door>;  // whoever waits for arrivals keeps it

  // What change_to is about to do.
  struct Change {
    std::vector<DoorHandle> doors;   // all there will be, in the settings' order
    std::vector<DoorHandle> opened;  // those of them that are new
    std::vector<std::pair<DoorHandle, std::optional<TlsFiles>>> tls;
  };

  std::string prepare(const std::vector<policy::Listen>& listen, Change& change) const;
  void carry_out(Change change);
  void accept_next(DoorHandle door);
  void retry_later(DoorHandle door, const boost::system::error_code& error);
  void read_tls_files_of(Door& door);
  void tell_of_tls(const Door& door) const;
  void show_doors();

  boost::asio::io_context& first() const { return workers_.front()->context(); }

  const std::vector<std::unique_ptr<Worker>>& workers_;
  const PassedSockets& passed_;
  std::vector<DoorHandle> doors_;
  mutable std::mutex showing_;
  std::vector<DoorState> shown_;
  std::map<std::string, std::string> told_;  // what is wrong with a door's files, once
  std::size_t next_worker_ = 0;
  bool accepting_ = false;
};

}  // namespace dockgate::proxy
