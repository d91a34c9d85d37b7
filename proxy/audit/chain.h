// The chain that makes the trail evident to tampering: each line carries its number and a SHA-256
// over the hash of the line before it and over itself.
//
//   {"v":1,…,"seq":7,"hash":"<64 hexadecimal digits>"}
//
// hash = SHA-256( the 32 bytes of the hash before | the line's bytes before `,"hash":` ). Before
// the first line of a chain stands a hash of zeros. Whoever changes, drops or exchanges a line has
// to write every later hash anew; what a signature or another sink holds of them gives that away.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // what OpenSSL calls EVP_MD_CTX

namespace dockgate::proxy::audit {

using Hash = std::array<unsigned char, 32>;

// The last line of a chain, as the next one has to know it.
struct Link {
  std::uint64_t seq = 0;
  Hash hash{};

  friend bool operator==(const Link&, const Link&) = default;
};

std::string hex_of(const Hash& hash);
std::optional<Hash> hash_of_hex(std::string_view hex);

// SHA-256, many times. Throws std::runtime_error where OpenSSL has none.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  Hash of(std::string_view text) { return of(std::string_view(), text); }

  // Of one after the other.
  Hash of(std::string_view first, std::string_view second);
  Hash of(const Hash& before, std::string_view line);

 private:
  evp_md_ctx_st* context_;
};

// Appends an open record as the line that follows `head`, with its line feed, and moves `head` on.
void seal(std::string_view open_record, Hasher& hasher, Link& head, std::string& out);

// What a line says of its place. Nothing where it does not end as a line of a chain does.
struct Seal {
  Link link;
  std::size_t hashed = 0;  // how much of the line the hash is over
};

std::optional<Seal> read_seal(std::string_view line);

}  // namespace dockgate::proxy::audit
