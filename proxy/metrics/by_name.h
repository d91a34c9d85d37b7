// Counters that are made when their name is first met: found without a lock by the one thread that
// adds them, and read by others under a lock that it takes only to add.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace dockgate::proxy {

template <class Value>
class ByName {
 public:
  // On the thread that adds. What it returns stays where it is.
  Value& at(std::string_view name) {
    const auto found = all_.find(name);
    if (found != all_.end()) return found->second;
    const std::lock_guard lock(adding_);
    return all_.try_emplace(std::string(name)).first->second;
  }

  template <class Read>
  void for_each(Read&& read) const {
    const std::lock_guard lock(adding_);
    for (const auto& [name, value] : all_) read(name, value);
  }

 private:
  mutable std::mutex adding_;
  std::map<std::string, Value, std::less<>> all_;
};

}  // namespace dockgate::proxy
