"""Settings that change while dockgate runs: when they come into force, what goes on by the older
ones, what ends, and what is wrong with a file that is not taken over."""

import json
import os
import pathlib
import re
import signal
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.fake_engine import FakeEngine  # noqa: E402
from tests.support.gate import Authority, TlsAddress, request, wait_until  # noqa: E402
from tests.support.with_gate import ATTACH, WithGate, answering  # noqa: E402

CONFIG = """
engine: unix://ENGINE
listen: [{ address: "unix://SOCKET" }%(listen)s]
audit: { file: AUDIT }
%(more)s
clients: [{ name: all, policy: %(policy)s%(client)s }]
"""
UP = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"


def config(policy="baseline", more="", listen="", client=""):
    """A Gate's `config`; what is given here stands in the file as it is."""
    values = {"policy": policy, "more": more, "listen": listen, "client": client}
    text = (CONFIG % values).replace("{", "{{").replace("}", "}}")
    return (text.replace("ENGINE", "{engine}").replace("SOCKET", "{socket}")
            .replace("AUDIT", "{audit}"))


def echo(conversation, _):
    conversation.send(UP)
    while more := conversation.connection.recv(65536):
        conversation.send(more.upper())


class Reloads(WithGate):
    def begin(self, answer=None, **said):
        options = {"config": config(**said)}
        if answer is None:
            self.start(**options)
        else:
            self.start(answering(answer), **options)

    def hang_up(self):
        self.gate.process.process.send_signal(signal.SIGHUP)

    def take_over(self, generation=2, **said):
        self.gate.configure(config(**said))
        self.hang_up()
        self.wait_for(f"generation {generation} is in force: sha256:")

    def wait_for(self, text):
        wait_until(lambda: text in self.gate.log(), 10, text)

    def tunnel(self):
        client = self.connect()
        client.sendall(ATTACH)
        self.read_until(client, b"\r\n\r\n")
        return client

    def still_echoes(self, client):
        client.sendall(b"still here")
        self.read_until(client, b"STILL HERE")

    def stops(self, client):
        return self.ask(client, b"/containers/x/stop", b"POST")[0]


class InForce(Reloads):
    def test_the_next_request_of_an_open_connection_is_judged_by_the_new_policy(self):
        self.begin()
        client = self.connect()
        self.assertEqual(self.stops(client), 200)
        self.take_over(policy="read-only")
        status, body = self.ask(client, b"/containers/x/stop", b"POST")
        self.assertEqual(status, 403)
        self.assertIn(b"by policy `read-only`", body)
        self.assertEqual(self.ask(client, b"/info")[0], 200)
        self.assertEqual(self.gate.records(4)[-1]["policy"], "read-only")

    def test_a_file_that_changed_is_read_without_a_signal(self):
        self.begin()
        self.gate.configure(config(policy="read-only"))
        self.wait_for("generation 2 is in force")
        self.assertEqual(self.stops(self.connect()), 403)

    def test_the_file_of_a_policy_by_itself_is_read_again_too(self):
        with tempfile.TemporaryDirectory() as folder:
            policy = pathlib.Path(f"{folder}/p.yaml")
            policy.write_text("extends: baseline\n")
            self.start(policy=str(policy))
            policy.write_text("extends: read-only\n")
            self.wait_for("generation 2 is in force")
            self.assertEqual(self.stops(self.connect()), 403)

    def test_a_head_that_was_being_sent_is_judged_by_what_came_meanwhile(self):
        self.begin()
        client = self.connect()
        client.sendall(b"POST /containers/x/stop HTTP/1.1\r\nHost: d\r\n")
        time.sleep(0.2)
        self.take_over(policy="read-only")
        client.sendall(b"Content-Length: 0\r\n\r\n")
        self.assertIn(b" 403 ", self.read_until(client, b"\r\n\r\n"))

    def test_the_same_settings_have_the_same_digest_and_others_another(self):
        self.begin(policy="baseline")
        self.take_over(2, policy="read-only")
        self.take_over(3, policy="baseline")
        self.take_over(4, policy="read-only", more="# a comment\n")
        digests = re.findall(r"is in force: (sha256:\w+)", self.gate.log())
        self.assertEqual(digests[0], digests[2])
        self.assertNotEqual(digests[0], digests[1])

    def test_who_is_nobodys_client_any_more_is_told_and_closed(self):
        self.begin()
        client = self.connect()
        self.assertEqual(self.ask(client, b"/info")[0], 200)
        self.take_over(client=", unix: { uid: 4242 }")
        status, body = self.ask(client, b"/info")
        self.assertEqual(status, 403)
        self.assertIn(b"no client of the configuration matches", body)
        self.assertEqual(client.recv(100), b"")

    def test_another_engine_gets_the_next_request(self):
        other = FakeEngine()
        self.addCleanup(other.stop)
        self.begin()
        client = self.connect()
        self.assertEqual(self.ask(client, b"/info")[0], 200)
        self.gate.engine = other.socket
        self.take_over()
        self.assertEqual(self.ask(client, b"/version")[0], 200)
        self.assertEqual(len(other.requests()), 1)
        self.assertEqual(len(self.engine.requests()), 1)

    def test_a_supervisor_is_told_of_both_ends(self):
        with tempfile.TemporaryDirectory() as folder:
            told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.addCleanup(told.close)
            told.bind(f"{folder}/notify")
            told.settimeout(20)
            self.start(config=config(), env=dict(os.environ, NOTIFY_SOCKET=f"{folder}/notify"))
            self.assertEqual(told.recv(100), b"READY=1")
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            self.gate.config.write_text("listen: nowhere\n")
            self.hang_up()
            reloading = re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=(\d+)", told.recv(100))
            self.assertGreaterEqual(int(reloading[1]), before)
            self.assertEqual(told.recv(100), b"READY=1")


class ProgramLog(Reloads):
    def test_has_another_form_and_level_from_now_on(self):
        self.begin()
        self.take_over(more="log: { format: json, level: info }")
        last = json.loads(self.gate.log().splitlines()[-1])
        self.assertEqual(last["level"], "info")
        self.assertIn("generation 2 is in force", last["message"])
        self.assertRegex(last["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.gate.configure(config(policy="read-only", more="log: { format: json, level: error }"))
        self.hang_up()
        wait_until(lambda: self.stops(self.connect()) == 403)
        self.gate.config.write_text('"a\\n\\"b": 1\n')
        self.hang_up()
        self.wait_for("going on with generation 3")
        lines = [json.loads(line) for line in self.gate.log().splitlines()
                 if line.startswith("{")]
        self.assertEqual({line["level"] for line in lines[1:]}, {"error"})
        self.assertTrue(any('`a\n"b`' in line["message"] for line in lines))


class Limits(Reloads):
    def test_the_pace_of_a_client_goes_on(self):
        limits = ", limits: { requests_per_second: 1, burst: 2 }"
        self.begin(client=limits)
        client = self.connect()
        self.assertEqual([self.ask(client, b"/info")[0] for _ in range(3)], [200, 200, 429])
        self.take_over(client=limits, policy="read-only")
        self.assertEqual(self.ask(client, b"/info")[0], 429)

    def test_connections_that_were_there_count(self):
        limits = ", limits: { connections: 1 }"
        self.begin(client=limits)
        first = self.connect()
        self.assertEqual(self.ask(first, b"/info")[0], 200)
        self.take_over(client=limits, policy="read-only")
        self.assertEqual(self.ask(first, b"/info")[0], 200)
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 429)
        first.close()
        wait_until(lambda: request(self.gate.socket, "GET", "/info")[0] == 200)

    def test_a_new_limit_is_kept_by_who_is_there(self):
        self.begin()
        client = self.connect()
        self.assertEqual(self.ask(client, b"/info")[0], 200)
        self.take_over(client=", limits: { requests_per_second: 1 }")
        self.assertEqual([self.ask(client, b"/info")[0] for _ in range(2)], [200, 429])


class Streams(Reloads):
    def test_a_tunnel_keeps_the_policy_under_which_it_began(self):
        self.begin(echo)
        client = self.tunnel()
        self.take_over(policy="read-only")
        self.still_echoes(client)
        refused = self.connect()
        refused.sendall(ATTACH)
        self.assertIn(b" 403 ", self.read_until(refused, b"\r\n\r\n"))

    def test_revoke_ends_what_the_new_policy_would_refuse(self):
        self.begin(echo)
        client = self.tunnel()
        self.take_over(policy="read-only", more="reload: { revoke: true }")
        try:
            self.assertEqual(client.recv(100), b"")
        except ConnectionResetError:
            pass
        outcome = self.gate.records(2)[-1]
        self.assertEqual((outcome["event"], outcome["ended"]), ("outcome", "revoked"))
        self.assertTrue(self.engine.ended.wait(10))
        self.assertIn("ContainerAttach is refused by policy `read-only`", self.gate.log())

    def test_revoke_leaves_what_the_new_policy_allows_too(self):
        self.begin(echo)
        client = self.tunnel()
        self.take_over(more="reload: { revoke: true }", client=", limits: { connections: 7 }")
        self.still_echoes(client)

    def test_revoke_ends_the_streams_of_who_is_nobodys_client_any_more(self):
        def follow(conversation, _):
            conversation.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            conversation.more()
        self.begin(follow)
        client = self.connect()
        client.sendall(b"GET /v1.41/events HTTP/1.1\r\nHost: d\r\n\r\n")
        self.read_until(client, b"1\r\na\r\n")
        self.take_over(client=", unix: { uid: 4242 }", more="reload: { revoke: true }")
        self.assertFalse(self.read_all(client).endswith(b"0\r\n\r\n"))
        self.assertEqual(self.gate.records(1)[-1]["ended"], "revoked")


class Listeners(Reloads):
    def two(self):
        return f', {{ address: "unix://{self.gate.folder}/two.sock" }}'

    def test_are_opened_and_closed(self):
        self.begin()
        two = self.gate.folder / "two.sock"
        self.take_over(listen=self.two())
        self.assertEqual(request(two, "GET", "/info")[0], 200)
        open_one = socket.socket(socket.AF_UNIX)
        self.addCleanup(open_one.close)
        open_one.connect(str(two))
        self.assertEqual(self.ask(open_one, b"/info")[0], 200)
        self.take_over(3)
        self.assertFalse(two.exists())
        status, body = self.ask(open_one, b"/info")
        self.assertEqual(status, 403)
        self.assertIn(b"is no listener any more", body)
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 200)

    def test_get_other_files_of_tls(self):
        one, other = Authority("runner"), Authority("runner")
        self.addCleanup(one.remove)
        self.addCleanup(other.remove)

        def at(authority):
            tls = authority.tls().replace("{{", "{").replace("}}", "}")
            return f', {{ address: "tcp://127.0.0.1:0", tls: {tls} }}'
        anywhere = "confinement: { file_access: off }"
        self.begin(listen=at(one), more=anywhere)
        address = TlsAddress(self.gate.port(), one.client("runner"))
        self.assertEqual(request(address, "GET", "/info")[0], 200)
        self.gate.configure(config(listen=at(other), more=anywhere))
        self.hang_up()
        self.wait_for("generation 2 is in force")
        with self.assertRaises(OSError):
            request(address, "GET", "/info")
        address.certificates = other.client("runner")
        self.assertEqual(request(address, "GET", "/info")[0], 200)


    def test_a_ticket_is_for_its_generation(self):
        authority = Authority("runner")
        self.addCleanup(authority.remove)
        tls = authority.tls().replace("{{", "{").replace("}}", "}")
        listen = f', {{ address: "tcp://127.0.0.1:0", tls: {tls} }}'
        self.begin(listen=listen)
        address = TlsAddress(self.gate.port(), authority.client("runner"))
        context = address.context()

        def visit(session=None):
            plain = socket.create_connection((address.host, address.port), 30)
            with context.wrap_socket(plain, server_hostname=address.host, session=session) as tls:
                tls.sendall(b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n")
                self.assertIn(b" 200 ", tls.recv(65536))
                return tls.session_reused, tls.session
        resumed, session = visit()
        self.assertFalse(resumed)
        resumed, session = visit(session)
        self.assertTrue(resumed)
        self.gate.configure(config(listen=listen, policy="observe"))
        self.wait_for("generation 2 is in force")
        self.wait_for("certificate, clients' authority and revocation list read")
        self.assertFalse(visit(session)[0])


class NotTakenOver(Reloads):
    def refuses(self, *texts):
        for text in texts:
            self.wait_for(text)
        self.wait_for("going on with generation 1")
        self.assertEqual(self.stops(self.connect()), 200)

    def test_a_broken_file_is_told_with_its_places(self):
        self.begin()
        self.gate.configure(config(policy="read-onl", more="limts: {}"))
        self.hang_up()
        self.refuses(f"{self.gate.config}:5:1: unknown key `limts`; did you mean `limits`?",
                     f"{self.gate.config}:6:32: there is no policy `read-onl`")
        self.gate.configure(config(policy="read-only"))
        self.wait_for("generation 2 is in force")

    def test_a_file_that_is_gone_is_told(self):
        self.begin()
        self.gate.config.unlink()
        self.refuses("cannot be read: No such file")

    def test_nothing_of_it_is_when_one_listener_cannot_be_opened(self):
        self.begin()
        (self.gate.folder / "file").write_text("in the way")
        self.gate.configure(config(
            policy="read-only",
            listen=f', {{ address: "unix://{self.gate.folder}/three.sock" }}'
                   f', {{ address: "unix://{self.gate.folder}/file" }}'))
        self.hang_up()
        self.refuses("file is there and is no socket")
        self.assertFalse((self.gate.folder / "three.sock").exists())

    def test_what_needs_a_restart_is_told(self):
        self.begin()
        self.gate.configure(config(policy="read-only", more="threads: 7"))
        self.hang_up()
        self.refuses("`threads` cannot change while dockgate runs: restart it, or set it back")
        self.gate.configure(config(policy="read-only").replace("{audit}", "{audit}2"))
        self.hang_up()
        self.wait_for("`audit` cannot change while dockgate runs")
        self.gate.configure(config(policy="read-only").replace("{socket}\"", "{socket}\", mode: 0600"))
        self.hang_up()
        self.wait_for(f"`mode and group of unix://{self.gate.socket}` cannot change")
        self.assertEqual(self.stops(self.connect()), 200)


if __name__ == "__main__":
    unittest.main()
