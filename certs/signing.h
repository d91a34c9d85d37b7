// Ed25519: who holds the private key signs, whoever has the public one sees that it was them.
#pragma once

#include <string>
#include <string_view>

#include "certs/handles.h"
#include "certs/result.h"

namespace dockgate::certs {

class SigningKey {
 public:
  // Writes a new key (PEM, mode 0600) to `file`, and the public half to `file` + `.pub`. Replaces
  // nothing. Returns the id of the key.
  static Result<std::string> make(const std::string& file);
  static Result<SigningKey> load(const std::string& file);

  std::string sign(std::string_view message) const;  // 64 bytes

  // `sha256:…` of the public key (SubjectPublicKeyInfo), the same for both halves.
  const std::string& id() const { return id_; }

 private:
  explicit SigningKey(Key key);

  Key key_;
  std::string id_;
};

class PublicKey {
 public:
  // PEM: the public key, or the private one.
  static Result<PublicKey> load(const std::string& file);

  bool verifies(std::string_view message, std::string_view signature) const;

  const std::string& id() const { return id_; }

 private:
  explicit PublicKey(Key key);

  Key key_;
  std::string id_;
};

}  // namespace dockgate::certs
