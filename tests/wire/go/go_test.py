"""What dockgate forwards, as Go's own HTTP server reads it: thousands of requests, sound ones and
bent ones, are sent through a gate to a server of Go's net/http, and four readers have to agree on
every one that arrives: Go, the strictest reading of the bytes that Go got (`strict`), the same
reading of the bytes that the client sent, and dockgate's audit. Nothing may arrive that no client
asked for.

The same conversations sent to Go without a gate must be read differently in plenty, or the test
says so; and where something is changed behind a gate, in one way after another, each is found.

DOCKGATE_GO_REQUESTS (90000, of which more than 50000 go through) and DOCKGATE_SEED (1) say how many
and which ones."""

import base64
import collections
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../.."))

from tests.support.gate import Gate, Process, wait_until  # noqa: E402
from tests.wire.go import meaning, strict  # noqa: E402
from tests.wire.go.conversations import Conversation, hidden_request  # noqa: E402

REQUESTS = int(os.environ.get("DOCKGATE_GO_REQUESTS", "90000"))
SEED = int(os.environ.get("DOCKGATE_SEED", "1"))
GO = os.environ.get("DOCKGATE_GO", "/usr/lib/go-1.19/bin/go")
FOLDER = pathlib.Path(__file__).parent
THREADS = 8
CONFIG = """
engine: unix://{engine}
listen: [{{ address: "unix://{socket}" }}]
audit: {{ file: {audit} }}
clients: [{{ name: all, policy: relayed }}]
policies: {{ relayed: {{ extends: baseline, build: {{ dockerfile: unchecked }} }} }}
"""


def setUpModule():
    global PROGRAM
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-go-"))
    unittest.addModuleCleanup(shutil.rmtree, folder, ignore_errors=True)
    PROGRAM = folder / "engine"
    subprocess.run([GO, "build", "-o", PROGRAM, "."], check=True, cwd=FOLDER,
                   env=dict(os.environ, GOFLAGS="-mod=mod", GOPROXY="off", GOTOOLCHAIN="local",
                            GOCACHE=str(folder / "cache")))


class Go:
    """Go's server as an Engine."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-go-"))
        self.socket = self.folder / "docker.sock"
        self.journal = self.folder / "journal"
        self.process = Process([PROGRAM, self.socket, self.journal], self.folder / "log")
        wait_until(self.socket.exists, 30, "Go's server")

    def stop(self):
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connections(self):
        """What came on each: (bytes, requests as Go saw them)."""
        raw, seen = collections.defaultdict(bytes), collections.defaultdict(list)
        with open(self.journal, encoding="utf-8", newline="\n") as lines:
            for line in lines:
                said = json.loads(line)
                if "bytes" in said:
                    raw[said["connection"]] += base64.b64decode(said["bytes"])
                else:
                    seen[said["connection"]].append(Seen(said))
        return [(raw[number], seen[number]) for number in sorted(raw)]


def decoded(values):
    return {name.encode(): [base64.b64decode(value) for value in all_of_it]
            for name, all_of_it in (values or {}).items()}


class Seen:
    """One request as Go saw it; `bytes` is its body, once the connection's have been read."""

    def __init__(self, said):
        self.number = said["number"]
        self.method = said["method"].encode()
        self.target = said["target"].encode()
        self.protocol, self.host = said["protocol"], said["host"]
        self.path = base64.b64decode(said["path"])
        self.query = decoded(said["query"])
        self.query_error = said.get("query_error", "")
        self.fields = decoded(said["fields"])
        self.length = said["content_length"]
        self.encoding = said["transfer_encoding"] or []
        self.body, self.size = said["body_sha256"], said["body_size"]
        self.broken = said.get("body_error", "")
        self.trailer = said["trailer"] or {}
        self.bytes = b""

    def case(self):
        return [value.decode("latin-1") for value in self.fields.get(b"X-Meta-Case", [])]


def hidden_in(cases):
    return {name for names in cases for name in names if name.startswith(b"hidden")}


def differs(plain, seen):
    """Where Go saw another request than the strictest reading of the same bytes has it; "" where it
    saw the same."""
    query = collections.defaultdict(list)
    for name, value in plain.query():
        query[name].append(value)
    fields = collections.defaultdict(list)
    for name, value in plain.fields:
        if name not in (b"host", b"transfer-encoding"):
            fields[name].append(value)
    seen_fields = {name.lower(): values for name, values in seen.fields.items()}
    length = plain.framing if isinstance(plain.framing, int) else 0
    checks = (
        ("method", plain.method == seen.method),
        ("target", plain.target == seen.target),
        ("path", plain.path() == seen.path),
        ("query", dict(query) == seen.query and not seen.query_error),
        ("fields", dict(fields) == seen_fields),
        ("host", [seen.host.encode()] == plain.values(b"host")),
        ("framing", seen.encoding == (["chunked"] if plain.framing == b"chunked" else [])),
        ("length", seen.length == (-1 if plain.framing == b"chunked" else length)),
        ("trailer", not seen.trailer),
        ("whole", plain.whole == (seen.broken == "")),
        ("body", not plain.whole or meaning.digest(plain.body) == seen.body),
    )
    return ", ".join(name for name, same in checks if not same)


class Answer:
    def __init__(self, head):
        self.status = int(head.split(b" ", 2)[1])
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        self.id = fields.get(b"dockgate-request-id", b"").decode()
        self.seen = int(fields[b"x-seen"]) if b"x-seen" in fields else None
        self.fields = fields


def answers_in(received, methods):
    """The whole answers, interim ones left out, to requests with these methods."""
    answers = []
    while b"\r\n\r\n" in received:
        head, received = received.split(b"\r\n\r\n", 1)
        if head.startswith(b"HTTP/1.1 100"):
            continue
        answer = Answer(head)
        bodiless = methods[len(answers):len(answers) + 1] == [b"HEAD"]
        answers.append(answer)
        if bodiless or answer.status in (204, 304):
            continue
        if b"transfer-encoding" in answer.fields:
            end = received.find(b"0\r\n\r\n")
            received = received[end + 5:] if end >= 0 else b""
        elif b"content-length" in answer.fields:
            received = received[int(answer.fields[b"content-length"]):]
        else:
            received = b""
    return answers


def converse(path, conversation):
    """Sends all of it, ends sending, and reads to the end."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        client.connect(str(path))
        received = []
        try:
            for piece in conversation.pieces:
                client.sendall(piece)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused while it was still being sent
        try:
            while more := client.recv(65536):
                received.append(more)
        except ConnectionResetError:
            pass
    return b"".join(received)


class Run:
    """All conversations, by several clients at once; `answers` of each by its number."""

    def __init__(self, path, requests):
        self.path = path
        self.left = requests
        self.next = 0
        self.lock = threading.Lock()
        self.conversations, self.received = {}, {}
        self.problems = []
        threads = [threading.Thread(target=self.work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.plain = {number: strict.read_requests(one.bytes)
                      for number, one in self.conversations.items()}
        self.count = sum(len(one.names) for one in self.conversations.values())

    def work(self):
        while True:
            with self.lock:
                number = self.next
                self.next += 1
                if self.left <= 0 or self.problems:
                    return
                conversation = Conversation(SEED, number)
                self.left -= len(conversation.names)
            try:
                received = converse(self.path, conversation)
            except OSError as failed:
                self.problems.append(f"conversation {number}: {failed}")
                return
            with self.lock:
                self.conversations[number] = conversation
                self.received[number] = received

    def answers(self, number):
        return answers_in(self.received[number],
                          [request.method for request in self.plain[number][0]])


class Between:
    """Stands between a gate and Go, and changes what is sent by `hole(bytes)`."""

    def __init__(self, path, hole):
        self.path, self.hole = path, hole
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-hole-"))
        self.socket = self.folder / "docker.sock"
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(self.socket))
        self.listening.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                gate, _ = self.listening.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(str(self.path))
            for one, other, change in ((gate, engine, self.hole), (engine, gate, bytes)):
                threading.Thread(target=self.copy, args=(one, other, change), daemon=True).start()

    def copy(self, one, other, change):
        try:
            while more := one.recv(1 << 20):
                other.sendall(change(more))
            other.shutdown(socket.SHUT_WR)
        except OSError:
            for end in (one, other):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def stop(self):
        self.listening.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def replaced(old, new):
    return lambda sent: re.sub(old, new, sent, count=1)


# What a gate could do wrong, and how that is told.
HOLES = {
    "another path": (replaced(rb"^(POST /\S+)/stop", rb"\1/kill"), "in path"),
    "another object": (replaced(rb"^(GET /v\S+/images/)", rb"\1x"), "in path"),
    "a parameter more": (replaced(rb"^(\S+ \S+\?\S+) HTTP", rb"\1&t=9 HTTP"), "in query"),
    "a parameter less": (replaced(rb"^(\S+ \S+?)\?\S+ HTTP", rb"\1 HTTP"), "in query"),
    "another method": (replaced(rb"^PUT ", b"POST "), "in method"),
    "a field more": (replaced(rb"^(\S+ /v\S+ HTTP/1.1\r\n)", b"\\1X-Registry-Auth: e30=\r\n"),
                     "in fields"),
    "a field in two": (replaced(rb"\r\nX-Meta-More: ", b"\r\nX-Meta-More: a\r\nX-Meta-More: "),
                       "in fields"),
    "another key": (replaced(rb'"Image":', b'"Imag3":'), "in body"),
    "another value": (replaced(rb'"Name":"(.)', b'"Name":"?'), "in body"),
    "another client's Host": (replaced(rb"\r\nHost: docker", b"\r\nHost: dockeR"), "not in dockgate"),
    "a hidden request": (replaced(rb"^(?=POST )", hidden_request(0, 0)), "nobody asked for"),
}


def without(operation):
    return lambda records: [one for one in records if one.get("operation") != operation]


def with_other(member, value):
    """Records of what was let through say something else."""
    return lambda records: [dict(one, **{member: value(one[member])})
                            if one.get("verdict") == "allow" and member in one else one
                            for one in records]


FALSE_RECORDS = {
    "nothing of an operation": (without("ContainerStop"), "in audit"),
    "another operation": (with_other("operation", lambda _: "ContainerKill"), "recorded operation"),
    "another object": (with_other("object", lambda name: name + "x"), "recorded object"),
    "another version": (with_other("api", lambda _: "1.29"), "recorded version"),
    "other bytes": (with_other("bytes_in", lambda count: count + 1), "recorded bytes"),
    "another status": (with_other("status", lambda _: 418), "recorded status"),
    "a refusal": (with_other("verdict", lambda _: "refuse"), "in audit"),
}


class ThroughGo(unittest.TestCase):
    def start_go(self):
        go = Go()
        self.addCleanup(go.stop)
        return go

    def test_go_sees_what_dockgate_judged_and_nothing_else(self):
        go = self.start_go()
        gate = Gate(go.socket, config=CONFIG)
        self.addCleanup(gate.stop)
        run = Run(gate.socket, REQUESTS)
        self.assertEqual(run.problems, [])
        gate.process.stop()
        judged = Judged(run, go.connections(), gate.records())
        judged.compare()
        print(f"\nseed {SEED}: {judged.summary()}")
        self.assertEqual(judged.problems[:10], [], len(judged.problems))
        self.assertGreater(judged.forwarded, 0.55 * run.count)
        self.assertGreater(judged.refused, 0.1 * run.count)
        self.assertGreater(judged.forwarded_bent, 0.03 * run.count)

    def test_a_gate_with_a_hole_would_be_found(self):
        """Behind the gate somebody changes a little of what it forwards, or of what it recorded, each
        time in another way. Where nobody changes anything, nothing is found."""
        run, connections, records = self.run_through(lambda sent: sent)
        self.assertEqual(self.found_in(run, connections, records), [])
        for name, (change, expected) in FALSE_RECORDS.items():
            with self.subTest(name):
                found = self.found_in(run, connections, change(records))
                self.assertTrue(any(expected in one for one in found), found[:3])
        for name, (hole, expected) in HOLES.items():
            with self.subTest(name):
                found = self.found_in(*self.run_through(hole))
                self.assertTrue(any(expected in one for one in found), found[:3])

    def run_through(self, hole):
        """A short run -> it, what came to Go, the records."""
        go = self.start_go()
        between = Between(go.socket, hole)
        self.addCleanup(between.stop)
        gate = Gate(between.socket, config=CONFIG)
        self.addCleanup(gate.stop)
        run = Run(gate.socket, 600)
        self.assertEqual(run.problems, [])
        gate.process.stop()
        return run, go.connections(), gate.records()

    def found_in(self, run, connections, records):
        judged = Judged(run, connections, records)
        judged.compare()
        return judged.problems

    def test_without_a_gate_go_sees_something_else_in_plenty(self):
        go = self.start_go()
        run = Run(go.socket, max(2000, REQUESTS // 10))
        self.assertEqual(run.problems, [])
        go.process.stop()
        connections = go.connections()
        other = collections.Counter()
        hidden = 0
        for raw, seen in connections:
            plain = strict.read_requests(raw)[0]
            hidden += len(hidden_in(one.fields.get(b"X-Meta-Case", []) for one in seen)
                          - hidden_in(one.values(b"x-meta-case") for one in plain))
            other["more requests"] += len(seen) > len(plain)
            for one, two in zip(plain, seen):
                other[differs(one, two)] += 1
        del other[""]
        print(f"\nwithout a gate, of {run.count} requests: {hidden} hidden ones run, "
              f"{sum(other.values())} read otherwise")
        self.assertGreater(hidden, run.count // 2000)
        self.assertGreater(sum(other.values()), run.count // 100)


class Judged:
    """What four readers say of one run; `problems` are those on which they differ."""

    def __init__(self, run, connections, records):
        self.run = run
        self.connections = connections
        self.records = collections.defaultdict(list)
        for record in records:
            self.records[record["id"]].append(record)
        self.problems = []
        self.forwarded = self.forwarded_bent = self.refused = self.look_ups = self.unanswered = 0
        self.by_number = {}
        self.answered = set()
        self.broken_off = collections.Counter()  # requests that were begun, by operation

    def summary(self):
        return (f"{self.run.count} requests in {len(self.run.conversations)} conversations, "
                f"{self.forwarded} forwarded ({self.forwarded_bent} of them bent, "
                f"{self.unanswered} broken off), {self.refused} refused, {self.look_ups} look-ups, "
                f"{len(self.problems)} differences")

    def problem(self, what, *about):
        self.problems.append(" ".join([what, *map(str, about)]))

    def compare(self):
        for raw, seen in self.connections:
            self.compare_connection(raw, seen)
        for number in sorted(self.run.conversations):
            self.compare_conversation(number)
        self.account_for_the_rest()

    def compare_connection(self, raw, seen):
        """The bytes that Go got, read strictly, against what Go saw."""
        plain, why = strict.read_requests(raw)
        if why not in ("", "half a body", "half a head") or len(plain) != len(seen):
            self.problem("read otherwise:", len(plain), len(seen), why, raw[-300:])
        for one, two in zip(plain, seen):
            two.bytes = one.body
            self.by_number[two.number] = two
            if found := differs(one, two):
                self.problem(f"Go differs in {found}:", raw[:2000])
            if two.host != "docker" or two.protocol != "HTTP/1.1":
                self.problem("not in dockgate's words", raw[:300])

    def compare_conversation(self, number):
        plain, _ = self.run.plain[number]
        answers = self.run.answers(number)
        bent = dict(zip(self.run.conversations[number].names, self.run.conversations[number].bent))
        for place, answer in enumerate(answers):
            asked = plain[place] if place < len(plain) else None
            records = self.records.pop(answer.id, [])
            if answer.seen is None:
                self.compare_refusal(number, answer, records)
                continue
            seen = self.by_number.get(answer.seen)
            if asked is None or seen is None or answer.seen in self.answered:
                self.problem("an answer to nothing:", number, place)
                continue
            self.answered.add(answer.seen)
            self.forwarded += 1
            self.forwarded_bent += any(bent.get(name, True) for name in seen.case() or [""])
            if found := self.differs(asked, seen, answer, records):
                self.problem(f"in {found}:", number, place, asked.target, seen.target, records,
                             seen.__dict__)

    def compare_refusal(self, number, answer, records):
        self.refused += 1
        last = records[-1] if records else {"verdict": "none"}
        if last["verdict"] == "allow" and last["bytes_out"] == 0:
            self.broken_off[last["operation"]] += 1  # its chunks were found wanting on the way
        elif last["verdict"] != "refuse" or answer.status < 400 or last["status"] != answer.status:
            self.problem("an answer that is no refusal:", number, answer.status, records)

    def differs(self, asked, seen, answer, records):
        """Where client, Go and audit do not agree."""
        last = records[-1] if records else {}
        version = meaning.VERSION.match(seen.path)
        method, form = meaning.ROUTES.get(last.get("operation"), (b"", None))
        checks = (
            ("method", asked.method == seen.method),
            ("path", not meaning.path_differs(asked.path(), seen.path)),
            ("query", not meaning.query_differs(asked.query(), seen.query)),
            ("fields", not meaning.fields_differ(asked.fields, seen.fields)),
            ("body", not asked.whole
             or not meaning.body_differs(seen.path, asked.body, seen.bytes)),
            ("audit", len(records) in (1, 2) and all(
                record["verdict"] == "allow" for record in records)),
            ("recorded object", form is not None
             and last.get("object", "").encode() == meaning.argument(form, asked.path())),
            ("recorded version", last.get("api", "") == (
                version[0][2:].decode() if version else "")),
            ("recorded operation", form is not None and method == seen.method
             and re.fullmatch(form, meaning.route(seen.path))),
            ("recorded bytes", not asked.whole or last.get("bytes_in") == len(asked.body)),
            ("recorded status", last.get("status") == answer.status),
        )
        return ", ".join(name for name, same in checks if not same)

    def account_for_the_rest(self):
        """What Go saw and no answer told of: look-ups, and what broke off; nothing else."""
        for records in self.records.values():
            if records[-1]["verdict"] == "allow":
                self.broken_off[records[-1]["operation"]] += 1
        asked = {request.values(b"x-meta-case")[0].decode("latin-1"): request
                 for plain, _ in self.run.plain.values() for request in plain
                 if request.values(b"x-meta-case")}
        for number, seen in self.by_number.items():
            if number in self.answered:
                continue
            if not seen.case() and self.is_look_up(seen):
                self.look_ups += 1
                continue
            self.unanswered += 1
            fits = [name for name in self.broken_off if meaning.ROUTES[name][0] == seen.method
                    and re.fullmatch(meaning.ROUTES[name][1], meaning.route(seen.path))]
            if not fits or any(name.startswith("hidden") for name in seen.case()):
                self.problem("a request that nobody asked for:", seen.__dict__)
                continue
            self.broken_off -= collections.Counter(fits[:1])
            begun = asked.get("".join(seen.case()))
            if begun and meaning.is_streamed(seen.path) and not begun.body.startswith(seen.bytes):
                self.problem("a body that nobody sent:", begun.body, seen.__dict__)

    def is_look_up(self, seen):
        return seen.method == b"GET" and seen.size == 0 and not seen.query and re.fullmatch(
            rb"/(containers|exec|images|networks|volumes)/.+|/info|/version", seen.path)


if __name__ == "__main__":
    unittest.main()
