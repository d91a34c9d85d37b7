// The table that a field is found by holds what folding alone would find, for every type of the
// API.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "policy/api/operations.h"
#include "policy/api/schema.h"
#include "policy/strict_json.h"

namespace dockgate::policy {
namespace {

void collect(const Schema& schema, std::set<const Schema*>& all) {
  if (!all.insert(&schema).second) return;
  if (schema.inlined != nullptr) collect(*schema.inlined, all);
  for (const Field& field : schema.fields) {
    if (field.of != nullptr) collect(*field.of, all);
  }
}

std::set<const Schema*> all_schemas() {
  std::set<const Schema*> all;
  for (const Operation& operation : all_operations()) {
    if (operation.body.schema != nullptr) collect(*operation.body.schema, all);
    for (const Parameter& parameter : operation.query) {
      if (parameter.document != nullptr) collect(*parameter.document, all);
    }
  }
  return all;
}

std::size_t by_folding(std::string_view key, const Schema& schema) {
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    if (folds_to(key, schema.fields[i].key)) return i;
  }
  return FieldIndex::absent;
}

std::string replaced(std::string text, char one, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(one, at)) != std::string::npos; at += by.size()) {
    text.replace(at, 1, by);
  }
  return text;
}

// A key as a client may spell it, and as it may not.
std::vector<std::string> spellings(const std::string& key) {
  std::string upper = key;
  std::string lower = key;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return {key,
          upper,
          lower,
          replaced(lower, 's', "\u017f"),
          replaced(lower, 'k', "\u212a"),
          replaced(lower, 'i', "\u0131"),
          key + "s",
          key.substr(0, key.size() / 2),
          key + '\0',
          "_" + key};
}

TEST(FieldIndex, FindsWhatFoldingFinds) {
  std::set<std::string> keys{"", "\xff", "Privileged"};
  for (const Schema* const schema : all_schemas()) {
    for (const Field& field : schema->fields) keys.insert(std::string(field.key));
  }
  ASSERT_GT(keys.size(), 300U);
  for (const Schema* const schema : all_schemas()) {
    for (const std::string& key : keys) {
      for (const std::string& spelled : spellings(key)) {
        EXPECT_EQ(schema->index.find(spelled, schema->fields), by_folding(spelled, *schema))
            << spelled << " in " << schema->name;
      }
    }
  }
}

// A key that two types would take of one object would be read as one's alone.
TEST(FieldIndex, HasNoFieldOfWhatIsInlined) {
  std::size_t inlining = 0;
  for (const Schema* const schema : all_schemas()) {
    if (schema->inlined == nullptr) continue;
    ++inlining;
    for (const Field& field : schema->inlined->fields) {
      EXPECT_EQ(schema->index.find(field.key, schema->fields), FieldIndex::absent) << field.key;
    }
  }
  EXPECT_GT(inlining, 0U);
}

}  // namespace
}  // namespace dockgate::policy
