#include "policy/bind_source.h"

namespace dockgate::policy {

bool write_bind_source(Json& body, const BindMount& bind, const std::string& source) {
  Json* place = value_at(body, bind.at);
  if (place == nullptr) return false;
  if (place->is(Json::Kind::object)) place = place->find("Source");
  if (place == nullptr || !place->is(Json::Kind::string)) return false;
  const bool in_binds = bind.at.find("/Binds/") != std::string::npos;
  const std::size_t colon = in_binds ? place->text.find(':') : std::string::npos;
  const std::string rest = colon == std::string::npos ? "" : place->text.substr(colon);
  place->text = source + rest;
  return true;
}

}  // namespace dockgate::policy
