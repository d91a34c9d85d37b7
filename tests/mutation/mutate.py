"""How much the cases notice: mutants of what judges, each of them run against all cases.

    python3 tests/mutation/mutate.py                        all mutants of checks and judge
    python3 tests/mutation/mutate.py --file images.cpp      of one file
    python3 tests/mutation/mutate.py --sample 60 --seed 7   some of them
    python3 tests/mutation/mutate.py --list                 what they are

All mutants are in one program, which is built once (mutants.py says what they are, runner.cpp turns
one after the other on). It is made of the build in build/PRESET (--preset, `release`),
whose target policy_tests it builds. A mutant that all cases pass has survived: mend that by a case in
tests/cases/, or say in survivors.txt why nobody could tell it from the original. The exit status is 1
where one survived that is not there, or where one that is there did not or is none any more.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from mutants import mutate

ROOT = pathlib.Path(__file__).resolve().parents[2]
SURVIVORS = pathlib.Path(__file__).with_name("survivors.txt")


def sources(asked):
    files = sorted((ROOT / "policy/checks").glob("*.cpp")) + [ROOT / "policy/judge.cpp"]
    return [f for f in files if not asked or f.name == asked or str(f).endswith("/" + asked)]


def mutants_of(files):
    """Pairs of a file and its text with mutants, and all mutants."""
    texts, every, first = [], [], 1
    for file in files:
        text, mutants = mutate(file.read_text(), first)
        for one in mutants:
            one.file = file.name
        first += len(mutants)
        texts.append((file, text))
        every += mutants
    return texts, every


class Build:
    def __init__(self, preset, folder):
        self.folder = ROOT / "build" / preset
        self.out = folder
        self.out.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cmake", "--build", "--preset", preset, "--target", "policy_tests"],
                       cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        commands = json.loads((self.folder / "compile_commands.json").read_text())
        self.commands = {c["file"]: shlex.split(c["command"]) for c in commands}
        self.objects = {file: words[words.index("-o") + 1] for file, words in self.commands.items()}

    def compile(self, file, text):
        """Like the original, but without optimising, and with unused names allowed."""
        source = self.out / file.name
        source.write_text(
            f"bool dockgate_mutant(int number);\n#line 1 \"{file}\"\n{text}")
        model = self.commands.get(str(file)) or self.commands[str(ROOT / "policy/judge.cpp")]
        words = [w for w in model if w not in ("-O2", "-Werror", "-g") and "FORTIFY" not in w]
        if words[0].endswith("ccache"):
            words = words[1:]
        words[words.index("-o") + 1] = str(source.with_suffix(".o"))
        words[words.index("-c") + 1] = str(source)
        words = [w for w in words if not w.startswith(("-MD", "-MT", "-MF"))
                 and not w.endswith((".o.d",)) and not w.startswith("policy/CMakeFiles")]
        subprocess.run([*words, "-w", "-O1"], cwd=self.folder, check=True)
        return source.with_suffix(".o")

    def link(self, files, objects):
        """These objects, and of the library those of all other files. The library itself would not do:
        a linker takes a member of it for any template that it happens to have."""
        commands = subprocess.run(["ninja", "-t", "commands", "policy_tests"], cwd=self.folder,
                                  check=True, capture_output=True, text=True).stdout.splitlines()
        line = next(c for c in reversed(commands) if "-o tests/policy_tests" in c)
        program = self.out / "mutated_tests"
        line = line.split("&&")[1].replace("-o tests/policy_tests", f"-o {program}")
        others = [o for f, o in self.objects.items()
                  if "/dockgate_policy.dir/" in o and pathlib.Path(f) not in files]
        library = "policy/libdockgate_policy.a"
        line = line.replace(library, " ".join(map(str, [*objects, *others])), 1).replace(library, "")
        subprocess.run(line, cwd=self.folder, check=True, shell=True)
        return program


def run(program, mutants):
    """Yields each mutant and whether it survived."""
    by_number = {one.number: one for one in mutants}
    command = [program, "--gtest_filter=Files/Cases.*", "--gtest_fail_fast", "--gtest_brief=1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.DEVNULL) as running:
        running.stdin.write("\n".join(map(str, by_number)) + "\n")
        running.stdin.close()
        for line in running.stdout:
            said = re.fullmatch(r"(\d+) (survived|noticed)\n", line)
            if said and said.group(1) == "0" and said.group(2) == "noticed":
                raise SystemExit("without a mutant the cases do not pass")
            if said and said.group(1) != "0":
                yield by_number[int(said.group(1))], said.group(2) == "survived"


def run_all(program, mutants, jobs, tell):
    """The numbers of those that survived."""
    alive = set()

    def run_share(share):
        for one, lives in run(program, share):
            if lives:
                alive.add(one.number)
                tell(one)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run_share, [mutants[i::jobs] for i in range(jobs) if mutants[i::jobs]]))
    return alive


def explained():
    """Mutants that survive for a reason: `file: what` by the source's own words, without lines, or
    all of a function: `file: wording of function`."""
    if not SURVIVORS.exists():
        return set()
    lines = SURVIVORS.read_text().splitlines()
    return {line for line in lines if line and not line.startswith(("#", " "))}


def is_explained(mutant, known):
    return key_of(mutant) in known or is_wording(mutant, known)


def is_wording(mutant, known):
    return f"{mutant.file}: wording of {mutant.function}" in known


def stale_of(texts, mutants, known):
    """Lines of survivors.txt for which these files have no mutant."""
    there = {key_of(one) for one in mutants}
    there |= {f"{one.file}: wording of {one.function}" for one in mutants}
    names = {file.name for file, _ in texts}
    return sorted(line for line in known - there if line.split(":")[0] in names)


def key_of(mutant):
    return f"{mutant.file}: {mutant.what}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--file")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--preset", default="release")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    texts, mutants = mutants_of(sources(options.file))
    if options.list:
        for one in mutants:
            print(one.number, one.name)
        return 0
    began = time.monotonic()
    build = Build(options.preset, ROOT / "build/mutation")
    with ThreadPoolExecutor(options.jobs) as pool:
        objects = list(pool.map(lambda pair: build.compile(*pair), texts))
    runner = pathlib.Path(__file__).with_name("runner.cpp")
    objects.append(build.compile(runner, runner.read_text()))
    program = build.link([file for file, _ in texts], objects)
    print(f"{len(mutants)} mutants, built in {time.monotonic() - began:.0f} s", flush=True)
    if options.sample:
        mutants = random.Random(options.seed).sample(mutants, min(options.sample, len(mutants)))
    known = explained()

    def tell(one):
        if not is_explained(one, known):
            print("survived:", one.name, flush=True)

    began = time.monotonic()
    alive = run_all(program, mutants, options.jobs, tell)
    survivors = [one for one in mutants if one.number in alive]
    new = [one for one in survivors if not is_explained(one, known)]
    # Two of a file may be spelled alike; it is enough that one of them survives.
    living = {key_of(one) for one in survivors}
    mended = [one for one in mutants if key_of(one) in known - living]
    for one in mended:
        print("is in survivors.txt, and is noticed:", one.name)
    stale = [] if options.sample else stale_of(texts, mutants, known)
    for line in stale:
        print("is in survivors.txt, and is no mutant:", line)
    print(f"{len(mutants)} mutants ran in {time.monotonic() - began:.0f} s: "
          f"{len(mutants) - len(survivors)} noticed, {len(survivors) - len(new)} explained, "
          f"{len(new)} survived")
    return 1 if new or mended or stale else 0


if __name__ == "__main__":
    sys.exit(main())
