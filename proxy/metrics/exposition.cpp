#include "proxy/metrics/exposition.h"

#include <cstdio>

namespace dockgate::proxy {

void Exposition::begin(std::string_view name, std::string_view help, std::string_view type) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void Exposition::sample(Labels labels, std::uint64_t value) {
  part("", labels, std::to_string(value));
}

void Exposition::sample(Labels labels, std::int64_t value) {
  part("", labels, std::to_string(value));
}

void Exposition::sample(Labels labels, double value) { part("", labels, number(value)); }

std::string Exposition::number(double value) {
  char text[40];
  const bool whole = value == static_cast<double>(static_cast<std::int64_t>(value));
  std::snprintf(text, sizeof text, whole ? "%.0f" : "%.15g", value);
  return text;
}

void Exposition::part(std::string_view suffix, Labels labels, std::string_view value) {
  text_.append(name_).append(suffix);
  for (const auto& [key, label] : labels) {
    text_ += &key == &labels.begin()->first ? '{' : ',';
    write_label(key, label);
  }
  if (labels.size() != 0) text_ += '}';
  text_.append(" ").append(value).append("\n");
}

void Exposition::bucket(Labels labels, std::string_view bound, std::uint64_t count) {
  text_.append(name_).append("_bucket{");
  for (const auto& [key, label] : labels) {
    write_label(key, label);
    text_ += ',';
  }
  write_label("le", bound);
  text_.append("} ").append(std::to_string(count)).append("\n");
}

void Exposition::write_label(std::string_view key, std::string_view value) {
  text_.append(key).append("=\"");
  for (const char c : value) {
    if (c == '\n') {
      text_ += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') text_ += '\\';
    text_ += c;
  }
  text_ += '"';
}

}  // namespace dockgate::proxy
