// The running program: threads, listeners, connections, and a stop that lets requests end.
#pragma once

#include <memory>
#include <string>

#include "proxy/generation.h"
#include "proxy/reloader.h"
#include "proxy/shared.h"

namespace dockgate::proxy {

class Server {
 public:
  // `shared` outlives it. `first` is in force until `source` has something else.
  Server(Shared& shared, InForce first, Source source);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Opens every listener; the first problem, or "".
  std::string listen();

  // Reads the settings and the files of TLS anew on SIGHUP, and when they have changed; SIGHUP and
  // SIGUSR1 have the audit go on in a new file where its own was moved.
  // Serves until stop(), SIGTERM or SIGINT, and then until requests have ended or the drain time
  // is over. Blocks.
  void run();

  // From any thread.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace dockgate::proxy
