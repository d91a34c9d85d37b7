#include "policy/build/build_context.h"

#include <algorithm>
#include <utility>

namespace dockgate::policy {
namespace {

constexpr std::uint64_t longest_dockerfile = 1024 * 1024;
constexpr std::uint64_t longest_end = 1024 * 1024;  // tar fills up its last record

TarProblem problem(std::string what) { return TarProblem{std::move(what)}; }

}  // namespace

BuildContext::BuildContext(std::string_view dockerfile) {
  const auto clean = clean_tar_name(dockerfile.empty() ? "Dockerfile" : dockerfile);
  sound_ = clean && !clean->empty() && clean->find('\0') == std::string::npos;
  if (sound_) path_ = *clean;
}

Result<void, TarProblem> BuildContext::take(std::string_view bytes, std::string& out) {
  if (!sound_) return problem("the parameter `dockerfile` names no file in it");
  while (!bytes.empty()) {
    if (state_ == State::end) {
      const auto is_zero = [](char c) { return c == '\0'; };
      if (!std::all_of(bytes.begin(), bytes.end(), is_zero)) {
        return problem("something follows its end");
      }
      after_end_ += bytes.size();
      if (after_end_ > longest_end) return problem("zeros without an end follow its end");
      return {};
    }
    if (state_ == State::header) {
      const auto part = bytes.substr(0, tar_header_size - held_.size());
      held_ += part;
      bytes.remove_prefix(part.size());
      if (held_.size() < tar_header_size) return {};
      if (auto taken = take_header(out); !taken) return taken.error();
    } else if (auto taken = take_content(bytes, out); !taken) {
      return taken.error();
    }
  }
  return {};
}

Result<void, TarProblem> BuildContext::take_header(std::string& out) {
  const auto block = read_tar_block(held_, extension_);
  held_.clear();
  if (!block) return block.error();
  if (block->kind == TarBlock::Kind::end) {
    state_ = State::end;
    return {};
  }
  left_ = block->size;
  padding_ = tar_padding(left_);
  if (block->kind == TarBlock::Kind::extension) {
    extended_ += block->size;
    if (extended_ > longest_extension) return problem("an extended header in it is too long");
    extension_type_ = block->extension;
    state_ = State::extension;
  } else {
    if (auto begun = begin_entry(*block, out); !begun) return begun.error();
    extension_ = TarExtension();
    extended_ = 0;
    state_ = State::content;
  }
  std::string_view nothing;
  return take_content(nothing, out);
}

// What comes first is the Engine's sign of what an archive is packed with: no name of the client's.
void BuildContext::begin_archive(std::string& out) {
  if (std::exchange(begun_, true)) return;
  TarHeader root;
  root.type = TarType::directory;
  root.mode = 0700;  // as the Engine makes the folder it unpacks into
  root.mtime = "0";
  write_tar_header(root, out);
}

Result<void, TarProblem> BuildContext::begin_entry(const TarBlock& block, std::string& out) {
  const TarHeader& header = block.header;
  is_dockerfile_ = header.name == path_;
  if (header.type == TarType::hard_link && header.link == path_) {
    return problem("`" + header.name + "` in it is another name of the Dockerfile");
  }
  if (!is_dockerfile_) {
    begin_archive(out);
    write_tar_header(header, out);
    return {};
  }
  if (header.type != TarType::file) return problem("its `" + path_ + "` is no plain file");
  if (header.size > longest_dockerfile) return problem("its `" + path_ + "` is too long");
  header_ = header;
  text_ = "";
  return {};
}

// Content, and the zeros that fill its last block.
Result<void, TarProblem> BuildContext::take_content(std::string_view& bytes, std::string& out) {
  const auto part = bytes.substr(0, std::min<std::uint64_t>(left_, bytes.size()));
  bytes.remove_prefix(part.size());
  left_ -= part.size();
  if (state_ == State::extension) {
    held_ += part;
  } else if (state_ == State::content && is_dockerfile_) {
    *text_ += part;
  } else if (state_ == State::content) {
    out += part;
  }
  if (left_ != 0) return {};
  if (state_ == State::extension) {
    auto read = read_tar_extension(extension_type_, held_, extension_);
    held_.clear();
    if (!read) return read.error();
  } else if (state_ == State::content && !is_dockerfile_) {
    out.append(padding_, '\0');
  }
  left_ = std::exchange(padding_, 0);
  state_ = left_ == 0 ? State::header : State::padding;
  return {};
}

// Go's reader takes an archive without blocks of zeros at its end.
Result<void, TarProblem> BuildContext::finish() const {
  if (!sound_) return problem("the parameter `dockerfile` names no file in it");
  const bool between = state_ == State::header && held_.empty() && extension_.empty();
  if (state_ != State::end && !between) return problem("it broke off");
  if (!text_) return problem("it has no file `" + path_ + "`");
  return {};
}

void BuildContext::write_end(std::string_view text, std::string& out) {
  begin_archive(out);
  header_.size = text.size();
  write_tar_header(header_, out);
  out += text;
  out.append(tar_padding(text.size()), '\0');
  write_tar_end(out);
}

}  // namespace dockgate::policy
