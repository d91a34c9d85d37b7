"""The folders know of each other only in one direction: read from their includes."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "policy": r"boost/(asio|beast)|openssl|spdlog|sys/socket|\"proxy/|\"certs/",
    "proxy": r"yaml-cpp|policy/api/schemas|policy/read_facts|policy/load/(strict_yaml|read_policy)",
    "certs": r"boost/(asio|beast)|spdlog|CLI/|\"proxy/|\"policy/",
}


class Layering(unittest.TestCase):
    def test_includes_go_one_way(self):
        looked_at = 0
        for folder, pattern in FORBIDDEN.items():
            for path in (ROOT / folder).rglob("*"):
                if path.suffix not in (".h", ".cpp"):
                    continue
                looked_at += 1
                for line in path.read_text().splitlines():
                    if line.startswith("#include"):
                        self.assertIsNone(re.search(pattern, line), f"{path}: {line}")
        self.assertGreater(looked_at, 50)

    def test_nothing_includes_all_of_asio_or_beast(self):
        for path in ROOT.glob("*/**/*"):
            if path.suffix in (".h", ".cpp") and "build" not in path.parts:
                self.assertNotRegex(path.read_text(), r"#include <boost/(asio|beast)\.hpp>", path)

    def test_no_braces_captures_or_short_cuts_share_a_statement_with_co_await(self):
        pattern = (r"co_await.*[A-Za-z0-9_>(,]\{|co_await \[|[A-Za-z0-9_>]\{[^}]*co_await"
                   r"|(&&|\|\|) *!?co_await")
        for path in (ROOT / "proxy").rglob("*.cpp"):
            for line in path.read_text().splitlines():
                self.assertIsNone(re.search(pattern, line), f"{path}: {line}")


if __name__ == "__main__":
    unittest.main()
