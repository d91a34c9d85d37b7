"""What an Engine sends, whole and byte by byte -> what its client is told, for each of answers.yaml:
a broken answer never reaches a client as something else."""

import os
import socket
import sys
import unittest

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../.."))

from tests.support.fake_engine import FakeEngine  # noqa: E402
from tests.support.gate import engine_and_gate  # noqa: E402

FOLDER = os.path.dirname(os.path.abspath(__file__))
SECOND = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"


def load_answers():
    with open(f"{FOLDER}/answers.yaml", encoding="utf-8") as file:
        for answer in yaml.safe_load(file):
            for value in answer.get("each", [None]):
                yield answer if value is None else with_value(answer, value)


def with_value(answer, value):
    client = [[int(value.split()[0]) if part == "@" else part for part in one]
              for one in answer["client"]]
    return dict(answer, name=f"{answer['name']}: {value[:40]!r}", client=client,
                engine=answer["engine"].replace("@", value))


class Client:
    """Reads answers strictly: what is not whole is `broken off`."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))
        self.buffer = b""
        self.seen = b""

    def ask(self, method, target):
        try:
            self.socket.sendall(f"{method} {target} HTTP/1.1\r\nHost: d\r\n\r\n".encode())
            return self.answer(method)
        except (BrokenPipeError, ConnectionResetError):
            return None

    def more(self):
        received = self.socket.recv(65536)
        self.buffer += received
        self.seen += received
        return received

    def until(self, mark):
        while mark not in self.buffer:
            if not self.more():
                return None
        front, self.buffer = self.buffer.split(mark, 1)
        return front

    def exactly(self, size):
        while len(self.buffer) < size:
            if not self.more():
                return None
        front, self.buffer = self.buffer[:size], self.buffer[size:]
        return front

    def answer(self, method):
        """(status, body), or None where the connection has ended before one began."""
        head = self.until(b"\r\n\r\n")
        if head is None:
            return None if not self.buffer else ("half a head", self.buffer)
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        fields = {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in lines[1:]}
        if len(fields) != len(lines) - 1:
            return status, "a field twice"
        if method == "HEAD" or status in (204, 304):
            return status, ""
        body = self.chunks() if "transfer-encoding" in fields else self.exactly(
            int(fields["content-length"]))
        if body is None:
            self.buffer = b""
            return status, "broken off"
        return status, body.decode("latin-1")

    def chunks(self):
        body = b""
        while True:
            size = self.until(b"\r\n")
            chunk = None if size is None else self.exactly(int(size, 16) + 2)
            if chunk is None:
                return None
            body += chunk[:-2]
            if len(chunk) == 2:
                return body


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.trick = None
        cls.engine, cls.gate = engine_and_gate(cls.addClassCleanup, lambda: FakeEngine(cls.serve))

    @classmethod
    def serve(cls, conversation):
        while (head := conversation.read_head()) is not None:
            if "/version" in head:
                conversation.send(SECOND)
                continue
            for piece in cls.pieces:
                conversation.send(piece)
            while cls.trick.get("endless"):
                conversation.send(cls.trick["endless"].encode() * 100)
            if cls.trick.get("closes") or len(cls.trick["client"]) == 1:
                return

    def play(self, trick, pieces):
        type(self).trick, type(self).pieces = trick, pieces
        client = Client(self.gate.socket)
        with client.socket:
            target = "/_ping" if trick.get("asks") == "HEAD" else "/info"
            got = [client.ask(trick.get("asks", "GET"), target), client.ask("GET", "/version")]
        told = [list(one) for one in got if one is not None]
        for one, expected in zip(told, trick["client"]):
            self.assertEqual(one[:len(expected)], expected)
        self.assertEqual(len(told), len(trick["client"]), told)
        for text in trick.get("client_sees_not", []):
            self.assertNotIn(text, client.seen.decode("latin-1"))

    def test_there_are_many(self):
        self.assertGreaterEqual(len(list(load_answers())), 100)


def test_of(trick):
    def test(self):
        raw = trick["engine"].encode("latin-1")
        self.play(trick, [raw])
        if not trick.get("whole"):
            self.play(trick, [raw[i:i + 1] for i in range(len(raw))])

    test.__doc__ = trick["name"]
    return test


for number, one in enumerate(load_answers()):
    words = "".join(c if c.isalnum() else "_" for c in one["name"])
    setattr(Answers, f"test_{number:03}_{words}", test_of(one))

if __name__ == "__main__":
    unittest.main()
