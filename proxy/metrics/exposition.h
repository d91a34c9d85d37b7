// The text that Prometheus reads: families of samples, each with its help and its type.
// https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/metrics/histogram.h"

namespace dockgate::proxy {

class Exposition {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // The samples that follow are of this family.
  void counter(std::string_view name, std::string_view help) { begin(name, help, "counter"); }

  void gauge(std::string_view name, std::string_view help) { begin(name, help, "gauge"); }

  void histogram(std::string_view name, std::string_view help) { begin(name, help, "histogram"); }

  void sample(Labels labels, std::uint64_t value);
  void sample(Labels labels, std::int64_t value);
  void sample(Labels labels, double value);

  // `bounds` and sum count in units of which `per_unit` are one of the family's.
  template <std::size_t size>
  void sample(Labels labels,
              const Distribution<size>& seen,
              const std::uint64_t (&bounds)[size],
              double per_unit) {
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < size; ++i) {
      so_far += seen.counts[i];
      bucket(labels, number(static_cast<double>(bounds[i]) / per_unit), so_far);
    }
    so_far += seen.counts[size];
    bucket(labels, "+Inf", so_far);
    part("_sum", labels, number(static_cast<double>(seen.sum) / per_unit));
    part("_count", labels, std::to_string(so_far));
  }

  const std::string& text() const { return text_; }

 private:
  static std::string number(double value);
  void begin(std::string_view name, std::string_view help, std::string_view type);
  void bucket(Labels labels, std::string_view bound, std::uint64_t count);
  void part(std::string_view suffix, Labels labels, std::string_view value);
  void write_label(std::string_view key, std::string_view value);

  std::string text_;
  std::string_view name_;
};

}  // namespace dockgate::proxy
