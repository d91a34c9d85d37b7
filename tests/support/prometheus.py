"""What the admin listener says, and what Prometheus' own programs say of it."""

import re
import subprocess

from tests.support.gate import request

SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Metrics:
    """The samples of one scrape."""

    def __init__(self, text):
        self.text = text
        self.samples = {}
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            name, _, labels, value = SAMPLE.match(line).groups()
            self.samples[(name, frozenset(LABEL.findall(labels or "")))] = float(value)

    def value(self, name, **labels):
        """The one sample with exactly these labels, or None."""
        return self.samples.get((name, frozenset(labels.items())))

    def names(self):
        return {name for name, _ in self.samples}


def scrape(admin):
    status, body = request(admin, "GET", "/metrics")
    assert status == 200, body
    return Metrics(body.decode())


def lint(text):
    """What promtool has to say of an exposition: "" where all is well."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                          capture_output=True, check=False, timeout=60)
    return done.stdout + done.stderr + (f"exit {done.returncode}" if done.returncode else "")
