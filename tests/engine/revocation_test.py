#!/usr/bin/env python3
"""Certificates that change under `docker logs -f`, with a real Engine and two runners."""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import (  # noqa: E402
    IMAGE, Authority, Engine, Gate, TlsAddress, docker, environment, wait_until)

CONFIG = """
engine: unix://{engine}
listen: [{{ address: "tcp://127.0.0.1:0", tls: TLS }}]
audit: {{ file: {audit} }}
clients: [{{ name: runners, certificate: {{ common_name: "runner-*" }}, policy: baseline }}]
"""


class Following:
    """`docker logs -f`, and how much of it has come."""

    def __init__(self, where, container, file):
        self.file = open(file, "wb")
        self.process = subprocess.Popen(
            ["docker", "logs", "-f", container], stdout=self.file, stderr=subprocess.STDOUT,
            env=environment(where))

    def goes_on(self):
        before = os.fstat(self.file.fileno()).st_size
        wait_until(lambda: os.fstat(self.file.fileno()).st_size > before, 20, "more of the log")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.file.close()


class Revocation(unittest.TestCase):
    def test_a_renewed_gate_drops_nobody_and_a_revoked_runner_is_dropped_at_once(self):
        authority = Authority("runner-1", "runner-2")
        self.addCleanup(authority.remove)
        engine = Engine()
        self.addCleanup(engine.stop)
        gate = Gate(engine.socket, config=CONFIG.replace("TLS", authority.tls()))
        self.addCleanup(gate.stop)
        one, two = (TlsAddress(gate.port(), authority.client(f"runner-{n}")) for n in (1, 2))
        docker(one, "run", "-d", "--name", "talks", "--network", "none", IMAGE, "sh", "-c",
               "while true; do echo talking; sleep 0.2; done")
        first, second = (Following(where, "talks", gate.folder / f"log-{number}")
                         for number, where in enumerate((one, two)))
        for following in (first, second):
            self.addCleanup(following.stop)
            following.goes_on()
        authority.run("renew", "localhost")
        wait_until(lambda: "revocation list read" in gate.log(), 20, "the new certificate")
        first.goes_on()
        second.goes_on()
        authority.run("revoke", "runner-1")
        self.assertNotEqual(first.process.wait(20), None)
        second.goes_on()
        self.assertNotEqual(docker(one, "ps", check=False).returncode, 0)
        self.assertIn(b"talks", docker(two, "ps").stdout)


if __name__ == "__main__":
    unittest.main()
