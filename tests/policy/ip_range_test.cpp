#include "policy/ip_range.h"

#include <gtest/gtest.h>

namespace dockgate::policy {
namespace {

TEST(LiesWithin, ComparesPrefixes) {
  EXPECT_TRUE(lies_within("10.1.0.0/16", "10.0.0.0/8"));
  EXPECT_TRUE(lies_within("10.1.2.3", "10.0.0.0/8"));
  EXPECT_TRUE(lies_within("172.31.0.0/16", "172.16.0.0/12"));
  EXPECT_FALSE(lies_within("172.32.0.0/16", "172.16.0.0/12"));
  EXPECT_FALSE(lies_within("10.0.0.0/7", "10.0.0.0/8"));
  EXPECT_TRUE(lies_within("fd00:1::/64", "fc00::/7"));
  EXPECT_FALSE(lies_within("fe80::/64", "fc00::/7"));
  EXPECT_TRUE(lies_within("1.2.3.4/32", "0.0.0.0/0"));
}

TEST(LiesWithin, OneFamilyIsNotTheOther) {
  EXPECT_FALSE(lies_within("10.0.0.0/8", "::/0"));
  EXPECT_FALSE(lies_within("::ffff:10.0.0.1", "10.0.0.0/8"));
}

TEST(LiesWithin, WhatIsNoRangeLiesNowhere) {
  for (const char* text : {"", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/8x", "x", "/8"}) {
    EXPECT_FALSE(lies_within(text, "0.0.0.0/0")) << text;
    EXPECT_FALSE(is_ip_range(text)) << text;
  }
}

}  // namespace
}  // namespace dockgate::policy
