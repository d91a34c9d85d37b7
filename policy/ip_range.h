// Ranges of IP addresses in CIDR: `10.0.0.0/8`, `fd00::/8`, or a single address.
#pragma once

#include <string>
#include <string_view>

namespace dockgate::policy {

// Whether every address of `inner` is one of `outer`. False where either is no range.
bool lies_within(std::string_view inner, std::string_view outer);

bool is_ip_range(std::string_view text);

}  // namespace dockgate::policy
