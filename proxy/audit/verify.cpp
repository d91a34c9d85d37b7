#include "proxy/audit/verify.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <tuple>
#include <utility>

#include "policy/strict_json.h"
#include "proxy/audit/lines.h"
#include "proxy/audit/signature.h"
#include "proxy/audit/trail.h"

namespace dockgate::proxy::audit {
namespace {

using policy::Json;
using Kind = Finding::Kind;

constexpr std::size_t most_findings = 100;
constexpr std::uint64_t few = 8;  // records of the trail's own between two signatures

// The trail's own records have no id; their `event` follows the time.
bool is_of_the_trail(std::string_view line) {
  constexpr std::string_view before_time = "{\"v\":1,\"time\":\"";
  constexpr std::size_t time_size = 27;
  constexpr std::string_view before_event = "\",\"event\":\"";
  return line.compare(0, before_time.size(), before_time) == 0 &&
         line.size() > before_time.size() + time_size + before_event.size() &&
         line.compare(before_time.size() + time_size, before_event.size(), before_event) == 0;
}

class Verifier {
 public:
  explicit Verifier(const std::vector<certs::PublicKey>& keys) : keys_(keys) {}

  void read(const std::string& file);
  Verified finish();

 private:
  void line(std::string_view text);
  void own_record(std::string_view text, const Seal& seal);
  void opening(const Json& record, std::string_view event, std::uint64_t seq);
  void check_torn(const Json& record);
  void signature(const Json& record);
  void check_link(std::string_view text, const Seal& seal);
  void torn_end();
  void add(Kind kind, std::uint64_t at, const std::string& what);

  const std::vector<certs::PublicKey>& keys_;
  Hasher hasher_;
  Verified out_;
  std::string file_;
  std::uint64_t number_ = 0;  // of the line
  bool begun_ = false;        // something was read before
  bool file_begun_ = false;
  bool has_head_ = false;  // what the next record builds on is known
  Link head_;
  std::string torn_;  // what is no line, since the last that was one
  std::uint64_t torn_at_ = 0;
  std::uint64_t signed_at_ = 0;
  std::uint64_t every_ = 0;  // 0: nothing says that it is signed
  std::uint64_t noted_ = 0;
};

void Verifier::add(Kind kind, std::uint64_t at, const std::string& what) {
  std::uint64_t& count = kind == Kind::broken ? out_.broken : noted_;
  if (++count > most_findings) return;
  out_.findings.push_back({kind, file_ + ":" + std::to_string(at) + ": " + what});
}

void Verifier::read(const std::string& file) {
  auto lines = Lines::open(file);
  if (!lines) {
    out_.unreadable = file + " cannot be read: " + std::strerror(errno);
    return;
  }
  file_ = file;
  number_ = 0;
  file_begun_ = false;
  ++out_.files;
  bool whole = true;
  while (whole) {
    const auto next = lines->next();
    if (!next) break;
    ++number_;
    whole = next->whole;
    if (whole) line(next->text);
    if (whole) continue;
    if (torn_.empty()) torn_at_ = number_;
    torn_ += next->text;
  }
  if (!torn_.empty()) torn_end();
  if (!lines->error().empty()) out_.unreadable = file + ": " + lines->error();
}

// What is no line is kept until a record says what it was.
void Verifier::line(std::string_view text) {
  const auto seal = read_seal(text);
  if (!seal) {
    if (torn_.empty()) torn_at_ = number_;
    torn_ += text;
    torn_ += '\n';
    return;
  }
  ++out_.records;
  if (!begun_) out_.first = seal->link;
  if (is_of_the_trail(text)) {
    own_record(text, *seal);
  } else if (!file_begun_) {
    add(Kind::broken, number_, "the file's beginning is missing");
  }
  if (!torn_.empty()) {
    add(Kind::broken, torn_at_, "this is no record, and nothing says why");
    torn_.clear();
  }
  if (has_head_) check_link(text, *seal);
  file_begun_ = begun_ = true;
  head_ = seal->link;
  has_head_ = true;
  if (every_ != 0 && !keys_.empty() && head_.seq > signed_at_ + every_ + few) {
    add(Kind::broken, number_, "there should have been a signature by now");
    signed_at_ = head_.seq;
  }
}

// A line that is not what its hash says was changed, or the one before it was; the next one is held
// against the hash that this one has, so that each finding stands for itself.
void Verifier::check_link(std::string_view text, const Seal& seal) {
  const Link& link = seal.link;
  const std::uint64_t expected = head_.seq + 1;
  if (link.seq > expected) {
    add(Kind::broken,
        number_,
        std::to_string(link.seq - expected) + " records before this one are missing");
  } else if (link.seq < expected) {
    add(Kind::broken,
        number_,
        "this is record " + std::to_string(link.seq) + ", out of its order or for the second time");
  } else if (hasher_.of(head_.hash, text.substr(0, seal.hashed)) != link.hash) {
    add(Kind::broken, number_, "this record or the one before it was changed");
  }
}

void Verifier::own_record(std::string_view text, const Seal& seal) {
  const auto record = policy::parse_json(text, "");
  if (!record) return add(Kind::broken, number_, "this record was changed: it is no JSON");
  const std::string_view event = policy::string_or(record->find("event"), "");
  const bool opens = event == "begins" || event == "continues" || event == "resumes";
  if (!file_begun_ && event != "begins" && event != "continues") {
    add(Kind::broken, number_, "the file's beginning is missing");
  }
  if (opens) opening(*record, event, seal.link.seq);
  if (event == "signature") signature(*record);
}

void Verifier::opening(const Json& record, std::string_view event, std::uint64_t seq) {
  const auto before = hash_of_hex(policy::string_or(record.find("prev"), ""));
  if (event == "begins") {
    if (begun_) {
      add(Kind::broken, number_, "a new chain begins: nothing proves what was before it");
    }
    head_ = {0, Hash{}};
    has_head_ = true;
    signed_at_ = 0;
  } else if (!begun_ && before) {
    head_ = {seq - 1, *before};
    has_head_ = true;
    signed_at_ = seq - 1;
    add(Kind::note,
        number_,
        "the trail goes on behind record " + std::to_string(seq - 1) + ", which was not given");
  }
  begun_ = true;
  check_torn(record);
  const std::int64_t refused = policy::integer_or_zero(record.find("refused"));
  const std::int64_t lost = policy::integer_or_zero(record.find("lost"));
  if (refused != 0 || lost != 0) {
    add(Kind::note,
        number_,
        "nothing could be recorded before this: " + std::to_string(refused) +
            " requests were refused, the records of " + std::to_string(lost) +
            " outcomes and reads are lost");
  }
}

// What was torn off is what the next record says it was, to the byte.
void Verifier::check_torn(const Json& record) {
  const Json* const told = record.find("torn");
  if (told == nullptr) return;
  if (torn_.size() >= closes_off.size()) torn_.resize(torn_.size() - closes_off.size());
  const bool is_that =
      policy::integer_or_zero(told->find("bytes")) == static_cast<std::int64_t>(torn_.size()) &&
      policy::string_or(told->find("sha256"), "") == hex_of(hasher_.of(torn_));
  add(is_that ? Kind::note : Kind::broken,
      number_,
      is_that ? "before this, a line was torn off after " + std::to_string(torn_.size()) + " bytes"
              : "what was torn off before this is not there any more");
  torn_.clear();
}

void Verifier::torn_end() {
  const bool one_line = torn_.find('\n') == std::string::npos;
  add(one_line ? Kind::note : Kind::broken,
      torn_at_,
      one_line ? "the last line is torn off after " + std::to_string(torn_.size()) + " bytes"
               : "this is no record, and nothing says why");
  torn_.clear();
}

void Verifier::signature(const Json& record) {
  if (keys_.empty()) return;
  const std::string_view id = policy::string_or(record.find("key"), "");
  const auto key = std::find_if(
      keys_.begin(), keys_.end(), [id](const certs::PublicKey& one) { return one.id() == id; });
  if (key == keys_.end()) {
    add(Kind::broken, number_, "this is signed with another key");
  } else if (!is_signature_of(policy::string_or(record.find("signature"), ""), *key, head_)) {
    add(Kind::broken, number_, "this signature is not of the trail before it");
  } else {
    ++out_.signatures;
    every_ = static_cast<std::uint64_t>(policy::integer_or_zero(record.find("every")));
    signed_at_ = head_.seq + 1;
  }
}

Verified Verifier::finish() {
  out_.last = head_;
  out_.unsigned_ = head_.seq - signed_at_;
  if (!keys_.empty() && out_.signatures == 0 && out_.unreadable.empty()) {
    add(Kind::broken, number_, "nothing in the trail is signed with the key");
  }
  return std::move(out_);
}

struct Ordered {
  std::uint64_t seq = 0;
  std::string time;
  std::string file;
};

// By the first record that each file has.
std::vector<std::string> in_order(const std::vector<std::string>& files) {
  std::vector<Ordered> ordered;
  for (const std::string& file : files) {
    Ordered one{.file = file};
    auto lines = Lines::open(file);
    for (auto line = lines ? lines->next() : std::nullopt; line; line = lines->next()) {
      const auto seal = read_seal(line->text);
      if (seal) {
        one.seq = seal->link.seq;
        one.time = line->text.substr(0, 64);
      }
      if (seal || !line->whole) break;
    }
    ordered.push_back(one);
  }
  std::sort(ordered.begin(), ordered.end(), [](const Ordered& one, const Ordered& other) {
    return std::tie(one.seq, one.time) < std::tie(other.seq, other.time);
  });
  std::vector<std::string> names;
  for (const Ordered& one : ordered) names.push_back(one.file);
  return names;
}

}  // namespace

Verified verify(const std::vector<std::string>& files, const std::vector<certs::PublicKey>& keys) {
  Verifier verifier(keys);
  for (const std::string& file : in_order(files)) verifier.read(file);
  return verifier.finish();
}

}  // namespace dockgate::proxy::audit
