/// Checks documents against the published schemas with Debian's python3-jsonschema, where it is installed.
#pragma once

#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"

namespace nacre::test {

inline bool has_json_schema() { return run_command("/usr/bin/python3 -c 'import jsonschema'").status == 0; }

/// Empty if `document` obeys docs/schemas/NAME.schema.json, else what the validator says.
inline std::string schema_violation(Value const& document, std::string const& name) {
  TemporaryFolder const folder;
  write_file(folder.path() / "document.json", document.dump());
  auto const schema = test::source_folder().string() + "/docs/schemas/" + name + ".schema.json";
  auto const script =
      "import json,sys,jsonschema;s=json.load(open(sys.argv[1]));jsonschema.Draft202012Validator.check_schema(s);"
      "e=list(jsonschema.Draft202012Validator(s).iter_errors(json.load(open(sys.argv[2]))));"
      "[print(x.json_path, x.message, file=sys.stderr) for x in e];sys.exit(len(e)>0)";
  auto const result = run_command("/usr/bin/python3 -c '" + std::string(script) + "' " + schema + " " +
                                  (folder.path() / "document.json").string());
  return result.status == 0 ? "" : result.err + "violated";
}

}  // namespace nacre::test

#define NACRE_NEEDS_JSON_SCHEMA() \
  if (!test::has_json_schema()) GTEST_SKIP() << "needs python3-jsonschema, which /usr/bin/python3 cannot import"
