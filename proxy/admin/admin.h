// The admin listener: apart from those of the clients, on a thread that serves none of them, so
// that it answers while they are busy. Whoever reaches it may see what it shows.
#pragma once

#include <boost/asio/io_context.hpp>
#include <list>
#include <memory>
#include <string>

#include "policy/settings.h"
#include "proxy/admin/pages.h"
#include "proxy/admin/visit.h"
#include "proxy/deadlines.h"
#include "proxy/door.h"

namespace dockgate::proxy {

class Admin {
 public:
  // All of them outlive it.
  Admin(boost::asio::io_context& context, Pages& pages);
  ~Admin();
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  // "", or why it cannot listen there.
  std::string listen(const policy::Listen& listen, const PassedSockets& passed);

  void begin_accepting();

  // For a call each second.
  void read_changed_tls_files();

  // Ends what is under way; nobody arrives any more.
  void close();

 private:
  using Visits = std::list<std::unique_ptr<Visit>>;

  void accept_next();
  void retry_later();
  void welcome(Arrival arrival);

  boost::asio::io_context& context_;
  Pages& pages_;
  Deadlines deadlines_;
  std::unique_ptr<Door> door_;  // nullptr: it listens nowhere
  Visits visits_;
};

}  // namespace dockgate::proxy
