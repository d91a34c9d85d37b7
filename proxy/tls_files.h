// The TLS of one listener: the files it is made from, and the context that was last made from them.
// Lives on the thread that accepts.
#pragma once

#include <memory>
#include <string>

#include "certs/tls_context.h"
#include "policy/settings.h"
#include "proxy/file_watch.h"

namespace dockgate::proxy {

class TlsFiles {
 public:
  explicit TlsFiles(policy::Tls files);

  const policy::Tls& files() const { return files_; }

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
  policy::Tls files_;
  FileWatch watch_;
  bool failed_ = false;
  int looks_since_ = 0;
  std::shared_ptr<const certs::TlsContext> context_;
};

}  // namespace dockgate::proxy
