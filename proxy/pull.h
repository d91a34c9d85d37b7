// Has the Engine pull an image that a build begins with, so that it can be judged before it is
// used.
#pragma once

#include <string>
#include <string_view>

#include "policy/lookups.h"
#include "proxy/engine.h"

namespace dockgate::proxy {

// Answers a look-up of kind `pulled_image` or `newest_image`: what inspect says of the image once
// it is there, or `missing` with the Engine's own words of why it is not. `registry_config` is the
// client's X-Registry-Config, "" where it sent none.
Task<policy::Answer> ask_for_pulled(Engine& engine,
                                    const policy::Settings& settings,
                                    policy::Lookup lookup,
                                    std::string registry_config,
                                    std::size_t limit);

// The credentials for the registry of the image out of X-Registry-Config, as X-Registry-Auth takes
// them; "" where there are none. Both are JSON in base64url: the API's documentation of ImageBuild
// and ImageCreate.
std::string registry_auth_for(std::string_view image, std::string_view registry_config);

}  // namespace dockgate::proxy
