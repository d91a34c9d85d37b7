#include "proxy/confine/file_access.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace dockgate::proxy::confine {
namespace {

namespace fs = std::filesystem;

class FileAccess : public testing::Test {
 protected:
  FileAccess() {
    std::string made = (fs::temp_directory_path() / "dockgate-access-XXXXXX").string();
    root_ = fs::canonical(::mkdtemp(made.data()));
    for (const char* const folder : {"etc", "audit", "run", "tls", "elsewhere"}) {
      fs::create_directory(root_ / folder);
    }
    settings_.listen.push_back({.address = policy::UnixAddress{path("run/docker.sock")}});
    settings_.audit.file = path("audit/audit.jsonl");
  }

  ~FileAccess() override { fs::remove_all(root_); }

  std::string path(const std::string& below) const { return (root_ / below).string(); }

  Ruleset rules() const { return ruleset_for(settings_, {path("etc/dockgate.yaml")}); }

  static bool has(const Ruleset& rules, const std::string& path, Use use) {
    const Access access{path, use};
    return std::find(rules.files.begin(), rules.files.end(), access) != rules.files.end();
  }

  static bool names(const Ruleset& rules, const std::string& path) {
    return std::any_of(rules.files.begin(), rules.files.end(), [&path](const Access& access) {
      return access.path == path;
    });
  }

  fs::path root_;
  policy::Settings settings_;
};

TEST_F(FileAccess, IsForTheFoldersThatTheSettingsName) {
  const Ruleset all = rules();
  EXPECT_TRUE(has(all, path("etc"), Use::read));
  EXPECT_TRUE(has(all, path("audit"), Use::record));
  EXPECT_TRUE(has(all, path("run"), Use::listen));
  EXPECT_TRUE(has(all, "/proc", Use::read));
  EXPECT_EQ(all.files.size(), 4U);
  EXPECT_TRUE(all.ports.empty());
}

TEST_F(FileAccess, FollowsLinksOfFilesThatAreReplaced) {
  std::ofstream(path("elsewhere/cert.pem")) << "";
  fs::create_symlink("../elsewhere/cert.pem", path("tls/cert.pem"));
  settings_.listen.push_back({.address = policy::TcpAddress{"127.0.0.1", 2376},
                              .tls = policy::Tls{.certificate = path("tls/cert.pem")}});
  EXPECT_TRUE(has(rules(), path("tls"), Use::read));
  EXPECT_TRUE(has(rules(), path("elsewhere"), Use::read));
}

TEST_F(FileAccess, OfADeviceIsForTheDeviceAlone) {
  settings_.audit.file = "/dev/null";
  EXPECT_TRUE(has(rules(), "/dev/null", Use::record));
  EXPECT_FALSE(names(rules(), "/dev"));
}

TEST_F(FileAccess, OfASocketThatIsMountedIsForTheFolderThatItsFolderIsMadeIn) {
  settings_.listen.push_back({.address = policy::UnixAddress{path("run/clients/a/docker.sock")},
                              .in_private_folder = true});
  EXPECT_TRUE(has(rules(), path("run/clients"), Use::listen));
}

TEST_F(FileAccess, IsForTheSystemsNamesWhereNamesAreGiven) {
  EXPECT_FALSE(names(rules(), "/etc"));
  settings_.has_names = true;
  EXPECT_TRUE(has(rules(), "/etc", Use::read));
  settings_.has_names = false;
  settings_.listen.front().group = "4711";
  EXPECT_FALSE(names(rules(), "/etc"));
  settings_.listen.front().group = "docker";
  EXPECT_TRUE(has(rules(), "/etc", Use::read));
}

TEST_F(FileAccess, IsForTheLogServerAndWhatItsNameIsLookedUpWith) {
  settings_.audit.syslog =
      policy::Syslog{.transport = policy::Syslog::Transport::tcp, .host = "192.0.2.1", .port = 601};
  EXPECT_EQ(rules().ports, std::vector<std::uint16_t>{601});
  EXPECT_FALSE(names(rules(), "/etc"));
  settings_.audit.syslog->host = "logs.example.com";
  EXPECT_EQ(rules().ports, (std::vector<std::uint16_t>{601, 53}));
  EXPECT_TRUE(has(rules(), "/etc", Use::read));
}

TEST_F(FileAccess, IncludesWhatLiesBeneath) {
  const Ruleset now = rules();
  EXPECT_EQ(what_is_missing(now, now), "");
  settings_.listen.push_back({.address = policy::UnixAddress{path("run/below/docker.sock")}});
  settings_.listen.push_back({.address = policy::TcpAddress{"127.0.0.1", 2376},
                              .tls = policy::Tls{.certificate = path("audit/tls/cert.pem")}});
  EXPECT_EQ(what_is_missing(now, rules()), "");
}

TEST_F(FileAccess, IsMissingWhereSomethingElseIsNamed) {
  const Ruleset now = rules();
  settings_.listen.front().address = policy::UnixAddress{path("runner/docker.sock")};
  EXPECT_EQ(what_is_missing(now, rules()), path("runner"));
  // The trail's folder is no place for a socket.
  settings_.listen.front().address = policy::UnixAddress{path("audit/docker.sock")};
  EXPECT_EQ(what_is_missing(now, rules()), path("audit"));
}

}  // namespace
}  // namespace dockgate::proxy::confine
