#include "policy/references.h"

#include <gtest/gtest.h>

#include <string>

namespace dockgate::policy {
namespace {

TEST(PathOf, NamesWhatTheEngineIsAskedForEachKind) {
  const auto path = [](ReferenceKind kind) { return path_of({kind, "a"}); };
  EXPECT_EQ(path(ReferenceKind::container), "/containers/a/json");
  EXPECT_EQ(path(ReferenceKind::exec), "/exec/a/json");
  EXPECT_EQ(path(ReferenceKind::volume), "/volumes/a");
  EXPECT_EQ(path(ReferenceKind::network), "/networks/a");
  EXPECT_EQ(path(ReferenceKind::image), "/images/a/json");
  EXPECT_EQ(path(ReferenceKind::pulled_image), "/images/a/json");
  EXPECT_EQ(path(ReferenceKind::newest_image), "/images/a/json");
  EXPECT_EQ(path(ReferenceKind::service), "/services/a");
  EXPECT_EQ(path_of({ReferenceKind::engine, ""}), "/info");
}

}  // namespace
}  // namespace dockgate::policy
