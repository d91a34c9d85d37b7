// What was decided of a request: allow, or refuse with every reason there is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dockgate::policy {

// One thing that stands in the way of a request.
struct Reason {
  std::string rule;   // stable id, such as `container.cap_add`; audit, metrics and tests key on it
  std::string at;     // JSON pointer into the body, `?name` in the query, or "" for the whole
  std::string value;  // what was asked, in the policy's spelling; never a secret
  std::string mend;   // what the client or the operator can do: one clause, no full stop

  friend bool operator==(const Reason&, const Reason&) = default;
};

// What HTTP calls the kind of refusal.
enum class Refusal : std::uint16_t {
  malformed = 400,   // no Engine would take it, or two could read it differently
  forbidden = 403,   // well formed, and the policy does not allow it
  missing = 404,     // it names something that the Engine does not have
  unresolved = 502,  // the Engine could not be asked about what it names
};

class Reasons {
 public:
  void add(std::string rule, std::string at, std::string value, std::string mend) {
    all_.push_back({std::move(rule), std::move(at), std::move(value), std::move(mend)});
  }

  // The same, and the refusal is then answered as `kind`; the first such call decides.
  void add(Refusal kind, std::string rule, std::string at, std::string value, std::string mend) {
    if (kind_ == Refusal::forbidden) kind_ = kind;
    add(std::move(rule), std::move(at), std::move(value), std::move(mend));
  }

  bool empty() const { return all_.empty(); }

  Refusal kind() const { return kind_; }

  const std::vector<Reason>& all() const { return all_; }

 private:
  std::vector<Reason> all_;
  Refusal kind_ = Refusal::forbidden;
};

enum class Mode : std::uint8_t { enforce, warn };

// Proof that a verdict allowed: only Verdict makes one, and what forwards asks for it.
class Permit {
 private:
  friend class Verdict;
  Permit() = default;
};

class [[nodiscard]] Verdict {
 public:
  // Allowed where there are no reasons, or where the mode is `warn` and every reason is a matter
  // of policy: what is malformed, missing or unresolved is refused in every mode.
  static Verdict of(Reasons reasons, Mode mode) {
    const bool waived = mode == Mode::warn && reasons.kind() == Refusal::forbidden;
    return Verdict(std::move(reasons), waived);
  }

  bool allowed() const { return reasons_.empty() || waived_; }

  // Allowed although there are reasons: what `warn` let through.
  bool would_refuse() const { return waived_ && !reasons_.empty(); }

  const Reasons& reasons() const { return reasons_; }

  // What forwarding asks for; nothing where this refuses.
  std::optional<Permit> permit() const {
    if (!allowed()) return std::nullopt;
    return Permit();
  }

 private:
  Verdict(Reasons reasons, bool waived) : reasons_(std::move(reasons)), waived_(waived) {}

  Reasons reasons_;
  bool waived_;
};

}  // namespace dockgate::policy
