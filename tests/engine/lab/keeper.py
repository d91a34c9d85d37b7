"""Keeps one Engine for one run of ctest: its fixture's set-up and clean-up.

    python3 -m lab.keeper up STATE    returns when the Engine answers
    python3 -m lab.keeper down STATE  returns when nothing of it is left

The process that keeps it ends by `down`, and also when the process that called `up` (ctest) is
gone, so that a run that was broken off leaves nothing behind.
"""

import json
import os
import select
import signal
import sys
import traceback
from pathlib import Path

from lab import waiting
from lab.engine import Engine, EngineFailed

SKIP = "DOCKGATE_TESTS_WITHOUT_ENGINE"
READY = "ready"


def up(state: Path) -> int:
    down(state)
    state.parent.mkdir(parents=True, exist_ok=True)
    owner = os.getppid()
    told, tell = os.pipe()
    if os.fork() == 0:
        os.close(told)
        _keep(state, owner, tell)
        os._exit(0)
    os.close(tell)
    with os.fdopen(told) as pipe:
        outcome = pipe.read()
    if outcome == READY:
        return 0
    print(outcome or "the process that keeps the Engine ended at once", file=sys.stderr)
    return 1


def down(state: Path) -> int:
    if not state.exists():
        return 0
    kept = json.loads(state.read_text())
    if _began(kept["keeper"]) != kept["began"]:
        state.unlink()
        return 0
    os.kill(kept["keeper"], signal.SIGTERM)
    waiting.until(lambda: not state.exists(), "the private Engine to end", 60)
    return 0


def _keep(state: Path, owner: int, tell: int):
    """Starts the Engine, tells how that went, and stays for as long as it is wanted."""
    _leave_terminal()
    engine = None
    try:
        owner_ends = os.pidfd_open(owner)
        engine = Engine().start()
        state.write_text(json.dumps({"keeper": os.getpid(), "began": _began(os.getpid()),
                                     "socket": engine.socket, "dockerd": engine.process_id()}))
        _close_with(tell, READY)
        select.select([owner_ends], [], [])
    except EngineFailed as problem:
        _close_with(tell, str(problem))
    except Exception:
        _close_with(tell, traceback.format_exc())
    finally:
        if engine is not None:
            engine.stop()
        state.unlink(missing_ok=True)


def _leave_terminal():
    """ctest waits for whoever holds its pipes."""
    os.setsid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)


def _close_with(pipe: int, text: str):
    os.write(pipe, text.encode())
    os.close(pipe)


def _began(process: int) -> str:
    """When it started, which tells it from a later process of the same number; "" if none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def main() -> int:
    verb, state = sys.argv[1], Path(sys.argv[2])
    if os.environ.get(SKIP) == "1":
        print(f"skipped: {SKIP}=1, no test of this run meets a real Engine")
        return 0
    return up(state) if verb == "up" else down(state)


if __name__ == "__main__":
    sys.exit(main())
