// What the cases cover: every operation, every governed field and every governed parameter has a
// case that allows it and one that refuses it. Each test names what is missing.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "policy/api/operations.h"
#include "policy/api/schemas.h"
#include "policy/api/schemas/resources.h"
#include "policy/read_facts/fact_readers.h"
#include "policy/request.h"
#include "policy/strict_json.h"
#include "tests/policy/case_file.h"

namespace dockgate::tests {
namespace {

using policy::Field;
using policy::Json;
using policy::Operation;
using policy::Parameter;
using policy::Schema;
using policy::Type;

const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = load_cases(DOCKGATE_CASES);
  return cases;
}

const Operation* operation_of(const Case& one) {
  const auto target = policy::read_target(one.method, one.target);
  return target ? target->operation : nullptr;
}

bool is_governed(const Field& field) {
  return field.reads != policy::safe && field.reads != policy::read_with_parent;
}

// No policy can allow what these leave facts of.
bool is_refused(const Field& field) {
  return field.reads == policy::read_network_scope || field.reads == policy::read_network_ingress;
}

bool has_row(std::span<const Field> fields, const Field& row) {
  return std::any_of(fields.begin(), fields.end(), [&row](const Field& field) {
    return field.key == row.key && field.type == row.type && field.reads == row.reads;
  });
}

// `HostConfig.Binds`. Rows that two types embed are one: Resources' and Config's.
std::string name_of(const Schema& schema, const Field& field) {
  std::string_view type = schema.name;
  if (&schema == &policy::container_update_schema && has_row(policy::resources_fields, field)) {
    type = policy::host_config_schema.name;
  }
  if (&schema == &policy::config_schema) type = policy::container_create_schema.name;
  return std::string(type) + "." + std::string(field.key);
}

// Calls `visit(schema, field, pointer, value)` for each field that a body has, as deep as it goes.
template <class Visit>
class BodyWalk {
 public:
  explicit BodyWalk(Visit visit) : visit_(visit) {}

  void walk(const Schema& schema, const Json& value, const std::string& pointer) {
    if (schema.bare) {
      see(schema, schema.fields.front(), value, pointer);
      return;
    }
    if (schema.inlined != nullptr) walk(*schema.inlined, value, pointer);
    for (const Field& field : schema.fields) {
      for (const auto& member : value.members) {
        if (!policy::folds_to(member.key, field.key)) continue;
        see(schema, field, member.value, pointer + "/" + std::string(field.key));
      }
    }
  }

 private:
  void see(const Schema& schema,
           const Field& field,
           const Json& value,
           const std::string& pointer) {
    visit_(schema, field, pointer, value);
    if (field.of == nullptr) return;
    if (field.type == Type::object) walk(*field.of, value, pointer);
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      walk(*field.of, value.items[i], pointer + "/" + std::to_string(i));
    }
    if (field.type != Type::object_map && field.type != Type::objects_map) return;
    for (const auto& member : value.members) {
      const std::string below = pointer + "/" + member.key;
      walk(*field.of, member.value, below);
      for (std::size_t i = 0; i < member.value.items.size(); ++i) {
        walk(*field.of, member.value.items[i], below + "/" + std::to_string(i));
      }
    }
  }

  Visit visit_;
};

bool points_at_or_below(const std::string& at, const std::string& pointer) {
  return at == pointer || at.compare(0, pointer.size() + 1, pointer + "/") == 0;
}

// Settings at the top of a create body are refused where they belong, below HostConfig.
bool is_refused_at(const Case& one, const std::string& pointer) {
  return std::any_of(one.reasons.begin(), one.reasons.end(), [&](const ExpectedReason& reason) {
    return points_at_or_below(reason.at, pointer) ||
           points_at_or_below(reason.at, "/HostConfig" + pointer);
  });
}

struct Covered {
  std::set<std::string> allowed;
  std::set<std::string> refused;
};

void cover(const Case& one,
           const std::string& name,
           const std::string& pointer,
           const Json& value,
           Covered& covered) {
  if (one.allowed && one.reasons.empty() && !value.is_zero()) covered.allowed.insert(name);
  if (!one.allowed && is_refused_at(one, pointer)) covered.refused.insert(name);
}

void cover_body(const Case& one, const Operation& operation, Covered& covered) {
  if (operation.body.schema == nullptr) return;
  const auto body = policy::parse_json(one.body, "");
  if (!body) return;
  const auto visit =
      [&](const Schema& schema, const Field& field, const std::string& pointer, const Json& value) {
        if (is_governed(field)) cover(one, name_of(schema, field), pointer, value, covered);
      };
  BodyWalk<decltype(visit)>(visit).walk(*operation.body.schema, *body, "");
}

void cover_query(const Case& one, const Operation& operation, Covered& covered) {
  const auto target = policy::read_target(one.method, one.target);
  for (const auto& [name, value] : target->query) {
    const std::string at = "?" + name;
    const std::string parameter = std::string(operation.id) + at;
    cover(one, parameter, at, Json::of_string(value), covered);
  }
}

Covered covered_by_cases() {
  Covered covered;
  for (const Case& one : all_cases()) {
    const Operation* const operation = operation_of(one);
    if (operation == nullptr) continue;
    cover_body(one, *operation, covered);
    cover_query(one, *operation, covered);
  }
  return covered;
}

// Every schema that some operation or parameter reads, with whether a row above it governs it.
using Governed = std::set<std::pair<const Schema*, bool>>;

void collect(const Schema& schema, bool governed, Governed& schemas) {
  if (!schemas.emplace(&schema, governed).second) return;
  if (schema.inlined != nullptr) collect(*schema.inlined, governed, schemas);
  for (const Field& field : schema.fields) {
    if (field.of != nullptr) collect(*field.of, governed || is_governed(field), schemas);
  }
}

Governed all_schemas() {
  Governed schemas;
  for (const Operation& operation : policy::all_operations()) {
    if (operation.body.schema != nullptr) collect(*operation.body.schema, false, schemas);
    for (const Parameter& parameter : operation.query) {
      if (parameter.document != nullptr) collect(*parameter.document, false, schemas);
    }
  }
  return schemas;
}

TEST(CasesCover, EveryOperationWithARefusalAndAnAllowance) {
  std::set<const Operation*> allowed;
  std::set<const Operation*> refused;
  for (const Case& one : all_cases()) {
    (one.allowed && one.reasons.empty() ? allowed : refused).insert(operation_of(one));
  }
  for (const Operation& operation : policy::all_operations()) {
    EXPECT_EQ(allowed.count(&operation), 1U) << "no case allows " << operation.id;
    EXPECT_EQ(refused.count(&operation), 1U) << "no case refuses " << operation.id;
  }
}

TEST(CasesCover, EveryGovernedFieldWithARefusalAndAnAllowance) {
  const Covered covered = covered_by_cases();
  std::size_t governed = 0;
  for (const auto& [schema, below] : all_schemas()) {
    if (schema->bare) continue;  // the query's documents: covered as parameters
    for (const Field& field : schema->fields) {
      if (!is_governed(field)) continue;
      ++governed;
      const std::string name = name_of(*schema, field);
      EXPECT_TRUE(covered.allowed.count(name) == 1U || is_refused(field))
          << "no case allows " << name;
      EXPECT_EQ(covered.refused.count(name), 1U) << "no case refuses " << name;
    }
  }
  EXPECT_GE(governed, 80U);
}

TEST(CasesCover, EveryGovernedParameterWithARefusalAndAnAllowance) {
  const Covered covered = covered_by_cases();
  for (const Operation& operation : policy::all_operations()) {
    for (const Parameter& parameter : operation.query) {
      if (parameter.reads == policy::safe) continue;
      const std::string name = std::string(operation.id) + "?" + std::string(parameter.name);
      EXPECT_EQ(covered.allowed.count(name), 1U) << "no case allows " << name;
      EXPECT_EQ(covered.refused.count(name), 1U) << "no case refuses " << name;
    }
  }
}

// A row that leaves its reading to the row above it has one that reads.
TEST(Schemas, RowsReadWithTheirParentHaveAParentThatReads) {
  for (const auto& [schema, governed] : all_schemas()) {
    for (const Field& field : schema->fields) {
      if (field.reads != policy::read_with_parent) continue;
      // What stands beside it may read it: a network's id beside its name.
      const bool beside = std::any_of(schema->fields.begin(), schema->fields.end(), is_governed);
      EXPECT_TRUE(governed || beside) << name_of(*schema, field);
    }
  }
}

}  // namespace
}  // namespace dockgate::tests
