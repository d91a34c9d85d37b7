"""The audit trail of the program: what it says, that it is whole, and that nothing is lost whatever
happens to its file. An Engine that records everything says what was really asked of it."""

import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.fake_engine import FakeEngine, answer_everything  # noqa: E402
from tests.support.gate import PROGRAM, check_sanitizers, request, wait_until  # noqa: E402
from tests.support.load import Load, created, decided  # noqa: E402
from tests.support.trail import check_schema, check_trail, records_of, verify  # noqa: E402
from tests.support.with_gate import WithGate, answering  # noqa: E402

class Audited(unittest.TestCase):
    """A gate that may be killed and started again, with an `audit:` of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dockgate-audit-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.socket = self.folder / "docker.sock"
        self.audit = self.folder / "audit.jsonl"
        self.engine = FakeEngine(answer_everything)
        self.addCleanup(self.engine.stop)

    def configure(self, audit, file=None):
        config = self.folder / "dockgate.yaml"
        config.write_text(
            f"engine: unix://{self.engine.socket}\n"
            f"listen: [{{ address: \"unix://{self.socket}\" }}]\n"
            f"audit: {{ file: {file or self.audit}, {audit} }}\n"
            "clients: [{ name: everybody, policy: baseline }]\n")
        return config

    def start(self, audit="", file=None, stdout=None):
        config = self.configure(audit, file)
        self.log = self.folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([PROGRAM, "serve", "--config", config],
                                            stdout=stdout or log, stderr=log)
        self.addCleanup(self.end, self.process)
        wait_until(self.is_up, 20, "dockgate")

    def is_up(self):
        self.assertIsNone(self.process.poll(), self.log.read_text())
        return "listening on" in self.log.read_text()

    def end(self, process=None, sent=signal.SIGTERM):
        process = process or self.process
        if process.poll() is None:
            process.send_signal(sent)
        process.wait(30)
        check_sanitizers(self.log.read_text(errors="replace"))
        return process.returncode

    def create(self, name="v"):
        return request(self.socket, "POST", "/v1.41/volumes/create", json.dumps({"Name": name}))[0]

    def files(self):
        return sorted(self.folder.glob("audit.jsonl*"))

    def records(self, *files):
        return [record for file in files or self.files() for record in records_of(file)]

    def assert_nothing_unrecorded(self, *files):
        """Each mutation that the Engine saw has a decision in a trail that holds."""
        check_trail(*(files or self.files()))
        seen, decisions = created(self.engine), decided(self.records(*files))
        self.assertTrue(seen)
        self.assertEqual(seen - decisions, set())
        return seen, decisions


class Records(WithGate):
    def test_decision_and_outcome_say_who_what_why_and_how_it_ended(self):
        self.start(answering(lambda conversation, head: conversation.send(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") or True))
        request(self.gate.socket, "POST", "/v1.41/containers/web/exec", '{"Cmd":["sh"]}')
        decision, outcome = self.gate.records(2)
        self.assertEqual(decision["client"]["executable"], os.readlink("/proc/self/exe"))
        self.assertEqual(decision["objects"],
                         [{"kind": "container", "name": "web", "id": "7" * 64}])
        self.assertRegex(decision["policy_digest"], "^sha256:[0-9a-f]{64}$")
        self.assertIn(f"{decision['policy']} {decision['policy_digest']}", self.gate.log())
        self.assertEqual((decision["mode"], decision["verdict"]), ("enforce", "allow"))
        self.assertEqual((outcome["id"], outcome["status"], outcome["bytes_out"]),
                         (decision["id"], 200, 2))

    def test_the_outcome_names_what_was_made(self):
        answers = {"containers": b'{"Id":"%s","Warnings":[]}' % (b"4" * 64),
                   "volumes": b'{"Name":"data","Driver":"local"}',
                   "networks": b'{"Id":"' + b"5" * 300 + b'"}',
                   "exec": b"no JSON"}

        def answer(conversation, head):
            kind = re.search("/(containers|volumes|networks)/create|/(exec) ", head)
            body = answers[kind[1] or kind[2]]
            conversation.send(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n")
            for byte in body:
                conversation.send(b"1\r\n%c\r\n" % byte)
            conversation.send(b"0\r\n\r\n")
            return True

        self.start(answering(answer))
        for target, body in (("containers/create", '{"Image":"img"}'),
                             ("volumes/create", "{}"),
                             ("networks/create", '{"Name":"n"}'),
                             ("containers/web/exec", '{"Cmd":["sh"]}')):
            request(self.gate.socket, "POST", f"/v1.41/{target}", body)
        outcomes = [r for r in self.gate.records(8) if r["event"] == "outcome"]
        self.assertEqual([r["status"] for r in outcomes], [201] * 4)
        # An id of no sensible length, and what is no JSON, name nothing.
        self.assertEqual([r.get("created") for r in outcomes], ["4" * 64, "data", None, None])

    def test_a_tunnel_is_on_record_from_its_first_second(self):
        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n")
            while conversation.more():
                pass
        self.start(answering(answer))
        client = self.connect()
        client.sendall(b"POST /v1.41/containers/web/attach?stream=1 HTTP/1.1\r\nHost: d\r\n"
                       b"Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n")
        self.read_until(client, b"101")
        self.assertEqual([r["event"] for r in self.gate.records()], ["decision"])
        client.close()
        self.assertEqual(self.gate.records(2)[1]["event"], "outcome")

    def test_the_trail_is_on_disk_from_begin_to_end(self):
        self.start()
        request(self.gate.socket, "GET", "/info")
        self.gate.records(1)
        self.gate.process.stop()
        events = [record["event"] for record in self.gate.trail()]
        self.assertEqual(events, ["begins", "request", "ends"])


class Restarts(Audited):
    def test_a_restart_goes_on_with_the_chain(self):
        for name in ("one", "two", "three"):
            self.start()
            self.assertEqual(self.create(name), 200)
            self.end()
        check_trail(self.audit)
        records = self.records()
        self.assertEqual([r["event"] for r in records if "id" not in r],
                         ["begins", "ends", "resumes", "ends", "resumes", "ends"])
        self.assertEqual([r["seq"] for r in records], list(range(1, len(records) + 1)))

    def test_a_torn_line_is_closed_off_and_told(self):
        self.start()
        self.create("one")
        self.end(sent=signal.SIGKILL)
        with open(self.audit, "ab") as file:
            file.write(b'{"v":1,"time":"2026')
        status, printed = verify(self.audit)
        self.assertEqual(status, 0)
        self.assertIn("the last line is torn off after 19 bytes", printed)
        self.start()
        self.create("two")
        self.end()
        status, printed = verify(self.audit)
        self.assertEqual(status, 0, printed)
        self.assertIn("before this, a line was torn off after 19 bytes", printed)
        text = self.audit.read_bytes()
        self.audit.write_bytes(text.replace(b'{"v":1,"time":"2026~\n', b""))
        self.assertEqual(verify(self.audit)[0], 1)

    def test_another_process_trail_and_what_is_no_trail_are_left_alone(self):
        self.start()
        second = subprocess.run(
            [PROGRAM, "serve", "--engine", f"unix://{self.engine.socket}", "--listen",
             f"unix://{self.folder}/other.sock", "--audit", self.audit],
            capture_output=True, text=True, timeout=20)
        self.assertEqual(second.returncode, 1)
        self.assertIn("another process' audit trail", second.stderr)
        notes = self.folder / "notes"
        notes.write_text("mine\n")
        third = subprocess.run(
            [PROGRAM, "serve", "--engine", f"unix://{self.engine.socket}", "--listen",
             f"unix://{self.folder}/other.sock", "--audit", notes],
            capture_output=True, text=True, timeout=20)
        self.assertEqual((third.returncode, notes.read_text()), (1, "mine\n"))
        self.assertIn("something else than an audit trail", third.stderr)

    def test_killed_under_load_every_mutation_has_its_decision(self):
        for durability in ("written", "synced", "written"):
            self.start(f"durability: {durability}")
            load = Load(self.socket)
            wait_until(lambda: load.count(200) > 150)
            self.end(sent=signal.SIGKILL)
            load.stop()
        self.start()
        self.end()
        seen, _ = self.assert_nothing_unrecorded()
        self.assertGreater(len(seen), 450)


class Rotation(Audited):
    def test_own_rotation_by_size_keeps_the_chain_under_load(self):
        self.start("rotate: { size: 64k, keep: 1000, compress: true }")
        load = Load(self.socket)
        wait_until(lambda: len(self.files()) > 5, 60)
        load.stop()
        self.assertEqual(self.create("last"), 200)
        self.end()
        self.assertEqual(load.count(503), 0)
        files = self.files()
        self.assertGreater(len([file for file in files if file.suffix == ".gz"]), 3)
        seen, decisions = self.assert_nothing_unrecorded()
        self.assertEqual(seen, decisions)

    def test_own_rotation_by_age_removes_the_oldest(self):
        self.start("rotate: { age: 1s, keep: 2 }")
        wait_until(lambda: self.create() == 200 and len(self.files()) >= 3, 30)
        first = self.files()[1]
        wait_until(lambda: self.create() == 200 and not first.exists(), 30)
        self.end()
        status, printed = verify(*self.files())
        self.assertEqual(status, 0, printed)
        self.assertIn("which was not given", printed)

    def test_a_file_that_others_move_is_followed_by_the_next_under_load(self):
        for sent in (signal.SIGUSR1, signal.SIGHUP):
            self.start()
            load = Load(self.socket)
            for number in range(5):
                wait_until(lambda: load.count(200) > 30 * (number + 1))
                self.audit.rename(f"{self.audit}.{sent}.{number}")
                self.process.send_signal(sent)
                wait_until(self.audit.exists)
            load.stop()
            self.end()
            self.assertEqual(load.count(503), 0)
        self.assertEqual(len(self.files()), 11)
        seen, decisions = self.assert_nothing_unrecorded()
        self.assertEqual(seen, decisions)

    def test_a_signal_without_a_move_changes_nothing(self):
        self.start()
        self.process.send_signal(signal.SIGUSR1)
        self.create()
        self.end()
        self.assertEqual(self.files(), [self.audit])
        self.assertEqual([r["event"] for r in self.records() if "id" not in r],
                         ["begins", "ends"])

    def test_files_in_any_order_and_a_missing_one(self):
        self.start("rotate: { size: 64k }")
        load = Load(self.socket)
        wait_until(lambda: len(self.files()) > 3, 60)
        load.stop()
        self.end()
        files = self.files()
        self.assertEqual(verify(*reversed(files))[0], 0)
        status, printed = verify(files[1], *files[3:])  # files[0] is the newest
        self.assertEqual(status, 1)
        self.assertRegex(printed, r"BROKEN  \S+:1: \d+ records before this one are missing")


class Failures(Audited):
    def tmpfs(self, size="64k"):
        place = self.folder / "small"
        place.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place],
                              capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest(f"SKIPPED: no tmpfs can be mounted: {done.stderr}")
        self.addCleanup(subprocess.run, ["umount", "-l", place], check=True)  # a loop may linger
        self.audit = place / "audit.jsonl"
        return place

    def files(self):
        return sorted(self.audit.parent.glob("audit.jsonl*"))

    def test_a_full_disk_refuses_what_mutates_until_there_is_room(self):
        place = self.tmpfs()
        self.start()
        load = Load(self.socket)
        wait_until(lambda: load.count(503) > 100, 60)
        self.assertEqual(request(self.socket, "GET", "/info")[0], 200)
        self.assertIn("the audit cannot be written: No space left on device", self.log.read_text())
        status, printed = verify(self.audit)
        self.assertEqual(status, 0, printed)
        before = load.count(200)
        subprocess.run(["mount", "-o", "remount,size=64m", place], check=True)
        wait_until(lambda: load.count(200) > before + 100)
        load.stop()
        self.end()
        seen, decisions = self.assert_nothing_unrecorded()
        self.assertEqual(seen, decisions)
        self.assertEqual(seen, {name.encode() for name, status in load.answers.items()
                                if status == 200})
        resumes = [r for r in self.records() if r["event"] == "resumes"]
        self.assertGreaterEqual(sum(r.get("refused", 0) for r in resumes), load.count(503))

    def test_a_full_disk_again_and_again_never_leaves_half_a_line(self):
        place = self.tmpfs()
        self.start("durability: synced")
        load = Load(self.socket)
        for round in range(15):
            wait_until(lambda: load.count(503) > 10 * (round + 1), 60)
            # Room for some more lines, never for a whole number of them.
            size = self.audit.stat().st_size
            subprocess.run(["mount", "-o", f"remount,size={size + 20480}", place], check=True)
            # Half a line is there for an instant at most.
            wait_until(lambda: self.audit.read_bytes().endswith(b"\n"), 10, "whole lines")
        load.stop()
        subprocess.run(["mount", "-o", "remount,size=64m", place], check=True)
        self.end()
        seen, decisions = self.assert_nothing_unrecorded()
        self.assertEqual(seen, decisions)

    def test_what_the_kernel_took_and_the_disk_did_not_is_no_decision(self):
        place = self.tmpfs("6m")
        disk, mounted = place / "disk", place / "mounted"
        mounted.mkdir()
        with open(disk, "wb") as file:
            file.truncate(64 << 20)
        # Without extents no block of its own says where a file's last ones are.
        subprocess.run(["mkfs.ext4", "-q", "-b", "4096", "-O", "^has_journal,^extent,^64bit",
                        "-E", "lazy_itable_init=0", disk], check=True)
        if subprocess.run(["mount", "-o", "loop", disk, mounted]).returncode != 0:
            self.skipTest("SKIPPED: no loop device can be mounted")
        self.addCleanup(subprocess.run, ["umount", mounted], check=True)
        # A loop device says that all was written where some was: it is given a page at a time.
        device = os.path.basename(os.path.realpath(subprocess.run(
            ["findmnt", "-no", "SOURCE", mounted], capture_output=True, text=True,
            check=True).stdout.strip()))
        pathlib.Path(f"/sys/block/{device}/queue/max_sectors_kb").write_text("4")
        self.audit = mounted / "audit.jsonl"
        self.start("durability: synced")
        self.create("first")
        # What is left of the disk's own disk, less a few pages.
        room = os.statvfs(place)
        (place / "filler").write_bytes(b"x" * (room.f_bavail * room.f_bsize - (200 << 10)))
        load = Load(self.socket)
        wait_until(lambda: load.count(503) > 20, 60)
        seen = created(self.engine)
        self.assertGreater(len(seen), 20)
        self.assertIn("the audit cannot be written: ", self.log.read_text())
        (place / "filler").unlink()
        before = load.count(200)
        wait_until(lambda: load.count(200) > before + 20, 60)
        load.stop()
        self.on_the_disk(disk)
        self.end()
        seen, decisions = self.assert_nothing_unrecorded()
        # What the disk refused was undone: no decision stands there for a request that was refused.
        self.assertEqual(seen, decisions)

    def on_the_disk(self, disk):
        """What a machine that lost its power now would find: all that the Engine was asked for."""
        found, lost_power = self.folder / "found", self.folder / "lost_power"
        found.mkdir()
        subprocess.run(["cp", "--sparse=always", disk, lost_power], check=True)
        subprocess.run(["mount", "-o", "loop", lost_power, found], check=True)
        try:
            decisions = decided(self.records(*sorted(found.glob("audit.jsonl*"))))
        finally:
            subprocess.run(["umount", found], check=True)
        self.assertEqual(created(self.engine) - decisions, set())

    def test_a_write_that_hangs_refuses_what_mutates_after_a_while(self):
        disk, mounted = self.folder / "disk", self.folder / "mounted"
        mounted.mkdir()
        with open(disk, "wb") as file:
            file.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", disk], check=True)
        if subprocess.run(["mount", "-o", "loop", disk, mounted]).returncode != 0:
            self.skipTest("SKIPPED: no loop device can be mounted")
        self.addCleanup(subprocess.run, ["umount", mounted], check=True)
        self.audit = mounted / "audit.jsonl"
        self.start()
        self.assertEqual(self.create("before"), 200)
        subprocess.run(["fsfreeze", "--freeze", mounted], check=True)
        try:
            began = time.monotonic()
            self.assertEqual(self.create("first"), 503)
            self.assertGreater(time.monotonic() - began, 5)
            began = time.monotonic()
            self.assertEqual([self.create(f"later-{i}") for i in range(10)], [503] * 10)
            self.assertLess(time.monotonic() - began, 5)
            self.assertEqual(request(self.socket, "GET", "/info")[0], 200)
            self.assertIn("nothing was for 10 s", self.log.read_text())
        finally:
            subprocess.run(["fsfreeze", "--unfreeze", mounted], check=True)
        wait_until(lambda: "the audit's disk answers again" in self.log.read_text())
        self.assertEqual(self.create("after"), 200)
        self.end()
        seen, decisions = self.assert_nothing_unrecorded()
        self.assertEqual(seen, {b"before", b"after"})
        # The one whose record came too late is on record as refused, too.
        self.assertEqual(decisions - seen, {b"first"})
        late = next(r["id"] for r in self.records() if r.get("asked", {}).get("name") == "first")
        self.assertEqual([(r["event"], r["verdict"], r.get("status"))
                          for r in self.records() if r.get("id") == late],
                         [("decision", "allow", None), ("request", "refuse", 503)])

    def test_reads_are_refused_by_setting(self):
        self.start("reads: refuse", file="/dev/full")
        wait_until(lambda: request(self.socket, "GET", "/info")[0] == 503)
        self.assertEqual(self.engine.received(), b"")
        self.end()

    def test_a_file_that_may_not_grow_recovers(self):
        self.start()
        self.assertEqual(self.create("one"), 200)
        pid = self.process.pid
        size = self.audit.stat().st_size
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 300, resource.RLIM_INFINITY))
        self.assertEqual(self.create("two"), 503)
        self.assertEqual(self.create("three"), 503)
        resource.prlimit(pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.assertEqual(self.create("four"), 200)
        self.end()
        seen, decisions = self.assert_nothing_unrecorded()
        self.assertEqual(seen, {b"one", b"four"})
        self.assertEqual(decisions, seen)

    def test_a_pipe_that_closes_refuses_what_mutates(self):
        reading, writing = os.pipe()
        self.start(file="-", stdout=writing)
        os.close(writing)
        received = []
        reader = threading.Thread(target=lambda: received.append(self.read_some(reading)))
        reader.start()
        load = Load(self.socket)
        wait_until(lambda: load.count(503) > 20)
        reader.join()
        load.stop()
        self.end()
        file = self.folder / "audit.jsonl"
        file.write_bytes(received[0])
        seen, decisions = created(self.engine), decided(self.records(file))
        # What the pipe held when it was closed nobody has read.
        self.assertGreater(len(decisions), 50)
        self.assertEqual(verify(file)[0], 0)
        check_schema(self.records(file))
        self.assertLessEqual(len(seen - decisions), 65536 // 400)

    def read_some(self, descriptor):
        text = b""
        while len(text) < 200_000:
            text += os.read(descriptor, 65536)
        os.close(descriptor)
        return text


class Signed(Audited):
    def test_a_signed_trail_cannot_be_written_anew(self):
        key = self.folder / "key.pem"
        made = subprocess.run([PROGRAM, "audit", "key", key], capture_output=True, text=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        again = subprocess.run([PROGRAM, "audit", "key", key], capture_output=True, text=True)
        self.assertEqual(again.returncode, 2)
        self.start(f"signing_key: {key}, signed_every: 10, rotate: {{ size: 64k }}")
        load = Load(self.socket)
        wait_until(lambda: len(self.files()) > 2, 60)
        load.stop()
        self.end()
        options = ("--public-key", f"{key}.pub")
        status, printed = verify(*self.files(), options=options)
        self.assertEqual(status, 0, printed)
        self.assertIn("the last 0 records are not signed yet", printed)
        check_trail(*self.files())
        # The same without the key: the chain holds by itself, and is nobody's.
        for file in self.files():
            file.unlink()
        self.start()
        self.create()
        self.end()
        self.assertEqual(verify(*self.files())[0], 0)
        status, printed = verify(*self.files(), options=options)
        self.assertEqual(status, 1)
        self.assertIn("nothing in the trail is signed with the key", printed)
        openssl = subprocess.run(["openssl", "pkey", "-pubin", "-in", f"{key}.pub", "-noout",
                                  "-text"], capture_output=True, text=True)
        self.assertIn("ED25519", openssl.stdout)


if __name__ == "__main__":
    unittest.main()
