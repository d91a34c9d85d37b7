#include "certs/handles.h"

#include <openssl/err.h>

#include <stdexcept>

namespace dockgate::certs {

std::string last_complaint() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* const reason = ERR_reason_error_string(error);
  return reason == nullptr ? "no reason given" : reason;
}

void give_up(const char* what) {
  throw std::runtime_error(std::string(what) + " failed: " + last_complaint());
}

std::string text_of(BIO& memory) {
  const char* bytes = nullptr;
  const long size = BIO_get_mem_data(&memory, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

Memory memory_with(const std::string& text) {
  Memory memory(BIO_new(BIO_s_mem()));
  std::size_t written = 0;
  ensure(memory != nullptr, "making a buffer");
  ensure(text.empty() || BIO_write_ex(memory.get(), text.data(), text.size(), &written) == 1,
         "filling a buffer");
  return memory;
}

}  // namespace dockgate::certs
