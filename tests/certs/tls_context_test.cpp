#include "certs/tls_context.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include "certs/pem.h"
#include "tests/certs/made.h"

namespace dockgate::certs {
namespace {

class Loading : public testing::Test {
 protected:
  Loading()
      : authority_(make(authority_named("ca"))), server_(make(server_named("gate"), &authority_)) {
    files_ = {folder_.with("cert.pem", to_pem(*server_.certificate)),
              folder_.with("key.pem", to_pem(*server_.key)),
              folder_.with("ca.pem", to_pem(*authority_.certificate)),
              folder_.with("crl.pem", to_pem(*make_list(authority_)))};
  }

  // What is said, without the folder; "": it loads.
  std::string said(TlsFloor floor = TlsFloor::tls13) {
    const auto loaded = TlsContext::load(files_, floor);
    if (loaded) return "";
    std::string text = loaded.error().text;
    const std::string folder = folder_.path() + "/";
    for (std::size_t at = 0; (at = text.find(folder)) != std::string::npos;) {
      text.erase(at, folder.size());
    }
    return text;
  }

  void give_pair(const Made& pair) {
    folder_.with("cert.pem", to_pem(*pair.certificate));
    folder_.with("key.pem", to_pem(*pair.key));
  }

  Folder folder_;
  Made authority_;
  Made server_;
  TlsFiles files_;
};

bool begins(const std::string& text, const std::string& with) { return text.rfind(with, 0) == 0; }

TEST_F(Loading, TakesFilesThatBelongTogether) {
  EXPECT_EQ(said(), "");
  EXPECT_EQ(said(TlsFloor::tls12), "");
  files_.crl = "";
  EXPECT_EQ(said(), "");
}

TEST_F(Loading, TellsWhenHandshakesWillBeginToFail) {
  Wanted wanted = server_named("gate");
  wanted.ends = 1000;
  give_pair(make(wanted, &authority_));
  folder_.with("crl.pem", to_pem(*make_list(authority_, {.ends = 2000})));
  const auto loaded = TlsContext::load(files_, TlsFloor::tls13);
  const auto in = [](TlsContext::TimePoint end) {
    const auto left = end - std::chrono::system_clock::now();
    return std::chrono::duration_cast<std::chrono::seconds>(left).count();
  };
  EXPECT_NEAR(static_cast<double>(in(loaded->certificate_ends())), 1000, 60);
  EXPECT_NEAR(static_cast<double>(in(loaded->crl_ends())), 2000, 60);
  EXPECT_NEAR(static_cast<double>(in(loaded->client_ca_ends())), 3600, 60);
  files_.crl = "";
  EXPECT_EQ(TlsContext::load(files_, TlsFloor::tls13)->crl_ends(), TlsContext::TimePoint::max());
}

TEST_F(Loading, NamesAFileThatCannotBeRead) {
  for (std::string TlsFiles::*const file :
       {&TlsFiles::certificate, &TlsFiles::key, &TlsFiles::client_ca, &TlsFiles::crl}) {
    const std::string before = files_.*file;
    files_.*file = folder_.path() + "/gone.pem";
    EXPECT_EQ(said(), "gone.pem cannot be read: No such file or directory");
    files_.*file = folder_.path();
    EXPECT_EQ(said(), folder_.path() + " is not a file; name a PEM file");
    files_.*file = before;
  }
}

TEST_F(Loading, DoesNotWaitForAPipe) {
  files_.key = folder_.path() + "/pipe";
  ASSERT_EQ(::mkfifo(files_.key.c_str(), 0600), 0);
  EXPECT_EQ(said(), "pipe is not a file; name a PEM file");
}

TEST_F(Loading, NamesAFileThatHoldsSomethingElse) {
  const std::string key = to_pem(*server_.key);
  files_.certificate = folder_.with("other.pem", key);
  EXPECT_EQ(said(), "other.pem holds no certificate in PEM");
  files_.certificate = folder_.with("other.pem", "");
  EXPECT_EQ(said(), "other.pem holds no certificate in PEM");
  files_.certificate = folder_.path() + "/cert.pem";
  files_.key = folder_.with("other.pem", to_pem(*server_.certificate));
  EXPECT_EQ(said(), "other.pem holds no private key in PEM");
  files_.key = folder_.path() + "/key.pem";
  files_.crl = folder_.with("other.pem", to_pem(*server_.certificate));
  EXPECT_EQ(said(), "other.pem holds no revocation list (X509 CRL) in PEM");
}

TEST_F(Loading, NamesAFileThatIsCutShort) {
  const std::string whole = to_pem(*server_.certificate);
  files_.certificate = folder_.with("cert.pem", whole + whole.substr(0, whole.size() / 2));
  EXPECT_EQ(said(), "cert.pem holds a broken certificate; make it anew");
  folder_.with("cert.pem", whole);
  const std::string key = to_pem(*server_.key);
  folder_.with("key.pem", key.substr(0, key.size() / 2));
  EXPECT_EQ(said(), "key.pem holds a broken private key; make it anew");
}

TEST_F(Loading, AsksNoTerminalForAPassword) {
  const Memory memory = memory_with("");
  char password[] = "secret";
  PEM_write_bio_PKCS8PrivateKey(
      memory.get(), server_.key.get(), EVP_aes_256_cbc(), password, 6, nullptr, nullptr);
  folder_.with("key.pem", text_of(*memory));
  EXPECT_EQ(said(), "key.pem is encrypted; give a key without a password");
}

TEST_F(Loading, RefusesAnotherCertificatesKey) {
  const Made other = make(server_named("gate"), &authority_);
  folder_.with("key.pem", to_pem(*other.key));
  EXPECT_EQ(said(),
            "key.pem is not the key of the first certificate in cert.pem; give the pair that "
            "belongs together");
}

TEST_F(Loading, RefusesAServerThatEveryClientWouldRefuse) {
  Wanted expired = server_named("gate");
  expired.ends = -60;
  give_pair(make(expired, &authority_));
  EXPECT_TRUE(begins(said(), "cert.pem expired on 20")) << said();
  Wanted early = server_named("gate");
  early.starts = 600;
  give_pair(make(early, &authority_));
  EXPECT_TRUE(begins(said(), "cert.pem is not valid before 20")) << said();
  give_pair(make(client_named("gate"), &authority_));
  EXPECT_EQ(said(), "cert.pem is not for servers (extended key usage); give one that is");
  Wanted weak = server_named("gate");
  weak.rsa_bits = 1024;
  give_pair(make(weak, &authority_));
  EXPECT_TRUE(begins(said(), "cert.pem cannot be used (ee key too small)")) << said();
}

TEST_F(Loading, RefusesCasThatCannotCertify) {
  files_.client_ca = folder_.with("ca.pem", to_pem(*server_.certificate));
  EXPECT_EQ(said(), "ca.pem holds a certificate that is no CA's; take it out");
  Wanted expired = authority_named("ca");
  expired.ends = -60;
  folder_.with("ca.pem", to_pem(*make(expired).certificate));
  EXPECT_TRUE(begins(said(), "ca.pem expired on 20")) << said();
  const Made between = make(authority_named("between"), &authority_);
  folder_.with("ca.pem", to_pem(*between.certificate));
  EXPECT_EQ(said(), "ca.pem holds no CA that signed itself; add the root");
}

TEST_F(Loading, RefusesAListThatWouldRefuseEverybody) {
  folder_.with("crl.pem", to_pem(*make_list(authority_, {.ends = -60})));
  EXPECT_TRUE(begins(said(), "crl.pem expired on 20")) << said();
  EXPECT_NE(said().find("; write it afresh with dockgate certs renew --crl"), std::string::npos);
  folder_.with("crl.pem", to_pem(*make_list(authority_, {.starts = 600})));
  EXPECT_TRUE(begins(said(), "crl.pem is not valid before 20")) << said();
}

TEST_F(Loading, RefusesAnotherCasList) {
  const std::string said_of_it =
      "crl.pem holds a list that is not of a CA in ca.pem; give the CA's own";
  folder_.with("crl.pem", to_pem(*make_list(make(authority_named("another")))));
  EXPECT_EQ(said(), said_of_it);
  folder_.with("crl.pem", to_pem(*make_list(make(authority_named("ca")))));
  EXPECT_EQ(said(), said_of_it) << "a CA of the same name";
}

TEST_F(Loading, WantsAListOfEveryCa) {
  const Made other = make(authority_named("another"));
  folder_.with("ca.pem", to_pem(*authority_.certificate) + to_pem(*other.certificate));
  EXPECT_EQ(said(), "crl.pem has no list of one of the CAs in ca.pem; add it");
  folder_.with("crl.pem", to_pem(*make_list(authority_)) + to_pem(*make_list(other)));
  EXPECT_EQ(said(), "");
}

TEST_F(Loading, LeavesNoComplaintBehind) {
  folder_.with("key.pem", "");
  EXPECT_NE(said(), "");
  EXPECT_EQ(last_complaint(), "no reason given");
}

TEST_F(Loading, ContextsLiveAsLongAsTheyAreUsed) {
  SSL* connection = nullptr;
  {
    const auto loaded = TlsContext::load(files_, TlsFloor::tls13);
    connection = SSL_new(loaded->handle());
  }
  EXPECT_EQ(SSL_get_min_proto_version(connection), TLS1_3_VERSION);
  SSL_free(connection);
}

}  // namespace
}  // namespace dockgate::certs
