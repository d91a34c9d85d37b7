// What a signature in the trail is over: the head of the chain right before it.
#pragma once

#include <string>
#include <string_view>

#include "certs/signing.h"
#include "proxy/audit/chain.h"

namespace dockgate::proxy::audit {

// In Base64.
std::string signature_of(const certs::SigningKey& key, const Link& head);

bool is_signature_of(std::string_view base64, const certs::PublicKey& key, const Link& head);

}  // namespace dockgate::proxy::audit
