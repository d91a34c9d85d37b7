#include "proxy/tls_files.h"

#include <utility>

namespace dockgate::proxy {
namespace {

constexpr int looks_until_retry = 10;

}  // namespace

TlsFiles::TlsFiles(policy::Tls files)
    : files_(std::move(files)),
      watch_({files_.certificate, files_.key, files_.client_ca, files_.crl}) {}

std::string TlsFiles::load() {
  watch_.begin_reading();
  looks_since_ = 0;
  failed_ = true;
  const certs::TlsFiles files{.certificate = files_.certificate,
                              .key = files_.key,
                              .client_ca = files_.client_ca,
                              .crl = files_.crl};
  const bool is_1_3 = files_.minimum == policy::Tls::Minimum::tls_1_3;
  const auto floor = is_1_3 ? certs::TlsFloor::tls13 : certs::TlsFloor::tls12;
  auto made = certs::TlsContext::load(files, floor, context_.get());
  if (!made) return made.error().text;
  context_ = std::make_shared<const certs::TlsContext>(std::move(*made));
  failed_ = !context_->complaint().empty();
  return context_->complaint();
}

bool TlsFiles::are_to_be_read() {
  if (failed_ && ++looks_since_ >= looks_until_retry) return true;
  return watch_.has_changed();
}

}  // namespace dockgate::proxy
