"""A dockgate's life from end to end under valgrind's memcheck: nothing is read before it is written
or after it is gone, and at the end nothing is lost. Sanitizers see what was compiled with them;
valgrind sees the program as it is shipped, and what libraries do.

It knows neither seccomp nor Landlock: they are off here.
"""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.proxy.soak_test import ATTACKS  # noqa: E402
from tests.proxy.stopped_builds_test import IMAGE, context, sized  # noqa: E402
from tests.support.gate import PROGRAM, Authority, TlsAddress, request, wait_until  # noqa: E402
from tests.support.with_gate import ATTACH, INSPECT, WithGate  # noqa: E402

CONFIG = """
engine: unix://{engine}
listen:
  - address: unix://{socket}
  - {{ address: "tcp://127.0.0.1:0", tls: TLS }}
admin: {{ address: "unix://{socket}.admin" }}
audit:
  {{ file: {audit}, signing_key: KEY, signed_every: 10, rotate: {{ size: 64k, compress: true }} }}
confinement: {{ system_calls: off, file_access: off, dumpable: true }}
reload: {{ revoke: true }}
limits: {{ drain: 1 }}
host_root: /
clients:
  - {{ name: everybody, listener: "unix://{socket}", policy: POLICY }}
  - {{ name: runner, certificate: {{ common_name: runner }}, policy: baseline }}
"""
UP = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ALLOWED = {"Image": "a:1", "Cmd": ["sh", "-c", "true"], "Labels": {"a": "b"},
           "HostConfig": {"NetworkMode": "container:web", "CapDrop": ["ALL"], "Memory": 1 << 30}}
EVENTS = b"GET /v1.41/events HTTP/1.1\r\nHost: d\r\n\r\n"
LOAD = b"POST /v1.41/images/load HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECE = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
VALGRIND = ("valgrind", "--quiet", "--leak-check=full", "--errors-for-leak-kinds=definite",
            "--error-exitcode=99")


def answer(conversation):
    """An Engine that has one image and every container, and streams, tunnels and breaks off."""
    while (head := conversation.read_head()) is not None:
        line = head.split("\r\n")[0]
        if "/attach" in line:
            conversation.send(UP)
            while more := conversation.more():
                conversation.send(more.upper())
            return
        if conversation.read_body(head) is None:
            return
        if line.startswith("GET /containers/"):
            conversation.send(INSPECT)
        elif line.startswith("GET /images/"):
            conversation.send(sized(b"200 OK", IMAGE))
        elif "/containers/create" in line:
            conversation.send(sized(b"201 Created", b'{"Id":"%s","Warnings":[]}' % (b"7" * 64)))
        elif "/events" in line:
            conversation.send(CHUNKED + b"3\r\none\r\n")
            while conversation.more():
                pass
            return
        elif "/version" in line:
            conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe end")
            return
        else:
            conversation.send(sized(b"200 OK", b"{}\n"))


class UnderValgrind(WithGate):
    def setUp(self):
        authority = Authority("runner")
        self.addCleanup(authority.remove)
        self.key = authority.folder / "audit.key"
        subprocess.run([PROGRAM, "audit", "key", self.key], check=True, capture_output=True)
        self.tls = authority.tls()
        self.reports = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-memcheck-"))
        self.addCleanup(shutil.rmtree, self.reports)
        self.start(answer, config=self.config("baseline"),
                   under=(*VALGRIND, f"--log-file={self.reports}/%p"))
        wait_until(lambda: "listening on tcp" in self.gate.log(), 60, "the second listener")
        self.tls_address = TlsAddress(self.gate.port(), authority.client("runner"))

    def config(self, policy):
        return (CONFIG.replace("POLICY", policy).replace("TLS", self.tls)
                .replace("KEY", str(self.key)))

    def create(self, where, **host_config):
        body = {**ALLOWED, "HostConfig": {**ALLOWED["HostConfig"], **host_config}}
        return request(where, "POST", "/v1.41/containers/create?name=one", json.dumps(body))

    def requests_and_refusals(self, where):
        for target in ("/_ping", "/v1.41/info", "/v1.41/containers/json?all=1"):
            self.assertEqual(request(where, "GET", target)[0], 200)
        status, body = self.create(where)
        self.assertEqual(status, 201, body)
        for refused in ({"Privileged": True}, {"Binds": ["/:/host", "/etc/localtime:/x:ro"]},
                        {"CapAdd": ["ALL"]}, {"NoSuch": [{"Thing": 1}]}):
            self.assertEqual(self.create(where, **refused)[0], 403, refused)
        self.assertEqual(request(where, "POST", "/v1.41/containers/web/start")[0], 200)
        build = context("FROM a:1", "COPY f /f")
        status, body = request(where, "POST", "/v1.41/build", build,
                               {"Content-Type": "application/x-tar"})
        self.assertEqual(status, 200, body)

    def attacks(self):
        for attack in ATTACKS:
            client = self.connect()
            client.sendall(attack)
            client.shutdown(socket.SHUT_WR)
            self.assertRegex(self.read_all(client), rb"^HTTP/1.1 (4\d\d|505) ", attack)

    def upload(self):
        client = self.connect()
        client.sendall(LOAD + PIECE * 4 + b"0\r\n\r\n")
        self.read_until(client, b"{}\n")
        gone = self.connect()
        gone.sendall(LOAD + PIECE)
        gone.close()

    def stream(self):
        client = self.connect()
        client.sendall(EVENTS)
        self.read_until(client, b"one")
        return client

    def tunnel(self):
        client = self.connect()
        client.sendall(ATTACH)
        self.read_until(client, b"\r\n\r\n")
        client.sendall(b"back and forth")
        self.read_until(client, b"BACK AND FORTH")
        return client

    def reload(self, policy, generation):
        self.gate.configure(self.config(policy))
        self.gate.process.process.send_signal(signal.SIGHUP)
        wait_until(lambda: f"generation {generation} is in force" in self.gate.log(), 60,
                   "newer settings")

    def test_nothing_is_lost_and_nothing_is_read_that_is_not_there(self):
        self.requests_and_refusals(self.gate.socket)
        self.requests_and_refusals(self.tls_address)
        self.attacks()
        self.upload()
        with self.assertRaises(http.client.IncompleteRead):
            request(self.gate.socket, "GET", "/v1.41/version")
        for page in ("/metrics", "/healthz", "/readyz", "/policy"):
            self.assertEqual(request(f"{self.gate.socket}.admin", "GET", page)[0], 200, page)
        revoked, left = self.tunnel(), self.stream()
        left.close()
        self.reload("read-only", 2)
        self.assertEqual(self.read_all(revoked), b"")
        self.assertEqual(self.create(self.gate.socket)[0], 403)
        self.reload("baseline", 3)
        open_ones = [self.tunnel(), self.stream(), self.connect()]
        open_ones[-1].sendall(EVENTS[:20])
        self.assertEqual(self.gate.process.stop(seconds=60), 0, self.reported())
        self.assertIn("stopped", self.gate.log())
        self.assertEqual(self.reported(), "")

    def reported(self):
        return "".join(report.read_text() for report in sorted(self.reports.iterdir()))


if __name__ == "__main__":
    unittest.main()
