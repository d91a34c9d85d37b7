// Trails for tests, in memory and in a folder of their own.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/audit/store.h"
#include "proxy/audit/verify.h"

namespace dockgate::proxy::audit {

// Has room for so many bytes; what is beyond them fails in the middle.
struct Room {
  std::string text;
  std::size_t size = 1'000'000;
  bool takes_back = true;
};

class RoomStore final : public Store {
 public:
  explicit RoomStore(Room& room) : room_(room) {}

  Written write(std::string_view bytes) override {
    const std::size_t left = room_.size - std::min(room_.size, room_.text.size());
    const std::size_t count = std::min(left, bytes.size());
    room_.text += bytes.substr(0, count);
    if (count == bytes.size()) return {count, {}};
    return {count, {ENOSPC, boost::system::system_category()}};
  }

  boost::system::error_code sync() override { return {}; }

  bool take_back(std::size_t bytes) override {
    if (room_.takes_back) room_.text.resize(room_.text.size() - bytes);
    return room_.takes_back;
  }

  std::uint64_t size() const override { return room_.text.size(); }

 private:
  Room& room_;
};

// Removed at its end.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "dockgate-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }

  ~TestFolder() { std::filesystem::remove_all(path_); }

  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }

  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

  std::string read(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_;
};

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end + 1 - at));
    at = end + 1;
  }
  return lines;
}

inline std::string text_of(const Verified& verified) {
  std::string text = verified.unreadable;
  for (const Finding& finding : verified.findings) {
    const std::string& found = finding.text;
    text += (finding.kind == Finding::Kind::note ? "note " : "broken ") +
            found.substr(found.rfind('/') + 1) + "\n";
  }
  return text;
}

}  // namespace dockgate::proxy::audit
