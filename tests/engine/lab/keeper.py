"""Keeps one Engine for one run of ctest: its fixture's set-up and clean-up.

    python3 -m lab.keeper up STATE    returns when the Engine answers
    python3 -m lab.keeper down STATE  returns when nothing of it is left

The process that keeps it ends by `down`, and also when the process that called `up` for the run
(ctest) is gone, so that a run that was broken off leaves nothing behind.
"""

import json
import os
import select
import signal
import sys
from pathlib import Path

from lab import waiting
from lab.engine import Engine

SKIPPED = "DOCKGATE_TESTS_WITHOUT_ENGINE"


def keep(state: Path, owner: int, ready: int):
    """Starts the Engine, says so through `ready`, and stays until it is not wanted any more."""
    os.setsid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    owner_ends = os.pidfd_open(owner)
    engine = Engine()
    try:
        engine.start()
        state.write_text(json.dumps({"keeper": os.getpid(), "socket": engine.socket,
                                     "init_process": engine.init_process()}))
        os.write(ready, b"ready")
        os.close(ready)
        select.select([owner_ends], [], [])
    finally:
        engine.stop()
        state.unlink(missing_ok=True)


def up(state: Path) -> int:
    owner = os.getppid()
    down(state)
    state.parent.mkdir(parents=True, exist_ok=True)
    told, ready = os.pipe()
    if os.fork() == 0:
        os.close(told)
        keep(state, owner, ready)
        os._exit(0)
    os.close(ready)
    with os.fdopen(told, "rb") as pipe:
        return 0 if pipe.read() == b"ready" else 1


def down(state: Path) -> int:
    if not state.exists():
        return 0
    keeper = json.loads(state.read_text())["keeper"]
    try:
        os.kill(keeper, signal.SIGTERM)
    except ProcessLookupError:
        state.unlink(missing_ok=True)
        return 0
    waiting.until(lambda: not state.exists(), "the private Engine to end", 60)
    return 0


def main() -> int:
    verb, state = sys.argv[1], Path(sys.argv[2])
    if os.environ.get(SKIPPED) == "1":
        print(f"skipped: {SKIPPED}=1, no test of this run meets a real Engine")
        return 0
    return up(state) if verb == "up" else down(state)


if __name__ == "__main__":
    sys.exit(main())
