"""A long run: settings that change each second while clients stream, tunnel, exec, download, create
and attack. No stream may lose a byte, no descriptor or thread may stay, memory must be flat, every
attack must be refused, the audit must be whole.

It takes 20 seconds, or as many as DOCKGATE_SOAK_SECONDS says; from 300 on with 200 clients, who
pause more, so that it is not the threads of the test that the machine is busy with."""

import hashlib
import http.client
import os
import random
import re
import signal
import socket
import statistics
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import Authority, TlsAddress, UnixHTTPConnection  # noqa: E402
from tests.support.gate import request, wait_until  # noqa: E402
from tests.support.load import Load, created, decided  # noqa: E402
from tests.support.trail import check_trail, records_of  # noqa: E402
from tests.support.with_gate import ATTACH, INSPECT, WithGate  # noqa: E402

SECONDS = float(os.environ.get("DOCKGATE_SOAK_SECONDS", "20"))
# As many clients, as long pauses, and the size of the trail's files.
TIMES, PAUSES, SIZE = (8, 20, "32m") if SECONDS >= 300 else (1, 1, "1m")
PATIENCE = 300  # seconds, of a client that is not served
EXEC = (b"POST /v1.41/exec/%s/start HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
        b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" % (b"e" * 64))
EXEC_FOUND = (b'{"ID":"%s","ContainerID":"%s","ProcessConfig":{}}' % (b"e" * 64, b"7" * 64))


def attack(target, body=b"", fields=b""):
    """A request whose every part says what it is."""
    return (b"POST /v1.41/%s HTTP/1.1\r\nHost: d\r\nX-Meta-Case: attack\r\n%s"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (target, fields, len(body), body))


HIDDEN = attack(b"volumes/create", b'{"Name":"own"}')
ATTACKS = (
    attack(b"containers/create", b'{"Image":"x","HostConfig":{"Privileged":true}}'),
    attack(b"containers/create", b'{"Image":"x","hostconfig":{"PRIVILEGED":true}}'),
    attack(b"containers/create", b'{"Image":"x","HostConfig":{"Binds":["/:/host"]}}'),
    attack(b"containers/create",
           b'{"Image":"x","HostConfig":{"Binds":["/var/run/docker.sock:/s"]}}'),
    attack(b"containers/create", b'{"Image":"x","HostConfig":{"PidMode":"host"}}'),
    attack(b"containers/create", b'{"Image":"x","Image":"y"}'),
    attack(b"swarm/leave"), attack(b"../v1.41/info"), attack(b"containers%2f..%2finfo"),
    attack(b"plugins/pull?remote=x", b"[]"),
    attack(b"images/load", HIDDEN, b"Transfer-Encoding: chunked\r\n"),
    attack(b"volumes/create", HIDDEN, b"Content-Length: 0\r\n"),
    b"POST /v1.41/images/load HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n"
    b"X-Meta-Case: attack\r\n\r\n5;a=\"\n0\r\n\r\n" + HIDDEN,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST /v1.41/volumes/create HTTP/1.1\nHost: d\nX-Meta-Case: attack\n\n" + HIDDEN,
)
CONFIG = """
engine: unix://{engine}
listen:
  - address: unix://{socket}
  - {{ address: "tcp://127.0.0.1:0", tls: TLS }}
audit: {{ file: {audit}, rotate: {{ size: SIZE, compress: true }} }}
limits:  # none that a busy machine would reach by being busy
  {{ engine_connect: 300, head_time: 300, body_time: 300, answer_time: 300, handshake_time: 300 }}
clients:
  - name: everybody
    listener: "unix://{socket}"
    policy: baseline
    limits: {{ connections: LIMIT }}
  - {{ name: runner, certificate: {{ common_name: runner }}, policy: POLICY }}
"""
IMAGE = random.Random(1).randbytes(3 << 20)


class Engine:
    """What the fake one answers; `ending` ends its streams."""

    def __init__(self):
        self.ending = threading.Event()
        self.attacked = []  # heads that no Engine may see

    def __call__(self, conversation):
        while (head := conversation.read_head()) is not None:
            line = head.split("\r\n", 1)[0]
            if "attack" in head.replace("/attach", "") and "/images/load" not in line:
                self.attacked.append(head)
            if "/attach" in line:
                return self.echo(conversation)
            if line.startswith("POST") and "/exec/" in line:
                conversation.read_body(head)
                return self.echo(conversation)
            if conversation.read_body(head) is None:
                return None
            if "/create" not in line:
                conversation.record.clear()
            if "/events" in line:
                self.events(conversation)
            elif "/get" in line:
                conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(IMAGE))
                conversation.send(IMAGE)
            elif line.startswith("GET /containers/"):
                conversation.send(INSPECT)
            elif line.startswith("GET /exec/"):
                conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                                  % (len(EXEC_FOUND), EXEC_FOUND))
            else:
                conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}\n")
        return None

    def echo(self, conversation):
        conversation.send(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
        while more := conversation.connection.recv(65536):
            conversation.send(more.upper())

    def events(self, conversation):
        conversation.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        number = 0
        while not self.ending.wait(0.02 * PAUSES):
            number += 1
            text = b"event %d\n" % number
            conversation.send(b"%x\r\n%s\r\n" % (len(text), text))
        conversation.send(b"9\r\nlast one\n\r\n0\r\n\r\n")


class Client(threading.Thread):
    """Does `work` until it returns; `problem` is what went wrong, `done` counts what went well, `late`
    what a look-up's half a minute was too short for: that has no setting."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work = work
        self.problem = None
        self.done = self.late = 0
        self.start()

    def run(self):
        try:
            self.work(self)
        except Exception as error:  # every one of them is the test's finding
            self.problem = f"{type(error).__name__}: {error}"


class Soak(WithGate):
    def setUp(self):
        self.authority = Authority("runner")
        self.addCleanup(self.authority.remove)
        self.served = Engine()
        self.stopping = threading.Event()
        self.addCleanup(self.stopping.set)
        self.start(self.served, config=self.config(1))
        self.runner = TlsAddress(self.gate.port(), self.authority.client("runner"))
        self.pid = self.gate.process.process.pid

    def config(self, number):
        """Each is another than the one before."""
        text = CONFIG.replace("TLS", self.authority.tls()).replace("LIMIT", str(1000 + number))
        text = text.replace("SIZE", SIZE)
        return text.replace("POLICY", ("read-only", "observe", "baseline")[number % 3])

    # What clients do.

    def tunnels(self, client):
        self.keep_tunnels(client, ATTACH)

    def execs(self, client):
        self.keep_tunnels(client, EXEC)

    def keep_tunnels(self, client, message):
        while not self.stopping.is_set():
            tunnel = socket.socket(socket.AF_UNIX)
            tunnel.settimeout(PATIENCE)
            tunnel.connect(str(self.gate.socket))
            with tunnel:
                tunnel.sendall(message)
                got = b""
                while b"\r\n\r\n" not in got:
                    got += self.some_of(tunnel)
                head, got = got.split(b"\r\n\r\n", 1)
                if self.was_late(client, int(head.split()[1])):
                    continue
                if b" 101 " not in head.split(b"\r\n")[0]:
                    raise AssertionError(f"instead of a tunnel came {head + got!r}")
                self.talk(client, tunnel, got)

    def was_late(self, client, status):
        client.late += status == 502
        return status == 502

    def talk(self, client, tunnel, got):
        """Through some seconds of it, so through some reloads."""
        end = time.monotonic() + 5 + 5 * random.random()
        said = hashlib.sha256()
        heard = hashlib.sha256(got)
        left = -len(got)
        while time.monotonic() < end and not self.stopping.is_set():
            words = b"%d abcdefghij\n" % client.done * random.randint(1, 400)
            tunnel.sendall(words)
            said.update(words.upper())
            left += len(words)
            while left > 0:
                got = self.some_of(tunnel)
                heard.update(got)
                left -= len(got)
            client.done += 1
            time.sleep(0.005 * PAUSES)
        tunnel.shutdown(socket.SHUT_WR)
        while got := tunnel.recv(65536):
            heard.update(got)
        if said.digest() != heard.digest():
            raise AssertionError("a tunnel came back changed")

    def some_of(self, connection):
        got = connection.recv(65536)
        if not got:
            raise AssertionError("a stream was lost")
        return got

    def streams(self, client):
        connection = UnixHTTPConnection(self.gate.socket, PATIENCE)
        connection.request("GET", "/events")
        answer = connection.getresponse()
        for number in range(1, 1 << 30):
            line = answer.readline()
            if line == b"last one\n":
                break
            if line != b"event %d\n" % number:
                raise AssertionError(f"instead of event {number} came {line!r}")
            client.done += 1
        if answer.read() != b"":
            raise AssertionError("a stream went on behind its end")
        connection.close()

    def downloads(self, client):
        while not self.stopping.is_set():
            status, body = request(self.gate.socket, "GET", "/images/busybox/get",
                                   timeout=PATIENCE)
            if (status, body) != (200, IMAGE):
                raise AssertionError(f"a download of {status} and {len(body)} bytes")
            client.done += 1
            time.sleep(0.02 * PAUSES)

    def attacks(self, client):
        """Each on a connection of its own, which may be closed before all of it was sent."""
        while not self.stopping.is_set():
            message = random.choice(ATTACKS)
            received = b""
            with socket.socket(socket.AF_UNIX) as attacker:
                attacker.settimeout(PATIENCE)
                attacker.connect(str(self.gate.socket))
                try:
                    attacker.sendall(message)
                    attacker.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                while more := attacker.recv(65536):
                    received += more
            statuses = re.findall(rb"HTTP/1\.1 (4..|505)", received)
            if len(statuses) != 1 or received.count(b"HTTP/1.1 ") != 1:
                raise AssertionError(f"{message!r} was answered {received!r}")
            client.done += 1
            time.sleep(0.02 * PAUSES)

    def over_tls(self, client):
        """A connection for each request, and what the policy of the moment says to it."""
        while not self.stopping.is_set():
            status, body = request(self.runner, "GET", "/containers/json", timeout=PATIENCE)
            if status != 200:
                raise AssertionError(f"over TLS: {status} {body!r}")
            status, _ = request(self.runner, "POST", "/containers/web/stop", timeout=PATIENCE)
            if not self.was_late(client, status) and status not in (200, 403):
                raise AssertionError("over TLS: neither allowed nor refused")
            client.done += 1
            time.sleep(0.02 * PAUSES)

    # What is looked at.

    def used(self):
        """Descriptors, and KiB of memory."""
        return self.gate.descriptors(), self.gate.memory()

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def reload(self, number):
        self.gate.configure(self.config(number))
        self.gate.process.process.send_signal(signal.SIGHUP)
        if number % 7 == 0:
            time.sleep(0.3)
            self.gate.configure("engine: {engine}\nno: such setting\n")
            self.gate.process.process.send_signal(signal.SIGHUP)

    def test_loses_no_stream_leaks_nothing_and_grows_not(self):
        request(self.runner, "GET", "/containers/json")
        fresh = self.used()[0]
        threads = self.threads()
        clients = [Client(work) for work, count in
                   ((self.tunnels, 6), (self.execs, 2), (self.streams, 6), (self.downloads, 2),
                    (self.over_tls, 2), (self.attacks, 5))
                   for _ in range(count * TIMES)]
        load = Load(self.gate.socket, threads=2 * TIMES, timeout=PATIENCE,
                    pause=0.01 * (PAUSES - 1))
        self.addCleanup(load.stopping.set)
        samples = []
        end = time.monotonic() + SECONDS
        number = 1
        while time.monotonic() < end:
            number += 1
            self.reload(number)
            time.sleep(1)
            samples.append(self.used())
            self.assertEqual([client.problem for client in clients if client.problem], [])
        self.stopping.set()
        self.served.ending.set()
        load.stop()
        for client in clients:
            client.join(PATIENCE)
            self.assertFalse(client.is_alive(), client.work)
            self.assertIsNone(client.problem)
            self.assertGreater(client.done, 0)
        self.assertEqual(set(load.answers.values()), {200})
        self.assertEqual(self.served.attacked, [])
        self.assertEqual(self.threads(), threads)
        self.assertGreaterEqual(self.gate.log().count("is in force"), 0.8 * number)
        self.assertIn("the settings cannot be used", self.gate.log())
        wait_until(lambda: self.used()[0] <= fresh, PATIENCE, "closed descriptors")
        memory = [memory for _, memory in samples]
        attacks = sum(client.done for client in clients if client.work == self.attacks)
        done, late = sum(client.done for client in clients), sum(client.late for client in clients)
        print(f"\n{len(clients)} clients, {attacks} attacks, {threads} threads, {number} reloads, "
              f"{done} pieces, {late} late, {len(load.answers)} "
              f"creates, {memory[len(memory) // 3]} KiB after a third, {memory[-1]} at the end; "
              f"{fresh} descriptors before, {self.used()[0]} after")
        self.assertLess(late, 0.01 * done)
        self.grew_not(memory)
        self.is_recorded(load)

    def grew_not(self, memory):
        third = len(memory) // 3
        before = statistics.median(memory[third:2 * third])
        after = statistics.median(memory[-third:])
        self.assertLess(after, before * 1.1 + 2048, memory)

    def is_recorded(self, load):
        self.gate.process.stop()
        files = sorted(self.gate.folder.glob("audit.jsonl*"))
        check_trail(*files)
        decisions = decided(record for file in files for record in records_of(file))
        self.assertEqual(created(self.engine), {name.encode() for name in load.answers})
        self.assertEqual(created(self.engine) - decisions, set())


if __name__ == "__main__":
    unittest.main()
