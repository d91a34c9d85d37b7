"""Tests of the program in front of an Engine that does what a test wants."""

import json
import socket
import unittest

from tests.support.fake_engine import FakeEngine, answer_everything
from tests.support.gate import Gate

PLAIN = json.dumps({"Id": "7" * 64, "HostConfig": {"NetworkMode": "none"}, "Config": {}}).encode()
INSPECT = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(PLAIN), PLAIN)
ATTACH = (b"POST /v1.41/containers/web/attach?stream=1&stdin=1 HTTP/1.1\r\nHost: d\r\n"
          b"Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n")


def answering(answer):
    """Answers look-ups with a plain container, and everything else by `answer(conversation)`."""
    def serve(conversation):
        while True:
            head = conversation.read_head()
            if head is None:
                return
            if head.startswith("GET /containers/"):
                conversation.send(INSPECT)
            elif answer(conversation, head) is not True:
                return
    return serve


class WithGate(unittest.TestCase):
    def start(self, answer=answer_everything, **options):
        self.engine = FakeEngine(answer)
        self.addCleanup(self.engine.stop)
        self.gate = Gate(self.engine.socket, **options)
        self.addCleanup(self.gate.stop)

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(20)
        client.connect(str(self.gate.socket))
        self.addCleanup(client.close)
        return client

    def ask(self, client, target, method=b"GET"):
        """One request of a connection that is kept -> its answer with a sized body, and its status."""
        client.sendall(method + b" " + target + b" HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n")
        head = b""
        while b"\r\n\r\n" not in head:
            more = client.recv(1)
            self.assertTrue(more, head)
            head += more
        size = int(next((line.split(b":")[1] for line in head.split(b"\r\n")
                         if line.startswith(b"Content-Length:")), 0))
        body = b""
        while len(body) < size:
            body += client.recv(size - len(body))
        return int(head.split()[1]), body

    def read_until(self, client, mark):
        received = b""
        while mark not in received:
            more = client.recv(65536)
            self.assertTrue(more, received)
            received += more
        return received

    def read_all(self, client):
        received = b""
        while more := client.recv(65536):
            received += more
        return received
