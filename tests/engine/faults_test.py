"""Clients that vanish from their execs and logs leave nothing behind at a real Engine."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import IMAGE, Engine, Gate, request, wait_until  # noqa: E402
from tests.support.with_gate import WithGate  # noqa: E402


class Faults(WithGate):
    @classmethod
    def setUpClass(cls):
        cls.engine = Engine()
        cls.addClassCleanup(cls.engine.stop)
        cls.gate = Gate(cls.engine.socket)
        cls.addClassCleanup(cls.gate.stop)

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
