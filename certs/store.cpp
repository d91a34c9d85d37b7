#include "certs/store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <utility>

#include "certs/pem.h"

namespace dockgate::certs {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> left_by_a_killed_start{"lock", "ca-key.pem", "crl.pem"};
constexpr std::array<const char*, 3> folders{"issued", "servers", "clients"};

// Who could write here could exchange the CA.
Result<void> check_owner(const std::string& folder) {
  struct stat status {};

  if (::stat(folder.c_str(), &status) != 0) return system_failure(folder, "opened", errno);
  if (!S_ISDIR(status.st_mode)) return mistake(folder + " is not a folder; name another");
  if (status.st_uid != ::geteuid() || (status.st_mode & 0022) != 0) {
    return mistake("others may write to " + folder + "; make it yours alone: chown, and chmod 700");
  }
  return {};
}

Result<void> check_unused(const std::string& folder) {
  if (exists(folder + "/ca.pem")) {
    return mistake(folder + " has a CA already, which is never replaced; name another folder");
  }
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (std::find(left_by_a_killed_start.begin(), left_by_a_killed_start.end(), name) ==
        left_by_a_killed_start.end()) {
      return mistake(folder + " holds " + name + " already; name a new or empty folder");
    }
  }
  return {};
}

Result<void> check_used(const std::string& folder) {
  if (exists(folder + "/ca.pem")) return {};
  return mistake(folder + " is not the folder of a CA; make one with dockgate certs init " +
                 folder);
}

// `000012-4f…pem` -> 12; 0 where the name is not one of ours.
unsigned number_in(const std::string& file) {
  const std::size_t dash = file.find('-');
  if (dash == std::string::npos || dash == 0 || dash > 9) return 0;
  unsigned number = 0;
  for (const char c : file.substr(0, dash)) {
    if (c < '0' || c > '9') return 0;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number;
}

struct Numbered {
  unsigned number;
  std::string path;
};

Result<std::vector<Numbered>> numbered_files(const std::string& folder) {
  std::vector<Numbered> files;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; entry != end; entry.increment(failed)) {
    const unsigned number = number_in(entry->path().filename().string());
    if (number != 0) files.push_back({number, entry->path().string()});
  }
  if (failed && failed != std::errc::no_such_file_or_directory) {
    return system_failure(folder, "read", failed.value());
  }
  std::sort(files.begin(), files.end(), [](const Numbered& a, const Numbered& b) {
    return a.number < b.number;
  });
  return files;
}

Result<Certificate> certificate_from(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  auto found = certificates_in(*text, path);
  if (!found) return found.error();
  return std::move(found->front());
}

}  // namespace

Result<Store> Store::create(const std::string& folder,
                            const X509& authority,
                            const EVP_PKEY& key,
                            const X509_CRL& crl) {
  if (const auto made = make_folder(folder); !made) return made.error();
  if (const auto ours = check_owner(folder); !ours) return ours.error();
  auto lock = FolderLock::take(folder + "/lock");
  if (!lock) return lock.error();
  remove_leftovers(folder);
  if (const auto unused = check_unused(folder); !unused) return unused.error();
  if (::chmod(folder.c_str(), 0700) != 0) return system_failure(folder, "closed to others", errno);
  // ca.pem comes last: with it the folder is a CA's, and complete.
  const std::array<NamedText, 3> files{
      {{"ca-key.pem", to_pem(key)}, {"crl.pem", to_pem(crl)}, {"ca.pem", to_pem(authority)}}};
  for (const NamedText& file : files) {
    const auto written = write_file(folder + "/" + file.name, file.text, Existing::replace);
    if (!written) return written.error();
  }
  return open(folder);
}

Result<Store> Store::open(const std::string& folder) {
  if (const auto there = check_used(folder); !there) return there.error();
  Store store(folder);
  if (const auto loaded = store.load(); !loaded) return loaded.error();
  return store;
}

Result<Store> Store::open_to_write(const std::string& folder) {
  if (const auto there = check_used(folder); !there) return there.error();
  if (const auto ours = check_owner(folder); !ours) return ours.error();
  auto lock = FolderLock::take(folder + "/lock");
  if (!lock) return lock.error();
  remove_leftovers(folder);
  for (const char* const name : folders) {
    const std::string path = folder + "/" + name;
    if (const auto made = make_folder(path); !made) return made.error();
    remove_leftovers(path);
  }
  Store store(folder);
  store.lock_.push_back(std::move(*lock));
  if (const auto loaded = store.load(); !loaded) return loaded.error();
  if (const auto loaded = store.load_key(); !loaded) return loaded.error();
  return store;
}

std::string Store::authority_file() const { return folder_ + "/ca.pem"; }

std::string Store::crl_file() const { return folder_ + "/crl.pem"; }

std::string Store::folder_of(Kind kind, const std::string& name) const {
  return folder_ + (kind == Kind::server ? "/servers/" : "/clients/") + name;
}

Result<void> Store::load() {
  auto authority = certificate_from(authority_file());
  if (!authority) return authority.error();
  authority_ = std::move(*authority);
  // The certificates first: one that is issued and revoked meanwhile is then on the list.
  if (const auto loaded = load_issued(); !loaded) return loaded.error();
  const auto text = read_file(crl_file());
  if (!text) return text.error();
  auto crls = crls_in(*text, crl_file());
  if (!crls) return crls.error();
  crl_ = std::move(crls->front());
  EVP_PKEY* const key = X509_get0_pubkey(authority_.get());
  if (X509_CRL_verify(crl_.get(), key) == 1) return {};
  static_cast<void>(last_complaint());
  return mistake(crl_file() + " is not of the CA in ca.pem; bring back the one that is");
}

Result<void> Store::load_issued() {
  const auto files = numbered_files(folder_ + "/issued");
  if (!files) return files.error();
  for (const Numbered& file : *files) {
    auto certificate = certificate_from(file.path);
    if (!certificate) return certificate.error();
    auto identity = identity_of(**certificate);
    if (!identity) return mistake(file.path + " was not made here: " + identity.error().text);
    const Kind kind = kind_of(**certificate);
    issued_.push_back(Issued{std::move(*certificate), std::move(*identity), kind});
    next_ = file.number + 1;
  }
  return {};
}

Result<void> Store::load_key() {
  const std::string path = folder_ + "/ca-key.pem";
  const auto text = read_file(path);
  if (!text) return text.error();
  auto key = key_in(*text, path);
  if (!key) return key.error();
  if (X509_check_private_key(authority_.get(), key->get()) != 1) {
    static_cast<void>(last_complaint());
    return mistake(path + " is not the key of ca.pem; bring back the one that is");
  }
  key_ = std::move(*key);
  return {};
}

Result<void> Store::record(Certificate certificate) {
  auto identity = identity_of(*certificate);
  if (!identity) return identity.error();
  std::string number = std::to_string(next_);
  number.insert(0, 6 - std::min<std::size_t>(number.size(), 6), '0');
  const auto written = write_file(folder_ + "/issued/" + number + "-" + identity->serial + ".pem",
                                  to_pem(*certificate),
                                  Existing::refuse);
  if (!written) return written.error();
  ++next_;
  const Kind kind = kind_of(*certificate);
  issued_.push_back(Issued{std::move(certificate), std::move(*identity), kind});
  return {};
}

Result<void> Store::replace_crl(Crl crl) {
  const auto written = write_file(crl_file(), to_pem(*crl), Existing::replace);
  if (!written) return written.error();
  crl_ = std::move(crl);
  return {};
}

}  // namespace dockgate::certs
