"""Ends at any moment, sides that do not read, and how the program's sockets come to be."""

import ctypes
import json
import os
import pathlib
import signal
import socket
import stat
import struct
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import PROGRAM, Process, request, wait_until  # noqa: E402
from tests.support.trail import check_schema  # noqa: E402
from tests.support.with_gate import ATTACH, WithGate, answering  # noqa: E402

CREATE = (b"POST /v1.41/volumes/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\n"
          b"Content-Length: 12\r\n\r\n{\"Name\":\"v\"}")
LOAD = (b"POST /v1.41/images/load HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nbytes\r\n0\r\n\r\n")
CONFIG = ("engine: unix://{{engine}}\nlisten: [{{{{ address: unix://{{socket}}{listen} }}}}]\n"
          "audit: {{{{ file: {{audit}} }}}}\n{limits}"
          "clients: [{{{{ name: all, policy: baseline }}}}]\n")


class AtAnyByte(WithGate):
    def test_a_client_may_leave(self):
        self.start()
        for whole in (CREATE, LOAD, ATTACH):
            for size in range(len(whole)):
                client = self.connect()
                client.sendall(whole[:size])
                client.close()
        wait_until(lambda: request(self.gate.socket, "GET", "/info")[0] == 200)
        self.assertNotIn(b"volumes/create", self.engine.received())
        self.assertNotIn(b"/attach", self.engine.received())

    def test_a_kept_connection_may_end_as_it_is_used_again(self):
        """Both at once, and the client's request noticed first: it goes out on a new connection."""
        left = threading.Event()
        leave = threading.Event()

        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            leave.wait(20)
            conversation.connection.close()
            left.set()
        self.start(answering(answer))
        client = self.connect()
        for _ in range(20):
            left.clear()
            leave.clear()
            self.assertEqual(self.ask(client, b"/v1.41/info")[0], 200)
            os.kill(self.gate.pid(), signal.SIGSTOP)
            stat = pathlib.Path(f"/proc/{self.gate.pid()}/stat")
            wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")
            try:
                client.sendall(b"GET /v1.41/version HTTP/1.1\r\nHost: d\r\n\r\n")
                leave.set()
                self.assertTrue(left.wait(20))
                left.clear()
            finally:
                os.kill(self.gate.pid(), signal.SIGCONT)
            self.assertIn(b"200 OK", self.read_until(client, b"{}"))
            self.assertTrue(left.wait(20))

    def test_an_engine_may_leave(self):
        whole = (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}\n",
                 b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n0\r\n\r\n")
        sent = []

        def answer(conversation, _):
            conversation.send(sent[-1])
        self.start(answering(answer))
        for text in whole:
            head = text.index(b"\r\n\r\n") + 4
            for size in range(len(text)):
                sent.append(text[:size])
                client = self.connect()
                client.sendall(b"GET /v1.41/info HTTP/1.1\r\nHost: d\r\n\r\n")
                client.shutdown(socket.SHUT_WR)
                received = self.read_all(client)
                if size < head:
                    self.assertIn(b"502 Bad Gateway", received, text[:size])
                else:
                    self.assertFalse(received.endswith((b"{}\n", b"0\r\n\r\n")), text[:size])


class BackPressure(WithGate):
    size = 300_000_000
    held = 20_000_000  # what sockets and dockgate may hold between the two

    def settled(self, count):
        """The count once it has stopped growing."""
        seen = [-1]

        def stands():
            seen.append(count[0])
            time.sleep(0.3)
            return count[0] > 0 and seen[-1] == seen[-2]
        wait_until(stands)
        return count[0]

    def peak(self):
        status = pathlib.Path(f"/proc/{self.gate.process.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line[:5] == "VmHWM")

    def test_the_engine_waits_for_a_client_that_does_not_read(self):
        count = [0]

        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self.size)
            piece = b"x" * 100_000
            while count[0] < self.size:
                conversation.send(piece)
                count[0] += len(piece)
            return True
        self.start(answering(answer))
        client = self.connect()
        client.sendall(b"GET /v1.41/images/get?names=a HTTP/1.1\r\nHost: d\r\n\r\n")
        self.assertLess(self.settled(count), self.held)
        left = self.size
        left -= len(self.read_until(client, b"\r\n\r\n").split(b"\r\n\r\n", 1)[1])
        while left:
            left -= len(client.recv(1 << 20))
        self.assertLess(self.peak(), 200_000)  # KiB; sanitizers take some of it

    def test_a_client_waits_for_an_engine_that_does_not_read(self):
        may_read, count, read = threading.Event(), [0], [0]

        def answer(conversation, _):
            may_read.wait(30)
            read[0] = len(conversation.buffer)
            while read[0] < self.size:
                read[0] += len(conversation.connection.recv(1 << 20))
            conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            return True
        self.start(answering(answer))
        client = self.connect()

        def upload():
            client.sendall(b"POST /v1.41/images/load HTTP/1.1\r\nHost: d\r\n"
                           b"Content-Length: %d\r\n\r\n" % self.size)
            piece = b"x" * 100_000
            while count[0] < self.size:
                client.sendall(piece)
                count[0] += len(piece)
        sender = threading.Thread(target=upload)
        sender.start()
        self.assertLess(self.settled(count), self.held)
        may_read.set()
        sender.join()
        self.assertIn(b"200 OK", self.read_until(client, b"{}"))
        self.assertEqual(read[0], self.size)
        self.assertLess(self.peak(), 200_000)


class FolderWatch:
    """What happens to the entries of a folder, as the kernel tells it."""

    attributes, moved_to, created = 0x4, 0x80, 0x100

    def __init__(self, folder):
        libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        wanted = self.attributes | self.moved_to | self.created
        if libc.inotify_add_watch(self.descriptor, os.fsencode(folder), wanted) < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch")

    def events(self):
        """Pairs of what and name, so far."""
        told, found = os.read(self.descriptor, 65536), []
        while told:
            _, what, _, length = struct.unpack_from("iIII", told)
            found.append((what & 0xfff, told[16:16 + length].rstrip(b"\0").decode()))
            told = told[16 + length:]
        os.close(self.descriptor)
        return found


class Sockets(WithGate):
    def test_a_socket_comes_with_its_mode_and_group_or_not_at_all(self):
        group = 4242 if os.getuid() == 0 else os.getgid()
        self.start()
        with_group = self.gate.folder / "other.sock"
        watch = FolderWatch(self.gate.folder)
        second = Process(
            [PROGRAM, "serve", "--engine", f"unix://{self.engine.socket}", "--listen",
             f"unix://{with_group}", "--mode", "0620", "--group", group, "--audit",
             self.gate.folder / "other"], self.gate.folder / "other.log")
        self.addCleanup(second.stop)
        wait_until(with_group.exists)
        found = with_group.stat()
        self.assertEqual((stat.S_IMODE(found.st_mode), found.st_gid), (0o620, group))
        told = [what for what, name in watch.events() if name == with_group.name]
        self.assertEqual(told, [FolderWatch.moved_to])

    def test_several_listeners_a_policy_of_ones_own_and_the_audit_on_standard_output(self):
        self.start()
        folder = self.gate.folder
        (folder / "own.yaml").write_text("extends: read-only\n")
        process = Process(
            [PROGRAM, "serve", "--engine", f"unix://{self.engine.socket}", "--listen",
             f"unix://{folder}/one/s", "--listen", f"unix://{folder}/two/s", "--policy",
             folder / "own.yaml", "--audit", "-"], folder / "out")
        self.addCleanup(process.stop)
        for name in ("one", "two"):
            path = folder / name / "s"
            wait_until(path.exists)
            self.assertEqual(request(path, "GET", "/info")[0], 200)
            status, body = request(path, "POST", "/v1.41/volumes/create", "{}")
            self.assertEqual(status, 403)
            self.assertIn(b"policy `own`", body)
        process.stop()
        lines = (folder / "out").read_text().splitlines()
        records = [json.loads(line) for line in lines if line.startswith("{")]
        check_schema(records)
        self.assertEqual({record["listener"] for record in records if "id" in record},
                         {f"unix://{folder}/one/s", f"unix://{folder}/two/s"})


class Drain(WithGate):
    def test_a_stream_without_end_is_ended_after_the_drain_time(self):
        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            while conversation.more():
                pass
        self.start(answering(answer),
                   config=CONFIG.format(listen="", limits="limits: {{ drain: 1 }}\n"))
        client = self.connect()
        client.sendall(b"GET /v1.41/events HTTP/1.1\r\nHost: d\r\n\r\n")
        self.read_until(client, b"1\r\na\r\n")
        self.gate.process.process.send_signal(signal.SIGTERM)
        self.assertFalse(self.read_all(client).endswith(b"0\r\n\r\n"))
        self.assertEqual(self.gate.process.process.wait(10), 0)


if __name__ == "__main__":
    unittest.main()
