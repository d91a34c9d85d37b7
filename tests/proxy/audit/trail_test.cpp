#include "proxy/audit/trail.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/proxy/audit/made_trail.h"

namespace dockgate::proxy::audit {
namespace {

void begin_in(Room& room, Trail& trail) {
  trail.open(std::make_unique<RoomStore>(room), {}, {.after = "start"});
}

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

Verified verified(const Room& room, const std::vector<certs::PublicKey>& keys = {}) {
  const TestFolder folder;
  return verify({folder.write("t", room.text)}, keys);
}

const std::string_view three[] = {R"({"v":1,"n":"a")", R"({"v":1,"n":"b")", R"({"v":1,"n":"c")"};

// Whatever byte the disk is full at: what was told to be there is there, once, and nothing else of
// it; and the chain holds.
void fills_up_at_any_byte(bool takes_back) {
  Room whole;
  Trail unhindered({});
  begin_in(whole, unhindered);
  unhindered.append(three);
  for (std::size_t size = 0; size < whole.text.size(); ++size) {
    Room room{.size = size, .takes_back = takes_back};
    Trail trail({});
    begin_in(room, trail);
    const Trail::Appended first = trail.append(three);
    EXPECT_EQ(first.error.value(), ENOSPC);
    trail.note_failure(std::size(three) - first.records, 0);
    const Trail::Appended none = trail.append(three);  // still full
    EXPECT_EQ(none.records, 0U);
    room.size = 1'000'000;
    const Trail::Appended second = trail.append(std::span(three).subspan(first.records));
    EXPECT_FALSE(second.error);
    EXPECT_EQ(first.records + second.records, 3U);
    for (const char* const name : {"\"n\":\"a\"", "\"n\":\"b\"", "\"n\":\"c\""}) {
      // A torn half may hold the name; a whole line does so once.
      std::size_t found = 0;
      for (const std::string& line : lines_of(room.text)) {
        const std::string_view text(line.data(), line.size() - 1);
        if (read_seal(text) && line.find(name) != std::string::npos) ++found;
      }
      EXPECT_EQ(found, 1U) << size << "\n" << room.text;
    }
    const Verified result = verified(room);
    EXPECT_TRUE(result.holds()) << size << "\n" << text_of(result) << room.text;
    if (takes_back) {
      EXPECT_EQ(room.text.find("\"torn\""), std::string::npos) << room.text;
    }
  }
}

TEST(Trail, TakesATornLineBackAtAnyByte) { fills_up_at_any_byte(true); }

TEST(Trail, ClosesATornLineOffAtAnyByteWhereItCannotBeTakenBack) { fills_up_at_any_byte(false); }

TEST(Trail, UndoesWhatTheDiskDidNotTake) {
  Room room;
  Trail trail({});
  begin_in(room, trail);
  trail.append(three);
  const std::string before = room.text;
  trail.append(three);
  EXPECT_TRUE(trail.undo());
  EXPECT_EQ(room.text, before);
  trail.append(three);
  EXPECT_NE(room.text.find(R"("event":"resumes","after":"failure")"), std::string::npos);
  EXPECT_TRUE(verified(room).holds()) << text_of(verified(room));
  EXPECT_EQ(count_of(room.text, "\"n\":\"b\""), 2U);
}

TEST(Trail, UndoesItsFirstRecordToo) {
  Room room;
  Trail trail({});
  begin_in(room, trail);
  trail.append(three);
  EXPECT_TRUE(trail.undo());
  EXPECT_EQ(room.text, "");
  trail.append(three);
  EXPECT_EQ(count_of(room.text, "\"event\":\"begins\",\"after\":\"start\""), 1U);
  EXPECT_TRUE(verified(room).holds()) << text_of(verified(room));
}

TEST(Trail, SaysHowMuchCouldNotBeRecorded) {
  Room room;
  Trail trail({});
  begin_in(room, trail);
  trail.append(three);
  trail.note_failure(2, 5);
  trail.append(three);
  EXPECT_NE(room.text.find(R"("event":"resumes","after":"failure")"), std::string::npos);
  EXPECT_NE(room.text.find(R"("refused":2,"lost":5)"), std::string::npos);
  EXPECT_EQ(text_of(verified(room)),
            "note t:5: nothing could be recorded before this: 2 requests were refused, the records "
            "of 5 outcomes and reads are lost\n");
}

TEST(Trail, IsSignedAsOftenAsItSays) {
  const TestFolder folder;
  ASSERT_TRUE(certs::SigningKey::make(folder.path("key")));
  const auto key = certs::SigningKey::load(folder.path("key"));
  std::vector<certs::PublicKey> keys;
  keys.push_back(*certs::PublicKey::load(folder.path("key.pub")));
  Room room;
  Trail trail({&*key, 10});
  begin_in(room, trail);
  for (int i = 0; i < 20; ++i) trail.append(three);
  trail.end("stop");
  EXPECT_EQ(count_of(room.text, "\"event\":\"signature\""), 8U);  // begins, 6 times ten, ends
  const Verified result = verified(room, keys);
  EXPECT_TRUE(result.holds()) << text_of(result);
  EXPECT_EQ(result.signatures, 8U);
  EXPECT_EQ(result.unsigned_, 0U);
}

}  // namespace
}  // namespace dockgate::proxy::audit
