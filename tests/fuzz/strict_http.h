// HTTP/1 read by the letter of RFC 9112, and by no code of dockgate's: what fuzz targets hold its
// reading and its writing against.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dockgate::tests {

struct StrictField {
  std::string name;
  std::string value;  // without the blanks around it

  friend bool operator==(const StrictField&, const StrictField&) = default;
};

enum class StrictFraming : unsigned char { none, sized, chunked, until_close };

struct StrictMessage {
  std::string head;               // its very bytes, with the empty line
  std::vector<std::string> line;  // the three parts of its first line
  std::vector<StrictField> fields;
  StrictFraming framing = StrictFraming::none;
  std::string body;                 // without its chunks' frames
  std::vector<std::size_t> chunks;  // how long they were

  // How often a field stands there, by its name in lower case.
  std::size_t count(std::string_view name) const;
  // The first one's value; "".
  std::string value(std::string_view name) const;
};

enum class StrictReading : unsigned char {
  whole,
  incomplete,  // more would have to come
  malformed,
};

// Takes the next message off the front of `bytes`, where it is whole. Of one that is not, `out` has
// the head where that is sound.
StrictReading read_strict_request(std::string_view& bytes, StrictMessage& out);

// The same of an answer to `method`. A body without a length is whole: it ends with `bytes`.
StrictReading read_strict_answer(std::string_view& bytes,
                                 std::string_view method,
                                 StrictMessage& out);

// Whether a request is spelled as only dockgate spells it: HTTP/1.1, `Host: docker` first and once,
// one blank after each colon, nothing of a connection but an upgrade, a body with one frame.
bool is_in_own_words(const StrictMessage& request);

}  // namespace dockgate::tests
