// A trail that was changed in any way but by losing its end does not hold. The first byte says
// whether the rest is a trail's text (odd: of one that is signed) or what is done to a true one.
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "proxy/audit/trail.h"
#include "proxy/audit/verify.h"
#include "tests/fuzz/property.h"
#include "tests/proxy/audit/made_trail.h"

namespace {

using namespace dockgate;
using namespace dockgate::proxy;
using tests::expect;

struct Keys {
  explicit Keys(const std::string& file) : made(certs::SigningKey::make(file)) {
    auto loaded = certs::SigningKey::load(file);
    expect(made && loaded, "a key can be made");
    signing = std::make_unique<certs::SigningKey>(std::move(*loaded));
    verifying.push_back(*certs::PublicKey::load(file + ".pub"));
  }

  certs::Result<std::string> made;
  std::unique_ptr<certs::SigningKey> signing;
  std::vector<certs::PublicKey> verifying;
};

const Keys& keys() {
  static const audit::TestFolder folder;
  static const Keys all(folder.path("audit.key"));
  return all;
}

std::string true_trail(const certs::SigningKey* key) {
  audit::Room room;
  audit::Trail trail({key, 3});
  trail.open(std::make_unique<audit::RoomStore>(room), {}, {.after = "start"});
  for (int i = 0; i < 9; ++i) {
    const std::string record =
        R"({"v":1,"time":"2026-11-24T15:30:00.000000Z","id":")" + std::to_string(i) + "\"";
    const std::string_view view = record;
    trail.append({&view, 1});
  }
  trail.end("stop");
  return room.text;
}

class Actions {
 public:
  explicit Actions(std::string_view bytes) : bytes_(bytes) {}

  bool left() const { return !bytes_.empty(); }

  std::size_t next() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }

  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : (next() * 256 + next()) % bound; }

  std::string take(std::size_t count) {
    const std::string out(bytes_.substr(0, count));
    bytes_.remove_prefix(out.size());
    return out;
  }

 private:
  std::string_view bytes_;
};

void change_lines(std::vector<std::string>& lines, std::size_t how, Actions& actions) {
  if (lines.empty()) return;
  const std::size_t one = actions.below(lines.size());
  const std::size_t other = actions.below(lines.size());
  if (how == 0) lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(one));
  if (how == 1) std::swap(lines[one], lines[other]);
  if (how == 2) lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(one), lines[other]);
}

std::string changed(std::string text, Actions actions) {
  while (actions.left() && text.size() < 20000) {
    const std::size_t how = actions.next() % 7;
    if (how < 3) {
      auto lines = audit::lines_of(text);
      change_lines(lines, how, actions);
      text.clear();
      for (const std::string& line : lines) text += line;
      continue;
    }
    const std::size_t at = actions.below(text.size() + 1);
    if (how == 3) text.resize(at);
    if (how == 4) text.insert(at, actions.take(actions.next() % 32));
    if (how == 5 && at < text.size()) text[at] = static_cast<char>(actions.next());
    if (how == 6) text.erase(at, actions.next());
  }
  return text;
}

audit::Verified verified(const std::string& text, const std::vector<certs::PublicKey>& with) {
  static const int file = ::memfd_create("trail", MFD_CLOEXEC);
  expect(::ftruncate(file, 0) == 0, "the memory can be emptied");
  expect(::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
         "and written");
  return audit::verify({"/proc/self/fd/" + std::to_string(file)}, with);
}

void expect_sound(const audit::Verified& found) {
  expect(found.findings.size() <= 200, "findings are bounded");
  expect(found.files == 1 && found.records >= found.signatures, "what is counted was there");
  bool broken = false;
  for (const auto& one : found.findings) {
    broken = broken || one.kind == audit::Finding::Kind::broken;
    expect(!one.text.empty(), "a finding says what it is");
  }
  expect(broken == (found.broken != 0), "what is broken is told");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest = tests::text_of(bytes + 1, size - 1);
  const bool is_signed = (bytes[0] & 1) != 0;
  const std::vector<certs::PublicKey> none;
  const auto& with = is_signed ? keys().verifying : none;
  if ((bytes[0] & 2) == 0) {
    expect_sound(verified(std::string(rest), with));
    return 0;
  }
  static const std::string plain = true_trail(nullptr);
  static const std::string with_signatures = true_trail(keys().signing.get());
  const std::string& whole = is_signed ? with_signatures : plain;
  const std::string text = changed(whole, Actions(rest));
  const audit::Verified found = verified(text, with);
  expect_sound(found);
  expect(text != whole || found.holds(), "what was written holds");
  const std::string lines = text.substr(0, text.rfind('\n') + 1);
  const bool lost_its_end = lines == whole.substr(0, lines.size());
  expect(lost_its_end || !found.holds(), "what was changed does not");
  return 0;
}
