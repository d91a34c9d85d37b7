"""What a client sees through dockgate is what it sees without.

A script is a function that drives one client. It runs against the bare Engine and through the
gate, each time on an empty bench, and what it was told must be the same, less what can never be:
ids, times, process ids and ports.
"""

import re
from itertools import zip_longest

from lab.bench import OnTheBench, sweep
from lab.docker import Docker, Outcome, programs

VARYING = [
    (re.compile(rb"\b[0-9a-f]{64}\b"), b"<id>"),
    (re.compile(rb"\b[0-9a-f]{12}\b"), b"<short id>"),
    (re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?([+-]\d{4}|Z|UTC))*"), b"<time>"),
    (re.compile(rb'"?timeNano"?:\d+|"?time"?:\d+'), b"<time>"),
    (re.compile(rb"(Up |Exited \(\d+\) )?(About an?|Less than a|\d+) (second|minute)s?( ago)?"),
     rb"\1<while>"),
    (re.compile(rb'("Pid": )\d+'), rb"\1<pid>"),
    (re.compile(rb"(\d+\.\d+\.\d+\.\d+|::):\d{4,5}"), rb"\1:<port>"),
]


def steady(text: bytes) -> bytes:
    """`text` without what differs from one run to the next."""
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text


class SameWithAndWithout(OnTheBench):
    def assert_same(self, script):
        """Runs `script(docker)` with each docker CLI against the bare Engine, then the gate."""
        for program in programs():
            with self.subTest(cli=program):
                bare = self._transcript(script, program, self.engine_socket)
                gated = self._transcript(script, program, self.gate.socket)
                self._compare(bare, gated)

    def _transcript(self, script, program: str, socket: str) -> list[Outcome]:
        docker = Docker(program, socket)
        try:
            script(docker)
        finally:
            sweep(self.engine_socket)
        return docker.transcript

    def _compare(self, bare: list[Outcome], gated: list[Outcome]):
        for without, through in zip_longest(bare, gated):
            told = [_told(without), _told(through)]
            self.assertEqual(told[0], told[1], "bare Engine, then through dockgate")


def _told(outcome: Outcome | None):
    if outcome is None:
        return None
    return (outcome.arguments, outcome.status, steady(outcome.out), steady(outcome.err))
