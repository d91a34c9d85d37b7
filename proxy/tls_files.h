// The TLS of one listener: the files it is made from, and the context that was last made from them.
// Lives on the thread that accepts.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "certs/tls_context.h"
#include "policy/settings.h"

namespace dockgate::proxy {

class TlsFiles {
 public:
  explicit TlsFiles(policy::Tls files) : files_(std::move(files)) {}

  // Reads the files: "", or what is wrong with them. What can be used of them is, with what was
  // there before in place of the rest; `context` tells by being another.
  std::string load();

  // For a call each second: whether the files are others than those that were read last, and have
  // been so since the last call (those that are still being written are waited for); or whether
  // the last reading failed a while ago, for reasons that may have passed.
  bool are_to_be_read();

  // nullptr until they have been read once.
  const std::shared_ptr<const certs::TlsContext>& context() const { return context_; }

 private:
  // What a file is known by without reading it.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = -1;          // -1: it is not there
    std::time_t seconds = 0;  // of its last change, also of its mode or owner
    long nanoseconds = 0;

    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  std::vector<Stamp> stamps() const;

  policy::Tls files_;
  std::vector<Stamp> read_;  // of what was read last, whatever came of it
  std::vector<Stamp> seen_;  // at the last look
  bool failed_ = false;
  int looks_since_ = 0;
  std::shared_ptr<const certs::TlsContext> context_;
};

}  // namespace dockgate::proxy
