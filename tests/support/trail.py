"""What every audit trail that a test makes is held against: the schema, and its chain."""

import gzip
import json
import os
import pathlib
import subprocess

import jsonschema

SCHEMA = json.loads((pathlib.Path(__file__).parents[2] / "deploy/audit.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
PROGRAM = os.environ.get("DOCKGATE", "build/release/dockgate")
ENOUGH = 2000  # records of a file that are looked at: a test under load writes many alike


def check_schema(records):
    for record in records[:ENOUGH] + records[ENOUGH:][-ENOUGH:]:
        for error in VALIDATOR.iter_errors(record):
            where = "/".join(map(str, error.absolute_path))
            raise AssertionError(f"at /{where}: {error.message}\n{json.dumps(record)}")


def records_of(file):
    """Those of one file of a trail, plain or compressed."""
    read = gzip.open if str(file).endswith(".gz") else open
    with read(file, "rt", encoding="utf-8", newline="\n") as lines:
        return [json.loads(line) for line in lines if line.endswith("}\n") and line[0] == "{"]


def verify(*files, options=()):
    """`dockgate audit verify` -> (exit status, what it printed)."""
    done = subprocess.run([PROGRAM, "audit", "verify", *options, *map(str, files)],
                          capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def check_trail(*files):
    for file in files:
        check_schema(records_of(file))
    status, printed = verify(*files)
    if status != 0:
        raise AssertionError(printed)
