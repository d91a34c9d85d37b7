#include "certs/fingerprint.h"

#include <gtest/gtest.h>

namespace dockgate::certs {
namespace {

// The one-block and the empty message of FIPS 180-4's examples.
TEST(Fingerprint, IsSha256) {
  EXPECT_EQ(fingerprint("abc"),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(fingerprint(""),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace dockgate::certs
