// Where in a request something stands: a JSON pointer (RFC 6901) into its body, or `?name` for
// a query parameter. Places are linked frames on the stack of whoever walks the value; the text
// is made only where a fact or a reason keeps it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dockgate::policy {

class Place {
 public:
  // The root: "" for a body, "?networkmode" for a parameter.
  explicit Place(std::string_view root = {}) : key_(root) {}

  // A child lives no longer than its parent.
  Place member(std::string_view key) const { return Place(this, key, no_index); }

  // The same of a key that needs no escape: one of the API's.
  Place field(std::string_view key) const {
    Place place(this, key, no_index);
    place.plain_ = true;
    return place;
  }

  Place item(std::size_t index) const { return Place(this, {}, index); }

  std::string text() const {
    std::string out;
    out.reserve(length());
    append_to(out);
    return out;
  }

 private:
  static constexpr std::size_t no_index = static_cast<std::size_t>(-1);

  Place(const Place* parent, std::string_view key, std::size_t index)
      : parent_(parent), key_(key), index_(index) {}

  // About that of the text.
  std::size_t length() const {
    constexpr std::size_t usual_index = 2;
    const std::size_t own = index_ == no_index ? key_.size() : usual_index;
    return own + (parent_ == nullptr ? 0 : parent_->length() + 1);
  }

  void append_to(std::string& out) const {
    if (parent_ == nullptr) {
      out += key_;
      return;
    }
    parent_->append_to(out);
    out += '/';
    if (index_ != no_index) {
      out += std::to_string(index_);
      return;
    }
    const bool plain = plain_ || (key_.find('~') == key_.npos && key_.find('/') == key_.npos);
    if (plain) {
      out += key_;
      return;
    }
    for (const char c : key_) {
      if (c == '~') {
        out += "~0";
      } else if (c == '/') {
        out += "~1";
      } else {
        out += c;
      }
    }
  }

  const Place* parent_ = nullptr;
  std::string_view key_;
  std::size_t index_ = no_index;
  bool plain_ = false;  // the key is known to hold neither `~` nor `/`
};

}  // namespace dockgate::policy
