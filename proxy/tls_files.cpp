#include "proxy/tls_files.h"

#include <sys/stat.h>

namespace dockgate::proxy {
namespace {

constexpr int looks_until_retry = 10;

}  // namespace

std::vector<TlsFiles::Stamp> TlsFiles::stamps() const {
  std::vector<Stamp> out;
  for (const std::string& file : {files_.certificate, files_.key, files_.client_ca, files_.crl}) {
    struct stat found {};

    Stamp stamp;
    if (!file.empty() && ::stat(file.c_str(), &found) == 0) {
      stamp = {
          found.st_dev, found.st_ino, found.st_size, found.st_ctim.tv_sec, found.st_ctim.tv_nsec};
    }
    out.push_back(stamp);
  }
  return out;
}

std::string TlsFiles::load() {
  read_ = seen_ = stamps();
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
  std::vector<Stamp> now = stamps();
  const bool settled = now == seen_ && now != read_;
  seen_ = std::move(now);
  return settled;
}

}  // namespace dockgate::proxy
