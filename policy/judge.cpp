#include "policy/judge.h"

#include "policy/checks/checks.h"
#include "policy/references.h"

namespace dockgate::policy {
namespace {

void check_operation(const Operation& operation, const Policy& policy, Reasons& reasons) {
  if (policy.operations.count(operation.id) != 0) return;
  const std::string id(operation.id);
  reasons.add("operation.refused",
              "",
              id,
              "an operator can list " + id + " or " + std::string(operation.group) +
                  " under operations.allow of policy `" + policy.name + "`");
}

}  // namespace

Verdict judge(const Request& request, const Answers& answers, const Policy& policy) {
  Reasons reasons;
  check_operation(*request.target.operation, policy, reasons);
  const std::optional<Facts> told = informed(*request.facts, answers, policy);
  const Facts& facts = told ? *told : *request.facts;
  for (const Check check : all_checks) check(facts, policy, reasons);
  check_references(request, answers, policy, reasons);
  return Verdict::of(std::move(reasons), policy.mode);
}

}  // namespace dockgate::policy
