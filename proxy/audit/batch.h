// Records on their way to the trail, in the order they came.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dockgate::proxy::audit {

struct Waiting;  // for a decision to be recorded; recorder.cpp

class Batch {
 public:
  struct Item {
    std::size_t end;                   // in the text
    std::shared_ptr<Waiting> waiting;  // nullptr: nobody waits
  };

  void add(std::string_view record, std::shared_ptr<Waiting> waiting) {
    text_ += record;
    items_.push_back({text_.size(), std::move(waiting)});
  }

  bool empty() const { return items_.empty(); }

  std::size_t size() const { return text_.size(); }

  std::size_t count() const { return items_.size(); }

  const std::shared_ptr<Waiting>& waiting(std::size_t index) const { return items_[index].waiting; }

  std::string_view record(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : items_[index - 1].end;
    return std::string_view(text_).substr(begin, items_[index].end - begin);
  }

  void clear() {
    text_.clear();
    items_.clear();
  }

 private:
  std::string text_;
  std::vector<Item> items_;
};

}  // namespace dockgate::proxy::audit
