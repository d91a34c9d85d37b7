"""Syslog servers and a journal that are told the audit: over a Unix socket, TCP, TLS, and journald's
own protocol. None of them can hold the gate up."""

import array
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import Authority, request, wait_until  # noqa: E402
from tests.support.trail import verify  # noqa: E402
from tests.support.with_gate import WithGate  # noqa: E402

MESSAGE = re.compile(
    r"<(\d+)>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (\S+) dockgate (\d+) (\w+) - (\{.*\})")


class Server:
    """A syslog server on TCP or TLS: RFC 6587's octet counting."""

    def __init__(self, context=None, port=0):
        self.context = context
        self.messages = []
        self.connections = []
        self.listening = socket.create_server(("127.0.0.1", port))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listening.accept()
                if self.context:
                    connection = self.context.wrap_socket(connection, server_side=True)
            except OSError:
                if self.listening.fileno() < 0:
                    return
                continue
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        buffer = b""
        try:
            while received := connection.recv(65536):
                buffer += received
                while match := re.match(rb"(\d+) ", buffer):
                    end = match.end() + int(match[1])
                    if len(buffer) < end:
                        break
                    self.messages.append(buffer[match.end():end].decode())
                    buffer = buffer[end:]
        except OSError:
            pass

    def stop(self):
        for one in [self.listening, *self.connections]:
            try:
                one.shutdown(socket.SHUT_RDWR)  # wakes who waits for it
            except OSError:
                pass
            one.close()


class Sinks(WithGate):
    def start_with(self, audit):
        self.start(config="engine: unix://{engine}\n"
                          "listen: [{{ address: \"unix://{socket}\" }}]\n"
                          f"audit: {{{{ file: {{audit}}, {audit} }}}}\n"
                          "clients: [{{ name: everybody, policy: baseline }}]\n")

    def folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)

    def create(self, name="v"):
        return request(self.gate.socket, "POST", "/v1.41/volumes/create",
                       json.dumps({"Name": name}))[0]

    def told(self, messages):
        """The lines that a server was told, each once it is a message as RFC 5424 has it."""
        lines = []
        for message in messages:
            match = MESSAGE.fullmatch(message)
            self.assertIsNotNone(match, message)
            record = json.loads(match[6])
            self.assertEqual((match[2], match[5]), (record["time"], record["event"]))
            self.assertEqual(int(match[1]) // 8, 10)
            lines.append(match[6])
        return lines

    def assert_told_everything(self, messages):
        def trail():
            return self.gate.audit.read_text().splitlines()
        wait_until(lambda: len(messages) >= len(trail()), 10, "the audit")
        self.assertEqual(self.told(messages), trail())

    def test_syslog_on_a_unix_socket(self):
        path = self.folder() / "log"
        server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        server.bind(str(path))
        server.settimeout(10)
        self.start_with(f"syslog: {{{{ address: \"unix://{path}\" }}}}")
        self.assertEqual(self.create(), 200)
        self.gate.records(2)
        messages = [server.recv(65536).decode() for _ in range(3)]
        server.close()
        self.assert_told_everything(messages)

    def test_syslog_over_tcp_comes_back_when_the_server_does(self):
        server = Server()
        self.addCleanup(server.stop)
        self.start_with(f"syslog: {{{{ address: \"tcp://127.0.0.1:{server.port}\" }}}}")
        self.assertEqual(self.create(), 200)
        self.gate.records(2)
        self.assert_told_everything(server.messages)
        server.stop()
        wait_until(lambda: self.create() == 200 and "does not get the audit" in self.gate.log())
        again = Server(port=server.port)
        self.addCleanup(again.stop)
        wait_until(lambda: "has the audit again" in self.gate.log())
        lines = self.gate.audit.read_text().splitlines()
        wait_until(lambda: again.messages and self.told(again.messages)[-1] == lines[-1])

    def test_syslog_over_tls_tells_only_the_server_it_was_told_to(self):
        authority, stranger = Authority(), Authority()
        self.addCleanup(authority.remove)
        self.addCleanup(stranger.remove)

        def context(of):
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            folder = of.folder / "servers/localhost"
            made.load_cert_chain(folder / "cert.pem", folder / "key.pem")
            return made
        server = Server(context(stranger))
        self.addCleanup(server.stop)
        self.start_with(f"syslog: {{{{ address: \"tls://127.0.0.1:{server.port}\", "
                        f"ca: {authority.folder}/ca.pem }}}}")
        self.assertEqual(self.create(), 200)
        wait_until(lambda: "no TLS with 127.0.0.1: self-signed certificate" in self.gate.log()
                   or "no TLS with 127.0.0.1: unable to get" in self.gate.log()
                   or "no TLS with 127.0.0.1: certificate" in self.gate.log())
        self.assertEqual(server.messages, [])
        server.context = context(authority)
        wait_until(lambda: "has the audit again" in self.gate.log())
        self.gate.records(2)
        self.assert_told_everything(server.messages)

    def test_a_server_that_does_not_read_holds_nobody_up(self):
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)
        self.start_with(
            f"syslog: {{{{ address: \"tcp://127.0.0.1:{listening.getsockname()[1]}\" }}}}")
        begin = time.monotonic()
        for number in range(200):
            self.assertEqual(self.create(f"v{number}"), 200)
        self.assertLess(time.monotonic() - begin, 20)

    def test_the_journal_has_fields_and_long_records(self):
        path = self.folder() / "socket"
        server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        server.bind(str(path))
        server.settimeout(10)
        self.addCleanup(server.close)
        self.start_with(f"journal: \"unix://{path}\"")
        records = [self.journal_record(server)]
        long_name = "v" * 400_000
        request(self.gate.socket, "POST", "/v1.41/volumes/create", json.dumps({"Name": "v"}))
        records += [self.journal_record(server) for _ in range(2)]
        request(self.gate.socket, "POST", "/v1.41/volumes/create", json.dumps({"Name": long_name}))
        records += [self.journal_record(server) for _ in range(2)]
        self.assertEqual([record["MESSAGE"] for record in records],
                         self.gate.audit.read_text().splitlines())
        self.assertEqual(records[1]["DOCKGATE_OPERATION"], "VolumeCreate")
        self.assertTrue(records[3]["in memory"])
        self.assertFalse(records[1]["in memory"])

    def journal_record(self, server):
        data, control, _, _ = server.recvmsg(1 << 20, 64)
        in_memory = False
        for level, kind, passed in control:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                descriptor, = array.array("i", passed)
                with os.fdopen(descriptor, "rb") as memory:
                    memory.seek(0)
                    data = memory.read()
                in_memory = True
        fields = dict(line.split("=", 1) for line in data.decode().splitlines() if "=" in line)
        fields["in memory"] = in_memory
        return fields

    def test_a_real_journal_finds_records_by_their_fields(self):
        daemon = "/lib/systemd/systemd-journald"
        if not (os.path.exists(daemon) and shutil.which("journalctl") and os.getuid() == 0):
            self.skipTest("SKIPPED: no systemd-journald that root could start")
        folder = self.folder()
        for name in ("run", "log"):
            (folder / name).mkdir()
        # One that sees nothing of this machine's, in a namespace where its folders are others.
        script = (f"mount --bind {folder}/run /run && mkdir -p /run/systemd/journal /run/log && "
                  f"mount -t tmpfs tmpfs /var/log && exec {daemon}")
        journal = subprocess.Popen(["unshare", "-m", "sh", "-c", script],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(journal.wait)
        self.addCleanup(journal.terminate)
        path = folder / "run/systemd/journal/socket"
        wait_until(path.exists, 15, "the journal's socket")
        self.start_with(f"journal: \"unix://{path}\"")
        request(self.gate.socket, "POST", "/swarm/leave")
        record, = self.gate.records(1)

        def found():
            done = subprocess.run(
                ["journalctl", "-D", folder / "run/log/journal", "-o", "json",
                 "DOCKGATE_VERDICT=refuse"], capture_output=True, text=True)
            return [json.loads(line) for line in done.stdout.splitlines()]
        wait_until(lambda: len(found()) == 1, 20, "the record in the journal")
        entry, = found()
        self.assertEqual(json.loads(entry["MESSAGE"])["id"], record["id"])
        self.assertEqual((entry["PRIORITY"], entry["SYSLOG_IDENTIFIER"], entry["DOCKGATE_ID"]),
                         ("4", "dockgate", record["id"]))

    def test_a_file_rewritten_is_told_from_what_a_server_was_told(self):
        server = Server()
        self.addCleanup(server.stop)
        self.start_with(f"syslog: {{{{ address: \"tcp://127.0.0.1:{server.port}\" }}}}")
        self.create("one")
        self.create("two")
        self.gate.records(4)
        self.assert_told_everything(server.messages)
        copy = self.folder() / "from-the-server"
        copy.write_text("\n".join(self.told(server.messages)) + "\n")
        self.assertEqual(verify(copy)[0], 0)
        heads = [re.search("head (.*)", verify(file)[1])[1] for file in (copy, self.gate.audit)]
        self.assertEqual(heads[0], heads[1])


if __name__ == "__main__":
    unittest.main()
