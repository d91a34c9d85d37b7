#include "proxy/audit/trail.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <utility>

#include "proxy/audit/members.h"
#include "proxy/audit/record.h"
#include "proxy/audit/signature.h"

namespace dockgate::proxy::audit {
namespace {

std::string_view name_of(Opening::Event event) {
  switch (event) {
    case Opening::Event::begins:
      return "begins";
    case Opening::Event::continues:
      return "continues";
    case Opening::Event::resumes:
      return "resumes";
  }
  return "";
}

std::string host_name() {
  utsname names{};
  return ::uname(&names) == 0 ? names.nodename : "";
}

void write_beginning(std::string_view event, Members& line, std::string& out) {
  line.number("v", record_version);
  line.begin("time");
  out += '"';
  write_now(out);
  out += '"';
  line.text("event", event);
}

}  // namespace

void Trail::open(std::unique_ptr<Store> store, Link head, Opening opening) {
  store_ = std::move(store);
  head_ = head;
  if (signed_at_ == 0 || signed_at_ > head.seq) signed_at_ = head.seq;
  // What is still untold of the store before is told in this one.
  opening.refused += opening_.refused;
  opening.lost += opening_.lost;
  opening_ = std::move(opening);
  to_open_ = true;
}

void Trail::add(std::string_view open_record, std::size_t records) {
  seal(open_record, hasher_, head_, out_);
  ends_.push_back({out_.size(), records, head_, signed_at_, true});
}

// Returns where the first line begins.
std::size_t Trail::add_opening() {
  if (!to_open_) return 0;
  // What another process left stays, and is told.
  const bool own = opening_.after == "failure";
  if (own && !opening_.torn.empty() && store_->take_back(opening_.torn.size())) {
    opening_.torn.clear();
  }
  if (!opening_.torn.empty()) out_ += closes_off;
  const std::size_t first = out_.size();
  std::string text;
  Members line(text);
  write_beginning(name_of(opening_.event), line, text);
  line.text("after", opening_.after);
  line.text("dockgate", DOCKGATE_VERSION);
  line.text("host", host_name());
  line.number("process", static_cast<std::uint64_t>(::getpid()));
  line.text("prev", hex_of(head_.hash));
  if (!opening_.torn.empty()) {
    line.begin("torn");
    Members torn(text);
    torn.number("bytes", opening_.torn.size());
    torn.text("sha256", hex_of(hasher_.of(opening_.torn)));
    torn.finish();
  }
  if (opening_.refused != 0) line.number("refused", opening_.refused);
  if (opening_.lost != 0) line.number("lost", opening_.lost);
  add(text, 0);
  add_signature(0);
  return first;
}

void Trail::add_signature(std::size_t records) {
  if (signing_.key == nullptr) return;
  std::string text;
  Members line(text);
  write_beginning("signature", line, text);
  line.text("key", signing_.key->id());
  line.number("every", signing_.every);
  line.text("signature", signature_of(*signing_.key, head_));
  signed_at_ = head_.seq + 1;
  add(text, records);
}

Trail::Appended Trail::append(std::span<const std::string_view> records) {
  out_.clear();
  ends_.assign(1, {0, 0, head_, signed_at_, !to_open_});
  const std::size_t first = add_opening();
  std::size_t count = 0;
  for (const std::string_view record : records) {
    add(record, ++count);
    if (head_.seq - signed_at_ >= signing_.every) add_signature(count);
  }
  return write(first);
}

// Back to the last line that is whole, where not all of them are. `first` is where the first
// begins.
Trail::Appended Trail::write(std::size_t first) {
  const Store::Written written = store_->write(out_);
  std::size_t whole = ends_.size();
  while (ends_[whole - 1].at > written.bytes) --whole;
  const End& last = ends_[whole - 1];
  head_ = last.head;
  signed_at_ = last.signed_at;
  whole_ = last.at;
  told_ = to_open_ ? opening_ : Opening{.event = Opening::Event::resumes, .after = "failure"};
  if (last.opened && to_open_) {
    opening_ = {};
    to_open_ = false;
  }
  const std::string_view lines =
      last.at > first ? std::string_view(out_).substr(first, last.at - first) : std::string_view();
  if (written.error) tear(std::string_view(out_).substr(last.at, written.bytes - last.at));
  return {last.records, written.error, lines};
}

bool Trail::undo() {
  if (!opening_.torn.empty() || !store_->take_back(whole_)) return false;
  whole_ = 0;
  head_ = ends_.front().head;
  signed_at_ = ends_.front().signed_at;
  told_.refused += opening_.refused;
  told_.lost += opening_.lost;
  opening_ = std::exchange(told_, {});
  to_open_ = true;
  return true;
}

void Trail::tear(std::string_view partly_written) {
  if (!to_open_) opening_ = {.event = Opening::Event::resumes, .after = "failure"};
  to_open_ = true;
  if (partly_written.empty() || store_->take_back(partly_written.size())) return;
  opening_.torn += partly_written;
}

void Trail::note_failure(std::uint64_t refused, std::uint64_t lost) {
  if (!to_open_) opening_ = {.event = Opening::Event::resumes, .after = "failure"};
  to_open_ = true;
  opening_.refused += refused;
  opening_.lost += lost;
}

Trail::Appended Trail::end(std::string_view why) {
  std::string text;
  Members line(text);
  write_beginning("ends", line, text);
  line.text("why", why);
  out_.clear();
  ends_.assign(1, {0, 0, head_, signed_at_, !to_open_});
  const std::size_t first = add_opening();
  add(text, 1);
  add_signature(1);
  return write(first);
}

}  // namespace dockgate::proxy::audit
