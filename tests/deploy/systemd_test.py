"""The units: systemd takes them, they say what dockgate does, and let it do what it needs."""

import configparser
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

import yaml  # noqa: E402

from tests.support.fake_engine import FakeEngine, answer_everything  # noqa: E402
from tests.support.gate import PROGRAM, Process, request, wait_until  # noqa: E402

DEPLOY = pathlib.Path(__file__).resolve().parent.parent.parent / "deploy"
FILTERED = os.environ.get(
    "DOCKGATE_FILTERED", pathlib.Path(PROGRAM).resolve().parent / "tests/filtered")
EXPOSURE = "20"  # of 100: at most 2.0, which systemd calls OK
UID, GID = 64711, 64712
SANITIZED = any(mark in pathlib.Path(PROGRAM).read_bytes()
                for mark in (b"__asan_init", b"__tsan_init"))


def unit(name):
    """Section -> key -> the values in their order."""
    parser = configparser.RawConfigParser(strict=False, dict_type=Several)
    parser.optionxform = str
    parser.read(DEPLOY / name)
    return {section: {key: value.split("\n") for key, value in parser.items(section)}
            for section in parser.sections()}


class Several(dict):
    """Keys that stand several times keep all of their values."""

    def __setitem__(self, key, value):
        if isinstance(value, list) and isinstance(self.get(key), list):
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def calls_of(group):
    """What a group of system calls holds, groups within it too."""
    said = subprocess.check_output(["systemd-analyze", "syscall-filter", group], text=True)
    lines = [line.strip() for line in said.splitlines()[1:]]
    names = {line for line in lines if line and line[0] not in "#@"}
    for line in lines:
        if line.startswith("@"):
            names |= calls_of(line)
    return names


def allowed_calls():
    allowed = set()
    for value in unit("dockgate.service")["Service"]["SystemCallFilter"]:
        remove = value.startswith("~")
        for word in value.lstrip("~").split():
            names = calls_of(word) if word.startswith("@") else {word}
            allowed = allowed - names if remove else allowed | names
    return allowed


class Units(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-units-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def installed(self):
        """Copies for this build's program, whose user this machine need not have."""
        for name in ("dockgate.service", "dockgate.socket"):
            text = (DEPLOY / name).read_text()
            text = text.replace("/usr/bin/dockgate", str(pathlib.Path(PROGRAM).resolve()))
            (self.folder / name).write_text(text)
        return [self.folder / "dockgate.service", self.folder / "dockgate.socket"]

    def test_systemd_has_nothing_to_object(self):
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", *self.installed()],
                              capture_output=True, text=True)
        about_ours = [line for line in done.stderr.splitlines() if "dockgate" in line]
        self.assertEqual((done.returncode, about_ours), (0, []), done.stderr)

    def test_and_does_where_there_is_a_mistake(self):
        service, socket = self.installed()
        service.write_text(service.read_text().replace("WatchdogSec", "WatchDogSec"))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", service, socket],
                              capture_output=True, text=True)
        self.assertIn("WatchDogSec", done.stderr)

    def test_the_service_is_shut_in(self):
        done = subprocess.run(["systemd-analyze", "security", "--offline=true",
                               f"--threshold={EXPOSURE}", "--no-pager", self.installed()[0]],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout[-300:])
        self.assertNotIn("ignoring", done.stderr)

    def test_nothing_keeps_it_from_seeing_the_hosts_paths(self):
        service = unit("dockgate.service")["Service"]
        self.assertEqual(service["ProtectHome"], ["read-only"])
        for key in ("PrivateTmp", "InaccessiblePaths", "TemporaryFileSystem", "PrivateUsers",
                    "RootDirectory", "DynamicUser"):  # the last would bring the first
            self.assertNotIn(key, service)

    def test_they_agree_with_the_settings(self):
        settings = yaml.safe_load((DEPLOY / "dockgate.yaml").read_text())
        service = unit("dockgate.service")["Service"]
        socket = unit("dockgate.socket")["Socket"]
        self.assertEqual([f"unix://{path}" for path in socket["ListenStream"]],
                         [one["address"] for one in settings["listen"]])
        self.assertEqual(service["RuntimeDirectory"], ["dockgate"])
        self.assertTrue(settings["admin"]["address"].startswith("unix:///run/dockgate/"))
        self.assertTrue(settings["audit"]["file"].startswith("/var/log/dockgate/"))
        self.assertEqual(service["LogsDirectory"], ["dockgate"])
        self.assertEqual(service["SupplementaryGroups"], ["docker"])
        self.assertEqual(service["ExecReload"], ["/bin/kill -HUP $MAINPID"])
        self.assertEqual(service["Type"], ["notify"])
        self.assertIn("WatchdogSec", service)
        subprocess.run([PROGRAM, "check", DEPLOY / "dockgate.yaml"], check=True,
                       capture_output=True)

    @unittest.skipIf(SANITIZED, "a sanitizer makes system calls of its own")
    @unittest.skipIf(os.geteuid() != 0, "only root runs a program as another user")
    def test_their_filter_lets_dockgate_start_serve_reload_and_stop(self):
        engine = FakeEngine(answer_everything)
        self.addCleanup(engine.stop)
        os.chmod(pathlib.Path(engine.socket).parent, 0o755)
        os.chmod(engine.socket, 0o666)
        settings = (DEPLOY / "dockgate.yaml").read_text()
        for there, here in (("/var/run/docker.sock", engine.socket),
                            ("/run/dockgate/docker.sock", self.folder / "docker.sock"),
                            ("/run/dockgate/admin.sock", self.folder / "admin.sock"),
                            ("/var/log/dockgate", self.folder)):
            settings = settings.replace(str(there), str(here))
        handed_over = "    # handed over by dockgate.socket"
        self.assertIn(handed_over, settings)
        settings = settings.replace(handed_over, f'\n    group: "{GID}"')
        (self.folder / "dockgate.yaml").write_text(settings)
        (self.folder / "calls").write_text("\n".join(sorted(allowed_calls())) + "\n")
        os.chown(self.folder, UID, GID)
        log = self.folder / "log"
        process = Process([FILTERED, "only", self.folder / "calls", PROGRAM, "serve", "--config",
                           self.folder / "dockgate.yaml"], log, user=UID, group=GID,
                          extra_groups=[])
        self.addCleanup(process.stop)
        wait_until(lambda: log.read_text().count("listening on") >= 1, 20, log.read_text())
        self.assertEqual(request(self.folder / "docker.sock", "GET", "/info")[0], 200)
        process.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "generation 2 is in force" in log.read_text(), 20, "a reload")
        self.assertEqual(request(self.folder / "admin.sock", "GET", "/metrics")[0], 200)
        self.assertEqual(process.stop(), 0)
        self.assertIn("file access restricted" if "Landlock" in log.read_text() else "confined",
                      log.read_text())


if __name__ == "__main__":
    unittest.main()
