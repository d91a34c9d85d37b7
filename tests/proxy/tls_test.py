"""The TLS endpoint: who gets in and as whom, who does not and what is said of it, files that change
under open connections, and clients at their limits."""

import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.fake_engine import FakeEngine, answer_everything  # noqa: E402
from tests.support.gate import PROGRAM, Authority, Gate, TlsAddress, request, wait_until  # noqa: E402
from tests.support.with_gate import ATTACH, answering  # noqa: E402

CONFIG = """
engine: unix://{engine}
listen:
  - {{ address: "unix://{socket}" }}
  - {{ address: "tcp://127.0.0.1:0", tls: TLS }}
  - {{ address: "tcp://127.0.0.1:0", tls: TLS_1_2 }}
audit: {{ file: {audit} }}
limits: {{ handshake_time: 3 }}
clients:
  - {{ name: builders, certificate: {{ common_name: "builder-*" }}, policy: baseline }}
  - {{ name: watchers, certificate: {{ common_name: watcher }}, policy: read-only }}
  - {{ name: local, unix: {{}}, policy: baseline }}
"""
PING = b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n"
EVENTS = b"GET /v1.41/events HTTP/1.1\r\nHost: d\r\n\r\n"
UP = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"


def setUpModule():
    global CA
    CA = Authority("builder-1", "builder-2", "watcher", "stranger")
    unittest.addModuleCleanup(CA.remove)


class HalfOpen:
    """A TLS client that can end one direction by itself, which Python's sockets cannot."""

    def __init__(self, address, before_the_end=lambda: None):
        self.plain = socket.create_connection((address.host, address.port), 20)
        self.into, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = address.context().wrap_bio(self.into, self.out, server_hostname=address.host)
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            hello = self.out.read()
            self.plain.sendall(hello[:20])
            before_the_end()
            self.plain.sendall(hello[20:])
        self.until(self.tls.do_handshake)

    def until(self, attempt):
        while True:
            try:
                return attempt()
            except ssl.SSLWantReadError:
                self.flush()
                more = self.plain.recv(65536)
                if not more:
                    self.into.write_eof()
                self.into.write(more)
            finally:
                self.flush()

    def flush(self):
        if self.out.pending:
            self.plain.sendall(self.out.read())

    def send(self, data):
        self.tls.write(data)
        self.flush()

    def end_sending(self):
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.flush()

    def read_all(self):
        received = b""
        while True:
            try:
                more = self.until(lambda: self.tls.read(65536))
            except ssl.SSLZeroReturnError:
                more = b""
            if not more:
                return received
            received += more


class WithEndpoint(unittest.TestCase):
    config = CONFIG

    def start(self, answer=answer_everything, authority=None):
        self.engine = FakeEngine(answer)
        self.addCleanup(self.engine.stop)
        tls = (authority or CA).tls()
        config = self.config.replace("TLS_1_2", tls.replace("}}", ', minimum_version: "1.2" }}'))
        self.gate = Gate(self.engine.socket, config=config.replace("TLS", tls))
        self.addCleanup(self.gate.stop)

    def address(self, client, port=0, authority=None):
        return TlsAddress(self.gate.port(port), (authority or CA).client(client))

    def connect(self, client, **options):
        connection = self.address(client, **options).connect(20)
        self.addCleanup(connection.close)
        return connection

    def read_until(self, connection, mark):
        received = b""
        while mark not in received:
            more = connection.recv(65536)
            self.assertTrue(more, received)
            received += more
        return received

    def works(self, client="builder-1"):
        self.assertEqual(request(self.address(client), "GET", "/_ping")[0], 200)

    def logged(self, text):
        wait_until(lambda: text in self.gate.log(), 10, f"`{text}` in\n{self.gate.log()}")


class Identities(WithEndpoint):
    def test_two_clients_of_one_listener_have_their_own_policies(self):
        self.start()
        for client, status in (("builder-1", 200), ("builder-2", 200), ("watcher", 403)):
            self.assertEqual(request(self.address(client), "POST", "/volumes/create", "{}")[0],
                             status)
            self.works(client)
        names = {(r["client"]["name"], r["client"].get("common_name"), r["client"].get("address"))
                 for r in self.gate.records(at_least=8)}
        self.assertEqual(names, {("builders", "builder-1", "127.0.0.1"),
                                 ("builders", "builder-2", "127.0.0.1"),
                                 ("watchers", "watcher", "127.0.0.1")})

    def test_curl_finds_its_way(self):
        self.start()
        folder = CA.client("builder-1")
        answer = subprocess.run(
            ["curl", "-sS", "--cacert", folder / "ca.pem", "--cert", folder / "cert.pem", "--key",
             folder / "key.pem", f"https://localhost:{self.gate.port()}/_ping"],
            capture_output=True, timeout=30, check=True)
        self.assertEqual(answer.stdout, b"{}\n")

    def test_a_certificate_that_is_nobodys_is_told_so_and_recorded(self):
        self.start()
        status, answer = request(self.address("stranger"), "GET", "/_ping")
        self.assertEqual(status, 403)
        self.assertIn(b"no client of the configuration matches 127.0.0.1 (stranger)", answer)
        record = self.gate.records(at_least=1)[-1]
        self.assertEqual((record["verdict"], record["client"]["common_name"]),
                         ("refuse", "stranger"))
        self.assertEqual(len(record["client"]["fingerprint_sha256"]), 64)

    def test_local_clients_are_not_those_with_certificates(self):
        self.start()
        self.assertEqual(request(self.gate.socket, "POST", "/volumes/create", "{}")[0], 200)
        self.assertEqual(self.gate.records(at_least=2)[-1]["client"]["name"], "local")


def context_of(client, authority=None):
    folder = (authority or CA).client(client)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


class KeptOut(WithEndpoint):
    def is_kept_out(self, context, why, port=0):
        """No answer, a line in the log that says why, and others are served."""
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            with socket.create_connection(("127.0.0.1", self.gate.port(port)), 20) as plain:
                with context.wrap_socket(plain) as connection:
                    connection.sendall(PING)
                    self.assertEqual(connection.recv(1), b"")
                    raise ConnectionError("ended without an answer")
        self.logged(f"no TLS with 127.0.0.1 on tcp://127.0.0.1:0: {why}")
        self.works()

    def certified(self, *, extensions="extendedKeyUsage=clientAuth", days=None, issuer=None):
        """A context with a certificate by the openssl command, of the CA unless `issuer` is own."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-odd-"))
        self.addCleanup(shutil.rmtree, folder)

        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                "key.pem", "-out", "asked.pem", "-subj", "/CN=builder-1")
        (folder / "extensions").write_text(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
            "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n" + extensions + "\n")
        if issuer == "own":
            openssl("x509", "-req", "-in", "asked.pem", "-signkey", "key.pem", "-out", "cert.pem",
                    "-days", "10")
        else:
            start, end = days or ("20200101000000Z", "20400101000000Z")
            (folder / "ca.cnf").write_text(
                "[ca]\ndefault_ca=a\n[a]\ndatabase=index\nserial=serial\nnew_certs_dir=.\n"
                "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
            (folder / "index").touch()
            (folder / "serial").write_text("7F00000000000001\n")
            openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "asked.pem", "-out",
                    "cert.pem", "-cert", CA.folder / "ca.pem", "-keyfile", CA.folder / "ca-key.pem",
                    "-startdate", start, "-enddate", end, "-extfile", "extensions")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        return context

    def test_who_has_no_certificate(self):
        self.start()
        context = ssl.create_default_context(cafile=CA.folder / "ca.pem")
        context.check_hostname = False
        self.is_kept_out(context, "peer did not return a certificate")

    def test_whose_certificate_is_of_another_authority(self):
        self.start()
        other = Authority("builder-1")
        self.addCleanup(other.remove)
        self.is_kept_out(context_of("builder-1", other), "its certificate: ")

    def test_whose_certificate_is_its_own(self):
        self.start()
        self.is_kept_out(self.certified(issuer="own"), "its certificate: self-signed certificate")

    def test_whose_certificate_expired_or_is_not_yet_valid(self):
        self.start()
        self.is_kept_out(self.certified(days=("20200101000000Z", "20200201000000Z")),
                         "its certificate: certificate has expired")
        self.is_kept_out(self.certified(days=("20390101000000Z", "20400101000000Z")),
                         "its certificate: certificate is not yet valid")

    def test_whose_certificate_is_for_servers(self):
        self.start()
        self.is_kept_out(self.certified(extensions="extendedKeyUsage=serverAuth"),
                         "its certificate: unsuitable certificate purpose")

    def test_whose_certificate_is_revoked(self):
        revoking = Authority("builder-1", "builder-2")
        self.addCleanup(revoking.remove)
        revoking.run("revoke", "builder-2")
        self.start(authority=revoking)
        context = context_of("builder-2", revoking)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            with socket.create_connection(("127.0.0.1", self.gate.port()), 20) as plain:
                with context.wrap_socket(plain) as connection:
                    connection.sendall(PING)
                    if not connection.recv(1):
                        raise ConnectionError
        self.logged("its certificate: certificate revoked")
        self.assertEqual(request(self.address("builder-1", authority=revoking), "GET", "/_ping")[0],
                         200)

    def test_who_has_an_older_protocol(self):
        self.start()
        context = context_of("builder-1")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.is_kept_out(context, "unsupported protocol")
        with socket.create_connection(("127.0.0.1", self.gate.port(1)), 20) as plain:
            with context.wrap_socket(plain) as connection:  # where the file lets 1.2 in
                connection.sendall(PING)
                self.assertEqual(connection.version(), "TLSv1.2")
                self.read_until(connection, b"200 OK")
        for version in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1):
            old = context_of("builder-1")
            old.set_ciphers("ALL:@SECLEVEL=0")
            old.minimum_version = old.maximum_version = version
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                with socket.create_connection(("127.0.0.1", self.gate.port(1)), 20) as plain:
                    old.wrap_socket(plain)
        self.logged("on tcp://127.0.0.1:0: unsupported protocol")

    def test_who_sends_a_chain_of_ten_megabytes(self):
        self.start()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-chain-"))
        self.addCleanup(shutil.rmtree, folder)
        one = (CA.client("builder-1") / "cert.pem").read_text()
        ca = (CA.folder / "ca.pem").read_text()
        (folder / "cert.pem").write_text(one + ca * (10_000_000 // (len(ca) * 3 // 4)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(folder / "cert.pem", CA.client("builder-1") / "key.pem")
        self.is_kept_out(context, "")

    def test_who_speaks_plain_http_is_told(self):
        self.start()
        with socket.create_connection(("127.0.0.1", self.gate.port()), 20) as plain:
            plain.sendall(PING)
            answer = self.read_until(plain, b"HTTPS server")
        self.assertTrue(answer.startswith(b"HTTP/1.0 400 Bad Request\r\n"))
        self.logged("it speaks plain HTTP")
        self.works()

    def test_who_sends_what_is_no_tls_or_half_of_it(self):
        self.start()
        hello = ssl.MemoryBIO()
        context = context_of("builder-1")
        try:
            context.wrap_bio(ssl.MemoryBIO(), hello).do_handshake()
        except ssl.SSLWantReadError:
            pass
        hello = hello.read()
        for data in (b"\0" * 100, os.urandom(2000), hello[:7], hello[:-3], hello[:5] + b"\xff" * 50):
            with socket.create_connection(("127.0.0.1", self.gate.port()), 20) as plain:
                plain.sendall(data)
        self.works()

    def test_whose_bytes_are_changed_on_the_way(self):
        self.start()
        connection = HalfOpen(self.address("builder-1"))
        self.addCleanup(connection.plain.close)
        connection.tls.write(PING)
        record = bytearray(connection.out.read())
        record[-1] ^= 1
        connection.plain.sendall(record)
        with self.assertRaises(ssl.SSLError):
            connection.read_all()
        connection = HalfOpen(self.address("builder-1"))
        connection.tls.write(PING)
        connection.plain.sendall(connection.out.read()[:-5])  # a record that never ends
        connection.plain.close()
        self.works()
        self.assertEqual(self.engine.received().count(b"GET /_ping"), 1)

    def test_a_hundred_that_stall_hold_up_nobody_and_are_let_go(self):
        self.start()
        stalled = [socket.create_connection(("127.0.0.1", self.gate.port()), 20) for _ in range(100)]
        for plain in stalled:
            self.addCleanup(plain.close)
            plain.sendall(b"\x16\x03\x01")
        for _ in range(20):
            self.works()
        for plain in stalled:
            self.assertEqual(plain.recv(1), b"")
        self.logged("it took too long")

    def test_nobody_renegotiates(self):
        self.start()
        folder = CA.client("builder-1")
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.gate.port(1)}", "-tls1_2",
             "-CAfile", folder / "ca.pem", "-cert", folder / "cert.pem", "-key",
             folder / "key.pem"], input=b"R\n", capture_output=True, timeout=30, check=False)
        self.assertIn(b"no renegotiation", done.stderr + done.stdout)
        self.works()


class Bytes(WithEndpoint):
    def test_half_close_goes_both_ways(self):
        def answer(conversation, _):
            conversation.send(UP)
            while more := conversation.connection.recv(65536):
                conversation.send(more.upper())
            conversation.send(b"-end")
        self.start(answering(answer))
        client = HalfOpen(self.address("builder-1"))
        self.addCleanup(client.plain.close)
        client.send(ATTACH + b"early ")
        client.send(b"late")
        client.end_sending()
        self.assertTrue(client.read_all().endswith(b"EARLY LATE-end"))

    def test_a_client_that_is_cut_off_in_a_tunnel_has_not_ended_its_input(self):
        """Whoever can cut a wire could otherwise have half a script run."""
        def answer(conversation, _):
            conversation.send(UP)
            while conversation.more():
                pass
        self.start(answering(answer))
        client = self.connect("builder-1")
        client.sendall(ATTACH)
        self.read_until(client, b"\r\n\r\n")
        self.engine.ended.clear()
        socket.socket(fileno=client.detach()).close()  # no close_notify
        self.assertTrue(self.engine.ended.wait(10))

    def test_a_client_that_leaves_ends_its_stream(self):
        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            while conversation.more():
                pass
        self.start(answering(answer))
        client = self.connect("builder-1")
        client.sendall(EVENTS)
        self.read_until(client, b"1\r\na\r\n")
        self.engine.ended.clear()
        client.close()
        self.assertTrue(self.engine.ended.wait(10))

    def test_much_goes_through_whole(self):
        content = os.urandom(3_000_000)

        def answer(conversation, head):
            if head.startswith("POST"):
                body = conversation.read_body(head)
                conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
                conversation.send(body)
            return True
        self.start(answering(answer))
        status, body = request(self.address("builder-1"), "POST", "/images/load", content,
                               {"Content-Type": "application/x-tar"})
        self.assertEqual((status, body == content), (200, True))

    def test_requests_follow_each_other_on_one_connection(self):
        self.start()
        client = self.connect("builder-1")
        for _ in range(3):
            client.sendall(PING)
            self.read_until(client, b"{}\n")
        client.sendall(PING * 3)
        received = b""
        while received.count(b"{}\n") < 3:
            received += client.recv(65536)

    def test_who_never_pauses_holds_up_nobody(self):
        """A refused request, and then more and more: each thread of the gate has others too."""
        self.start()
        over = threading.Event()
        self.addCleanup(over.set)

        def pour():
            client = self.address("builder-1").connect(20)
            try:
                client.sendall(b"nonsense\r\n\r\n")
                while not over.is_set():
                    client.sendall(b"x" * 100)
            except OSError:
                return
            finally:
                client.close()
        threads = [threading.Thread(target=pour) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(10):
            self.works("watcher")
        for thread in threads:
            thread.join(20)  # the gate does not listen to them for ever
            self.assertFalse(thread.is_alive())

    def test_a_client_may_change_its_keys_and_may_not_do_so_for_ever(self):
        self.start()
        folder = CA.client("builder-1")
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{self.gate.port()}", "-CAfile",
                   folder / "ca.pem", "-cert", folder / "cert.pem", "-key", folder / "key.pem"]
        for changes, answered in ((3, True), (200, False)):
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT)
            time.sleep(0.5)
            for _ in range(changes):
                try:
                    process.stdin.write(b"k\n")
                    process.stdin.flush()
                    time.sleep(0.01)
                except BrokenPipeError:
                    break
            try:
                process.stdin.write(PING.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
                process.stdin.flush()
            except BrokenPipeError:
                pass
            time.sleep(1)  # its input's end would end it before the answer comes
            said = process.communicate(timeout=20)[0]
            self.assertEqual(b"200 OK" in said, answered, said[-2000:])
        self.works()

    def test_a_stop_ends_idle_connections_with_a_word(self):
        self.start()
        client = self.connect("builder-1")
        client.sendall(PING)
        self.read_until(client, b"{}\n")
        self.gate.process.process.send_signal(signal.SIGTERM)
        self.assertEqual(client.recv(1), b"")  # an end, and no error of a cut wire
        self.assertEqual(self.gate.process.process.wait(20), 0)


class Reloads(WithEndpoint):
    def setUp(self):
        self.authority = Authority("builder-1", "builder-2")
        self.addCleanup(self.authority.remove)
        self.server = self.authority.folder / "servers/localhost"

    def served_certificate(self):
        connection = self.connect("builder-1", authority=self.authority)
        return connection.getpeercert(binary_form=True)

    def streaming(self):
        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            while not self.over.wait(0.2):
                conversation.send(b"1\r\na\r\n")
        self.over = threading.Event()
        self.addCleanup(self.over.set)
        self.start(answering(answer), authority=self.authority)

    def stream(self, client):
        connection = self.connect(client, authority=self.authority)
        connection.sendall(EVENTS)
        self.read_until(connection, b"1\r\na\r\n")
        return connection

    def test_a_renewed_certificate_is_served_and_drops_nobody(self):
        self.streaming()
        before = self.served_certificate()
        stream = self.stream("builder-1")
        self.authority.run("renew", "localhost")
        wait_until(lambda: self.served_certificate() != before, 20, "the new certificate")
        self.read_until(stream, b"1\r\na\r\n")

    def test_a_signal_reads_the_files_at_once(self):
        self.start(authority=self.authority)
        self.gate.process.process.send_signal(signal.SIGHUP)
        self.logged("certificate, clients' authority and revocation list read")
        self.assertEqual(
            request(self.address("builder-1", authority=self.authority), "GET", "/_ping")[0], 200)

    def test_a_pair_that_does_not_match_is_told_and_not_taken(self):
        self.start(authority=self.authority)
        before = self.served_certificate()
        other = Authority()
        self.addCleanup(other.remove)
        shutil.copy(other.folder / "servers/localhost/key.pem", self.server / "key.pem")
        self.logged("going on with what was there before")
        self.assertEqual(self.served_certificate(), before)
        (self.server / "cert.pem").unlink()
        self.gate.process.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.gate.log().count("going on with what was there before") > 1, 10)
        self.assertEqual(self.served_certificate(), before)

    def test_a_handshake_is_judged_by_the_files_of_its_end(self):
        """Those that are under way when the files change are not dropped, and let nobody in."""
        self.start(authority=self.authority)

        def revoke():
            self.authority.run("revoke", "builder-1")
            self.logged("revocation list read")
        revoked = HalfOpen(self.address("builder-1", authority=self.authority), revoke)
        self.addCleanup(revoked.plain.close)
        self.logged("no TLS with 127.0.0.1 on tcp://127.0.0.1:0: certificate revoked")

        def renew():
            self.authority.run("renew", "localhost")
            wait_until(lambda: self.gate.log().count("revocation list read") > 1, 20)
        other = HalfOpen(self.address("builder-2", authority=self.authority), renew)
        self.addCleanup(other.plain.close)
        other.send(PING.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        self.assertIn(b"200 OK", other.read_all())

    def test_revoking_works_where_the_certificate_is_broken_too(self):
        self.streaming()
        revoked = self.stream("builder-1")
        (self.server / "cert.pem").write_text("no certificate\n")
        self.logged("going on with what was there before")
        self.authority.run("revoke", "builder-1")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            while revoked.recv(65536):
                pass
            raise ConnectionError
        self.logged("ending a connection on tcp://127.0.0.1:0: certificate revoked")
        self.stream("builder-2")

    def test_what_could_not_be_read_is_tried_again(self):
        self.start(authority=self.authority)
        before = self.served_certificate()
        hidden = self.authority.folder / "hidden.pem"
        (self.authority.folder / "crl.pem").rename(hidden)
        self.gate.process.process.send_signal(signal.SIGHUP)
        self.logged("going on with what was there before")
        hidden.rename(self.authority.folder / "crl.pem")
        self.logged("revocation list read")
        self.assertEqual(self.served_certificate(), before)

    def test_revoking_ends_the_open_connections_of_the_revoked_alone(self):
        self.streaming()
        revoked, other = self.stream("builder-1"), self.stream("builder-2")
        idle = self.connect("builder-1", authority=self.authority)
        idle.sendall(b"GET /nothing HTTP/1.1\r\nHost: d\r\n\r\n")
        self.read_until(idle, b"\r\n\r\n")
        self.authority.run("revoke", "builder-1")
        for connection in (revoked, idle):
            with self.assertRaises((ssl.SSLError, ConnectionError, StopIteration)):
                while connection.recv(65536):
                    pass
                raise StopIteration
        self.logged("ending a connection on tcp://127.0.0.1:0: certificate revoked")
        self.read_until(other, b"1\r\na\r\n")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            connection = self.connect("builder-1", authority=self.authority)
            connection.sendall(PING)
            if not connection.recv(1):
                raise ConnectionError


class Limits(WithEndpoint):
    config = CONFIG.replace(
        'policy: baseline }}\n  - {{ name: watchers',
        'policy: baseline, limits: {{ connections: 3, requests_per_second: 1, burst: 5, '
        'inspected_bodies: 1 }} }}\n  - {{ name: watchers')

    def heads(self, connection, count):
        received = b""
        while received.count(b"HTTP/1.1 ") < count or not received.endswith(b"}\n"):
            received += connection.recv(65536)
        return received

    def test_requests_beyond_the_pace_are_told_when_to_come_again(self):
        self.start()
        client = self.connect("builder-1")
        client.sendall(PING * 8)
        received = self.heads(client, 8)
        self.assertEqual(received.count(b"200 OK"), 5)
        self.assertEqual(received.count(b"429 Too Many Requests"), 3)
        self.assertEqual(received.count(b"Retry-After: 1\r\n"), 3)
        self.assertIn(b"too many requests of client `builders`", received)
        for _ in range(20):
            self.works("watcher")  # who has no such limit
        refused = [r for r in self.gate.records(at_least=8) if r.get("status") == 429]
        self.assertEqual({r["client"]["name"] for r in refused}, {"builders"})

    def test_connections_beyond_the_limit(self):
        self.start()
        held = [self.connect("builder-1") for _ in range(3)]
        for connection in held:
            connection.sendall(PING)
            self.read_until(connection, b"{}\n")
        status, answer = request(self.address("builder-2"), "GET", "/_ping")
        self.assertEqual(status, 429)
        self.assertIn(b"too many connections of client `builders`", answer)
        self.works("watcher")
        held[0].close()
        wait_until(lambda: request(self.address("builder-2"), "GET", "/_ping")[0] != 429, 20)

    def test_bodies_beyond_the_limit(self):
        self.start()
        slow = self.connect("builder-1")
        create = b"POST /v1.41/volumes/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json"
        slow.sendall(create + b"\r\nContent-Length: 2\r\n\r\n{")
        time.sleep(0.3)  # until the gate holds the first byte of its body
        other = self.connect("builder-2")
        other.sendall(create + b"\r\nContent-Length: 2\r\n\r\n{}")
        self.assertIn(b"too many inspected bodies of client `builders`",
                      self.read_until(other, b"}\n"))
        slow.sendall(b"}")
        self.read_until(slow, b"200 OK")
        again = self.connect("builder-2")
        again.sendall(create + b"\r\nContent-Length: 2\r\n\r\n{}")
        self.read_until(again, b"200 OK")


class Plain(unittest.TestCase):
    """TCP without TLS, which the file must ask for outside the machine."""

    def test_a_client_by_its_address(self):
        engine = FakeEngine(answer_everything)
        self.addCleanup(engine.stop)
        gate = Gate(engine.socket, config="""
engine: unix://{engine}
listen: [{{ address: "tcp://127.0.0.1:0" }}, {{ address: "tcp://[::1]:0" }}]
audit: {{ file: {audit} }}
clients: [{{ name: near, address: 127.0.0.0/8, policy: baseline }}]
""")
        self.addCleanup(gate.stop)
        answers = []
        for number, host in enumerate(("127.0.0.1", "::1")):
            with socket.create_connection((host, gate.port(number)), 20) as client:
                client.sendall(b"GET /_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
                answer = b""
                while more := client.recv(65536):
                    answer += more
                answers.append(answer)
        self.assertTrue(answers[0].startswith(b"HTTP/1.1 200 OK"))
        self.assertTrue(answers[1].startswith(b"HTTP/1.1 403 "))
        self.assertIn(b"matches ::1 on tcp://[::1]:0", answers[1])

    def test_files_that_are_not_there_are_told_at_the_start(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "dockgate.yaml")
            file.write_text('listen: [{ address: "tcp://127.0.0.1:0", tls: { certificate: cert.pem, '
                            "key: key.pem, client_ca: ca.pem } }]\n"
                            "clients: [{ name: a, certificate: {}, policy: baseline }]\n")
            done = subprocess.run([PROGRAM, "serve", "--config", file], capture_output=True,
                                  timeout=20, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{folder}/cert.pem".encode(), done.stderr + done.stdout)

    def test_check_tells_of_clients_that_can_never_match(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "dockgate.yaml")
            file.write_text("listen: [{ address: unix:///run/d.sock }]\n"
                            "clients: [{ name: all, policy: baseline }, "
                            "{ name: root, unix: { uid: 0 }, policy: observe }, "
                            "{ name: far, certificate: {}, policy: observe }]\n")
            done = subprocess.run([PROGRAM, "check", file], capture_output=True, timeout=20,
                                  check=False)
            self.assertEqual(done.returncode, 0)
            self.assertIn(b"warning: client `root` can never match: client `all` before it",
                          done.stdout)
            self.assertIn(b"warning: client `far` can never match: no listener lets such a peer in",
                          done.stdout)


if __name__ == "__main__":
    unittest.main()
