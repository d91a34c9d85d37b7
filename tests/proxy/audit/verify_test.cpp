#include "proxy/audit/verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "proxy/audit/trail.h"
#include "tests/proxy/audit/made_trail.h"

namespace dockgate::proxy::audit {
namespace {

// `begins`, nine records, `ends`.
std::vector<std::string> lines_of_a_trail(const certs::SigningKey* key = nullptr) {
  Room room;
  Trail trail({key, 1000});
  trail.open(std::make_unique<RoomStore>(room), {}, {.after = "start"});
  for (int i = 0; i < 9; ++i) {
    const std::string record =
        R"({"v":1,"time":"2026-11-24T15:30:00.000000Z","id":")" + std::to_string(i) + "\"";
    const std::string_view view = record;
    trail.append({&view, 1});
  }
  trail.end("stop");
  return lines_of(room.text);
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

std::string findings(const std::vector<std::string>& lines) {
  const TestFolder folder;
  return text_of(verify({folder.write("t", joined(lines))}, {}));
}

TEST(Verify, HoldsForWhatWasWritten) { EXPECT_EQ(findings(lines_of_a_trail()), ""); }

TEST(Verify, FindsAnyByteThatWasChanged) {
  const std::string whole = joined(lines_of_a_trail());
  const TestFolder folder;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const Verified result = verify({folder.write("t", changed)}, {});
    // Without its last line feed the last line is torn, and no other.
    EXPECT_EQ(result.holds(), at + 1 == whole.size()) << at << "\n" << changed;
  }
}

TEST(Verify, NamesTheLineThatWasChanged) {
  auto lines = lines_of_a_trail();
  lines[4].replace(lines[4].find("15:30"), 5, "15:31");
  EXPECT_EQ(findings(lines), "broken t:5: this record or the one before it was changed\n");
}

TEST(Verify, NamesWhereLinesWereDropped) {
  auto lines = lines_of_a_trail();
  lines.erase(lines.begin() + 4, lines.begin() + 6);
  EXPECT_EQ(findings(lines), "broken t:5: 2 records before this one are missing\n");
}

TEST(Verify, NamesLinesThatWereExchangedOrDoubled) {
  auto lines = lines_of_a_trail();
  std::swap(lines[4], lines[5]);
  EXPECT_EQ(findings(lines),
            "broken t:5: 1 records before this one are missing\n"
            "broken t:6: this is record 5, out of its order or for the second time\n"
            "broken t:7: 1 records before this one are missing\n");
  lines = lines_of_a_trail();
  lines.insert(lines.begin() + 4, lines[3]);
  EXPECT_EQ(findings(lines),
            "broken t:5: this is record 4, out of its order or for the second time\n");
}

TEST(Verify, NamesWhatIsNoRecord) {
  auto lines = lines_of_a_trail();
  lines.insert(lines.begin() + 4, "hello\n");
  EXPECT_EQ(findings(lines), "broken t:5: this is no record, and nothing says why\n");
  lines = lines_of_a_trail();
  lines.push_back("hello\n");
  EXPECT_EQ(findings(lines), "broken t:12: this is no record, and nothing says why\n");
}

TEST(Verify, NamesAMissingBeginning) {
  auto lines = lines_of_a_trail();
  lines.erase(lines.begin());
  EXPECT_EQ(findings(lines), "broken t:1: the file's beginning is missing\n");
}

TEST(Verify, TakesATornEndForWhatItIs) {
  auto lines = lines_of_a_trail();
  lines.back().resize(20);
  EXPECT_EQ(findings(lines), "note t:11: the last line is torn off after 20 bytes\n");
}

// What a killed dockgate left, and what it wrote when it came back.
std::vector<std::string> resumed(std::vector<std::string> lines, const std::string& torn) {
  Room room;
  Trail trail({});
  Link head = read_seal(lines.back().substr(0, lines.back().size() - 1))->link;
  trail.open(std::make_unique<RoomStore>(room),
             head,
             {.event = Opening::Event::resumes, .after = "restart", .torn = torn});
  const std::string_view record = R"({"v":1,"time":"2026-11-24T15:30:00.000000Z","id":"z")";
  trail.append({&record, 1});
  for (const std::string& line : lines_of(torn + room.text)) lines.push_back(line);
  return lines;
}

TEST(Verify, TakesATornLineThatWasClosedOffForWhatItIs) {
  auto lines = lines_of_a_trail();
  lines.pop_back();
  EXPECT_EQ(findings(resumed(lines, "{\"v\":1,\"ti")),
            "note t:12: before this, a line was torn off after 10 bytes\n");
}

TEST(Verify, LetsNoWholeLinePassForATornOne) {
  auto lines = lines_of_a_trail();
  lines.pop_back();
  auto after = resumed(lines, "{\"v\":1,\"ti");
  // The last record is made to look torn in its place.
  after[9].resize(30);
  after.erase(after.begin() + 10);
  after[9] += "\n";
  EXPECT_EQ(findings(after),
            "broken t:11: what was torn off before this is not there any more\n"
            "broken t:11: 1 records before this one are missing\n");
  after = resumed(lines, "{\"v\":1,\"ti");
  after[10] = "other\n";
  EXPECT_EQ(findings(after), "broken t:12: what was torn off before this is not there any more\n");
}

TEST(Verify, SeesThroughAChainThatWasWrittenAnewOnlyWithAKey) {
  const TestFolder folder;
  ASSERT_TRUE(certs::SigningKey::make(folder.path("key")));
  ASSERT_TRUE(certs::SigningKey::make(folder.path("other")));
  const auto key = certs::SigningKey::load(folder.path("key"));
  const auto other = certs::SigningKey::load(folder.path("other"));
  std::vector<certs::PublicKey> keys;
  keys.push_back(*certs::PublicKey::load(folder.path("key.pub")));
  EXPECT_TRUE(verify({folder.write("t", joined(lines_of_a_trail(&*key)))}, keys).holds());
  const auto forged = [&](const certs::SigningKey* with) {
    return text_of(verify({folder.write("t", joined(lines_of_a_trail(with)))}, keys));
  };
  EXPECT_EQ(forged(nullptr), "broken t:11: nothing in the trail is signed with the key\n");
  EXPECT_EQ(forged(&*other),
            "broken t:2: this is signed with another key\n"
            "broken t:13: this is signed with another key\n"
            "broken t:13: nothing in the trail is signed with the key\n");
}

TEST(Verify, MissesSignaturesThatShouldBeThere) {
  const TestFolder folder;
  ASSERT_TRUE(certs::SigningKey::make(folder.path("key")));
  const auto key = certs::SigningKey::load(folder.path("key"));
  std::vector<certs::PublicKey> keys;
  keys.push_back(*certs::PublicKey::load(folder.path("key.pub")));
  Room room;
  Trail trail({&*key, 10});
  trail.open(std::make_unique<RoomStore>(room), {}, {.after = "start"});
  const std::string_view record = R"({"v":1,"n":"x")";
  trail.append({&record, 1});
  // Somebody goes on without the key.
  Trail forged({});
  Room more;
  forged.open(std::make_unique<RoomStore>(more),
              trail.head(),
              {.event = Opening::Event::resumes, .after = "restart"});
  for (int i = 0; i < 30; ++i) forged.append({&record, 1});
  const Verified result = verify({folder.write("t", room.text + more.text)}, keys);
  EXPECT_NE(text_of(result).find("there should have been a signature by now"), std::string::npos);
}

}  // namespace
}  // namespace dockgate::proxy::audit
