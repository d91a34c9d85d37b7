#!/usr/bin/python3
"""Holds results against the bars: gate.py RESULTS

Only what a slower or busier machine leaves as it is can fail: ratios of one run, sizes, memory. A
bar is exceeded beyond `room` times itself, or what is there `today` where a bar is missed so far.
Times are shown beside their bars and fail nothing.
"""

import json
import pathlib
import statistics
import sys

BARS = pathlib.Path(__file__).resolve().parent / "bars.json"


def value_of(results, row, server, value):
    """The median, or None where it was not measured."""
    samples = results["rows"].get(row, {}).get("samples", {}).get(server, [])
    found = [sample[value] for sample in samples if value in sample]
    return statistics.median(found) if found else None


def ratio_of(results, row, server, to, value):
    """The median of the rounds' ratios: both sides of each saw the same noise."""
    samples = results["rows"].get(row, {}).get("samples", {})
    pairs = zip(samples.get(server, []), samples.get(to, []))
    found = [one[value] / other[value] for one, other in pairs if value in one and other.get(value)]
    return statistics.median(found) if found else None


def measured(results, bar):
    if "to" in bar:
        return ratio_of(results, bar["row"], bar["server"], bar["to"], bar["value"])
    mine = value_of(results, bar["row"], bar["server"], bar["value"])
    if "beyond" not in bar or mine is None:
        return mine
    other = value_of(results, bar["row"], bar["beyond"], bar["value"])
    return None if other is None else mine - other


def limit_of(bar, room):
    """What may not be passed, or None where it is a time."""
    if bar.get("shown_only"):
        return None
    if "at_least" in bar:
        return min(bar["at_least"], bar.get("today", bar["at_least"])) / room
    return max(bar["at_most"], bar.get("today", bar["at_most"])) * room


def judged(bar, found, room):
    """-> `meets`, `missed` or `EXCEEDED`"""
    limit = limit_of(bar, room)
    if "at_least" in bar:
        if limit is not None and found < limit:
            return "EXCEEDED"
        return "meets" if found >= bar["at_least"] else "missed"
    if limit is not None and found > limit:
        return "EXCEEDED"
    return "meets" if found <= bar["at_most"] else "missed"


def hold(results):
    """Prints each bar -> whether none is exceeded."""
    table = json.loads(BARS.read_text())
    width = max(len(bar["name"]) for bar in table["bars"])
    print(f"{'':{width}}  {'bar':>9} {'measured':>9} {'gate':>9}")
    good = True
    for bar in table["bars"]:
        found = measured(results, bar)
        if found is None:
            continue
        sign = "≥" if "at_least" in bar else "≤"
        limit = limit_of(bar, table["room"])
        said = judged(bar, found, table["room"])
        good = good and said != "EXCEEDED"
        gate = "" if limit is None else f"{limit:.2f}"
        print(f"{bar['name']:{width}}  {sign + shown(bar.get('at_least', bar.get('at_most'))):>9} "
              f"{found:>9.2f} {gate:>9}  {said}")
    return good


def shown(number):
    return f"{number:g}"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: gate.py RESULTS")
    sys.exit(0 if hold(json.loads(pathlib.Path(sys.argv[1]).read_text())) else 1)
