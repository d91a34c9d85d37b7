// Files and folders that only this user may read, and that are there whole or not at all.
//
// What is written is first in a hidden file or folder beside its place (`.new-…`, mode 0600 or 0700
// from its first instant), is flushed to the disk, and is then renamed. A process that is killed
// leaves a hidden file and nothing else.
#pragma once

#include <string>
#include <vector>

#include "certs/result.h"

namespace dockgate::certs {

enum class Existing : unsigned char { refuse, replace };

// The whole of a regular file of at most 64 MiB.
Result<std::string> read_file(const std::string& path);

// `refuse`: what is there already is a mistake, and stays.
Result<void> write_file(const std::string& path, const std::string& text, Existing existing);

bool exists(const std::string& path);

// Makes a folder of mode 0700 in one that is there; one that is there already is left as it is.
Result<void> make_folder(const std::string& path);

struct NamedText {
  std::string name;
  std::string text;
};

// A folder with exactly these files. One that is there already is exchanged for it in one step
// (in two where the file system cannot), and then removed.
Result<void> write_folder(const std::string& path, const std::vector<NamedText>& files);

// Removes what killed processes left in a folder. Only for who holds the folder's lock.
void remove_leftovers(const std::string& folder);

// Holds a lock file from `take` until its end; others wait in `take`.
class FolderLock {
 public:
  static Result<FolderLock> take(const std::string& path);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace dockgate::certs
