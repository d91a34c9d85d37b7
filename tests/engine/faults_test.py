"""A real Engine that is killed in the middle of an answer, an upload, an exec and a log, and comes
back in the same place; and clients that vanish from their execs."""

import os
import signal
import socket
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import IMAGE, Engine, Gate, Process, answers, request  # noqa: E402
from tests.support.gate import wait_until  # noqa: E402


class MortalEngine(Engine):
    def kill(self):
        self.process.process.send_signal(signal.SIGKILL)
        self.process.process.wait()

    def rise(self):
        """What its containers' processes were is found again or ended by it."""
        (self.folder / "pid").unlink(missing_ok=True)
        self.process = Process(self.process.process.args, self.folder / "log")
        wait_until(lambda: answers(self.socket), 60, "the Engine")


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = MortalEngine()
        cls.addClassCleanup(cls.engine.stop)
        cls.gate = Gate(cls.engine.socket)
        cls.addClassCleanup(cls.gate.stop)

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(60)
        client.connect(str(self.gate.socket))
        self.addCleanup(client.close)
        return client

    def read_until(self, client, mark):
        received = b""
        while mark not in received:
            more = client.recv(65536)
            self.assertTrue(more, received)
            received += more
        return received

    def ends(self, client):
        """Whether it ends, whichever way; what came until then."""
        received = b""
        try:
            while more := client.recv(65536):
                received += more
        except ConnectionResetError:
            pass
        return received

    def container(self, name, *command):
        self.gate.docker("run", "-d", "-i", "--name", name, IMAGE, *command)

    def exec_in(self, container, *command):
        """An exec that is attached to, and its id."""
        body = '{"Cmd":["%s"],"AttachStdin":true,"AttachStdout":true}' % '","'.join(command)
        status, made = request(self.gate.socket, "POST", f"/containers/{container}/exec", body)
        self.assertEqual(status, 201, made)
        number = made.decode().split('"Id":"')[1].split('"')[0]
        client = self.connect()
        client.sendall(b"POST /exec/%s/start HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\n"
                       b"Upgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                       b"\r\n{}" % number.encode())
        self.read_until(client, b"\r\n\r\n")
        return client, number

    def test_killed_amid_everything_it_ends_everything_and_comes_back(self):
        before = self.gate.descriptors()
        self.container("log", "sh", "-c", "while :; do echo line; sleep 0.1; done")
        self.container("still", "cat")
        logs, events, load = self.connect(), self.connect(), self.connect()
        logs.sendall(b"GET /containers/log/logs?follow=1&stdout=1 HTTP/1.1\r\nHost: d\r\n\r\n")
        self.read_until(logs, b"line")
        events.sendall(b"GET /events HTTP/1.1\r\nHost: d\r\n\r\n")
        self.read_until(events, b"\r\n\r\n")
        running, _ = self.exec_in("still", "cat")
        running.sendall(b"to and fro\n")
        self.read_until(running, b"to and fro\n")
        load.sendall(b"POST /images/load HTTP/1.1\r\nHost: d\r\nContent-Length: 90000000\r\n\r\n"
                     + bytes(1_000_000))
        self.engine.kill()
        for client in (logs, events, running):
            self.assertFalse(self.ends(client).endswith(b"0\r\n\r\n"))
        self.ends(load)
        refused = self.gate.docker("ps", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(b"the Engine cannot be reached", refused.stderr)
        for client in (logs, events, running, load):
            client.close()
        wait_until(lambda: self.gate.descriptors() <= before, 20, "closed descriptors")
        self.engine.rise()
        self.gate.docker("rm", "-f", "log", "still")
        self.assertEqual(self.gate.docker("run", "--rm", IMAGE, "echo", "again").stdout, b"again\n")

    def test_a_client_that_vanishes_leaves_no_exec_and_no_connection(self):
        self.container("home", "cat")
        before = self.gate.descriptors()
        clients, numbers = zip(*[self.exec_in("home", "cat") for _ in range(10)])
        for client in clients:
            client.sendall(b"here\n")
            self.read_until(client, b"here\n")
        self.assertTrue(all(self.runs(number) for number in numbers))
        for client in clients:
            client.close()
        wait_until(lambda: not any(self.runs(number) for number in numbers), 20, "ended execs")
        wait_until(lambda: self.gate.descriptors() <= before, 20, "closed descriptors")
        self.gate.docker("rm", "-f", "home")

    def runs(self, number):
        return self.engine.get(f"/exec/{number}/json")["Running"]

    def test_a_client_that_vanishes_from_a_log_ends_it_at_the_engine(self):
        self.container("quiet", "cat")
        before = self.connections()
        clients = [self.connect() for _ in range(10)]
        for client in clients:
            client.sendall(b"GET /containers/quiet/logs?follow=1&stdout=1 HTTP/1.1\r\n"
                           b"Host: d\r\n\r\n")
        wait_until(lambda: self.connections() >= before + 10, 20, "connections to the Engine")
        for client in clients:
            client.close()
        wait_until(lambda: self.connections() <= before, 20, "closed connections to the Engine")
        self.gate.docker("rm", "-f", "quiet")

    def connections(self):
        """Those that the Engine has, by the kernel."""
        with open("/proc/net/unix", encoding="ascii") as sockets:
            return sum(line.rstrip().endswith(str(self.engine.socket)) and line.split()[5] == "03"
                       for line in sockets)


if __name__ == "__main__":
    unittest.main()
