// The folder of a CA, as it lies on the disk.
//
//   ca.pem  ca-key.pem    the CA; a folder is a CA's once it has ca.pem
//   crl.pem               what is revoked: nothing else records it
//   issued/N-SERIAL.pem   every certificate that was ever issued, in order, so that each stays
//   listed
//                         and revocable whatever becomes of its files
//   servers/NAME/  clients/NAME/   ca.pem cert.pem key.pem, to be handed out
//   lock                  held by who writes
//
// A certificate is in `issued/` before anybody can have its key.
#pragma once

#include <string>
#include <vector>

#include "certs/certificate.h"
#include "certs/files.h"
#include "certs/handles.h"
#include "certs/identity.h"
#include "certs/result.h"

namespace dockgate::certs {

struct Issued {
  Certificate certificate;
  Identity identity;
  Kind kind = Kind::client;

  const std::string& name() const { return identity.common_name; }
};

class Store {
 public:
  // Makes the folder where there is none. One that has a CA already, or anything that is not a
  // CA's, is a mistake.
  static Result<Store> create(const std::string& folder,
                              const X509& authority,
                              const EVP_PKEY& key,
                              const X509_CRL& crl);

  // To look. Takes no lock: every file is there whole.
  static Result<Store> open(const std::string& folder);

  // To change: waits until no other process does, and has the CA's key.
  static Result<Store> open_to_write(const std::string& folder);

  const std::string& folder() const { return folder_; }

  const X509& authority() const { return *authority_; }

  const X509_CRL& crl() const { return *crl_; }

  Issuer issuer() const { return {authority_.get(), key_.get()}; }

  // The oldest first.
  const std::vector<Issued>& issued() const { return issued_; }

  std::string authority_file() const;
  std::string crl_file() const;
  std::string folder_of(Kind kind, const std::string& name) const;

  Result<void> record(Certificate certificate);
  Result<void> replace_crl(Crl crl);

 private:
  explicit Store(std::string folder) : folder_(std::move(folder)) {}

  Result<void> load();
  Result<void> load_issued();
  Result<void> load_key();

  std::string folder_;
  std::vector<FolderLock> lock_;  // none or one
  Certificate authority_;
  Crl crl_;
  Key key_;
  std::vector<Issued> issued_;
  unsigned next_ = 1;
};

}  // namespace dockgate::certs
