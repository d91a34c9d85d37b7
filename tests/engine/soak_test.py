"""A long run in front of a real Engine: settings that change each second while clients read, create,
exec, follow logs, vanish and attack. What the Engine has at the end is what it had, no descriptor,
thread or memory of dockgate's stays, and every attack was refused.

It takes 20 seconds, or as many as DOCKGATE_SOAK_SECONDS says."""

import os
import random
import signal
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.engine import faults_test as faults  # noqa: E402
from tests.proxy import soak_test as soak  # noqa: E402
from tests.support.gate import (  # noqa: E402
    IMAGE, Engine, Gate, UnixHTTPConnection, request, wait_until)

CONFIG = """
engine: unix://{engine}
listen: [{{ address: "unix://{socket}" }}]
audit: {{ file: {audit} }}
limits:
  {{ engine_connect: 300, head_time: 300, body_time: 300, answer_time: 300, handshake_time: 300 }}
clients:
  - {{ name: all, policy: baseline, limits: {{ connections: LIMIT }} }}
"""


class Soak(faults.Faults):
    @classmethod
    def setUpClass(cls):
        cls.engine = Engine()
        cls.addClassCleanup(cls.engine.stop)
        cls.gate = Gate(cls.engine.socket, config=cls.config(0))
        cls.addClassCleanup(cls.gate.stop)

    @classmethod
    def config(cls, number):
        return CONFIG.replace("LIMIT", str(1000 + number))

    def connect(self):
        client = super().connect()
        client.settimeout(soak.PATIENCE)
        return client

    def ok(self, method, target, body=None, expected=(200,)):
        status, answer = request(self.gate.socket, method, target, body, timeout=soak.PATIENCE)
        if status not in expected:
            raise AssertionError(f"{method} {target}: {status} {answer!r}")
        return answer

    # What clients do, until the end.

    def reads(self, client):
        while not self.stopping.is_set():
            for target in ("/containers/json?all=1", "/info", f"/images/{IMAGE}/json", "/volumes"):
                self.ok("GET", target)
                client.done += 1

    def creates(self, client):
        body = '{"Image":"%s","HostConfig":{"NetworkMode":"none"}}' % IMAGE
        while not self.stopping.is_set():
            name = f"soak-{id(client)}-{client.done}"
            self.ok("POST", f"/containers/create?name={name}", body, (201,))
            self.ok("DELETE", f"/containers/{name}", expected=(204,))
            client.done += 1

    def execs(self, client):
        """Some end their input, others vanish."""
        while not self.stopping.is_set():
            tunnel, _ = self.exec_in("home", "cat")
            with tunnel:
                for _ in range(5):
                    words = b"%d here\n" % random.randrange(1 << 30)
                    tunnel.sendall(words)
                    self.read_until(tunnel, words)
                    client.done += 1
                if random.random() < 0.5:
                    tunnel.shutdown(socket.SHUT_WR)
                    self.read_all(tunnel)

    def logs(self, client):
        while not self.stopping.is_set():
            connection = UnixHTTPConnection(self.gate.socket, soak.PATIENCE)
            connection.request("GET", "/containers/talks/logs?follow=1&stdout=1&tail=1")
            answer = connection.getresponse()
            for _ in range(20):
                if answer.read(13)[8:] != b"more\n":
                    raise AssertionError("a log has other lines")
                client.done += 1
            connection.close()

    def attacks(self, client):
        soak.Soak.attacks(self, client)

    def test_the_engine_is_as_it_was_and_so_is_dockgate(self):
        self.stopping = threading.Event()
        self.addCleanup(self.stopping.set)
        self.container("home", "cat")
        self.container("talks", "sh", "-c", faults.FOREVER)
        before = self.engine.containers(), self.engine.volumes()
        fresh = self.gate.descriptors()
        threads = len(os.listdir(f"/proc/{self.gate.pid()}/task"))
        clients = [soak.Client(work) for work, count in
                   ((self.reads, 3), (self.creates, 2), (self.execs, 3), (self.logs, 4),
                    (self.attacks, 3)) for _ in range(count)]
        memory = []
        end = time.monotonic() + soak.SECONDS
        while time.monotonic() < end:
            self.gate.configure(self.config(len(memory) + 1))
            self.gate.process.process.send_signal(signal.SIGHUP)
            time.sleep(1)
            memory.append(self.gate.memory())
            self.assertEqual([client.problem for client in clients if client.problem], [])
        self.stopping.set()
        for client in clients:
            client.join(soak.PATIENCE)
            self.assertFalse(client.is_alive(), client.work)
            self.assertIsNone(client.problem)
            self.assertGreater(client.done, 0, client.work)
        self.assertEqual((self.engine.containers(), self.engine.volumes()), before)
        wait_until(lambda: self.gate.descriptors() <= fresh, soak.PATIENCE, "closed descriptors")
        self.assertEqual(len(os.listdir(f"/proc/{self.gate.pid()}/task")), threads)
        self.assertGreater(self.gate.log().count("is in force"), len(memory) // 2)
        print("\n" + ", ".join(f"{sum(c.done for c in clients if c.work == work)} {work.__name__}"
                               for work in (self.reads, self.creates, self.execs, self.logs,
                                            self.attacks)),
              f"{len(memory)} reloads, {memory[len(memory) // 3]} KiB after a third, {memory[-1]} at "
              f"the end; {fresh} descriptors before, {self.gate.descriptors()} after")
        soak.Soak.grew_not(self, memory)


if __name__ == "__main__":
    unittest.main()
