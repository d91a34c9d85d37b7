"""The table of coverage.sh, from what `llvm-cov export` says: lines and branches of each file of
policy/, and their sums. The exit status is 1 below 98 % of the lines or 95 % of the branches.

A condition has two branches, one taken where it holds and one where it does not. One that stands in a
template counts once, and its branch is taken where it is in any of the template's instances. Not
counted is what is no condition of ours: the members of `operator==(…) = default`, `while (true)`, and
the way past a switch without `default:`, which the compiler lets us have only where every enumerator
has its case. Everything else is, also what no input can reach."""

import json
import os
import pathlib
import sys

LEAST = {"lines": 0.98, "branches": 0.95}


def branches_of(file, lines):
    """(taken, all) of a file whose source is `lines`."""
    taken = {}
    for first_line, first_column, last_line, last_column, held, failed, *_ in file["branches"]:
        line = lines[first_line - 1]
        before = line[:first_column - 1]
        if "= default;" in line or before.endswith("switch (") or line.endswith("while (true) {"):
            continue
        place = first_line, first_column, last_line, last_column
        once = taken.get(place, (False, False))
        taken[place] = once[0] or held > 0, once[1] or failed > 0
    return sum(map(sum, taken.values())), 2 * len(taken)


def row(name, counts):
    print("{:36}".format(name), *["{:>6}/{:<5}{:>4.0f} %".format(
        covered, count, 100 * covered / count if count else 100) for covered, count in counts])


def main():
    print("{:36}{:>19}{:>18}".format("", "lines", "branches"))
    sums = [[0, 0], [0, 0]]
    for file in json.load(sys.stdin)["data"][0]["files"]:
        name = os.path.relpath(file["filename"])
        if not name.startswith("policy/"):
            continue
        lines = file["summary"]["lines"]
        source = pathlib.Path(name).read_text().splitlines()
        counts = [(lines["covered"], lines["count"]), branches_of(file, source)]
        row(name, counts)
        for total, (covered, count) in zip(sums, counts):
            total[0] += covered
            total[1] += count
    row("policy/", sums)
    for (what, least), (covered, count) in zip(LEAST.items(), sums):
        print(f"{what}: {100 * covered / count:.1f} %, at least {100 * least:.0f} %")
    return any(covered < least * count for least, (covered, count) in zip(LEAST.values(), sums))


if __name__ == "__main__":
    sys.exit(main())
