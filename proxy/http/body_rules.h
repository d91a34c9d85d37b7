// What a body may call itself: checked on the head, before any of the body is read.
#pragma once

#include "policy/api/operations.h"
#include "proxy/http/framing.h"
#include "proxy/http/head.h"

namespace dockgate::proxy::http {

// Refuses a form, whose values the Engine would prefer to the query that was judged, and a type in
// letters that the Engine would fold into one (415); an encoding of a body that is read here
// (415); a type other than JSON where JSON is read (415).
Result<void, Malformed> check_body_fields(const RequestHead& head,
                                          const Framing& framing,
                                          policy::BodyKind kind);

enum class Expectation : std::uint8_t { nothing, continue_first };

// `Expect: 100-continue`, or nothing; any other is refused (417).
Result<Expectation, Malformed> expectation_of(const RequestHead& head, const Framing& framing);

}  // namespace dockgate::proxy::http
