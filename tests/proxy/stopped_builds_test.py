"""A build whose Dockerfile is being judged: settings that change meanwhile, a client that leaves.

The Engine here keeps the answer to a pull back, so that the judging lasts as long as a test wants.
"""

import io
import os
import sys
import tarfile
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.proxy.reload_test import Reloads, config  # noqa: E402
from tests.support.gate import wait_until  # noqa: E402

IMAGE = b'{"Id":"sha256:%s","Os":"linux","Architecture":"amd64","RepoTags":["a:1"],"Config":{}}' % (
    b"7" * 64)
REVOKE = "reload: { revoke: true }"
NO_BUILDS = "\npolicies: { jobs: { extends: baseline, operations: { deny: [ImageBuild] } } }"


def sized(status, body):
    return b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        status, len(body), body)


def context(*lines):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as out:
        text = "".join(f"{line}\n" for line in lines).encode()
        for name, content in (("f", b"x"), ("Dockerfile", text)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    return data.getvalue()


class SlowEngine:
    """Has no image until it has been pulled; a pull ends when `go_on` is set."""

    def __init__(self):
        self.pulling = threading.Event()
        self.go_on = threading.Event()
        self.pulled = []   # images, as they were asked for
        self.built = []    # whole bodies of builds
        self.broken = threading.Event()  # a pull's connection ended before its answer

    def __call__(self, conversation):
        while True:
            head = conversation.read_head()
            if head is None:
                return
            target = head.split(" ")[1]
            if target.startswith("/v1.41/build"):
                body = conversation.read_body(head)
                if body is None:
                    return
                self.built.append(body)
                conversation.send(sized(b"200 OK", b'{"stream":"ok"}'))
            elif target.startswith("/images/create"):
                self.pull(conversation, urllib.parse.unquote(target.split("fromImage=")[1]))
            elif target.startswith("/images/"):
                name = target.removeprefix("/images/").removesuffix("/json")
                known = f"docker.io/library/{name}" in self.pulled
                conversation.send(sized(b"200 OK", IMAGE) if known else
                                  sized(b"404 Not Found", b'{"message":"no such image"}'))
            else:
                conversation.send(sized(b"200 OK", b"{}"))

    def pull(self, conversation, image):
        self.pulled.append(image)
        self.pulling.set()
        conversation.connection.settimeout(0.1)
        while not self.go_on.is_set():
            try:
                if conversation.connection.recv(1) == b"":
                    self.broken.set()
                    raise OSError("the other side left")
            except TimeoutError:
                pass
        conversation.connection.settimeout(None)
        conversation.send(sized(b"200 OK", b"{}\n"))


class StoppedBuilds(Reloads):
    def begin_build(self, *lines, **said):
        self.slow = SlowEngine()
        self.addCleanup(self.slow.go_on.set)
        self.start(self.slow, config=config(**said))
        client = self.connect()
        body = context(*lines)
        client.sendall(b"POST /v1.41/build HTTP/1.1\r\nHost: d\r\n"
                       b"Content-Type: application/x-tar\r\n"
                       b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.assertTrue(self.slow.pulling.wait(10))
        return client

    def test_a_newer_policy_is_asked_once_the_dockerfile_has_been_judged(self):
        client = self.begin_build("FROM a:1", "COPY f /f")
        self.take_over(policy="jobs", more=REVOKE + NO_BUILDS)
        self.slow.go_on.set()
        answer = self.read_until(client, b"\r\n\r\n")
        self.assertIn(b" 403 ", answer)
        self.assertEqual([(r["event"], r["verdict"]) for r in self.gate.records(3)],
                         [("decision", "allow"), ("decision", "allow"), ("outcome", "refuse")])
        self.assertEqual(self.slow.built, [])

    def test_a_newer_policy_that_allows_it_too_lets_it_be_built(self):
        client = self.begin_build("FROM a:1", "COPY f /f")
        self.take_over(more=REVOKE, client=", limits: { connections: 7 }")
        self.slow.go_on.set()
        self.assertIn(b" 200 ", self.read_until(client, b"\r\n\r\n"))
        self.assertEqual(len(self.slow.built), 1)

    def test_what_the_newer_policy_has_of_the_dockerfile_alone(self):
        """Only the Dockerfile's own facts are in the newer policy's way."""
        client = self.begin_build("FROM a:1", "RUN true")
        self.take_over(policy="restricted", more=REVOKE)
        self.slow.go_on.set()
        self.assertIn(b" 403 ", self.read_until(client, b"\r\n\r\n"))
        self.assertEqual(self.slow.built, [])

    def test_nothing_more_is_pulled_for_a_client_that_left(self):
        client = self.begin_build("FROM a:1", "FROM b:1", "FROM c:1")
        client.close()
        self.assertTrue(self.slow.broken.wait(10))
        wait_until(lambda: self.gate.records(), 10, "the record of its end")
        time.sleep(0.5)
        self.assertEqual(len(self.slow.pulled), 1, self.slow.pulled)
        self.assertEqual(self.slow.built, [])

    def test_all_of_them_are_pulled_for_a_client_that_stays(self):
        client = self.begin_build("FROM a:1", "FROM b:1", "FROM c:1")
        self.slow.go_on.set()
        self.assertIn(b" 200 ", self.read_until(client, b"\r\n\r\n"))
        self.assertEqual(len(self.slow.pulled), 3, self.slow.pulled)


# What reload_test.py runs by itself.
def load_tests(loader, _tests, _pattern):
    names = [name for name in vars(StoppedBuilds) if name.startswith("test_")]
    return unittest.TestSuite(StoppedBuilds(name) for name in names)


if __name__ == "__main__":
    unittest.main()
