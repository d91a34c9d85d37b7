"""`dockgate certs`, looked at from outside: with the openssl and docker commands, and a shell."""

import ctypes
import errno
import http.server
import os
import pathlib
import platform
import re
import resource
import shutil
import signal
import ssl
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import PROGRAM  # noqa: E402

PROGRAM = os.path.abspath(PROGRAM)
THREE = ["ca.pem", "cert.pem", "key.pem"]


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def text_of(certificate, *what):
    code, text = openssl("x509", "-in", certificate, "-noout", *what)
    assert code == 0, text
    return text


def without_renameat2():
    """For a child: as on a file system that cannot exchange two names in one step."""
    number = {"x86_64": 316, "aarch64": 276}[platform.machine()]
    rules = ((0x20, 0, 0, 0),                   # the number of the system call
             (0x15, 0, 1, number),              # is it this one?
             (0x06, 0, 0, 0x00050000 | errno.EINVAL),
             (0x06, 0, 0, 0x7fff0000))          # all others are let through
    filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    program = struct.pack("HP", len(rules), ctypes.addressof(filters))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    held = ctypes.create_string_buffer(program)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.addressof(held), 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def awk_line():
    """The command that the help gives for a bundle, as it stands there."""
    text = subprocess.run([PROGRAM, "certs", "client", "--help"], capture_output=True,
                          text=True).stdout
    return re.search(r"(umask 077\n.*bundle\.pem)$", text, re.S | re.M).group(1)


class WithCa(unittest.TestCase):
    init = ()

    def setUp(self):
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="certs-"))
        self.addCleanup(shutil.rmtree, self.top)
        self.ca = self.top / "ca"
        self.certs("init", self.ca, *self.init)

    def certs(self, *arguments, code=0, **settings):
        done = subprocess.run([PROGRAM, "certs", *map(str, arguments)], capture_output=True,
                              text=True, cwd=self.top, **settings)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def refused(self, *arguments, code=2, **settings):
        """One sentence: lower case, one line, no full stop. -> it"""
        done = subprocess.run([PROGRAM, "certs", *map(str, arguments)], capture_output=True,
                              text=True, cwd=self.top, **settings)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertRegex(done.stderr, r"\A[^A-Z\n][^\n]*[^.\n]\n\Z")
        return done.stderr.strip()

    def client(self, name="runner", *arguments):
        self.certs("client", self.ca, name, *arguments)
        return self.ca / "clients" / name

    def server(self, *arguments):
        self.certs("server", self.ca, *(arguments or ("--name", "gate.example.com")))
        return next((self.ca / "servers").iterdir())

    def verify(self, certificate, purpose, crl=None):
        return openssl("verify", "-x509_strict", "-purpose", purpose, "-auth_level", "2",
                       "-crl_check_all", "-CAfile", self.ca / "ca.pem", "-CRLfile",
                       crl or self.ca / "crl.pem", certificate)

    def assert_good(self, certificate, purpose="sslclient"):
        code, text = self.verify(certificate, purpose)
        self.assertEqual((code, text), (0, f"{certificate}: OK\n"))

    def assert_revoked(self, certificate):
        code, text = self.verify(certificate, "sslclient")
        self.assertNotEqual(code, 0)
        self.assertIn("certificate revoked", text)

    def rows(self):
        """name, kind, state, end, fingerprint, serial of each line that `list` prints"""
        lines = self.certs("list", self.ca).splitlines()
        self.assertEqual(lines[0].split(),
                         ["NAME", "KIND", "STATE", "ENDS", "FINGERPRINT_SHA256", "SERIAL"])
        return [re.split(r" {2,}", line) for line in lines[1:] if line and "crl.pem" not in line]

    def crl(self, *what):
        code, text = openssl("crl", "-in", self.ca / "crl.pem", "-noout", *what)
        self.assertEqual(code, 0, text)
        return text

    def assert_private(self):
        for path in [self.ca, *self.ca.rglob("*")]:
            mode = stat.S_IMODE(path.lstat().st_mode)
            self.assertEqual(mode, 0o700 if path.is_dir() else 0o600, path)


class Issuing(WithCa):
    key = "id-ecPublicKey"
    bits = "(256 bit)"
    signature = "ecdsa-with-SHA256"

    def test_the_ca_is_a_ca_and_no_more(self):
        text = text_of(self.ca / "ca.pem", "-text")
        self.assertIn("Subject: CN = dockgate CA", text)
        self.assertIn("Basic Constraints: critical\n                CA:TRUE, pathlen:0", text)
        self.assertIn("Key Usage: critical\n                Certificate Sign, CRL Sign\n", text)
        self.assertIn("Subject Key Identifier", text)
        self.assertIn(self.bits, text)
        self.assertIn(f"Signature Algorithm: {self.signature}", text)
        code, said = openssl("verify", "-x509_strict", "-check_ss_sig", "-CAfile",
                             self.ca / "ca.pem", self.ca / "ca.pem")
        self.assertEqual(code, 0, said)

    def test_a_client_is_for_clients_alone(self):
        folder = self.client("runner-1", "--uri", "spiffe://example.com/ci", "--email",
                             "ci@example.com", "--dns", "r.example.com", "--organization-unit",
                             "CI", "--organization-unit", "bür", "--uri", "urn:example")
        self.assert_good(folder / "cert.pem", "sslclient")
        self.assertIn("unsuitable certificate purpose",
                      self.verify(folder / "cert.pem", "sslserver")[1])
        text = text_of(folder / "cert.pem", "-text", "-nameopt", "utf8,sep_comma_plus_space")
        self.assertIn("Subject: OU=CI, OU=bür, CN=runner-1", text)
        self.assertIn(f"Public Key Algorithm: {self.key}", text)
        self.assertIn(self.bits, text)
        extensions = text_of(folder / "cert.pem", "-ext", "basicConstraints,keyUsage,"
                             "extendedKeyUsage,subjectAltName")
        self.assertEqual([line.strip() for line in extensions.splitlines()], [
            "X509v3 Basic Constraints: critical", "CA:FALSE",
            "X509v3 Key Usage: critical", "Digital Signature",
            "X509v3 Extended Key Usage:", "TLS Web Client Authentication",
            "X509v3 Subject Alternative Name:", "DNS:r.example.com, URI:spiffe://example.com/ci, "
            "URI:urn:example, email:ci@example.com"])
        for extension in ("Subject Key Identifier", "Authority Key Identifier"):
            self.assertIn(extension, text)

    def test_a_server_is_for_servers_alone_and_bears_all_its_names(self):
        folder = self.server("--name", "gate.example.com", "--ip", "10.0.0.5", "--name",
                             "*.ci.example.com", "--ip", "2001:db8::5")
        self.assertEqual(folder.name, "gate.example.com")
        self.assert_good(folder / "cert.pem", "sslserver")
        self.assertIn("unsuitable certificate purpose",
                      self.verify(folder / "cert.pem", "sslclient")[1])
        names = text_of(folder / "cert.pem", "-ext", "subjectAltName,extendedKeyUsage")
        self.assertIn("DNS:gate.example.com, DNS:*.ci.example.com, IP Address:10.0.0.5, "
                      "IP Address:2001:DB8:0:0:0:0:0:5", names)
        self.assertIn("TLS Web Server Authentication\n", names)

    def test_a_server_may_have_an_address_alone(self):
        folder = self.server("--ip", "2001:db8::5")
        self.assertEqual(folder.name, "2001:db8::5")
        self.assert_good(folder / "cert.pem", "sslserver")
        self.assertIn("export DOCKER_HOST=tcp://[2001:db8::5]:2376",
                      self.certs("client", self.ca, "runner"))

    def test_keys_fit_and_are_not_encrypted(self):
        folder = self.client()
        public = openssl("pkey", "-in", folder / "key.pem", "-pubout")[1]
        self.assertTrue((folder / "key.pem").read_text().startswith("-----BEGIN PRIVATE KEY-----"))
        self.assertEqual(text_of(folder / "cert.pem", "-pubkey"), public)

    def test_serial_numbers_are_long_positive_and_no_two_alike(self):
        serials = set()
        for i in range(20):
            folder = self.client(f"runner-{i}")
            number = int(text_of(folder / "cert.pem", "-serial").split("=")[1], 16)
            self.assertTrue(2**120 < number < 2**127, hex(number))
            serials.add(number)
        self.assertEqual(len(serials), 20)
        self.assertGreater(len({number >> 80 for number in serials}), 10)
        self.assertGreater(len({number % 2**20 for number in serials}), 10)

    def test_a_certificate_ends_no_later_than_its_ca(self):
        end = text_of(self.ca / "ca.pem", "-enddate")
        folder = self.client("runner", "--days", "30000")
        self.assertEqual(text_of(folder / "cert.pem", "-enddate"), end)
        self.assert_good(folder / "cert.pem")
        other = self.client("other", "--days", "3")
        for days, code in (("2.9", 0), ("3.1", 1)):
            seconds = int(float(days) * 86400)
            self.assertEqual(openssl("x509", "-in", other / "cert.pem", "-noout", "-checkend",
                                     seconds)[0], code)


    def test_what_is_made_now_holds_where_clocks_are_behind(self):
        folder = self.client()
        for start in (text_of(self.ca / "ca.pem", "-startdate"), self.crl("-lastupdate"),
                      text_of(folder / "cert.pem", "-startdate")):
            begun = time.strptime(start.strip().split("=")[1], "%b %d %H:%M:%S %Y %Z")
            ago = time.mktime(time.gmtime()) - time.mktime(begun)
            self.assertAlmostEqual(ago, 3600, delta=60)


class IssuingRsa(Issuing):
    init = ("--rsa",)
    key = "rsaEncryption"
    bits = "(3072 bit)"
    signature = "sha256WithRSAEncryption"
    test_serial_numbers_are_long_positive_and_no_two_alike = None  # whatever the key; slow with RSA


class Files(WithCa):
    def test_are_private_whatever_the_umask(self):
        self.client("runner", "--bundle", self.ca / "bundle.pem")
        self.server()
        self.certs("renew", self.ca, "runner")
        self.certs("revoke", self.ca, "runner")
        self.assert_private()

    def test_of_a_client_are_three(self):
        folder = self.client()
        self.assertEqual(sorted(os.listdir(folder)), THREE)
        self.assertEqual((folder / "ca.pem").read_text(), (self.ca / "ca.pem").read_text())

    def test_a_ca_is_never_replaced(self):
        before = (self.ca / "ca.pem").read_text()
        self.assertIn("has a CA already", self.refused("init", self.ca))
        self.assertEqual((self.ca / "ca.pem").read_text(), before)

    def test_a_ca_is_made_in_an_empty_folder_alone(self):
        used = self.top / "used"
        used.mkdir(0o700)
        (used / "letter").write_text("kept")
        self.assertIn("holds letter", self.refused("init", used))
        self.assertEqual((used / "letter").read_text(), "kept")
        self.client()
        key = (self.ca / "ca-key.pem").read_text()
        (self.ca / "ca.pem").rename(self.top / "lost.pem")
        self.refused("init", self.ca)
        self.assertEqual((self.ca / "ca-key.pem").read_text(), key)
        empty = self.top / "empty"
        empty.mkdir(0o755)
        self.certs("init", empty)
        self.assertEqual(stat.S_IMODE(empty.stat().st_mode), 0o700)

    def test_a_name_is_not_issued_twice(self):
        folder = self.client()
        before = (folder / "key.pem").read_text()
        self.assertIn("`runner` has a certificate already",
                      self.refused("client", self.ca, "runner"))
        self.assertEqual((folder / "key.pem").read_text(), before)
        shutil.rmtree(folder)  # handed out and not kept: it still has one
        self.refused("client", self.ca, "runner")
        self.assertEqual(len(self.rows()), 2)

    def test_a_name_belongs_to_one_kind(self):
        self.client("gate.example.com")
        said = self.refused("server", self.ca, "--name", "gate.example.com", "--force")
        self.assertIn("is the name of a client already", said)

    def test_with_force_the_older_certificate_is_revoked(self):
        folder = self.client()
        older = self.top / "older.pem"
        shutil.copy(folder / "cert.pem", older)
        printed = self.certs("client", self.ca, "runner", "--force")
        self.assertIn("revoked 1 older of `runner`", printed)
        self.assertEqual(sorted(os.listdir(folder)), THREE)
        self.assert_good(folder / "cert.pem")
        self.assert_revoked(older)
        states = [(row[0], row[2].split()[0]) for row in self.rows()]
        self.assertEqual(states[1:], [("runner", "revoked"), ("runner", "valid")])

    def test_a_folder_that_others_may_write_to_is_not_used(self):
        self.ca.chmod(0o770)
        self.assertIn("others may write to", self.refused("client", self.ca, "runner"))

    def test_a_full_disk_is_told_and_leaves_nothing(self):
        def fill_the_disk():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        said = self.refused("client", self.ca, "runner", code=1, preexec_fn=fill_the_disk)
        self.assertIn("cannot be written: File too large", said)
        self.assertEqual(len(self.rows()), 1)
        self.assertEqual([path for path in self.ca.rglob("*") if path.name.startswith(".")], [])
        self.client()

    def test_file_systems_that_cannot_exchange_names_do_too(self):
        bundle = self.top / "bundle.pem"
        older = []
        for arguments in (("client", "runner", "--bundle", bundle),
                          ("client", "runner", "--bundle", bundle, "--force"),
                          ("renew", "runner")):
            self.certs(arguments[0], self.ca, *arguments[1:], preexec_fn=without_renameat2)
            folder = self.ca / "clients/runner"
            self.assertEqual(os.listdir(self.ca / "clients"), ["runner"])
            self.assertEqual(sorted(os.listdir(folder)), THREE)
            self.assertNotIn((folder / "key.pem").read_text(), older)
            older.append((folder / "key.pem").read_text())
            self.assert_good(folder / "cert.pem")
        self.assertIn(older[1], bundle.read_text())
        self.refused("client", self.ca, "other", "--bundle", bundle, preexec_fn=without_renameat2)
        self.assert_private()

    def test_what_cannot_be_recorded_is_not_handed_out(self):
        (self.ca / "issued").symlink_to(self.top / "gone")
        self.assertIn("cannot be written", self.refused("client", self.ca, "runner", "--bundle",
                                                        self.top / "bundle.pem"))
        self.assertEqual(list((self.ca / "clients").iterdir()), [])
        self.assertFalse((self.top / "bundle.pem").exists())

    def test_what_is_missing_or_foreign_is_named(self):
        self.assertIn("is not the folder of a CA", self.refused("list", self.top))
        self.assertIn("is not the folder of a CA", self.refused("client", self.top / "no", "a"))
        self.assertIn("cannot be made", self.refused("init", self.top / "no" / "ca"))
        other = self.top / "other"
        self.certs("init", other)
        key = (self.ca / "ca-key.pem").read_text()
        shutil.copy(other / "ca-key.pem", self.ca / "ca-key.pem")
        self.assertIn("is not the key of ca.pem", self.refused("client", self.ca, "runner"))
        (self.ca / "ca-key.pem").unlink()
        self.assertIn("cannot be read: No such file", self.refused("client", self.ca, "runner"))
        self.certs("list", self.ca)  # needs no key
        (self.ca / "ca-key.pem").write_text(key)
        shutil.copy(other / "crl.pem", self.ca / "crl.pem")
        self.assertIn("is not of the CA in ca.pem", self.refused("client", self.ca, "runner"))
        (self.ca / "crl.pem").write_text("")
        self.assertIn("holds no revocation list", self.refused("revoke", self.ca, "runner"))


class Names(WithCa):
    def test_that_could_mean_something_else_are_refused(self):
        before = sorted(self.ca.rglob("*"))
        for name in ("", ".", "..", "../ca", "a/b", ".new-x", "a b", "a\nb", "a'b", "a;b", "$(a)",
                     "bür", "a" * 65, "*"):
            self.assertIn("cannot be a name", self.refused("client", self.ca, name), name)
        for option, value in (("--uri", "nothing"), ("--uri", "a:b c"), ("--email", "nobody"),
                              ("--dns", "a..b"), ("--organization-unit", "a" * 65),
                              ("--organization-unit", "a\nb"), ("--dns", "a,URI:spiffe://b")):
            self.assertIn("cannot be", self.refused("client", self.ca, "runner", option, value))
        for arguments in (("--name", "a/b"), ("--name", ".."), ("--name", "*.example.com"),
                          ("--name", "10.0.0.5"), ("--ip", "10.0.0"), ("--ip", " 10.0.0.5"),
                          ("--name", "a" * 60 + ".example.com"), ("--name", "")):
            self.assertIn("cannot be", self.refused("server", self.ca, *arguments), arguments)
        self.assertIn("the name of a CA", self.refused("init", self.top / "b", "--name", "a/b"))
        self.assertFalse((self.top / "b").exists())
        self.assertEqual(sorted(self.ca.rglob("*")), before)

    def test_of_64_characters_are_the_longest(self):
        self.assert_good(self.client("a" * 64) / "cert.pem")

    def test_a_command_that_lacks_something_says_so(self):
        for arguments in ((), ("server", self.ca), ("client", self.ca), ("renew", self.ca),
                          ("renew", self.ca, "a", "--crl"), ("client", self.ca, "a", "--days", "0"),
                          ("init", self.top / "b", "--days", "x"), ("revoke", self.ca)):
            self.certs(*arguments, code=2)


class Revoking(WithCa):
    def test_is_seen_by_who_has_the_new_list(self):
        folder, other = self.client(), self.client("other")
        before = self.top / "before.pem"
        shutil.copy(self.ca / "crl.pem", before)
        printed = self.certs("revoke", self.ca, "runner")
        self.assertIn("revoked 1 certificate of `runner`", printed)
        self.assert_revoked(folder / "cert.pem")
        self.assert_good(other / "cert.pem")
        self.assertEqual(self.verify(folder / "cert.pem", "sslclient", before)[0], 0)
        self.assertIn("revoked 0 certificates", self.certs("revoke", self.ca, "runner"))
        self.certs("revoke", self.ca, "other")
        self.assert_revoked(folder / "cert.pem")
        self.assert_revoked(other / "cert.pem")

    def test_a_server_too(self):
        folder = self.server()
        self.certs("revoke", self.ca, "gate.example.com")
        self.assertIn("certificate revoked", self.verify(folder / "cert.pem", "sslserver")[1])

    def test_lists_are_numbered_and_signed(self):
        def number():
            return int(re.search(r"CRL Number: \n\s*(\d+)", self.crl("-text")).group(1))
        first = number()
        self.client()
        self.certs("revoke", self.ca, "runner")
        self.assertEqual(number(), first + 2)
        self.assertIn("Authority Key Identifier", self.crl("-text"))
        self.assertIn("verify OK", openssl("crl", "-in", self.ca / "crl.pem", "-noout",
                                           "-CAfile", self.ca / "ca.pem")[1])

    def test_an_unknown_name_is_a_mistake(self):
        for action in ("revoke", "renew"):
            self.assertIn("`nobody` has no certificate", self.refused(action, self.ca, "nobody"))

    def test_a_revoked_name_is_not_renewed_but_issued_anew(self):
        folder = self.client()
        self.certs("revoke", self.ca, "runner")
        self.assertIn("`runner` is revoked", self.refused("renew", self.ca, "runner"))
        self.refused("client", self.ca, "runner")
        self.certs("client", self.ca, "runner", "--force")
        self.assert_good(folder / "cert.pem")


class Renewing(WithCa):
    def test_certifies_the_same_names_and_leaves_the_older_valid(self):
        folder = self.client("runner", "--uri", "spiffe://example.com/ci", "--organization-unit",
                             "CI", "--days", "7")
        older = self.top / "older"
        shutil.copytree(folder, older)
        printed = self.certs("renew", self.ca, "runner")
        self.assertIn(f"dockgate certs revoke {self.ca} runner --older", printed)
        for what in (("-subject",), ("-ext", "subjectAltName,extendedKeyUsage,keyUsage")):
            self.assertEqual(text_of(folder / "cert.pem", *what),
                             text_of(older / "cert.pem", *what))
        self.assertNotEqual((folder / "key.pem").read_text(), (older / "key.pem").read_text())
        self.assertEqual(openssl("x509", "-in", folder / "cert.pem", "-noout", "-checkend",
                                 7 * 86400 + 60)[0], 1, "as long as before")
        self.assert_good(folder / "cert.pem")
        self.assert_good(older / "cert.pem")
        self.certs("revoke", self.ca, "runner", "--older")
        self.assert_good(folder / "cert.pem")
        self.assert_revoked(older / "cert.pem")

    def test_keeps_the_key_when_asked(self):
        folder = self.client()
        older, key = text_of(folder / "cert.pem", "-pubkey"), (folder / "key.pem").read_text()
        self.certs("renew", self.ca, "runner", "--keep-key", "--days", "9")
        self.assertEqual(text_of(folder / "cert.pem", "-pubkey"), older)
        self.assertEqual((folder / "key.pem").read_text(), key)
        self.assertEqual(len({row[5] for row in self.rows()[1:]}), 2)
        (folder / "key.pem").write_text((self.ca / "ca-key.pem").read_text())
        self.assertIn("is not the key of the newest",
                      self.refused("renew", self.ca, "runner", "--keep-key"))
        shutil.rmtree(folder)
        self.assertIn("cannot be read", self.refused("renew", self.ca, "runner", "--keep-key"))
        self.certs("renew", self.ca, "runner")
        self.assertEqual(sorted(os.listdir(folder)), THREE)

    def test_a_server_keeps_its_kind_and_addresses(self):
        folder = self.server("--name", "gate.example.com", "--ip", "10.0.0.5")
        before = text_of(folder / "cert.pem", "-ext", "subjectAltName")
        printed = self.certs("renew", self.ca, "gate.example.com")
        self.assertIn(f'certificate: "{folder}/cert.pem"', printed)
        self.assertEqual(text_of(folder / "cert.pem", "-ext", "subjectAltName"), before)
        self.assert_good(folder / "cert.pem", "sslserver")

    def assert_list_ends_in(self, days):
        end = self.crl("-nextupdate").strip().split("=")[1]
        left = time.mktime(time.strptime(end, "%b %d %H:%M:%S %Y %Z")) - time.mktime(time.gmtime())
        self.assertAlmostEqual(left / 86400, days, delta=0.1)

    def test_every_change_writes_the_list_afresh_for_as_long_as_before(self):
        self.assert_list_ends_in(400)
        self.certs("renew", self.ca, "--crl", "--days", "50")
        self.assert_list_ends_in(50)
        for change in (("client", "runner"), ("renew", "runner"), ("revoke", "runner"),
                       ("renew", "--crl"), ("server", "--name", "gate")):
            before = self.crl("-text")
            self.certs(change[0], self.ca, *change[1:])
            self.assertNotEqual(self.crl("-text"), before, change)
            self.assert_list_ends_in(50)

    def test_a_list_that_ends_soon_is_warned_of(self):
        def warned():
            done = subprocess.run([PROGRAM, "certs", "list", self.ca], capture_output=True,
                                  text=True)
            self.assertEqual(done.returncode, 0)
            return done.stderr
        self.assertEqual(warned(), "")
        self.certs("renew", self.ca, "--crl", "--days", "29")
        self.assertIn("dockgate certs renew", warned())


class Listing(WithCa):
    def test_shows_everything_that_was_ever_issued(self):
        server, client = self.server(), self.client()
        other = self.client("other")
        self.certs("revoke", self.ca, "other")
        shutil.rmtree(other)
        rows = self.rows()
        self.assertEqual([(row[0], row[1], row[2].split()[0]) for row in rows],
                         [("dockgate CA", "ca", "valid"), ("gate.example.com", "server", "valid"),
                          ("runner", "client", "valid"), ("other", "client", "revoked")])
        self.assertRegex(rows[3][2], r"^revoked \d{4}-\d\d-\d\d$")
        for row, path in zip(rows, (self.ca, server, client)):
            path = path / ("ca.pem" if path == self.ca else "cert.pem")
            fingerprint = text_of(path, "-fingerprint", "-sha256").strip().split("=")[1]
            self.assertEqual(row[4], fingerprint.replace(":", "").lower())
            self.assertEqual(row[5], text_of(path, "-serial").strip().split("=")[1].lower())
            end = time.strptime(text_of(path, "-enddate").strip(), "notAfter=%b %d %H:%M:%S %Y %Z")
            self.assertEqual(row[3], time.strftime("%Y-%m-%d %H:%M UTC", end))
        self.assertRegex(self.certs("list", self.ca), r"crl\.pem ends on \d{4}-\d\d-\d\d")


class HandingOut(WithCa):
    def test_the_environment_that_is_printed_works_in_a_shell(self):
        odd = self.top / "it's a \"folder\""
        self.certs("init", odd)
        self.certs("server", odd, "--name", "gate.example.com")
        printed = self.certs("client", odd, "runner")
        lines = "\n".join(re.findall(r"^export .*$", printed, re.M))
        shown = subprocess.run(["sh", "-euc", lines + '\nprintf "%s\\n" "$DOCKER_HOST" '
                                '"$DOCKER_TLS_VERIFY" "$DOCKER_CERT_PATH"; ls "$DOCKER_CERT_PATH"'],
                               capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual(shown, ["tcp://gate.example.com:2376", "1", f"{odd}/clients/runner",
                                 *THREE])

    def test_without_a_server_the_gate_is_left_to_fill_in(self):
        self.assertIn("DOCKER_HOST=tcp://GATE:2376", self.certs("client", self.ca, "runner"))

    @unittest.skipUnless(shutil.which("docker"), "there is no docker command here")
    def test_the_context_that_is_printed_is_one(self):
        for folder in (self.ca, self.top / "a, \"b\" it's"):
            if folder != self.ca:
                self.certs("init", folder)
            printed = self.certs("client", folder, "runner")
            line = re.search(r"^docker context create .*$", printed, re.M).group()
            config = pathlib.Path(tempfile.mkdtemp(dir=self.top))
            environment = {**os.environ, "DOCKER_CONFIG": str(config)}
            made = subprocess.run(["sh", "-euc", line], env=environment, capture_output=True,
                                  text=True)
            self.assertEqual(made.returncode, 0, made.stderr)
            keys = list(config.rglob("key.pem"))
            self.assertEqual([key.read_text() for key in keys],
                             [(folder / "clients/runner/key.pem").read_text()])

    @unittest.skipUnless(shutil.which("docker"), "there is no docker command here")
    def test_the_docker_command_takes_them_and_shows_them(self):
        folder = self.client()
        self.server("--ip", "127.0.0.1")
        gate = self.ca / "servers/127.0.0.1"
        settings = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.ca / "ca.pem")
        settings.load_cert_chain(gate / "cert.pem", gate / "key.pem")
        settings.verify_mode = ssl.CERT_REQUIRED
        shown = []

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                shown.append(self.connection.getpeercert()["subject"])
                body = b'{"Version": "1.2.3", "ApiVersion": "1.41"}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
            server.socket = settings.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            environment = {**os.environ, "DOCKER_HOST": f"tcp://127.0.0.1:{server.server_port}",
                           "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(folder)}
            done = subprocess.run(["docker", "version", "--format", "{{.Server.Version}}"],
                                  env=environment, capture_output=True, text=True)
            server.shutdown()
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("1.2.3\n", "", 0))
        self.assertEqual(shown[0], ((("commonName", "runner"),),))

    def test_a_bundle_becomes_the_three_files_again(self):
        folder = self.client("runner", "--bundle", self.top / "bundle.pem")
        self.assertEqual(stat.S_IMODE((self.top / "bundle.pem").stat().st_mode), 0o600)
        command = awk_line()
        shells = [["sh", "-euc", command], ["sh", "-euc", "base64 -w0 bundle.pem >line; "
                  "base64 -d line >bundle.pem; " + command]]
        if busybox := shutil.which("busybox"):
            shells.append([busybox, "sh", "-euc", command.replace("awk", "busybox awk")])
        for shell in shells:
            job = pathlib.Path(tempfile.mkdtemp(dir=self.top))
            shutil.copy(self.top / "bundle.pem", job)
            subprocess.run(shell, cwd=job, check=True)
            for name in THREE:
                self.assertEqual((job / name).read_text(), (folder / name).read_text(), shell)
                self.assertEqual(stat.S_IMODE((job / name).stat().st_mode), 0o600)

    def test_a_bundle_replaces_nothing_and_then_nothing_is_issued(self):
        bundle = self.top / "bundle.pem"
        bundle.write_text("kept")
        self.assertIn("is there already", self.refused("client", self.ca, "runner", "--bundle",
                                                       bundle))
        self.assertEqual(bundle.read_text(), "kept")
        self.assertEqual(len(self.rows()), 1)
        folder = self.client("runner", "--bundle", bundle, "--force")
        self.assertIn((folder / "key.pem").read_text(), bundle.read_text())
        self.refused("renew", self.ca, "runner", "--bundle", bundle)
        self.certs("renew", self.ca, "runner", "--bundle", bundle, "--force")
        self.assertIn((folder / "key.pem").read_text(), bundle.read_text())


class AtOnce(WithCa):
    def start(self, *arguments):
        return subprocess.Popen([PROGRAM, "certs", *map(str, arguments)], cwd=self.top,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def test_many_processes_take_turns(self):
        old = [f"old-{i}" for i in range(8)]
        for name in old:
            self.client(name)
        processes = [self.start("client", self.ca, f"new-{i}") for i in range(8)]
        processes += [self.start("revoke", self.ca, name) for name in old]
        for process in processes:
            self.assertEqual(process.wait(), 0)
        states = {row[0]: row[2].split()[0] for row in self.rows()[1:]}
        self.assertEqual(states, {**{name: "revoked" for name in old},
                                  **{f"new-{i}": "valid" for i in range(8)}})
        for i in range(8):
            self.assert_good(self.ca / f"clients/new-{i}/cert.pem")

    def test_of_one_name_there_is_one(self):
        processes = [self.start("client", self.ca, "runner") for _ in range(6)]
        self.assertEqual(sorted(process.wait() for process in processes), [0, 2, 2, 2, 2, 2])
        self.assertEqual(len(self.rows()), 2)

    def test_of_one_folder_there_is_one_ca(self):
        folder = self.top / "new"
        processes = [self.start("init", folder) for _ in range(6)]
        self.assertEqual(sorted(process.wait() for process in processes), [0, 2, 2, 2, 2, 2])
        self.certs("client", folder, "runner")

    def assert_whole(self):
        """Whatever is there can be read, and pairs belong together."""
        self.assert_private()
        serials = {row[5] for row in self.rows()}
        for folder in (self.ca / "clients").glob("runner"):
            self.assertEqual(sorted(os.listdir(folder)), THREE)
            public = openssl("pkey", "-in", folder / "key.pem", "-pubout")
            self.assertEqual(public, (0, text_of(folder / "cert.pem", "-pubkey")))
            serial = text_of(folder / "cert.pem", "-serial").strip().split("=")[1].lower()
            self.assertIn(serial, serials, "handed out, and not listed")

    def test_killed_at_any_moment_it_leaves_what_was_or_what_is_to_be(self):
        (self.ca / "clients").mkdir(0o700)
        whole = 10
        for i in range(3):
            started = time.monotonic()
            self.client(f"other-{i}")
            whole = min(whole, time.monotonic() - started)
        killed = 0
        for i in range(40):
            process = self.start("client", self.ca, "runner", "--force")
            time.sleep(whole * i / 40)
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
            self.assert_whole()
        self.assertGreater(killed, 10)
        self.certs("client", self.ca, "runner", "--force")
        self.assert_whole()
        self.assertEqual([path for path in self.ca.rglob(".*")], [], "leftovers")
        states = [row[2].split()[0] for row in self.rows() if row[0] == "runner"]
        self.assertEqual(states.count("valid"), 1)

    def test_killed_while_it_makes_a_ca_it_can_make_it_again(self):
        for i in range(30):
            folder = self.top / f"new-{i}"
            process = self.start("init", folder)
            time.sleep(0.0007 * i)
            process.kill()
            process.wait()
            if not (folder / "ca.pem").exists():
                self.certs("init", folder)
            self.certs("client", folder, "runner")


class Help(unittest.TestCase):
    def test_tells_a_newcomer_what_to_type(self):
        text = subprocess.run([PROGRAM, "certs", "--help"], capture_output=True, text=True).stdout
        with tempfile.TemporaryDirectory() as folder:
            lines = re.findall(r"^  dockgate (certs .*?)  +\S", text, re.M)
            self.assertEqual([line.split()[1] for line in lines],
                             ["init", "server", "client", "list", "renew", "revoke"])
            for line in lines:
                done = subprocess.run([PROGRAM, *line.split()], cwd=folder, capture_output=True)
                self.assertEqual(done.returncode, 0, (line, done.stderr))


if __name__ == "__main__":
    unittest.main()
