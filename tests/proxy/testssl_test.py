"""What testssl.sh, which knows of all that ever went wrong with TLS, finds at the endpoint."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.proxy.tls_test import CONFIG  # noqa: E402
from tests.support.fake_engine import FakeEngine, answer_everything  # noqa: E402
from tests.support.gate import Authority, Gate  # noqa: E402

PROTOCOLS = ("SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3")
# Every finding about a vulnerability, by testssl's name for it.
VULNERABILITIES = (
    "heartbleed", "CCS", "ticketbleed", "ROBOT", "secure_renego", "secure_client_renego", "CRIME_TLS",
    "POODLE_SSL", "fallback_SCSV", "FREAK", "DROWN", "LOGJAM", "BEAST", "LUCKY13", "RC4")
# Kinds of ciphers that nobody is to be offered.
BAD_CIPHERS = ("cipherlist_NULL", "cipherlist_aNULL", "cipherlist_EXPORT", "cipherlist_LOW",
               "cipherlist_3DES_IDEA", "cipherlist_AVERAGE")
HARMLESS = ("OK", "INFO")
# What it says of some, now and then, where clients have to have certificates.
UNTESTED = "client x509-based authentication prevents this from being tested"


class Scan(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.remove)
        cls.engine = FakeEngine(answer_everything)
        cls.addClassCleanup(cls.engine.stop)
        tls = cls.authority.tls()
        config = CONFIG.replace("TLS_1_2", tls.replace("}}", ', minimum_version: "1.2" }}'))
        cls.gate = Gate(cls.engine.socket, config=config.replace("TLS", tls))
        cls.addClassCleanup(cls.gate.stop)

    def findings(self, port):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "found.json")
            done = subprocess.run(
                ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--protocols", "--std",
                 "--server-preference", "--vulnerable", "--add-ca",
                 self.authority.folder / "ca.pem", "--jsonfile", file, f"127.0.0.1:{port}"],
                capture_output=True, text=True, timeout=600, check=False, cwd=folder)
            self.assertTrue(file.exists(), done.stdout + done.stderr)
            return {found["id"]: found for found in json.loads(file.read_text())}

    def check(self, port, offered):
        found = self.findings(port)
        shown = json.dumps(found, indent=1)
        for protocol in PROTOCOLS:
            says = found[protocol]["finding"]
            self.assertEqual(not says.startswith("not offered"), protocol in offered, shown)
        for name in VULNERABILITIES:
            self.assertIn(name, found, shown)
            untested = found[name]["finding"].startswith(UNTESTED)
            self.assertTrue(untested or found[name]["severity"] in HARMLESS, shown)
        for name in BAD_CIPHERS:
            self.assertEqual(found[name]["finding"], "not offered", shown)
        for name, one in found.items():
            if name.startswith("cipherorder_"):
                for cipher in one["finding"].split():
                    self.assertRegex(cipher, r"^(TLS_|ECDHE-).*(GCM|CHACHA20)", shown)
        bad = {name: one for name, one in found.items()
               if one["severity"] in ("LOW", "MEDIUM", "HIGH", "CRITICAL")}
        return found, bad

    def test_tls_1_3_alone_unless_the_file_says_otherwise(self):
        found, bad = self.check(self.gate.port(0), ("TLS1_3",))
        self.assertEqual(bad, {}, found)

    def test_tls_1_2_has_modern_ciphers_alone(self):
        found, bad = self.check(self.gate.port(1), ("TLS1_2", "TLS1_3"))
        self.assertIn("cipherorder_TLSv1_2", found)
        self.assertIn(found["SWEET32"]["severity"], HARMLESS)
        self.assertEqual(bad, {}, found)


if __name__ == "__main__":
    unittest.main()
