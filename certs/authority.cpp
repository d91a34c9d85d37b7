#include "certs/authority.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "certs/files.h"
#include "certs/identity.h"
#include "certs/revocation.h"
#include "certs/store.h"

namespace dockgate::certs {
namespace {

std::string absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

bool is_valid(const Store& store, const Issued& issued) {
  return issued.identity.not_after > std::chrono::system_clock::now() &&
         !revoked_at(store.crl(), *issued.certificate);
}

// The newest certificate of a name; nullptr: it has none.
const Issued* newest(const Store& store, const std::string& name) {
  const Issued* found = nullptr;
  for (const Issued& issued : store.issued()) {
    if (issued.name() == name) found = &issued;
  }
  return found;
}

Result<const Issued*> newest_or_mistake(const Store& store, const std::string& name) {
  if (const Issued* const found = newest(store, name)) return found;
  return mistake("`" + name + "` has no certificate in " + store.folder() +
                 "; dockgate certs list " + store.folder() + " shows who has");
}

std::string newest_server(const Store& store) {
  std::string name;
  for (const Issued& issued : store.issued()) {
    if (issued.kind == Kind::server && is_valid(store, issued)) name = issued.name();
  }
  return name;
}

// Not yet revoked, whether they have ended or not: clocks differ.
std::vector<const X509*> unrevoked_of(const Store& store, const std::string& name) {
  std::vector<const X509*> found;
  for (const Issued& issued : store.issued()) {
    const bool listed = revoked_at(store.crl(), *issued.certificate).has_value();
    if (issued.name() == name && !listed) found.push_back(issued.certificate.get());
  }
  return found;
}

Result<void> write_crl(Store& store, const std::vector<const X509*>& revoked_now) {
  return store.replace_crl(
      make_crl(store.issuer(), &store.crl(), revoked_now, lifetime_of(store.crl())));
}

Outcome outcome_of(const Store& store) {
  Outcome outcome;
  outcome.authority_file = absolute(store.authority_file());
  outcome.crl_file = absolute(store.crl_file());
  outcome.crl_ends = to_time_point(*X509_CRL_get0_nextUpdate(&store.crl()));
  outcome.gate = newest_server(store);
  return outcome;
}

Outcome outcome_of(const Store& store, const Issued& issued) {
  Outcome outcome = outcome_of(store);
  outcome.kind = issued.kind;
  outcome.name = issued.name();
  outcome.folder = absolute(store.folder_of(issued.kind, issued.name()));
  outcome.fingerprint_sha256 = issued.identity.fingerprint_sha256;
  outcome.ends = issued.identity.not_after;
  return outcome;
}

// Found out before anything is made.
Result<void> check_bundle(const Handing& handing) {
  if (handing.bundle.empty() || handing.existing == Existing::replace) return {};
  if (!exists(handing.bundle)) return {};
  return mistake(handing.bundle +
                 " is there already; name another file, or replace it with --force");
}

Result<void> check_unused(const Store& store, const Request& request, Existing existing) {
  const Issued* const older = newest(store, request.name);
  if (older != nullptr && older->kind != request.kind) {
    return mistake("`" + request.name + "` is the name of a " + name_of(older->kind) +
                   " already; choose another");
  }
  if (existing == Existing::replace) return {};
  const bool valid =
      std::any_of(store.issued().begin(), store.issued().end(), [&](const Issued& issued) {
        return issued.name() == request.name && is_valid(store, issued);
      });
  if (!valid && !exists(store.folder_of(request.kind, request.name))) return {};
  return mistake("`" + request.name + "` has a certificate already; dockgate certs renew " +
                 store.folder() + " " + request.name +
                 " makes one beside it, --force one in its place and revokes the older");
}

// The key's way out: only after its certificate is recorded.
Result<void> hand_out(const Store& store, const EVP_PKEY& key, const Handing& handing) {
  const Issued& issued = store.issued().back();
  const std::string authority = to_pem(store.authority());
  const std::string certificate = to_pem(*issued.certificate);
  const std::string secret = to_pem(key);
  auto written =
      write_folder(store.folder_of(issued.kind, issued.name()),
                   {{"ca.pem", authority}, {"cert.pem", certificate}, {"key.pem", secret}});
  if (!written || handing.bundle.empty()) return written;
  return write_file(handing.bundle, secret + certificate + authority, handing.existing);
}

Result<Outcome> certify(Store& store,
                        const Holder& holder,
                        const Key& key,
                        Validity validity,
                        const std::vector<const X509*>& revoked_now,
                        const Handing& handing) {
  if (X509_cmp_current_time(X509_get0_notAfter(&store.authority())) <= 0) {
    return mistake(store.authority_file() + " has ended; make a new CA in another folder");
  }
  Certificate certificate = issue(holder, *key, validity, store.issuer());
  if (const auto done = store.record(std::move(certificate)); !done) return done.error();
  if (const auto done = write_crl(store, revoked_now); !done) return done.error();
  if (const auto done = hand_out(store, *key, handing); !done) return done.error();
  Outcome outcome = outcome_of(store, store.issued().back());
  outcome.revoked = static_cast<unsigned>(revoked_now.size());
  return outcome;
}

Result<Key> kept_key(const Store& store, const Issued& issued) {
  const std::string path = store.folder_of(issued.kind, issued.name()) + "/key.pem";
  const auto text = read_file(path);
  if (!text) return text.error();
  auto key = key_in(*text, path);
  if (key && X509_check_private_key(issued.certificate.get(), key->get()) != 1) {
    static_cast<void>(last_complaint());
    return mistake(path + " is not the key of the newest certificate; renew without --keep-key");
  }
  return key;
}

int days_of(const X509& certificate) {
  int days = 0;
  int seconds = 0;
  ensure(
      ASN1_TIME_diff(
          &days, &seconds, X509_get0_notBefore(&certificate), X509_get0_notAfter(&certificate)) ==
          1,
      "reading dates");
  return std::max(days, 1);
}

Listed listed(const Store& store, const X509& certificate, const Identity& identity) {
  return {identity.common_name,
          kind_of(certificate),
          identity.fingerprint_sha256,
          identity.serial,
          identity.not_after,
          revoked_at(store.crl(), certificate)};
}

}  // namespace

Result<Outcome> create_authority(const std::string& folder, const AuthorityRequest& request) {
  Request asked;
  asked.kind = Kind::authority;
  asked.name = request.name;
  const auto holder = holder_for(asked);
  if (!holder) return holder.error();
  const Key key = make_key(request.keys);
  const Certificate authority = make_authority(*holder, *key, {request.days});
  const Crl crl = make_crl(
      {authority.get(), key.get()}, nullptr, {}, std::chrono::hours(24) * request.crl_days);
  const auto store = Store::create(folder, *authority, *key, *crl);
  if (!store) return store.error();
  Outcome outcome = outcome_of(*store);
  outcome.kind = Kind::authority;
  outcome.name = request.name;
  outcome.folder = absolute(folder);
  outcome.ends = to_time_point(*X509_get0_notAfter(authority.get()));
  return outcome;
}

Result<Outcome> issue(const std::string& folder, const Request& request, const Handing& handing) {
  const auto holder = holder_for(request);
  if (!holder) return holder.error();
  if (const auto unused = check_bundle(handing); !unused) return unused.error();
  auto store = Store::open_to_write(folder);
  if (!store) return store.error();
  if (const auto unused = check_unused(*store, request, handing.existing); !unused) {
    return unused.error();
  }
  const Key key = make_key(kind_of(*store->issuer().key));
  const Validity validity{handing.days == 0 ? default_days : handing.days};
  std::vector<const X509*> replaced;
  if (handing.existing == Existing::replace) replaced = unrevoked_of(*store, request.name);
  return certify(*store, *holder, key, validity, replaced, handing);
}

Result<Outcome> renew(const std::string& folder,
                      const std::string& name,
                      RenewedKey key,
                      const Handing& handing) {
  if (const auto unused = check_bundle(handing); !unused) return unused.error();
  auto store = Store::open_to_write(folder);
  if (!store) return store.error();
  const auto older = newest_or_mistake(*store, name);
  if (!older) return older.error();
  if (revoked_at(store->crl(), *(*older)->certificate)) {
    return mistake("`" + name + "` is revoked; issue it anew with dockgate certs " +
                   name_of((*older)->kind) + " and --force");
  }
  auto chosen = key == RenewedKey::kept ? kept_key(*store, **older)
                                        : Result<Key>(make_key(kind_of(*store->issuer().key)));
  if (!chosen) return chosen.error();
  const Holder holder = holder_of(*(*older)->certificate);
  const Validity validity{handing.days == 0 ? days_of(*(*older)->certificate) : handing.days};
  return certify(*store, holder, *chosen, validity, {}, handing);
}

Result<Outcome> revoke(const std::string& folder, const std::string& name, Which which) {
  auto store = Store::open_to_write(folder);
  if (!store) return store.error();
  const auto last = newest_or_mistake(*store, name);
  if (!last) return last.error();
  auto revoked_now = unrevoked_of(*store, name);
  if (which == Which::older) {
    const X509* const kept = (*last)->certificate.get();
    revoked_now.erase(std::remove(revoked_now.begin(), revoked_now.end(), kept), revoked_now.end());
  }
  if (const auto done = write_crl(*store, revoked_now); !done) return done.error();
  Outcome outcome = outcome_of(*store, **last);
  outcome.revoked = static_cast<unsigned>(revoked_now.size());
  return outcome;
}

Result<Outcome> renew_crl(const std::string& folder, std::optional<int> days) {
  auto store = Store::open_to_write(folder);
  if (!store) return store.error();
  const std::chrono::seconds lifetime =
      days ? std::chrono::hours(24) * *days : lifetime_of(store->crl());
  const auto done = store->replace_crl(make_crl(store->issuer(), &store->crl(), {}, lifetime));
  if (!done) return done.error();
  return outcome_of(*store);
}

Result<Listing> list(const std::string& folder) {
  const auto store = Store::open(folder);
  if (!store) return store.error();
  const auto authority = identity_of(store->authority());
  if (!authority) return authority.error();
  Listing listing;
  listing.authority = listed(*store, store->authority(), *authority);
  listing.crl_ends = to_time_point(*X509_CRL_get0_nextUpdate(&store->crl()));
  for (const Issued& issued : store->issued()) {
    listing.issued.push_back(listed(*store, *issued.certificate, issued.identity));
  }
  return listing;
}

}  // namespace dockgate::certs
