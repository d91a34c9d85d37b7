"""Parts that fail: an Engine that dies, stalls or is replaced, clients that vanish in every state,
settings that change without a pause, clocks that jump, a stop amid a hundred streams. What is lost
is told, what can go on goes on, and nothing is left behind."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.fake_engine import OK, FakeEngine  # noqa: E402
from tests.support.gate import Authority, TlsAddress, request, wait_until  # noqa: E402
from tests.support.trail import check_trail  # noqa: E402
from tests.support.with_gate import ATTACH, INSPECT, WithGate  # noqa: E402

CONFIG = """
engine: unix://{engine}
listen: [{{ address: "unix://{socket}" }}MORE]
audit: {{ file: {audit} }}
limits: {{ LIMITS }}
clients:
  - {{ name: all, listener: "unix://{socket}", policy: baseline }}
  - {{ name: runner, certificate: {{ common_name: runner }}, policy: baseline }}
"""
INFO = b"GET /v1.41/info HTTP/1.1\r\nHost: d\r\n\r\n"
EVENTS = b"GET /v1.41/events HTTP/1.1\r\nHost: d\r\n\r\n"
START = b"POST /v1.41/containers/web/start HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n"
PAUSE = START.replace(b"/start", b"/pause")
LOAD = b"POST /v1.41/images/load HTTP/1.1\r\nHost: d\r\nContent-Length: 1000000\r\n\r\n"
CREATE = (b"POST /v1.41/volumes/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\n"
          b"Content-Length: 12\r\n\r\n")
UP = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def config(limits="drain: 5", more=""):
    return CONFIG.replace("LIMITS", limits).replace("MORE", more)


class Stalling:
    """An Engine that stops where it is told to: at look-ups, before an answer, in its middle, in
    streams. `open` counts the connections that it has."""

    def __init__(self):
        self.stalls = set()
        self.go_on = threading.Event()
        self.reached = threading.Semaphore(0)
        self.lock = threading.Lock()
        self.open = 0

    def __call__(self, conversation):
        with self.lock:
            self.open += 1
        try:
            while (head := conversation.read_head()) is not None:
                if not self.answer(conversation, head):
                    return
        finally:
            with self.lock:
                self.open -= 1

    def answer(self, conversation, head):
        line = head.split("\r\n")[0]
        if line.startswith("GET /containers/"):
            if not self.stall("look-up", conversation):
                return False
            conversation.send(INSPECT)
            return True
        if "/attach" in line:
            if not self.stall("answer", conversation):
                return False
            conversation.send(UP)
            self.reached.release()
            while more := conversation.connection.recv(65536):
                conversation.send(more.upper())
            return False
        if "/load" in line:
            self.reached.release()
        if "/events" in line:
            if not self.stall("stream's answer", conversation):
                return False
            conversation.send(CHUNKED + b"3\r\none\r\n")
            self.reached.release()
            if not self.waits_for_go_on(conversation):
                return False
            conversation.send(b"3\r\ntwo\r\n0\r\n\r\n")
            return True
        if conversation.read_body(head) is None or not self.stall("answer", conversation):
            return False
        if "middle" in self.stalls:
            conversation.send(OK[:-2])
            return self.stall("middle", conversation)
        conversation.send(OK)
        return True

    def stall(self, where, conversation):
        if where not in self.stalls:
            return True
        self.reached.release()
        return self.waits_for_go_on(conversation)

    def waits_for_go_on(self, conversation):
        """False where the other side ends first."""
        conversation.connection.settimeout(0.02)
        try:
            while not self.go_on.is_set():
                try:
                    if not conversation.more():
                        return False
                except TimeoutError:
                    pass
        finally:
            conversation.connection.settimeout(None)
        return True


class Faults(WithGate):
    def begin(self, *stalls, limits="drain: 5", more="", **options):
        self.stalling = Stalling()
        self.stalling.stalls = set(stalls)
        self.addCleanup(self.stalling.go_on.set)
        self.start(self.stalling, config=config(limits, more), **options)
        self.assertEqual(request(self.gate.socket, "GET", "/_ping")[0], 200) if not stalls else None

    def send(self, message):
        client = self.connect()
        client.sendall(message)
        return client

    def reached(self):
        self.assertTrue(self.stalling.reached.acquire(timeout=20))

    def nothing_is_open(self, before):
        wait_until(lambda: self.stalling.open == 0, 10, "closed connections to the Engine")
        wait_until(lambda: self.gate.descriptors() <= before, 10, "closed descriptors")


class ClientsVanish(Faults):
    """Wherever a client was, the Engine's side of it is closed, and its descriptors are."""

    def vanishes(self, message, *stalls, comes_to_the_engine=True):
        self.begin(*stalls)
        before = self.gate.descriptors()
        clients = [self.send(message) for _ in range(8)]
        for _ in clients if comes_to_the_engine else ():
            self.reached()
        for client in clients:
            client.close()
        self.nothing_is_open(before)
        self.stalling.stalls.clear()
        self.assertEqual(request(self.gate.socket, "GET", "/_ping")[0], 200)

    def test_in_its_head(self):
        self.vanishes(INFO[:20], comes_to_the_engine=False)

    def test_in_its_body(self):
        self.vanishes(CREATE + b"{", comes_to_the_engine=False)
        self.assertNotIn(b"volumes/create", self.engine.received())

    def test_while_the_engine_is_asked_about_it(self):
        self.vanishes(START, "look-up")
        self.assertNotIn(b"/start", self.engine.received())

    def test_while_the_engine_reads(self):
        self.vanishes(INFO, "answer")

    def test_while_the_engine_changes_something(self):
        self.vanishes(PAUSE, "answer")
        outcomes = [one for one in self.gate.records(16) if one["event"] == "outcome"]
        self.assertEqual({one["ended"] for one in outcomes}, {"client_gone"})

    def test_before_a_stream_begins(self):
        self.vanishes(EVENTS, "stream's answer")

    def test_in_a_stream(self):
        self.vanishes(EVENTS)

    def test_in_an_upload(self):
        self.vanishes(LOAD + b"begins")

    def test_before_a_tunnel_stands(self):
        self.vanishes(ATTACH, "answer")

    def test_in_a_tunnel(self):
        self.vanishes(ATTACH)

    def test_in_the_middle_of_an_answer(self):
        self.vanishes(INFO, "middle")


class TlsClientsVanish(Faults):
    def test_in_their_handshakes_and_requests(self):
        authority = Authority("runner")
        self.addCleanup(authority.remove)
        self.stalling = Stalling()
        self.stalling.stalls = {"answer"}
        self.addCleanup(self.stalling.go_on.set)
        listener = ', {{ address: "tcp://127.0.0.1:0", tls: ' + authority.tls() + " }}"
        self.start(self.stalling, config=config(more=listener))
        before = self.gate.descriptors()
        half = [socket.create_connection(("127.0.0.1", self.gate.port())) for _ in range(8)]
        for one in half:
            one.sendall(b"\x16\x03\x01\x02\x00")
        address = TlsAddress(self.gate.port(), authority.client("runner"))
        whole = [address.connect() for _ in range(8)]
        for one in whole:
            one.sendall(INFO)
        for _ in whole:
            self.reached()
        for one in half + whole:
            one.close()
        self.nothing_is_open(before)


class EngineStalls(Faults):
    """Each phase has its limit; streams and tunnels have none."""

    limits = "engine_answer: 1, head_time: 1, body_time: 1, idle: 1, answer_time: 1, drain: 1"

    def answer_to(self, message):
        client = self.send(message)
        received = self.read_all(client)
        return int(received.split()[1]) if received else 0, received

    def test_before_its_answer(self):
        self.begin("answer", limits=self.limits)
        for message in (INFO, CREATE + b'{"Name":"v"}', ATTACH):
            self.assertEqual(self.answer_to(message)[0], 504, message)
        wait_until(lambda: self.stalling.open == 0, 10, "closed connections to the Engine")
        outcomes = [one for one in self.gate.records(5) if one["event"] != "decision"]
        self.assertEqual({one["status"] for one in outcomes}, {504})

    def test_in_its_answer(self):
        self.begin("middle", limits=self.limits)
        status, received = self.answer_to(INFO)
        self.assertEqual(status, 200)
        self.assertFalse(received.endswith(OK[-2:]))
        self.assertEqual(self.gate.records(1)[-1]["ended"], "engine_gone")

    def test_at_a_look_up(self):
        self.begin("look-up", limits=self.limits)
        client = self.send(START)
        client.settimeout(60)  # a look-up has half a minute
        self.assertIn(b" 502 ", self.read_all(client).split(b"\r\n")[0])
        self.assertNotIn(b"/start", self.engine.received())

    def test_before_it_accepts(self):
        self.begin(limits="engine_connect: 1, drain: 1")
        silent = self.gate.folder / "silent.sock"
        listening = socket.socket(socket.AF_UNIX)
        self.addCleanup(listening.close)
        listening.bind(str(silent))
        listening.listen(0)
        waiting = []
        for _ in range(2):  # as many as its queue holds
            one = socket.socket(socket.AF_UNIX)
            self.addCleanup(one.close)
            one.setblocking(False)
            waiting.append(one.connect_ex(str(silent)))
        self.assertNotEqual(waiting[-1], 0)
        self.gate.engine = silent
        self.gate.configure(config("engine_connect: 1, drain: 1"))
        wait_until(lambda: "generation 2 is in force" in self.gate.log(), 10)
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 502)

    def test_streams_and_tunnels_may_be_silent(self):
        self.begin(limits=self.limits)
        stream, tunnel = self.send(EVENTS), self.send(ATTACH)
        self.read_until(stream, b"one\r\n")
        self.read_until(tunnel, b"\r\n\r\n")
        time.sleep(2.5)  # past every limit
        tunnel.sendall(b"still here")
        self.read_until(tunnel, b"STILL HERE")
        self.stalling.go_on.set()
        self.read_until(stream, b"two\r\n0\r\n\r\n")


class EngineDies(Faults):
    def test_in_an_upload_the_client_is_told(self):
        self.begin()

        def reads_some(conversation):
            conversation.read_head()
        self.engine.answer = reads_some
        client = self.send(LOAD + b"begins")
        received = self.read_all(client)
        self.assertIn(b" 502 ", received.split(b"\r\n")[0])

    def test_in_a_tunnel_both_sides_end(self):
        self.begin()

        def dies(conversation):
            while (head := conversation.read_head()) is not None:
                if "/attach" not in head:
                    conversation.send(INSPECT)
                    continue
                conversation.send(UP + b"some")
                return
        self.engine.answer = dies
        before = self.gate.descriptors()
        client = self.send(ATTACH)
        self.assertTrue(self.read_all(client).endswith(b"\r\n\r\nsome"))
        client.close()
        wait_until(lambda: self.gate.descriptors() <= before, 10, "closed descriptors")

    def test_another_one_at_its_place_is_found(self):
        """By clients that were there before, too."""
        self.begin()
        client = self.connect()
        self.assertEqual(self.ask(client, b"/info")[0], 200)
        place = self.engine.socket
        self.engine.listening.shutdown(socket.SHUT_RDWR)
        self.engine.listening.close()
        place.unlink()
        for _ in range(2):
            self.assertIn(self.ask(client, b"/info")[0], (200, 502))  # by a connection that it had
            self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 502)
        other = FakeEngine()
        self.addCleanup(other.stop)
        os.rename(other.socket, place)
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 200)
        self.assertEqual(len(other.requests()), 1)

    def test_a_connection_that_it_closed_is_not_used_again(self):
        answered = []

        def once(conversation):
            head = conversation.read_head()
            if head is not None:
                conversation.read_body(head)
                conversation.send(OK)
                answered.append(head)
        self.start(once, config=config())
        client = self.connect()
        for _ in range(20):
            self.assertEqual(self.ask(client, b"/info")[0], 200)
            wait_until(self.engine.ended.is_set, 10)
            self.engine.ended.clear()
        self.assertEqual(len(answered), 20)


class Reloads(Faults):
    def test_a_storm_of_them_loses_nothing(self):
        self.begin()
        tunnel = self.send(ATTACH)
        self.read_until(tunnel, b"\r\n\r\n")
        stopping = threading.Event()
        answers, failures = [], []

        def ask():
            while not stopping.is_set():
                try:
                    answers.append(request(self.gate.socket, "GET", "/info")[0])
                except Exception as failed:  # whatever a client could be told
                    failures.append(repr(failed))
        clients = [threading.Thread(target=ask) for _ in range(4)]
        before = self.gate.descriptors()
        for client in clients:
            client.start()
        for number in range(300):
            limits = f"drain: 5, connections_per_client: {300 + number}"
            self.gate.configure(config(limits) if number % 10 else "no: settings\n")
            self.gate.process.process.send_signal(signal.SIGHUP)
            if number % 50 == 0:
                tunnel.sendall(b"still here")
                self.read_until(tunnel, b"STILL HERE")
        self.gate.configure(config("drain: 5, connections_per_client: 77"))
        self.gate.process.process.send_signal(signal.SIGHUP)
        stopping.set()
        for client in clients:
            client.join()
        self.assertEqual(failures, [])
        self.assertEqual(set(answers), {200})
        tunnel.sendall(b"and here")
        self.read_until(tunnel, b"AND HERE")
        wait_until(lambda: self.gate.descriptors() <= before, 10, "closed descriptors")


CLOCK = r"""
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static const volatile long *ahead;  // seconds: of the wall clock, of the steady one

__attribute__((constructor)) static void find(void) {
  int file = open(getenv("CLOCK_AHEAD"), O_RDONLY | O_CLOEXEC);
  ahead = mmap(0, 2 * sizeof *ahead, PROT_READ, MAP_SHARED, file, 0);
}

int clock_gettime(clockid_t which, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (real == 0) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int failed = real(which, now);
  if (which == CLOCK_REALTIME) now->tv_sec += ahead[0];
  if (which == CLOCK_MONOTONIC) now->tv_sec += ahead[1];
  return failed;
}

time_t time(time_t *into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into != 0) *into = now.tv_sec;
  return now.tv_sec;
}
"""


class Clocks(Faults):
    """`jump` puts what dockgate takes for the time forward, or the wall clock back."""

    def begin_with_clock(self, limits, more=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-clock-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "clock.c").write_text(CLOCK)
        library = self.folder / "clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, self.folder / "clock.c"],
                       check=True)
        self.ahead = self.folder / "ahead"
        self.jump(0, 0)
        self.begin(limits=limits, more=more, env=dict(os.environ, LD_PRELOAD=str(library),
                                                      CLOCK_AHEAD=str(self.ahead)))

    def jump(self, wall, steady):
        with open(self.ahead, "r+b" if self.ahead.exists() else "w+b") as file:
            file.write(wall.to_bytes(8, "little", signed=True)
                       + steady.to_bytes(8, "little", signed=True))

    def test_the_wall_clock_may_jump_either_way(self):
        self.begin_with_clock("head_time: 3, body_time: 3, idle: 600, drain: 5")
        year = 365 * 86400
        for ahead in (year, -year, 86400, 0):
            idle, head, body = self.connect(), self.send(INFO[:20]), self.send(CREATE + b"{")
            tunnel = self.send(ATTACH)
            self.read_until(tunnel, b"\r\n\r\n")
            self.assertEqual(self.ask(idle, b"/info")[0], 200)
            self.jump(ahead, 0)
            time.sleep(0.6)  # two sweeps
            head.sendall(INFO[20:])
            self.read_until(head, b"{}\n")
            body.sendall(b'"Name":"v"}')
            self.assertIn(b" 200 ", self.read_until(body, b"{}\n"))
            self.assertEqual(self.ask(idle, b"/info")[0], 200)
            tunnel.sendall(b"still here")
            self.read_until(tunnel, b"STILL HERE")
        late = self.send(INFO[:20])
        self.jump(-year, 0)
        self.assertIn(b" 408 ", self.read_all(late))  # the limit holds however the clock goes
        years = {record["time"][:4] for record in self.gate.records()}
        self.assertGreaterEqual(len(years), 3)  # the trail tells what the clock said
        check_trail(self.gate.audit)  # and is in one piece

    def test_certificates_are_judged_by_what_the_clock_says(self):
        authority = Authority("runner")
        self.addCleanup(authority.remove)
        self.begin_with_clock("drain: 5", ', {{ address: "tcp://127.0.0.1:0", tls: '
                              + authority.tls() + " }}")
        address = TlsAddress(self.gate.port(), authority.client("runner"))

        def gets_in():
            try:
                return request(address, "GET", "/info")[0] == 200
            except OSError:
                return False
        self.assertTrue(gets_in())
        stays = address.connect()
        self.addCleanup(stays.close)
        self.assertEqual(self.ask(stays, b"/info")[0], 200)
        life = 30 * 365 * 86400
        for ahead, why in ((life, "expired"), (0, ""), (-life, "not yet valid"), (0, "")):
            self.jump(ahead, 0)
            self.assertEqual(gets_in(), why == "", why)
            wait_until(lambda: why in self.gate.log(), 10, why)
            self.assertEqual(self.ask(stays, b"/info")[0], 200)

    def test_the_steady_clock_may_jump_ahead(self):
        """As it does for a machine that slept, where the kernel counts that."""
        self.begin_with_clock("head_time: 600, idle: 600, drain: 5")
        idle, head, tunnel, stream = (self.connect(), self.send(INFO[:20]), self.send(ATTACH),
                                      self.send(EVENTS))
        self.read_until(tunnel, b"\r\n\r\n")
        self.read_until(stream, b"one\r\n")
        self.assertEqual(self.ask(idle, b"/info")[0], 200)
        time.sleep(0.5)  # until it waits for the next one
        self.jump(0, 3600)
        self.assertIn(b" 408 ", self.read_all(head))
        self.assertEqual(self.read_all(idle), b"")
        tunnel.sendall(b"still here")
        self.read_until(tunnel, b"STILL HERE")
        self.stalling.go_on.set()
        self.read_until(stream, b"two\r\n0\r\n\r\n")
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 200)


class Stops(Faults):
    def hundred(self):
        streams = [self.send(EVENTS) for _ in range(50)]
        tunnels = [self.send(ATTACH) for _ in range(50)]
        for stream in streams:
            self.read_until(stream, b"one\r\n")
        for tunnel in tunnels:
            self.read_until(tunnel, b"\r\n\r\n")
        return streams, tunnels

    def test_a_hundred_streams_end_as_they_would_have(self):
        self.begin(limits="drain: 30")
        streams, tunnels = self.hundred()
        self.gate.process.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not self.gate.socket.exists(), 10, "the end of listening")
        for tunnel in tunnels:
            tunnel.sendall(b"still here")
            self.read_until(tunnel, b"STILL HERE")
            tunnel.shutdown(socket.SHUT_WR)
            self.assertEqual(self.read_all(tunnel), b"")
            tunnel.close()
        self.stalling.go_on.set()
        for stream in streams:
            self.assertTrue(self.read_all(stream).endswith(b"two\r\n0\r\n\r\n"))
        self.assertEqual(self.gate.process.process.wait(15), 0)
        ended = [one["ended"] for one in self.gate.records()
                 if one["event"] != "decision" and one["operation"] != "SystemPing"]
        self.assertEqual(ended, ["complete"] * 100)

    def test_a_hundred_that_do_not_end_are_ended_after_the_drain_time(self):
        self.begin(limits="drain: 1")
        streams, tunnels = self.hundred()
        self.gate.process.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.gate.process.process.wait(15), 0)
        for stream in streams:
            self.assertEqual(self.read_all(stream), b"")  # no last chunk
        for tunnel in tunnels:
            self.assertEqual(self.read_all(tunnel), b"")
        wait_until(lambda: self.stalling.open == 0, 10, "closed connections to the Engine")
        outcomes = [one for one in self.gate.records() if one["event"] != "decision"]
        self.assertEqual(len(outcomes), 101)


if __name__ == "__main__":
    unittest.main()
