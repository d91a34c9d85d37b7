"""Processes that end with the one that started them, however that ends."""

import ctypes
import signal
import subprocess

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(arguments: list[str], **options) -> subprocess.Popen:
    """As Popen; the kernel kills the process when the calling thread's process is gone."""
    return subprocess.Popen(arguments, preexec_fn=_die_with_parent, **options)


def stop(process: subprocess.Popen, limit: float = 20.0) -> int:
    """SIGTERM and, after `limit` seconds, SIGKILL. Returns the exit status."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
