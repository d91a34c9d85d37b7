"""Parts that fail around a real Engine: clients that vanish in every state leave nothing behind, an
Engine that is killed in the middle of everything ends everything, and another one at its place is
found."""

import io
import os
import sys
import tarfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.fake_engine import FakeEngine  # noqa: E402
from tests.support.gate import IMAGE, Engine, Gate, request, wait_until  # noqa: E402
from tests.support.with_gate import WithGate  # noqa: E402

FOREVER = "while true; do echo more; sleep 0.05; done"


def message(line, body=b"", **fields):
    """A request; its length is that of `body` unless `fields` say another."""
    fields = {"Host": "d", "Content_Length": len(body), **fields}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"{line} HTTP/1.1\r\n{head}\r\n".encode() + body


def context():
    """A build's context: a Dockerfile, and a file that takes a while."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in (("Dockerfile", f"FROM {IMAGE}\n".encode()), ("file", bytes(1 << 20))):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return data.getvalue()


CONTEXT = context()
TUNNEL = {"Connection": "Upgrade", "Upgrade": "tcp"}
TAR = {"Content_Type": "application/x-tar"}

class Faults(WithGate):
    @classmethod
    def setUpClass(cls):
        cls.engine = Engine()
        cls.addClassCleanup(cls.engine.stop)
        cls.gate = Gate(cls.engine.socket)
        cls.addClassCleanup(cls.gate.stop)

    def container(self, name, *command):
        self.gate.docker("run", "-d", "-i", "--name", name, "--network", "none", "--stop-signal",
                         "KILL", IMAGE, *command)
        self.addCleanup(self.gate.docker, "rm", "-f", name, check=False)

    def send(self, sent):
        client = self.connect()
        client.sendall(sent)
        return client

    def tunnel(self, line, body=b""):
        client = self.send(message(line, body, Content_Type="application/json", **TUNNEL))
        self.assertIn(b" 101 ", self.read_until(client, b"\r\n\r\n").split(b"\r\n")[0])
        return client

    def exec_in(self, container, *command):
        """An exec that is attached to, and its id."""
        body = '{"Cmd":["%s"],"AttachStdin":true,"AttachStdout":true}' % '","'.join(command)
        status, made = request(self.gate.socket, "POST", f"/containers/{container}/exec", body,
                               timeout=300)
        self.assertEqual(status, 201, made)
        number = made.decode().split('"Id":"')[1].split('"')[0]
        return self.tunnel(f"POST /exec/{number}/start", b"{}"), number

    def runs(self, number):
        return self.engine.get(f"/exec/{number}/json")["Running"]

    def connections(self):
        """Those that the Engine has, by the kernel."""
        with open("/proc/net/unix", encoding="ascii") as sockets:
            return sum(line.rstrip().endswith(str(self.engine.socket)) and line.split()[5] == "03"
                       for line in sockets)


class ClientsVanish(Faults):
    """Wherever a client was, the Engine's side of it is closed, at once."""

    def test_from_an_exec_which_ends(self):
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

    def vanish(self, begin, tunnel=False):
        """Several clients that each `begin` something leave no connection. (Its own end of a tunnel the
        Engine itself only half closes; the rest is its garbage collector's.)"""
        before = self.connections(), self.gate.descriptors()
        clients = [begin() for _ in range(5)]
        # Each has one of dockgate's to the Engine. (Of the Engine's own, older ones may end now.)
        wait_until(lambda: self.gate.descriptors() >= before[1] + 10, 20, "connections")
        for client in clients:
            client.close()
        wait_until(lambda: self.gate.descriptors() <= before[1], 20, "closed descriptors")
        if not tunnel:
            wait_until(lambda: self.connections() <= before[0], 20, "closed connections")

    def test_from_a_tunnel(self):
        self.container("home", "cat")
        for begin in (lambda: self.exec_in("home", "cat")[0],
                      lambda: self.exec_in("home", "sleep", "1000")[0],  # which reads nothing
                      lambda: self.tunnel("POST /containers/home/attach?stream=1&stdin=1")):
            self.vanish(begin, tunnel=True)

    def test_from_a_stream(self):
        self.container("home", "cat")
        self.container("talks", "sh", "-c", FOREVER)
        for line in ("GET /containers/home/logs?follow=1&stdout=1",  # which has nothing to say
                     "GET /containers/talks/logs?follow=1&stdout=1", "GET /events",
                     "GET /containers/home/stats", "POST /containers/home/wait",
                     f"GET /images/{IMAGE}/get"):
            with self.subTest(line):
                self.vanish(lambda: self.send(message(line)))

    def test_from_an_upload(self):
        self.container("home", "cat")
        for line in ("POST /images/load", "PUT /containers/home/archive?path=/tmp", "POST /build"):
            with self.subTest(line):
                self.vanish(lambda: self.send(message(line, CONTEXT[:100000], **TAR,
                                                      Content_Length=len(CONTEXT))))


class EngineIsKilled(Faults):
    """What was under way ends, as broken off; what comes after the next start is served."""

    def begin_everything(self):
        """Clients by what they are in the middle of."""
        self.container("home", "cat")
        self.container("talks", "sh", "-c", FOREVER)
        begun = {
            "ContainerLogs": self.send(message("GET /containers/talks/logs?follow=1&stdout=1")),
            "SystemEvents": self.send(message("GET /events")),
            "ImageGet": self.send(message(f"GET /images/{IMAGE}/get")),
            "ContainerWait": self.send(message("POST /containers/home/wait")),
            "ImageLoad": self.send(message("POST /images/load", CONTEXT[:700000], **TAR,
                                           Content_Length=len(CONTEXT))),
            "ImageBuild": self.send(message("POST /build?t=never", CONTEXT[:700000], **TAR,
                                            Content_Length=len(CONTEXT))),
            "ContainerAttach": self.tunnel("POST /containers/home/attach?stream=1&stdin=1"
                                           "&stdout=1"),
            "ExecStart": self.exec_in("home", "cat")[0],
        }
        for name in ("ContainerAttach", "ExecStart"):
            begun[name].sendall(b"here\n")
            self.read_until(begun[name], b"here\n")
        for name in ("ContainerLogs", "SystemEvents", "ContainerWait", "ImageGet"):
            self.read_until(begun[name], b"\r\n\r\n")
        return begun

    def end_of(self, client):
        """How a client's connection ends: all that came, whether or not the end was a reset."""
        received = b""
        try:
            while more := client.recv(65536):
                received += more
        except ConnectionResetError:
            pass
        return received

    def test_amid_everything(self):
        idle = self.connect()
        self.assertEqual(self.ask(idle, b"/_ping")[0], 200)
        descriptors = self.gate.descriptors()
        begun = self.begin_everything()
        wait_until(lambda: self.connections() >= len(begun), 20, "connections to the Engine")
        self.engine.kill()
        received = {name: self.end_of(client) for name, client in begun.items()}
        for name in ("ImageLoad", "ImageBuild"):
            self.assertRegex(received[name], rb"^HTTP/1\.1 502 ", name)
        for name in ("ContainerLogs", "SystemEvents", "ContainerWait", "ImageGet"):
            self.assertFalse(received[name].endswith(b"0\r\n\r\n"), name)
        self.assertLess(len(received["ImageGet"]), 10 << 20)
        for name in ("ContainerAttach", "ExecStart"):
            self.assertEqual(received[name], b"", name)
        for client in begun.values():
            client.close()
        wait_until(lambda: self.gate.descriptors() <= descriptors, 20, "closed descriptors")
        self.is_recorded(begun)
        self.assertEqual(self.ask(idle, b"/_ping")[0], 502)
        self.assertEqual(request(self.gate.socket, "POST", "/containers/home/stop")[0], 502)
        self.engine.start()
        self.assertEqual(self.ask(idle, b"/_ping")[0], 200)
        said = self.gate.docker("run", "--rm", "--network", "none", IMAGE, "echo", "again")
        self.assertEqual(said.stdout, b"again\n")
        self.assertIsNone(self.engine.get("/images/never/json"))

    def is_recorded(self, begun):
        """Each of them was decided on, and has its end."""
        for name in begun:
            wait_until(lambda: len(self.ends_of(name)) == 1, 20, f"the end of {name}")
            (end,) = self.ends_of(name)
            decided = {one["id"] for one in self.gate.records() if one["event"] == "decision"}
            self.assertEqual(end["verdict"], "allow")
            self.assertTrue(end["event"] == "request" or end["id"] in decided, name)

    def ends_of(self, name):
        """What broke off; that a tunnel's other side ended is all that can be known of it."""
        return [one for one in self.gate.records()
                if one["operation"] == name and one["event"] != "decision"
                and (one["status"] in (101, 502) or one["ended"] == "engine_gone")]


class EngineIsReplaced(Faults):
    def test_by_another_at_its_place_while_it_goes_on(self):
        """New requests go to who is there now; what was begun goes on where it is."""
        self.container("home", "cat")
        tunnel = self.exec_in("home", "cat")[0]
        other = FakeEngine()
        self.addCleanup(other.stop)
        place, aside = self.engine.socket, self.engine.folder / "aside"
        os.rename(place, aside)
        self.addCleanup(os.rename, aside, place)
        os.rename(other.socket, place)
        self.assertEqual(request(self.gate.socket, "GET", "/info"), (200, b"{}\n"))
        self.assertEqual(other.requests(), ["GET /info HTTP/1.1"])
        tunnel.sendall(b"here\n")
        self.read_until(tunnel, b"here\n")


if __name__ == "__main__":
    unittest.main()
