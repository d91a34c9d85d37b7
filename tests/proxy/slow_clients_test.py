"""Two thousand clients that are slow on purpose, in every phase at once: a head, a body and a TLS
handshake byte by byte, an answer that nobody reads. Each is ended by its limit with the answer that
is due to it, while an honest client on the same dockgate is served as before."""

import collections
import multiprocessing
import os
import pathlib
import selectors
import socket
import statistics
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.fake_engine import OK, FakeEngine  # noqa: E402
from tests.support.gate import Authority, Gate, UnixHTTPConnection, wait_until  # noqa: E402

COUNT = 500  # of each kind
LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1_000_000
CONFIG = """
engine: unix://{engine}
listen:
  - address: unix://{socket}
  - address: unix://{socket}.slow
  - {{ address: "tcp://127.0.0.1:0", tls: TLS }}
audit: {{ file: {audit} }}
limits: {{ head_time: 12, body_time: 12, answer_time: 12, handshake_time: 12 }}
clients:
  - {{ name: honest, listener: "unix://{socket}", policy: baseline }}
  - name: slow
    listener: "unix://{socket}.slow"
    policy: baseline
    limits: {{ connections: 3000, inspected_bodies: 1000 }}
"""
HEAD = b"GET /v1.41/info HTTP/1.1\r\nHost: d\r\nX-Slow: " + b"s" * 1000
BODY = (b"POST /v1.41/volumes/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\n"
        b"Content-Length: 1000\r\n\r\n")
ASK = b"GET /v1.41/info HTTP/1.1\r\nHost: d\r\nUser-Agent: large\r\n\r\n"
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"h" * 500


def serve(paths):
    """The Engine, in a process of its own: tells where it is, and stays."""
    def answer(conversation):
        while (head := conversation.read_head()) is not None:
            if conversation.read_body(head) is None:
                return
            conversation.send(LARGE if "User-Agent: large" in head else OK)
    paths.send(str(FakeEngine(answer).socket))
    paths.recv()


def measure(path, seconds, result):
    """An honest client, in a process of its own: how long each of its requests took."""
    connection = UnixHTTPConnection(path)
    took, failures = [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        connection.request("GET", "/v1.41/info")
        answer = connection.getresponse()
        failures += answer.read() != b"{}\n" or answer.status != 200
        took.append(time.monotonic() - began)
        time.sleep(0.002)
    result.send((took, failures))


class Slow:
    """One of them: `first` at once, then `rest` a byte at a time."""

    def __init__(self, kind, connection, first, rest):
        self.kind, self.connection, self.rest = kind, connection, rest
        self.reads = kind != "answer"
        connection.setblocking(False)
        self.received, self.ended = b"", False
        connection.send(first)

    def trickle(self):
        if self.rest and not self.ended:
            try:
                self.connection.send(self.rest[:1])
                self.rest = self.rest[1:]
            except OSError:
                pass  # its end is there to be read

    def read(self):
        try:
            more = self.connection.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        self.received += more
        self.ended = not more


class SlowClients(unittest.TestCase):
    def start(self):
        authority = Authority("runner")
        self.addCleanup(authority.remove)
        ours, theirs = multiprocessing.Pipe()
        engine = multiprocessing.Process(target=serve, args=(theirs,), daemon=True)
        engine.start()
        self.addCleanup(engine.kill)
        self.gate = Gate(pathlib.Path(ours.recv()), config=CONFIG.replace("TLS", authority.tls()))
        self.addCleanup(self.gate.stop)

    def honest(self, seconds):
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.Process(target=measure,
                                          args=(self.gate.socket, seconds, theirs), daemon=True)
        process.start()
        return process, ours

    def result(self, process, ours):
        took, failures = ours.recv()
        process.join()
        self.assertEqual(failures, 0)
        return statistics.quantiles(took, n=100)[98], len(took)

    def connect_all(self):
        slow = []
        for _ in range(COUNT):
            for kind, first, rest in (("head", b"G", HEAD[1:]), ("body", BODY, b" " * 999),
                                      ("answer", ASK, b"")):
                client = socket.socket(socket.AF_UNIX)
                client.connect(f"{self.gate.socket}.slow")
                slow.append(Slow(kind, client, first, rest))
            client = socket.create_connection(("127.0.0.1", self.gate.port()))
            slow.append(Slow("handshake", client, HELLO[:1], HELLO[1:]))
        for one in slow:
            self.addCleanup(one.connection.close)
        return slow

    def run_all(self, slow):
        """Until every one of them has been ended; those that do not read look at the end alone."""
        selector = selectors.DefaultSelector()
        for one in slow:
            if one.reads:
                selector.register(one.connection, selectors.EVENT_READ, one)
        began = due = time.monotonic()
        while time.monotonic() < began + 60 and selector.get_map():
            for key, _ in selector.select(0.05):
                key.data.read()
                if key.data.ended:
                    selector.unregister(key.fileobj)
            if time.monotonic() >= due:
                due += 0.5
                for one in slow:
                    one.trickle()
        wait_until(lambda: self.open_requests() == 0, 60, "the end of answers that nobody reads")
        for one in slow:
            while not one.reads and not one.ended:
                one.read()

    def open_requests(self):
        """Those that the audit does not tell the end of."""
        return COUNT - sum(record.get("ended") == "client_gone" for record in self.gate.records())

    def test_two_thousand_of_them_are_ended_and_nobody_else_notices(self):
        self.start()
        before = self.gate.descriptors()
        alone, calls = self.result(*self.honest(4))
        beside = self.honest(15)
        slow = self.connect_all()
        wait_until(lambda: self.gate.descriptors() - before >= 4 * COUNT, 30, "all of them")
        most = self.gate.descriptors()
        self.run_all(slow)
        among, calls_among = self.result(*beside)
        ends = collections.Counter((one.kind, one.received[9:12]) for one in slow)
        self.assertEqual(ends, {("head", b"408"): COUNT, ("body", b"408"): COUNT,
                                ("answer", b"200"): COUNT, ("handshake", b""): COUNT})
        for one in slow:
            self.assertLess(len(one.received), len(LARGE))
        print(f"\n{len(slow)} slow clients ({most} descriptors); an honest one's p99: "
              f"{alone * 1e3:.2f} ms alone ({calls} calls), {among * 1e3:.2f} ms among them "
              f"({calls_among}): {among / alone:.1f} times")
        self.assertLess(among / alone, 50)
        wait_until(lambda: self.gate.descriptors() <= before, 10, "closed descriptors")


if __name__ == "__main__":
    unittest.main()
