"""The program as a whole, in front of an Engine that does what a test wants: streams, tunnels,
ends in the middle, listeners, the audit, start and stop."""

import hashlib
import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.fake_engine import OK  # noqa: E402
from tests.support.gate import PROGRAM, Gate, Process, request, wait_until  # noqa: E402
from tests.support.with_gate import ATTACH, PLAIN, WithGate, answering  # noqa: E402


class Clients(WithGate):
    def requests_of(self, name, count):
        """What one client asks for, on one connection, saying its name."""
        client = self.connect()
        for _ in range(count):
            client.sendall(b"POST /containers/%s/stop HTTP/1.1\r\nHost: d\r\nX-Meta-Name: %s\r\n"
                           b"Content-Length: 0\r\n\r\n" % (name, name))
            self.read_until(client, b"{}\n")
        client.close()

    def test_no_connection_to_the_engine_has_seen_two_of_them(self):
        """At the same time or one after another; what is looked up for them included."""
        names = [b"own-%d-%d" % (turn, number) for turn in range(3) for number in range(8)]

        def answer(conversation):
            while (head := conversation.read_head()) is not None:
                name = re.search(r"own-\d+-\d+", head)[0]
                if head.startswith("GET"):
                    number = hashlib.sha256(name.encode()).hexdigest().encode()
                    found = PLAIN.replace(b"7" * 64, number)
                    conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                                      % (len(found), found))
                else:
                    conversation.send(OK)
        self.start(answer)
        for turn in range(3):
            threads = [threading.Thread(target=self.requests_of, args=(name, 10))
                       for name in names[turn * 8:turn * 8 + 8]]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        seen = [set(re.findall(rb"own-\d+-\d+", b"".join(record)))
                for record in self.engine.connections]
        self.assertEqual({len(one) for one in seen}, {1})
        self.assertEqual(set.union(*seen), set(names))

    @unittest.skipUnless(os.getuid() == 0, "only root can be several users")
    def test_another_user_is_another_one(self):
        self.start(config="engine: unix://{engine}\n"
                          "listen: [{{ address: unix://{socket}, mode: \"0666\" }}]\n"
                          "audit: {{ file: {audit} }}\n"
                          "clients:\n"
                          "  - {{ name: roots, unix: {{ uid: 0 }}, policy: baseline }}\n"
                          "  - {{ name: theirs, unix: {{ uid: 4242, gid: 4243 }}, "
                          "policy: read-only }}\n")
        os.chmod(self.gate.folder, 0o711)
        program = ("import socket, sys\n"
                   "s = socket.socket(socket.AF_UNIX)\n"
                   "s.connect(sys.argv[1])\n"
                   "s.sendall(sys.argv[2].encode().decode('unicode_escape').encode())\n"
                   "s.shutdown(socket.SHUT_WR)\n"
                   "print(s.makefile('rb').read().decode())\n")

        def told(user, group, line):
            asked = line + r" HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n"
            done = subprocess.run(["/usr/bin/python3", "-c", program, self.gate.socket, asked],
                                  user=user, group=group, extra_groups=[], capture_output=True,
                                  text=True, timeout=60, check=True)
            return done.stdout.split(" ")[1], done.stdout
        stop = "POST /volumes/prune"
        self.assertEqual(told(0, 0, stop)[0], "200")
        self.assertEqual(told(4242, 4243, "GET /info")[0], "200")
        status, text = told(4242, 4243, stop)
        self.assertEqual(status, "403")
        self.assertIn("policy `read-only`", text)
        for user, group in ((4242, 0), (4243, 4243), (65534, 65534)):
            status, text = told(user, group, "GET /info")
            self.assertEqual(status, "403")
            self.assertIn("no client of the configuration matches", text)
        who = [(one["client"]["uid"], one["client"]["gid"], one["client"]["name"])
               for one in self.gate.records(7) if one["event"] != "decision"]
        self.assertEqual(who, [(0, 0, "roots"), (4242, 4243, "theirs"), (4242, 4243, "theirs"),
                               (4242, 0, ""), (4243, 4243, ""), (65534, 65534, "")])


class Tunnels(WithGate):
    def echo(self, head_of_answer):
        def answer(conversation, _):
            conversation.send(head_of_answer)
            while more := conversation.connection.recv(65536):
                conversation.send(more.upper())
            conversation.send(b"-end")
        return answering(answer)

    def test_half_close_goes_both_ways_after_101(self):
        self.start(self.echo(b"HTTP/1.1 101 UPGRADED\r\nContent-Type: "
                             b"application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\n"
                             b"Upgrade: tcp\r\n\r\n"))
        client = self.connect()
        client.sendall(ATTACH + b"early ")  # what comes before the 101 is not lost
        head = self.read_until(client, b"\r\n\r\n")
        self.assertIn(b"101", head)
        client.sendall(b"late")
        client.shutdown(socket.SHUT_WR)
        self.assertTrue((head + self.read_all(client)).endswith(b"EARLY LATE-end"))
        self.assertIn(b"/v1.41/containers/" + b"7" * 64, self.engine.received())

    def test_a_raw_stream_behind_200_is_a_tunnel_too(self):
        self.start(self.echo(b"HTTP/1.1 200 OK\r\nContent-Type: "
                             b"application/vnd.docker.raw-stream\r\n\r\n"))
        client = self.connect()
        client.sendall(ATTACH.replace(b"Connection: Upgrade\r\nUpgrade: tcp\r\n", b""))
        client.sendall(b"GET /info HTTP/1.1\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        self.assertTrue(self.read_all(client).endswith(b"GET /INFO HTTP/1.1\r\n\r\n-end"))

    def test_an_error_in_place_of_a_tunnel_leaves_http(self):
        def answer(conversation, head):
            conversation.send(b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}")
            return True
        self.start(answering(answer))
        client = self.connect()
        client.sendall(ATTACH + b"POST /swarm/leave HTTP/1.1\r\nHost: d\r\n\r\n")
        self.read_until(client, b"SwarmLeave is refused")
        self.assertNotIn(b"swarm", self.engine.received())

    def test_an_upgrade_that_nobody_asked_for_is_no_tunnel(self):
        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n")
            conversation.more()
        self.start(answering(answer))
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 502)

    def test_another_protocol_is_refused(self):
        self.start()
        client = self.connect()
        client.sendall(ATTACH.replace(b"Upgrade: tcp", b"Upgrade: h2c"))
        self.assertIn(b"400 Bad Request", self.read_until(client, b"\r\n\r\n"))
        self.assertEqual(self.engine.received(), b"")

    def test_a_client_that_leaves_takes_the_engines_connection_along(self):
        self.start(self.echo(b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n"))
        client = self.connect()
        client.sendall(ATTACH)
        self.read_until(client, b"\r\n\r\n")
        self.engine.ended.clear()
        client.close()
        self.assertTrue(self.engine.ended.wait(10))


class Streams(WithGate):
    def test_pieces_arrive_as_they_come_and_the_end_is_the_end(self):
        go_on = threading.Event()

        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
            go_on.wait(10)
            conversation.send(b"3\r\ntwo\r\n0\r\n\r\n")
            return True
        self.start(answering(answer))
        client = self.connect()
        client.sendall(b"GET /v1.41/events HTTP/1.1\r\nHost: d\r\n\r\n")
        self.assertIn(b"3\r\none\r\n", self.read_until(client, b"one\r\n"))
        go_on.set()
        self.read_until(client, b"3\r\ntwo\r\n0\r\n\r\n")

    def test_a_truncated_answer_has_no_last_chunk(self):
        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        self.start(answering(answer))
        client = self.connect()
        client.sendall(b"GET /v1.41/events HTTP/1.1\r\nHost: d\r\n\r\n")
        self.assertFalse(self.read_all(client).endswith(b"0\r\n\r\n"))

    def test_a_client_that_leaves_ends_the_stream(self):
        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            while conversation.more():
                pass
        self.start(answering(answer))
        client = self.connect()
        client.sendall(b"GET /v1.41/events HTTP/1.1\r\nHost: d\r\n\r\n")
        self.read_until(client, b"1\r\na\r\n")
        self.engine.ended.clear()
        client.close()
        self.assertTrue(self.engine.ended.wait(10))

    def test_a_client_that_only_ended_its_sending_gets_its_answer(self):
        may_answer = threading.Event()

        def answer(conversation, _):
            may_answer.wait(10)
            conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{\"StatusCode\":0}")
            return True
        self.start(answering(answer))
        client = self.connect()
        client.sendall(b"POST /v1.41/containers/x/wait HTTP/1.1\r\nHost: d\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        wait_until(lambda: b"wait" in self.engine.received())
        may_answer.set()
        self.assertIn(b"StatusCode", self.read_all(client))

    def test_an_early_answer_ends_the_upload(self):
        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}")
            conversation.more()
            return True
        self.start(answering(answer))
        client = self.connect()
        client.sendall(b"POST /v1.41/images/load HTTP/1.1\r\nHost: d\r\n"
                       b"Content-Length: 1000000000\r\n\r\n" + b"x" * 100_000)
        self.assertIn(b"404", self.read_until(client, b"{}"))

    def test_a_refusal_is_read_while_the_upload_goes_on(self):
        self.start(policy="read-only")
        client = self.connect()
        client.sendall(b"POST /v1.41/images/load HTTP/1.1\r\nHost: d\r\n"
                       b"Content-Length: 100000000\r\n\r\n")
        for _ in range(50):
            client.sendall(b"x" * 10_000)
        self.assertIn(b"ImageLoad is refused", self.read_until(client, b"request "))
        self.assertEqual(self.engine.received(), b"")

    def test_an_until_close_answer_is_chunked_for_the_client(self):
        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        self.start(answering(answer))
        status, body = request(self.gate.socket, "GET", "/info")
        self.assertEqual((status, body), (200, b"all of it"))

    def test_a_large_stream_takes_no_memory(self):
        size = 300_000_000

        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            piece = b"x" * 1_000_000
            for _ in range(size // len(piece)):
                conversation.send(piece)
            return True
        self.start(answering(answer))
        client = self.connect()
        client.sendall(b"GET /v1.41/images/get?names=a HTTP/1.1\r\nHost: d\r\n\r\n")
        left = size
        self.read_until(client, b"\r\n\r\n")
        while left > 70_000:
            left -= len(client.recv(1 << 20))
        with open(f"/proc/{self.gate.process.process.pid}/status", encoding="ascii") as file:
            peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
        self.assertLess(peak, 200_000)  # KiB; sanitizers take some of it


class Failures(WithGate):
    def test_an_engine_that_is_not_there(self):
        self.start()
        self.engine.stop()
        status, body = request(self.gate.socket, "GET", "/info")
        self.assertEqual(status, 502)
        self.assertIn("cannot be reached", json.loads(body)["message"])

    def test_an_engine_that_speaks_nonsense(self):
        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 200 OK\nContent-Length: 0\n\n")
        self.start(answering(answer))
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 502)

    def test_an_engine_that_closes(self):
        self.start(answering(lambda conversation, head: None))
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 502)
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 502)

    def test_a_lookup_that_fails_refuses(self):
        def answer(conversation):
            while conversation.read_head():
                conversation.send(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
        self.start(answer)
        status, body = request(self.gate.socket, "POST", "/containers/web/exec", '{"Cmd":["x"]}')
        self.assertEqual(status, 502)
        self.assertIn(b"reference.unresolved", body)
        self.assertNotIn(b"POST", self.engine.received())

    def test_nothing_mutates_while_the_audit_cannot_be_written(self):
        self.start(audit="/dev/full")
        self.assertEqual(request(self.gate.socket, "POST", "/containers/x/stop")[0], 503)
        self.assertEqual(self.engine.received(), b"")
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 200)


class AuditTrail(WithGate):
    def test_a_mutation_is_recorded_before_and_after(self):
        self.start()
        request(self.gate.socket, "POST", "/v1.41/volumes/create", '{"Name":"v"}')
        decision, outcome = self.gate.records(2)
        self.assertEqual((decision["event"], outcome["event"]), ("decision", "outcome"))
        self.assertEqual(decision["id"], outcome["id"])
        self.assertEqual(decision["operation"], "VolumeCreate")
        self.assertEqual(decision["client"]["uid"], os.getuid())
        self.assertEqual(decision["client"]["pid"], os.getpid())
        self.assertEqual((outcome["status"], outcome["ended"]), (200, "complete"))

    def test_the_decision_is_there_when_the_engine_sees_the_request(self):
        seen = []

        def answer(conversation, head):
            seen.append([r["event"] for r in self.gate.records()])
            conversation.send(b"HTTP/1.1 204 No Content\r\n\r\n")
            return True
        self.start(answering(answer))
        request(self.gate.socket, "POST", "/v1.41/containers/x/kill")
        self.assertEqual(seen, [["decision"]])

    def test_a_refusal_has_its_reasons_and_the_id_that_the_client_is_told(self):
        self.start()
        _, body = request(self.gate.socket, "POST", "/containers/create",
                          '{"Image":"a","HostConfig":{"Privileged":true}}')
        record, = self.gate.records(1)
        self.assertEqual(record["verdict"], "refuse")
        self.assertEqual(record["reasons"][0]["rule"], "container.privileged")
        self.assertIn(record["id"], json.loads(body)["message"])

    def test_what_is_no_http_is_recorded_too(self):
        self.start()
        client = self.connect()
        client.sendall(b"\x16\x03\x01")
        self.read_until(client, b"\r\n\r\n")
        self.assertEqual(self.gate.records(1)[0]["status"], 400)

    def test_nothing_secret_is_written(self):
        self.start()
        secret = "hunter2secret"
        request(self.gate.socket, "POST", "/v1.41/containers/create",
                json.dumps({"Image": "a", "Env": [f"P={secret}"], "Labels": {"l": secret},
                            "HostConfig": {"Privileged": True}}),
                {"X-Registry-Auth": secret, "Cookie": secret})
        request(self.gate.socket, "POST", f"/build?buildargs=%7B%22A%22%3A%22{secret}%22%7D", b"",
                {"Content-Type": "application/x-tar"})
        request(self.gate.socket, "GET", f"/nothing?token={secret}")
        self.gate.records(3)
        self.assertNotIn(secret, self.gate.audit.read_text())
        self.assertNotIn(secret, (self.gate.folder / "log").read_text())


class StartAndStop(WithGate):
    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, timeout=30,
                              text=True)

    def test_the_socket_has_its_mode_from_the_start(self):
        self.start()
        self.assertEqual(stat.S_IMODE(self.gate.socket.stat().st_mode), 0o660)

    def test_a_live_socket_is_refused_and_a_stale_one_replaced(self):
        self.start()
        second = self.run_program("serve", "--engine", f"unix://{self.engine.socket}", "--listen",
                                  f"unix://{self.gate.socket}")
        self.assertEqual(second.returncode, 1)
        self.assertIn("another dockgate is listening", second.stderr)
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 200)
        self.gate.process.stop(signal.SIGKILL)
        self.assertTrue(self.gate.socket.exists())
        again = Gate.__new__(Gate)
        again.folder = pathlib.Path(tempfile.mkdtemp())
        again.audit = again.folder / "audit"
        again.process = Process([PROGRAM, "serve", "--engine", f"unix://{self.engine.socket}",
                                 "--listen", f"unix://{self.gate.socket}", "--audit",
                                 again.folder / "audit"], again.folder / "log")
        self.addCleanup(again.stop)
        wait_until(lambda: self.answers(self.gate.socket), 10, "the second dockgate")

    def answers(self, path):
        try:
            return request(path, "GET", "/info")[0] == 200
        except OSError:
            return False

    def test_a_file_in_the_way_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(f"{folder}/s").write_text("mine")
            done = self.run_program("serve", "--listen", f"unix://{folder}/s")
            self.assertEqual(done.returncode, 1)
            self.assertEqual(pathlib.Path(f"{folder}/s").read_text(), "mine")

    def test_sigterm_lets_a_request_end_and_removes_the_socket(self):
        may_answer = threading.Event()

        def answer(conversation, _):
            may_answer.wait(10)
            conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")
            return True
        self.start(answering(answer))
        client = self.connect()
        client.sendall(b"GET /info HTTP/1.1\r\nHost: d\r\n\r\n")
        wait_until(lambda: b"info" in self.engine.received())
        self.gate.process.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not self.answers(self.gate.socket))
        may_answer.set()
        self.assertTrue(self.read_all(client).endswith(b"late"))
        self.assertEqual(self.gate.process.process.wait(10), 0)
        self.assertFalse(self.gate.socket.exists())

    def test_a_supervisor_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            told.bind(f"{folder}/notify")
            told.settimeout(20)
            self.start(env=dict(os.environ, NOTIFY_SOCKET=f"{folder}/notify"))
            self.assertEqual(told.recv(100), b"READY=1")
            self.gate.process.stop()
            self.assertEqual(told.recv(100), b"STOPPING=1")
            told.close()

    def test_who_is_nobodys_client_is_told_so(self):
        self.start(config="engine: unix://{engine}\n"
                          "listen: [{{ address: unix://{socket} }}]\n"
                          "audit: {{ file: {audit} }}\n"
                          "clients: [{{ name: other, unix: {{ uid: 4242 }}, policy: baseline }}]\n")
        status, body = request(self.gate.socket, "GET", "/info")
        self.assertEqual(status, 403)
        self.assertIn(b"no client of the configuration matches", body)
        self.assertEqual(self.gate.records(1)[0]["client"]["name"], "")
        self.assertEqual(self.engine.received(), b"")

    def test_connections_have_a_limit(self):
        self.start(config="engine: unix://{engine}\n"
                          "listen: [{{ address: unix://{socket} }}]\n"
                          "audit: {{ file: {audit} }}\n"
                          "limits: {{ connections_per_client: 1 }}\n"
                          "clients: [{{ name: all, policy: baseline }}]\n")
        first = self.connect()
        first.sendall(b"GET /info HTTP/1.1\r\nHost: d\r\n\r\n")
        self.read_until(first, b"{}")
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 429)

    def test_a_listener_has_a_limit_of_connections_of_its_own(self):
        self.start(config="engine: unix://{engine}\n"
                          "listen: [{{ address: unix://{socket} }}, "
                          "{{ address: \"unix://{socket}.other\" }}]\n"
                          "audit: {{ file: {audit} }}\n"
                          "limits: {{ connections_per_listener: 2 }}\n"
                          "clients: [{{ name: all, policy: baseline }}]\n")
        first, second = self.connect(), self.connect()
        for client in (first, second):
            self.assertEqual(self.ask(client, b"/info")[0], 200)
        status, body = request(self.gate.socket, "GET", "/info")
        self.assertEqual(status, 503)
        self.assertIn(b"too many connections", body)
        self.assertEqual(request(f"{self.gate.socket}.other", "GET", "/info")[0], 200)
        self.assertEqual(self.ask(second, b"/info")[0], 200)
        first.close()
        wait_until(lambda: request(self.gate.socket, "GET", "/info")[0] == 200)

    def test_slow_heads_and_idle_connections_end(self):
        self.start(config="engine: unix://{engine}\n"
                          "listen: [{{ address: unix://{socket} }}]\n"
                          "audit: {{ file: {audit} }}\n"
                          "limits: {{ head_time: 1, idle: 1 }}\n"
                          "clients: [{{ name: all, policy: baseline }}]\n")
        slow, idle = self.connect(), self.connect()
        slow.sendall(b"GET /info HT")
        self.assertIn(b"408", self.read_all(slow))
        self.assertEqual(self.read_all(idle), b"")

    def test_check_says_what_a_file_means_or_what_is_wrong_with_it(self):
        with tempfile.TemporaryDirectory() as folder:
            good, bad = pathlib.Path(f"{folder}/good.yaml"), pathlib.Path(f"{folder}/bad.yaml")
            good.write_text("extends: baseline\ncontainer: { allow: { cap_add: [KILL] } }\n")
            bad.write_text("extends: baseline\ncontainer: { allow: { cap_ad: [KILL] } }\n")
            done = self.run_program("check", good)
            self.assertEqual(done.returncode, 0)
            self.assertIn("cap_add              KILL", done.stdout)
            done = self.run_program("check", bad)
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"{bad}:2:23: unknown key `cap_ad`", done.stderr)
            self.assertEqual(self.run_program("check", f"{folder}/none").returncode, 2)

    def test_help_and_version(self):
        self.assertIn("docker run --privileged", self.run_program("--help").stdout)
        self.assertRegex(self.run_program("--version").stdout, r"dockgate \d+\.\d+\.\d+")
        self.assertEqual(self.run_program("serve", "--no-such").returncode, 2)
        self.assertEqual(self.run_program("serve", "--policy", "basline").returncode, 2)


if __name__ == "__main__":
    unittest.main()
