// A trail's files: the one that is written, and those that it was before.
//
//   audit.jsonl                            what is written
//   audit.jsonl.20261124T153000Z-4711      what was, up to record 4711
//   audit.jsonl.20261124T101500Z-1200.gz   the same, compressed
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "certs/result.h"
#include "proxy/audit/chain.h"
#include "proxy/audit/store.h"
#include "proxy/audit/trail.h"

namespace dockgate::proxy::audit {

// A file whatever it is called.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t number = 0;

  friend bool operator==(const FileId&, const FileId&) = default;
};

struct OpenedTrail {
  std::unique_ptr<Store> store;
  Link head;
  Opening opening;
  bool is_file = false;  // one that can be rotated
  FileId id;
  std::int64_t began = 0;  // when its first record was written, in seconds since 1970
};

// Makes the file, with mode 0640, or goes on with it behind its last whole line; "-" is standard
// output. Fails where another process writes to it, or where it ends in what is no trail's line.
certs::Result<OpenedTrail> open_trail(const std::string& file);

// The same file anew, which must be empty or not be there: whoever moved it there has another
// trail in it. `head` is what it goes on behind.
certs::Result<OpenedTrail> open_next(const std::string& file, Link head, std::string_view after);

// Whether the file of that name is another than the one that was opened, or none.
bool was_moved(const std::string& file, const FileId& opened);

// Moves the file to the name that says what it holds. The new name, or an error.
certs::Result<std::string> move_aside(const std::string& file, std::uint64_t last_seq);

struct RotatedFile {
  std::string path;
  std::uint64_t last_seq = 0;
  bool compressed = false;
};

// The oldest first.
std::vector<RotatedFile> rotated_files(const std::string& file);

// Compresses what is not yet, removes the oldest beyond `keep` (0: none). The first problem, or "".
std::string tidy(const std::string& file, std::size_t keep, bool compress);

}  // namespace dockgate::proxy::audit
