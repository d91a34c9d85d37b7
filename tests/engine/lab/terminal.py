"""A command on a pseudo-terminal: typed to, and read from, as by a person."""

import fcntl
import os
import select
import signal
import struct
import termios
import time

from lab import children

LIMIT = 30


class Terminal:
    def __init__(self, arguments: list[str], environment: dict, rows: int = 30, columns: int = 90):
        self._ours, theirs = os.openpty()
        self.resize(rows, columns, tell=False)
        self._process = children.start(arguments, env=environment, stdin=theirs, stdout=theirs,
                                       stderr=theirs, start_new_session=True)
        os.close(theirs)
        self.screen = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def type(self, keys: bytes):
        os.write(self._ours, keys)

    def wait_for(self, text: bytes):
        """Reads on until `text` has been shown; fails when that takes too long."""
        deadline = time.monotonic() + LIMIT
        while text not in self.screen:
            if not self._read(deadline - time.monotonic()):
                raise TimeoutError(f"{text!r} was not shown, but {self.screen!r}")

    def wait(self) -> int:
        """Reads until the command has ended. Returns its exit status."""
        deadline = time.monotonic() + LIMIT
        while self._read(deadline - time.monotonic()):
            pass
        return self._process.wait(max(1.0, deadline - time.monotonic()))

    def resize(self, rows: int, columns: int, tell: bool = True):
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if tell:
            os.kill(self._process.pid, signal.SIGWINCH)

    def _read(self, limit: float) -> bool:
        ready, _, _ = select.select([self._ours], [], [], max(0.0, limit))
        if not ready:
            return False
        try:
            piece = os.read(self._ours, 1 << 16)
        except OSError:  # the other side is closed
            return False
        self.screen += piece
        return bool(piece)
