"""Waiting for what can only be asked for, with an end to it."""

import time


def until(holds, what: str, limit: float = 30.0):
    """Returns the first true value of `holds()`; fails after `limit` seconds, saying what for."""
    deadline = time.monotonic() + limit
    while True:
        value = holds()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {limit:.0f} s for {what}")
        time.sleep(0.02)
