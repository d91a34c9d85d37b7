// The trail itself: records become lines of one chain, and the chain goes on whatever happens to
// the store. No threads and no clock but the records': recorder.h has those.
//
// A line is in the store whole, or it is taken back, or it is closed off (`~` and a line feed, with
// which no line ends) and the next line says so: its `torn` gives length and SHA-256 of what is
// between the last whole line and that mark. So nothing that was once whole can be made to look
// torn.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/signing.h"
#include "proxy/audit/chain.h"
#include "proxy/audit/store.h"

namespace dockgate::proxy::audit {

inline constexpr std::string_view closes_off = "~\n";

// What the trail says of itself before the next record.
struct Opening {
  enum class Event : std::uint8_t {
    begins,     // a chain, with nothing known before it
    continues,  // in a new file
    resumes,    // in the same one, after a restart or a failure
  };
  Event event = Event::begins;
  std::string_view after;     // start, rotation, reopening, restart, failure
  std::string torn = {};      // what stands between the last whole line and the end
  std::uint64_t refused = 0;  // decisions that could not be recorded, and so were none
  std::uint64_t lost = 0;     // outcomes and reads that could not be recorded
};

class Trail {
 public:
  struct Signing {
    const certs::SigningKey* key = nullptr;  // nullptr: nothing is signed
    unsigned every = 1000;                   // records
  };

  explicit Trail(Signing signing) : signing_(signing) {}

  // Goes on in this store, behind `head`; `opening` is its first record.
  void open(std::unique_ptr<Store> store, Link head, Opening opening);

  struct Appended {
    std::size_t records = 0;  // of those given, from the first
    boost::system::error_code error;
    std::string_view lines;  // whole ones, until the next call
  };

  // Appends open records, and what the trail has to say before and after them. None of it is lost
  // by a failure but the records that did not get in, and those are the caller's to keep.
  Appended append(std::span<const std::string_view> records);

  boost::system::error_code sync() { return store_->sync(); }

  // Takes away what the last call appended: the kernel took it, the disk did not, and what a disk
  // refused once is not written again by itself. False where nothing can be taken away.
  bool undo();

  // What could not be recorded, to be told when recording goes on.
  void note_failure(std::uint64_t refused, std::uint64_t lost);

  // The last record of a store, and a signature of the head.
  Appended end(std::string_view why);

  const Link& head() const { return head_; }

  const Store& store() const { return *store_; }

  // Whether something is to be told that is not in the store yet.
  bool has_opening() const { return to_open_; }

 private:
  struct End {
    std::size_t at;
    std::size_t records;
    Link head;
    std::uint64_t signed_at;
    bool opened;
  };

  void add(std::string_view open_record, std::size_t records);
  std::size_t add_opening();
  void add_signature(std::size_t records);
  Appended write(std::size_t first);
  void tear(std::string_view partly_written);

  Signing signing_;
  std::unique_ptr<Store> store_;
  Hasher hasher_;
  Link head_;
  std::uint64_t signed_at_ = 0;  // the number of the last signature
  Opening opening_;
  bool to_open_ = false;
  std::string out_;
  std::vector<End> ends_;  // of the lines in `out_`
  std::size_t whole_ = 0;  // bytes of `out_` that are in the store, in whole lines
  Opening told_;           // what the last call had to tell before its records
};

}  // namespace dockgate::proxy::audit
