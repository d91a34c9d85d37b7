#include "proxy/audit/chain.h"

#include <openssl/evp.h>

#include <charconv>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace dockgate::proxy::audit {
namespace {

constexpr std::string_view before_seq = ",\"seq\":";
constexpr std::string_view before_hash = ",\"hash\":\"";
constexpr std::string_view after_hash = "\"}";
constexpr std::size_t hex_size = 64;
constexpr std::size_t tail_size = before_hash.size() + hex_size + after_hash.size();

void append_hex(const Hash& hash, std::string& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  char text[hex_size];
  std::size_t at = 0;
  for (const unsigned char byte : hash) {
    text[at++] = digits[byte >> 4];
    text[at++] = digits[byte & 0xf];
  }
  out.append(text, sizeof text);
}

int value_of(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

constexpr std::chrono::milliseconds pause{10};
constexpr int most_tries = 6000;

void ensure_done(int done) {
  if (done != 1) throw std::runtime_error("SHA-256 is not to be had");
}

}  // namespace

std::string hex_of(const Hash& hash) {
  std::string text;
  append_hex(hash, text);
  return text;
}

std::optional<Hash> hash_of_hex(std::string_view hex) {
  if (hex.size() != hex_size) return std::nullopt;
  Hash hash{};
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = value_of(hex[2 * i]);
    const int low = value_of(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    hash[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return hash;
}

Hasher::Hasher() : context_(EVP_MD_CTX_new()) {
  ensure_done(context_ == nullptr ? 0 : EVP_DigestInit_ex(context_, EVP_sha256(), nullptr));
}

Hasher::~Hasher() { EVP_MD_CTX_free(context_); }

Hash Hasher::of(std::string_view first, std::string_view second) {
  Hash hash{};
  // The same digest again: OpenSSL need not look it up.
  // It takes memory, and fails for want of it alone: no record can be made without.
  for (int tries = 0; EVP_DigestInit_ex2(context_, nullptr, nullptr) != 1; ++tries) {
    ensure_done(tries < most_tries ? 1 : 0);
    std::this_thread::sleep_for(pause);
  }
  ensure_done(EVP_DigestUpdate(context_, first.data(), first.size()));
  ensure_done(EVP_DigestUpdate(context_, second.data(), second.size()));
  ensure_done(EVP_DigestFinal_ex(context_, hash.data(), nullptr));
  return hash;
}

Hash Hasher::of(const Hash& before, std::string_view line) {
  const void* const bytes = before.data();
  return of(std::string_view(static_cast<const char*>(bytes), before.size()), line);
}

void seal(std::string_view open_record, Hasher& hasher, Link& head, std::string& out) {
  const std::size_t begin = out.size();
  ++head.seq;
  out += open_record;
  out += before_seq;
  char number[24];
  const auto [stop, error] = std::to_chars(number, number + sizeof number, head.seq);
  out.append(number, static_cast<std::size_t>(stop - number));
  head.hash = hasher.of(head.hash, std::string_view(out).substr(begin));
  out += before_hash;
  append_hex(head.hash, out);
  out += after_hash;
  out += '\n';
}

std::optional<Seal> read_seal(std::string_view line) {
  if (line.size() <= tail_size || line.front() != '{') return std::nullopt;
  const std::size_t hashed = line.size() - tail_size;
  const std::string_view tail = line.substr(hashed);
  const auto hash = hash_of_hex(tail.substr(before_hash.size(), hex_size));
  if (!hash || tail.substr(0, before_hash.size()) != before_hash ||
      tail.substr(tail.size() - after_hash.size()) != after_hash) {
    return std::nullopt;
  }
  std::size_t digits = hashed;
  while (digits > 0 && line[digits - 1] >= '0' && line[digits - 1] <= '9') --digits;
  if (digits < before_seq.size() ||
      line.substr(digits - before_seq.size(), before_seq.size()) != before_seq) {
    return std::nullopt;
  }
  Seal seal{.link = {.hash = *hash}, .hashed = hashed};
  const auto [stop, error] =
      std::from_chars(line.data() + digits, line.data() + hashed, seal.link.seq);
  if (error != std::errc() || stop != line.data() + hashed) return std::nullopt;
  return seal;
}

}  // namespace dockgate::proxy::audit
