// Where the bytes of a trail are kept: a file, standard output, a pipe.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace dockgate::proxy::audit {

class Store {
 public:
  struct Written {
    std::size_t bytes = 0;
    boost::system::error_code error;  // says why they are fewer than were given
  };

  Store() = default;
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  virtual Written write(std::string_view bytes) = 0;

  // Until all that was written is on the disk.
  virtual boost::system::error_code sync() = 0;

  // Takes the last `bytes` away again; false where that cannot be done.
  virtual bool take_back(std::size_t bytes) = 0;

  virtual std::uint64_t size() const = 0;
};

class DescriptorStore final : public Store {
 public:
  // Closes the descriptor at its end. Of a file that was opened to append, `size` is what it holds.
  enum class Kind : unsigned char { file, stream };
  DescriptorStore(int descriptor, Kind kind, std::uint64_t size);
  ~DescriptorStore() override;

  Written write(std::string_view bytes) override;
  boost::system::error_code sync() override;
  bool take_back(std::size_t bytes) override;

  std::uint64_t size() const override { return size_; }

 private:
  int descriptor_;
  Kind kind_;
  std::uint64_t size_;
};

}  // namespace dockgate::proxy::audit
