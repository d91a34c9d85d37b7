#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "proxy/expiry_watch.h"
#include "proxy/metrics/exposition.h"
#include "proxy/metrics/tally.h"

namespace dockgate::proxy {
namespace {

using std::chrono::hours;

TEST(Exposition, WritesAFamilyWithItsSamples) {
  Exposition out;
  out.counter("requests_total", "All of them.");
  out.sample({{"client", "a"}, {"verdict", "allow"}}, std::uint64_t{7});
  out.sample({}, 0.25);
  EXPECT_EQ(out.text(),
            "# HELP requests_total All of them.\n# TYPE requests_total counter\n"
            "requests_total{client=\"a\",verdict=\"allow\"} 7\nrequests_total 0.25\n");
}

TEST(Exposition, KeepsLabelsToThemselves) {
  Exposition out;
  out.gauge("g", "One.");
  out.sample({{"client", "a\"} 9\n\\"}}, std::uint64_t{1});
  EXPECT_NE(out.text().find("g{client=\"a\\\"} 9\\n\\\\\"} 1\n"), std::string::npos) << out.text();
}

TEST(Exposition, AddsBucketsUp) {
  Sizes sizes;
  for (const std::uint64_t size : {0U, 100U, 300U, 1'000U}) sizes.observe(size);
  sizes.observe(5'000'000'000);
  Sizes::Seen seen;
  sizes.add_to(seen);
  Exposition out;
  out.histogram("h", "Sizes.");
  out.sample({{"k", "v"}}, seen, size_bounds, 1);
  for (const char* const line : {"h_bucket{k=\"v\",le=\"0\"} 1\n",
                                 "h_bucket{k=\"v\",le=\"256\"} 2\n",
                                 "h_bucket{k=\"v\",le=\"1024\"} 4\n",
                                 "h_bucket{k=\"v\",le=\"4294967296\"} 4\n",
                                 "h_bucket{k=\"v\",le=\"+Inf\"} 5\n",
                                 "h_sum{k=\"v\"} 5000001400\n",
                                 "h_count{k=\"v\"} 5\n"}) {
    EXPECT_NE(out.text().find(line), std::string::npos) << line << out.text();
  }
}

TEST(Tally, CountsByOperationClientVerdictAndRule) {
  Tally tally;
  const policy::Operation& operation = policy::all_operations()[3];
  audit::Record record;
  record.operation = &operation;
  record.verdict = audit::Verdict::would_refuse;
  record.reasons = {{"container.pid", "", "", ""}, {"container.ipc", "", "", ""}};
  record.began = Clock::now();
  record.bytes_in = 10;
  tally.count(tally.of("ci"), record);
  record.verdict = audit::Verdict::refuse;
  record.operation = nullptr;
  tally.count(tally.of("ci"), record);
  const auto verdict = [](audit::Verdict one) { return static_cast<std::size_t>(one); };
  const ClientTally& ci = tally.of("ci");
  EXPECT_EQ(ci.requests[3][verdict(audit::Verdict::would_refuse)].value(), 1U);
  EXPECT_EQ(operation_name(3), operation.id);
  EXPECT_EQ(ci.requests[number_of(nullptr)][verdict(audit::Verdict::refuse)].value(), 1U);
  EXPECT_EQ(operation_name(number_of(nullptr)), "unknown");
  EXPECT_EQ(ci.bytes_in.value(), 20U);
  EXPECT_EQ(tally.rules.at("container.pid")[verdict(audit::Verdict::would_refuse)].value(), 1U);
  EXPECT_EQ(tally.rules.at("container.pid")[verdict(audit::Verdict::refuse)].value(), 1U);
}

TEST(Tally, IsReadWhileItGrows) {
  Tally tally;
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      std::uint64_t sum = 0;
      tally.lookups.for_each([&](const std::string&, const Counter& one) { sum += one.value(); });
    }
  });
  for (int i = 0; i < 20'000; ++i) tally.lookups.at(std::to_string(i % 100)).add();
  done = true;
  reader.join();
  EXPECT_EQ(tally.lookups.at("7").value(), 200U);
}

std::vector<DoorState> door_that_ends(TlsEnds::TimePoint end) {
  const auto never = TlsEnds::TimePoint::max();
  return {{"tcp://d", new_count(), TlsEnds{.certificate = end, .client_ca = never, .crl = never}}};
}

TEST(ExpiryWatch, SpeaksOnceBeforeEachThreshold) {
  ExpiryWatch watch;
  const auto end = TlsEnds::TimePoint(hours(24 * 20'000));
  const auto doors = door_that_ends(end);
  const auto said = [&](int before) { return watch.look(doors, end - hours(before)); };
  EXPECT_TRUE(said(24 * 31).empty());
  EXPECT_EQ(said(24 * 29), std::vector<std::string>{"tcp://d: the certificate ends in 29 days"});
  EXPECT_TRUE(said(24 * 8).empty());
  EXPECT_EQ(said(24 * 6), std::vector<std::string>{"tcp://d: the certificate ends in 6 days"});
  EXPECT_EQ(said(23), std::vector<std::string>{"tcp://d: the certificate ends in 23 hours"});
  EXPECT_TRUE(said(22).empty());
  EXPECT_EQ(said(-1),
            std::vector<std::string>{"tcp://d: the certificate has ended: handshakes fail"});
}

TEST(ExpiryWatch, BeginsAnewWithAnotherCertificate) {
  ExpiryWatch watch;
  const auto end = TlsEnds::TimePoint(hours(24 * 20'000));
  EXPECT_FALSE(watch.look(door_that_ends(end), end - hours(1)).empty());
  EXPECT_TRUE(watch.look(door_that_ends(end + hours(24 * 90)), end - hours(1)).empty());
  EXPECT_FALSE(watch.look(door_that_ends(end + hours(24)), end - hours(1)).empty());
}

}  // namespace
}  // namespace dockgate::proxy
