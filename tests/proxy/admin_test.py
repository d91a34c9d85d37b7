"""The admin listener: what it shows, to whom, and that its numbers are those of what happened."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import (  # noqa: E402
    PROGRAM, Authority, TlsAddress, UnixHTTPConnection, request, wait_until)
from tests.support.prometheus import lint, scrape  # noqa: E402
from tests.support.with_gate import ATTACH, WithGate, answering  # noqa: E402

CONFIG = """
engine: unix://{engine}
listen: [{{ address: "unix://{socket}" }}]
admin: {{ address: "unix://{socket}.admin"MORE }}
audit: {{ file: AUDIT }}
clients:
  - {{ name: nobody, unix: {{ uid: 4242 }}, policy: baseline }}
  - {{ name: 'ci "one"', policy: POLICY }}
"""
UP = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
PRIVILEGED = '{"Image":"a","HostConfig":{"Privileged":true}}'


class Admin(WithGate):
    def begin(self, *answer, policy="baseline", more="", audit="{audit}"):
        self.start(*answer, config=CONFIG.replace("POLICY", policy).replace("MORE", more)
                   .replace("AUDIT", audit))
        self.admin = f"{self.gate.socket}.admin"

    def until(self, name, value, **labels):
        wait_until(lambda: scrape(self.admin).value(name, **labels) == value, 10,
                   f"{name} {labels} = {value}")

    def requests(self, operation, verdict, client='ci \\"one\\"'):
        return scrape(self.admin).value("dockgate_requests_total", operation=operation,
                                        client=client, verdict=verdict)


class Pages(Admin):
    def test_there_are_four(self):
        self.begin()
        self.assertEqual(request(self.admin, "GET", "/healthz"), (200, b'{"status":"ok"}\n'))
        self.assertEqual(request(self.admin, "GET", "/readyz"), (200, b'{"status":"ready"}\n'))
        self.assertEqual(request(self.admin, "GET", "/metrics?a=b")[0], 200)
        status, body = request(self.admin, "GET", "/policy")
        self.assertEqual(status, 200)
        said = json.loads(body)
        self.assertEqual(said["generation"], 1)
        self.assertRegex(said["digest"], "^sha256:[0-9a-f]{64}$")
        self.assertRegex(said["loaded"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        policy, = said["policies"]
        self.assertEqual((policy["name"], policy["mode"]), ("baseline", "enforce"))
        self.assertEqual(policy["clients"], ["nobody", 'ci "one"'])
        checked = subprocess.run([PROGRAM, "check", self.gate.config], capture_output=True,
                                 text=True, check=True)
        self.assertIn(f"baseline {policy['digest']}\n", checked.stdout)

    def test_nothing_of_docker_is_there_and_nothing_of_them_is_where_docker_is(self):
        self.begin()
        self.assertEqual(request(self.admin, "GET", "/info")[0], 404)
        for page in ("/metrics", "/healthz", "/readyz", "/policy"):
            self.assertEqual(request(self.gate.socket, "GET", page)[0], 404)
        self.assertEqual(self.engine.received(), b"")

    def test_they_are_only_read(self):
        self.begin()
        self.assertEqual(request(self.admin, "POST", "/metrics")[0], 405)
        self.assertEqual(request(self.admin, "GET", "/metrics", "{}")[0], 400)
        connection = UnixHTTPConnection(self.admin)
        connection.request("HEAD", "/healthz")
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.length, answer.read()), (200, 0, b""))
        connection.close()

    def test_what_is_no_http_ends_its_own_connection_alone(self):
        self.begin()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.admin)
            client.sendall(b"\x16\x03\x01")
            self.assertIn(b"400 Bad Request", self.read_all(client))
        self.assertEqual(request(self.admin, "GET", "/healthz")[0], 200)

    def test_the_socket_is_gone_at_the_end(self):
        self.begin()
        self.assertTrue(os.path.exists(self.admin))
        self.gate.process.stop()
        self.assertFalse(os.path.exists(self.admin))

    def test_with_tls_only_certified_clients_see_them(self):
        ca, other = Authority("prometheus"), Authority("prometheus")
        self.addCleanup(ca.remove)
        self.addCleanup(other.remove)
        config = CONFIG.replace("POLICY", "baseline").replace("AUDIT", "{audit}")
        self.start(config=config.replace('"unix://{socket}.admin"MORE',
                                         f'"tcp://127.0.0.1:0", tls: {ca.tls()}'))
        address = TlsAddress(self.gate.port(), ca.client("prometheus"))
        self.assertEqual(request(address, "GET", "/healthz")[0], 200)
        ends = {labels for name, labels in scrape(address).samples
                if name == "dockgate_tls_expiry_timestamp_seconds"}
        self.assertEqual({dict(labels)["kind"] for labels in ends},
                         {"certificate", "client_ca", "crl"})
        address.certificates = other.client("prometheus")
        with self.assertRaises(OSError):
            request(address, "GET", "/healthz")

    def test_an_end_that_is_near_is_told_in_the_log_and_in_seconds(self):
        ca = Authority("runner")
        self.addCleanup(ca.remove)
        ca.run("server", "--name", "brief", "--ip", "127.0.0.1", "--days", "5")
        config = CONFIG.replace("POLICY", "baseline").replace("AUDIT", "{audit}").replace("MORE", "")
        self.start(config=config.replace(
            '"unix://{socket}"', '"unix://{socket}" }}, {{ address: "tcp://127.0.0.1:0", tls: '
            + ca.tls().replace("servers/localhost", "servers/brief")))
        wait_until(lambda: "the certificate ends in 4 days" in self.gate.log(), 10)
        until = subprocess.check_output(
            ["openssl", "x509", "-enddate", "-noout", "-dateopt", "iso_8601", "-in",
             ca.folder / "servers/brief/cert.pem"], text=True).strip().split("=")[1]
        seconds = int(subprocess.check_output(["date", "-d", until, "+%s"]))
        self.assertEqual(scrape(f"{self.gate.socket}.admin").value(
            "dockgate_tls_expiry_timestamp_seconds", kind="certificate",
            listener=f"tcp://127.0.0.1:{self.gate.port()}"), seconds)


class Healthcheck(Admin):
    def check(self, *arguments):
        done = subprocess.run([PROGRAM, "healthcheck", *map(str, arguments)], text=True,
                              capture_output=True, check=False, timeout=30)
        return done.returncode, done.stderr

    def test_asks_the_admin_listener_whether_all_is_ready(self):
        self.begin()
        self.assertEqual(self.check("--config", self.gate.config), (0, ""))
        self.assertEqual(self.check("--admin", f"unix://{self.admin}"), (0, ""))
        self.engine.socket.unlink()
        code, said = self.check("--config", self.gate.config)
        self.assertEqual(code, 1)
        self.assertIn("/readyz: HTTP/1.1 503 Service Unavailable", said)
        self.assertIn("the Engine cannot be reached", said)
        self.gate.process.stop()
        code, said = self.check("--config", self.gate.config)
        self.assertEqual(code, 1)
        self.assertIn("no answer: No such file or directory", said)

    def test_asks_for_a_ping_where_there_is_no_admin_listener(self):
        self.start()
        self.assertEqual(self.check("--listen", f"unix://{self.gate.socket}"), (0, ""))
        self.engine.socket.unlink()
        code, said = self.check("--listen", f"unix://{self.gate.socket}")
        self.assertEqual(code, 1)
        self.assertIn("/_ping: HTTP/1.1 502 Bad Gateway", said)

    def test_asks_a_port_of_loopback_too(self):
        config = CONFIG.replace("POLICY", "baseline").replace("AUDIT", "{audit}")
        self.start(config=config.replace('"unix://{socket}.admin"MORE', '"tcp://127.0.0.1:0"'))
        self.assertEqual(self.check("--admin", f"tcp://127.0.0.1:{self.gate.port()}"), (0, ""))

    def test_says_so_where_it_would_need_a_certificate(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write('listen: [{ address: "tcp://127.0.0.1:2376", '
                       "tls: { certificate: a, key: b, client_ca: c } }]\n"
                       "clients: [{ name: a, policy: baseline }]\n")
            file.flush()
            code, said = self.check("--config", file.name)
            self.assertEqual(code, 1)
            self.assertIn("nobody to ask without a certificate", said)

    def test_a_broken_configuration_is_not_healthy(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("nonsense: 1\n")
            file.flush()
            self.assertEqual(self.check("--config", file.name)[0], 1)


class Numbers(Admin):
    def test_promtool_finds_nothing_to_mend(self):
        self.begin()
        self.assertEqual(lint(scrape(self.admin).text), "")
        request(self.gate.socket, "GET", "/info")
        request(self.gate.socket, "POST", "/containers/create", PRIVILEGED)
        request(self.gate.socket, "GET", "/none")
        self.until("dockgate_own_answers_total", 1, status="404")
        self.assertEqual(lint(scrape(self.admin).text), "")
        self.assertNotEqual(lint("# TYPE nothing_total gauge\nnothing_total 1\n"), "")

    def test_every_one_is_documented_and_there_is_no_other(self):
        self.begin()
        shown = set(re.findall(r"^# TYPE (\w+) ", scrape(self.admin).text, re.MULTILINE))
        readme = pathlib.Path(__file__).resolve().parents[2] / "proxy/metrics/README.md"
        told = re.findall(r"^\| `(\w+)` \|", readme.read_text(), re.MULTILINE)
        self.assertEqual(shown, set(told))

    def test_requests_are_counted_by_operation_client_and_verdict(self):
        self.begin()
        for _ in range(5):  # on both workers
            request(self.gate.socket, "GET", "/info")
        request(self.gate.socket, "POST", "/containers/create", PRIVILEGED)
        request(self.gate.socket, "GET", "/one")
        request(self.gate.socket, "GET", "/two")
        wait_until(lambda: self.requests("unknown", "refuse") == 2, 10)
        self.assertEqual(self.requests("SystemInfo", "allow"), 5)
        self.assertEqual(self.requests("ContainerCreate", "refuse"), 1)
        numbers = scrape(self.admin)
        self.assertEqual(numbers.value("dockgate_refusals_total", rule="container.privileged",
                                       verdict="refuse"), 1)
        self.assertEqual(numbers.value("dockgate_own_answers_total", status="404"), 2)
        self.assertEqual(numbers.value("dockgate_request_duration_seconds_count",
                                       operation="SystemInfo"), 5)
        self.assertEqual(numbers.value("dockgate_response_body_bytes_sum"), 15)
        self.assertEqual(numbers.value("dockgate_request_body_bytes_sum"), len(PRIVILEGED))
        self.assertEqual(numbers.value("dockgate_engine_answer_seconds_count"), 5)
        wait_until(lambda: scrape(self.admin).value("dockgate_audit_records_total") >= 8, 10)

    def test_what_is_only_warned_of_is_counted(self):
        self.begin(policy="observe")
        request(self.gate.socket, "POST", "/containers/create", PRIVILEGED)
        wait_until(lambda: self.requests("ContainerCreate", "would_refuse") == 1, 10)
        self.assertEqual(scrape(self.admin).value(
            "dockgate_refusals_total", rule="container.privileged", verdict="would_refuse"), 1)

    def test_who_is_nobodys_client_has_no_name(self):
        self.begin()
        self.gate.configure(CONFIG.replace("POLICY", "baseline").replace("MORE", "")
                            .replace("AUDIT", "{audit}").replace("policy: baseline }}\n\"", "")
                            .replace("""name: 'ci "one"',""", "name: other, unix: {{ uid: 9999 }},"))
        self.gate.process.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "generation 2" in self.gate.log(), 10)
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 403)
        wait_until(lambda: self.requests("unknown", "refuse", client="") == 1, 10)

    def test_what_is_under_way_is_seen(self):
        def answer(conversation, head):
            if "/attach" in head:
                conversation.send(UP)
            else:
                conversation.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            conversation.more()
        self.begin(answering(answer))
        tunnel, stream = self.connect(), self.connect()
        tunnel.sendall(ATTACH)
        self.read_until(tunnel, b"\r\n\r\n")
        stream.sendall(b"GET /v1.41/events HTTP/1.1\r\nHost: d\r\n\r\n")
        self.read_until(stream, b"1\r\na\r\n")
        numbers = scrape(self.admin)
        self.assertEqual(numbers.value("dockgate_hijacked_connections"), 1)
        self.assertEqual(numbers.value("dockgate_streams"), 1)
        self.assertEqual(numbers.value("dockgate_requests_in_flight"), 2)
        self.assertEqual(numbers.value("dockgate_connections",
                                       listener=f"unix://{self.gate.socket}"), 2)
        self.assertEqual(numbers.value("dockgate_client_connections", client='ci \\"one\\"'), 2)
        self.assertEqual(numbers.value("dockgate_client_connections", client="nobody"), 0)
        self.assertGreaterEqual(numbers.value("dockgate_lookups_total", result="found"), 1)
        tunnel.close()
        stream.close()
        for name in ("hijacked_connections", "streams", "requests_in_flight"):
            self.until(f"dockgate_{name}", 0)
        self.until("dockgate_client_connections", 0, client='ci \\"one\\"')

    def test_an_engine_that_is_away_is_seen_and_so_is_its_return(self):
        self.begin()
        self.assertEqual(scrape(self.admin).value("dockgate_engine_up"), 1)
        away = self.engine.socket.rename(self.engine.folder / "away")
        status, body = request(self.admin, "GET", "/readyz")
        self.assertEqual(status, 503)
        self.assertIn(b"the Engine cannot be reached", body)
        self.assertEqual(request(self.admin, "GET", "/healthz")[0], 200)
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 502)
        self.until("dockgate_engine_failures_total", 1, kind="unreachable")
        self.assertEqual(scrape(self.admin).value("dockgate_engine_up"), 0)
        away.rename(self.engine.socket)
        self.assertEqual(request(self.admin, "GET", "/readyz")[0], 200)
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 200)

    def test_an_engine_that_is_silent_keeps_nobody_waiting_for_long(self):
        quiet = threading.Event()
        self.addCleanup(quiet.set)
        self.begin(lambda conversation: quiet.wait(30))
        status, body = request(self.admin, "GET", "/readyz")
        self.assertEqual(status, 503, body)
        self.assertEqual(scrape(self.admin).value("dockgate_engine_up"), 0)

    def test_records_that_cannot_be_written_are_counted(self):
        self.begin(audit="/dev/full")
        request(self.gate.socket, "POST", "/containers/x/stop")
        self.until("dockgate_audit_refused_total", 1)
        numbers = scrape(self.admin)
        self.assertGreaterEqual(numbers.value("dockgate_audit_failures_total"), 1)
        self.assertEqual(numbers.value("dockgate_audit_write_seconds_count"), 1)

    def test_generations_and_failed_reloads_are_seen(self):
        self.begin()
        before = scrape(self.admin)
        self.gate.configure(CONFIG.replace("POLICY", "read-only").replace("MORE", "")
                            .replace("AUDIT", "{audit}"))
        self.until("dockgate_policy_generation", 2)
        self.assertEqual(scrape(self.admin).value("dockgate_reloads_total", result="done"), 1)
        def digest(numbers):
            return next(labels for name, labels in numbers.samples if name == "dockgate_policy_info")
        self.assertNotEqual(digest(before), digest(scrape(self.admin)))
        self.gate.config.write_text("nonsense: 1\n")
        self.until("dockgate_reload_failed", 1)
        numbers = scrape(self.admin)
        self.assertEqual(numbers.value("dockgate_reloads_total", result="failed"), 1)
        self.assertEqual(numbers.value("dockgate_policy_generation"), 2)

    def test_the_process_is_seen_as_the_kernel_has_it(self):
        self.begin()
        pid = self.gate.process.process.pid
        numbers = scrape(self.admin)
        here = len(os.listdir(f"/proc/{pid}/fd"))
        self.assertAlmostEqual(numbers.value("process_open_fds"), here, delta=5)
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        self.assertAlmostEqual(numbers.value("process_resident_memory_bytes"), resident,
                               delta=resident / 4)
        self.assertGreater(numbers.value("process_threads"), 1)
        version = subprocess.check_output([PROGRAM, "--version"], text=True).split()[1]
        self.assertTrue(any(name == "dockgate_build_info" and ("version", version) in labels
                            for name, labels in numbers.samples))


if __name__ == "__main__":
    unittest.main()
