// A large value that most of its holders leave as it is made: until it is changed it is a pointer,
// and reads as the default value.
#pragma once

#include <memory>

namespace dockgate::policy {

template <class Value>
class Boxed {
 public:
  Boxed() = default;

  Boxed(const Boxed& other)
      : value_(other.value_ == nullptr ? nullptr : std::make_unique<Value>(*other.value_)) {}

  Boxed(Boxed&&) noexcept = default;

  Boxed& operator=(const Boxed& other) {
    *this = Boxed(other);
    return *this;
  }

  Boxed& operator=(Boxed&&) noexcept = default;
  ~Boxed() = default;

  const Value& operator*() const { return value_ == nullptr ? unchanged() : *value_; }

  const Value* operator->() const { return &**this; }

  // Whether it was never changed: it is the default value.
  bool is_unchanged() const { return value_ == nullptr; }

  // The value, to be changed.
  Value& change() {
    if (value_ == nullptr) value_ = std::make_unique<Value>();
    return *value_;
  }

  friend bool operator==(const Boxed& one, const Boxed& other) { return *one == *other; }

 private:
  static const Value& unchanged() {
    static const Value value{};
    return value;
  }

  std::unique_ptr<Value> value_;
};

}  // namespace dockgate::policy
