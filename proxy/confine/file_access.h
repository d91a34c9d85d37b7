// Which files and folders dockgate opens once it has started, read from its settings.
#pragma once

#include <string>
#include <vector>

#include "policy/settings.h"
#include "proxy/confine/landlock.h"

namespace dockgate::proxy::confine {

// What these settings name, each by where its links lead today: the folders of the configuration
// files and of TLS, the audit's, those of sockets; /etc where names are looked up in it; /proc, for
// metrics. Where the host's paths lead is looked at without opening anything, and needs no right.
// What is not there is left out: whoever comes to need it says so.
Ruleset ruleset_for(const policy::Settings& settings, const std::vector<std::string>& files);

// What `wanted` names and `now` does not include, or "". Paths of what is not there yet are
// included by the folder that they would be in.
std::string what_is_missing(const Ruleset& now, const Ruleset& wanted);

}  // namespace dockgate::proxy::confine
