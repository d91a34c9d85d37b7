// The context of a build on its way to the Engine: an archive that is read, and written anew.
//
// The Dockerfile is held back until the rest of the archive has come. What the Engine gets as the
// Dockerfile is written last, after it was judged, and replaces whatever else may lie there: before
// that the archive has no end, and the Engine builds nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/build/tar_header.h"
#include "policy/result.h"

namespace dockgate::policy {

class BuildContext {
 public:
  // `dockerfile` is the parameter of that name; "" is the Engine's default, `Dockerfile`. Where it
  // is no name of a file in a context, the first call of `take` says so.
  explicit BuildContext(std::string_view dockerfile);

  // Takes what came of the client's archive, however it is cut, and appends what goes on. Nothing
  // is to be taken after an error.
  Result<void, TarProblem> take(std::string_view bytes, std::string& out);

  // What is wrong with an archive of which nothing more comes.
  Result<void, TarProblem> finish() const;

  // Its text; nothing where the archive has none. After `finish`.
  const std::optional<std::string>& dockerfile() const { return text_; }

  // Appends `text` as the Dockerfile, and the end of the archive. Once, where there was one.
  void write_end(std::string_view text, std::string& out);

 private:
  enum class State : std::uint8_t { header, extension, content, padding, end };

  Result<void, TarProblem> take_header(std::string& out);
  void begin_archive(std::string& out);
  Result<void, TarProblem> begin_entry(const TarBlock& block, std::string& out);
  Result<void, TarProblem> take_content(std::string_view& bytes, std::string& out);

  std::string path_;
  bool sound_ = true;  // whether the path is one
  State state_ = State::header;
  std::uint64_t left_ = 0;  // bytes of content, or of the zeros after it
  std::size_t padding_ = 0;
  std::string held_;  // a header, or an extension's content, so far
  TarExtension extension_;
  std::uint64_t extended_ = 0;  // bytes of the extensions before the next entry
  std::uint64_t after_end_ = 0;
  bool begun_ = false;  // whether anything was written
  char extension_type_ = '\0';
  bool is_dockerfile_ = false;  // the content at hand
  TarHeader header_;            // of the Dockerfile
  std::optional<std::string> text_;
};

}  // namespace dockgate::policy
