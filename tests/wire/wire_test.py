"""Raw bytes -> what the client is told and what the Engine sees, for every trick of wire/*.yaml:
sent whole, and sent byte by byte. Of a refused request the Engine sees not one byte.

A trick with `each` is one for each of its values, which stand where `send` has `@`. `HIDDEN` is a
request that would make a volume, and that no Engine may see."""

import glob
import os
import re
import socket
import sys
import unittest

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.fake_engine import FakeEngine  # noqa: E402
from tests.support.gate import engine_and_gate, wait_until  # noqa: E402

HIDDEN = ("POST /v1.41/volumes/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\n"
          "Content-Length: 14\r\n\r\n{\"Name\":\"own\"}")
FOLDER = os.path.dirname(os.path.abspath(__file__))


def load_tricks():
    for path in sorted(glob.glob(f"{FOLDER}/*.yaml")):
        with open(path, encoding="utf-8") as file:
            for trick in yaml.safe_load(file):
                trick["file"] = os.path.basename(path).split(".")[0]
                for value in trick.get("each", [None]):
                    yield one_of(trick, value)


def one_of(trick, value):
    send = trick["send"].replace("HIDDEN", HIDDEN)
    if value is None:
        return dict(trick, send=send)
    name = f"{trick['name']}: {value[:30]!r}"
    return dict(trick, name=name, send=send.replace("@", value))


def exchange(path, pieces):
    """Sends the pieces, ends sending, and reads to the end."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(path))
        received = b""
        try:
            for piece in pieces:
                client.sendall(piece)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused while it was still being sent
        while True:
            try:
                more = client.recv(65536)
            except ConnectionResetError:
                return received
            if not more:
                return received
            received += more


def chunked(received):
    """The body of one request whose chunks are whole, however many there are."""
    left, body = received.split(b"\r\n\r\n", 1)[1], b""
    while left != b"0\r\n\r\n":
        size, left = left.split(b"\r\n", 1)
        body += left[:int(size, 16)]
        left = left[int(size, 16) + 2:]
    return body


class Tricks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine, cls.gate = engine_and_gate(cls.addClassCleanup, FakeEngine)

    def play(self, trick, pieces):
        self.engine.connections.clear()
        received = exchange(self.gate.socket, pieces).decode(errors="replace")
        statuses = [int(s) for s in re.findall(r"HTTP/1\.1 (\d{3}) ", received)]
        self.assertEqual(statuses, trick["answers"], received)
        expected = trick.get("engine", [])
        # A refusal can be there before the Engine has read what went on.
        wait_until(lambda: len(self.engine.requests()) >= len(expected), 10, "the Engine's reading")
        self.assertEqual(self.engine.requests(), expected)
        if not trick.get("engine"):
            self.assertEqual(self.engine.received(), b"")
        for text in trick.get("engine_sees", []):
            self.assertIn(text, self.engine.received().decode())
        if "engine_body" in trick:
            self.assertEqual(chunked(self.engine.received()), trick["engine_body"].encode())
        for text in trick.get("engine_sees_not", []):
            self.assertNotIn(text, self.engine.received().decode())

    def test_there_are_many(self):
        self.assertGreaterEqual(len(list(load_tricks())), 200)


def test_of(trick):
    def test(self):
        raw = trick["send"].encode("latin-1")
        self.play(trick, [raw])
        self.play(trick, [raw[i:i + 1] for i in range(len(raw))])

    test.__doc__ = trick["name"]
    return test


for number, one in enumerate(load_tricks()):
    words = "".join(c if c.isalnum() else "_" for c in one["name"])
    setattr(Tricks, f"test_{one['file']}_{number:03}_{words}", test_of(one))

if __name__ == "__main__":
    unittest.main()
