"""Every promise of deploy/threat-model.md names tests, and every test that it names is there.

A test is named as `FILE` or `FILE: NAME`: a case by its name in a YAML file, in Python a class or
`Class.test`, in C++ a suite or `Suite.Test`."""

import ast
import functools
import pathlib
import re
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "deploy/threat-model.md"


def promises(page):
    """The items of the lists below `## What it promises`, each on one line."""
    section = page.split("\n## What it promises\n")[1].split("\n## ")[0]
    items = re.findall(r"^\* .*(?:\n  .*)*", section, re.MULTILINE)
    return [re.sub(r"\s+", " ", item) for item in items]


def named_tests(text):
    """(file, name or "") of each test that is named in it."""
    spans = re.findall(r"`(tests/[^`]+)`", re.sub(r"\s+", " ", text))
    return [(span.partition(": ")[0], span.partition(": ")[2]) for span in spans]


def names_in_python(text):
    for one in ast.parse(text).body:
        if isinstance(one, ast.ClassDef):
            yield one.name
            for part in one.body:
                if isinstance(part, ast.FunctionDef) and part.name.startswith("test"):
                    yield f"{one.name}.{part.name}"


def names_in_cpp(text):
    for suite, test in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", text, re.MULTILINE):
        yield suite
        yield f"{suite}.{test}"


@functools.lru_cache(None)
def names_in(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".yaml":
        return {one["name"] for one in yaml.safe_load(text)}
    return set({".py": names_in_python, ".cpp": names_in_cpp}[path.suffix](text))


@functools.lru_cache(None)
def is_run(path):
    """Cases are found by their folder; programs stand in a CMakeLists.txt by their names."""
    if path.suffix == ".yaml":
        return True
    if not path.stem.endswith("_test") and path.parent.name != "fuzz":
        return False
    lists = "".join(one.read_text() for one in (ROOT / "tests").rglob("CMakeLists.txt"))
    return re.search(rf"\b{path.stem.removesuffix('_test')}(_test)?\b", lists) is not None


def problem_with(file, name):
    """What is wrong with the naming of a test, or ""."""
    path = ROOT / file
    if not path.is_file():
        return f"there is no {file}"
    if not is_run(path):
        return f"nothing runs {file}"
    if name and name not in names_in(path):
        return f"{file} has no `{name}`"
    return ""


class ThreatModel(unittest.TestCase):
    def test_every_test_that_it_names_is_there(self):
        named = named_tests(PAGE.read_text(encoding="utf-8"))
        self.assertGreater(len(named), 100)
        problems = {problem_with(*one) for one in named} - {""}
        self.assertEqual(problems, set())

    def test_every_promise_names_one(self):
        found = promises(PAGE.read_text(encoding="utf-8"))
        self.assertGreater(len(found), 50)
        self.assertEqual([one for one in found if not named_tests(one)], [])

    def test_a_wrong_name_is_found(self):
        for text, problem in (
                ("`tests/cases/privileged.yaml: privileged is\n  refused`", ""),
                ("`tests/cases/privileged.yaml: privileged is welcome`", "has no"),
                ("`tests/attacks/doors_test.py: Links.test_a_neighbour_and_a_way_back_up`", ""),
                ("`tests/attacks/doors_test.py: Links.test_a_neighbour`", "has no"),
                ("`tests/proxy/head_test.cpp: Heads.AreReadTheSameHoweverTheyAreCut`", ""),
                ("`tests/proxy/head_test.cpp: Heads.Are`", "has no"),
                ("`tests/proxy/heads_test.cpp`", "there is no"),
                ("`tests/support/trail.py`", "nothing runs")):
            with self.subTest(text):
                (named,) = named_tests(text)
                self.assertRegex(problem_with(*named), problem or "^$")


if __name__ == "__main__":
    unittest.main()
