"""The gate fails where a ratio is beyond its bar and room, and nowhere else."""

import json
import unittest

import gate
from rows import ROWS

ROOM = 1.3
FIGURES = {"start", "idle", "program", "micro"}


def results(**samples):
    return {"rows": {"a": {"samples": {server: [{"cpu": cost} for cost in costs]
                                       for server, costs in samples.items()}}}}


def bar(**more):
    return {"name": "a bar", "row": "a", "server": "dockgate", "value": "cpu", **more}


class Gate(unittest.TestCase):
    def test_a_ratio_is_the_median_of_the_rounds_ratios(self):
        found = results(dockgate=[2, 30, 6], relay=[1, 10, 3])
        self.assertEqual(gate.measured(found, bar(to="relay")), 2)

    def test_a_difference_is_that_of_the_medians(self):
        found = results(dockgate=[2, 30, 6], relay=[1, 10, 3])
        self.assertEqual(gate.measured(found, bar(beyond="relay")), 3)

    def test_what_was_not_measured_is_no_number(self):
        for more in ({"to": "relay"}, {"beyond": "relay"}):
            self.assertIsNone(gate.measured(results(dockgate=[1]), bar(**more)))
        self.assertIsNone(gate.measured(results(relay=[1]), bar()))

    def test_a_bar_has_room_and_an_end(self):
        most = bar(at_most=2)
        self.assertEqual([gate.judged(most, found, ROOM) for found in (2, 2.5, 2.7)],
                         ["meets", "missed", "EXCEEDED"])
        least = bar(at_least=1)
        self.assertEqual([gate.judged(least, found, ROOM) for found in (1, 0.8, 0.7)],
                         ["meets", "missed", "EXCEEDED"])

    def test_a_bar_that_is_missed_today_fails_when_it_gets_worse(self):
        most = bar(at_most=2, today=4)
        self.assertEqual([gate.judged(most, found, ROOM) for found in (2, 5, 5.3)],
                         ["meets", "missed", "EXCEEDED"])
        least = bar(at_least=1, today=0.65)
        self.assertEqual([gate.judged(least, found, ROOM) for found in (1, 0.6, 0.4)],
                         ["meets", "missed", "EXCEEDED"])

    def test_a_time_fails_nothing(self):
        self.assertEqual(gate.judged(bar(at_most=2, shown_only=True), 200, ROOM), "missed")

    def test_each_bar_is_of_a_row_and_a_server_that_are_there(self):
        rows = {row.name: row.servers for row in ROWS}
        bars = json.loads(gate.BARS.read_text())["bars"]
        self.assertGreater(len(bars), 20)
        for one in bars:
            if one["row"] not in FIGURES:
                for server in (one["server"], one.get("to"), one.get("beyond")):
                    self.assertIn(server, (*rows[one["row"]], None), one["name"])

    def test_no_bar_of_a_time_can_fail(self):
        for one in json.loads(gate.BARS.read_text())["bars"]:
            is_time = "to" not in one and one["value"] in ("p50", "p99", "ns", "cpu", "start_ms")
            self.assertEqual(is_time or one["value"] == "p99", one.get("shown_only", False), one)


if __name__ == "__main__":
    unittest.main()
