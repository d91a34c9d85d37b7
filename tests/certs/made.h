// Certificates as tests want them, right and wrong. Shares no code with what it tests but the
// owners of OpenSSL's objects.
#pragma once

#include <string>
#include <vector>

#include "certs/handles.h"

namespace dockgate::certs {

struct Made {
  Certificate certificate;
  Key key;
};

struct Entry {
  int attribute;  // NID_commonName
  int type;       // V_ASN1_UTF8STRING
  std::string bytes;
};

struct Alternative {
  int type;  // GEN_DNS
  std::string bytes;
};

// Extensions are as openssl.cnf writes them; "": none.
struct Wanted {
  std::vector<Entry> subject;
  std::vector<Alternative> alternatives;
  long starts = -3600;  // seconds from now
  long ends = 3600;
  std::string constraints = "critical,CA:FALSE";
  std::string usage = "critical,digitalSignature";
  std::string extended_usage = "clientAuth";
  unsigned rsa_bits = 0;  // 0: P-256
  const EVP_MD* digest = nullptr;
  int alternatives_extensions = 1;
  bool names_its_authority = true;  // by the extension authorityKeyIdentifier
};

Entry named(const std::string& common_name);
Wanted client_named(const std::string& common_name);
Wanted server_named(const std::string& common_name);
Wanted authority_named(const std::string& common_name);

// Signed by `by`, or by itself.
Made make(const Wanted& wanted, const Made* by = nullptr);

struct CrlWanted {
  std::vector<const Made*> revoked;
  long starts = -3600;
  long ends = 3600;
};

Crl make_list(const Made& by, const CrlWanted& wanted = {});

// A folder of its own, gone at the end.
class Folder {
 public:
  Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder();
  // The path of a new file with this text.
  std::string with(const std::string& name, const std::string& text) const;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace dockgate::certs
