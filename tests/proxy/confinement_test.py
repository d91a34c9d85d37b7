"""dockgate confines itself: what it can no longer do, and that it serves all the same."""

import ctypes
import gzip
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.fake_engine import FakeEngine, answer_everything  # noqa: E402
from tests.support.gate import (  # noqa: E402
    PROGRAM, Authority, Gate, TlsAddress, UnixHTTPConnection, request, wait_until)

TESTS = pathlib.Path(PROGRAM).resolve().parent / "tests"
CALLS = os.environ.get("DOCKGATE_CONFINED_CALLS", TESTS / "confined_calls")
WITHOUT_LANDLOCK = [os.environ.get("DOCKGATE_FILTERED", TESTS / "filtered"), "without",
                    "landlock_create_ruleset"]
UID, GID, ENGINES_GROUP = 64711, 64712, 64713
CONFIG = """
engine: unix://{engine}
listen: [{{ address: "unix://{socket}" }}MORE_LISTEN]
audit: {{ file: {audit}MORE_AUDIT }}
confinement: CONFINEMENT
clients: [{{ name: all, policy: baseline }}]
MORE
"""
AS_USER = f'{{{{ user: "{UID}:{GID}" }}}}'
# What takes memory for a program's, or needs processes, a sanitizer does too.
SANITIZED = b"__asan_init" in pathlib.Path(PROGRAM).read_bytes() or (
    b"__tsan_init" in pathlib.Path(PROGRAM).read_bytes())
OF_SANITIZERS = {"run a program", "ptrace", "kill", "tgkill", "change its limits", "be dumpable",
                 "clone with a user namespace"}


def landlock():
    """The kernel's version of it; 0 where it has none."""
    create_ruleset, tell_version = 444, 1  # the C library has no names for them
    return max(0, ctypes.CDLL(None).syscall(create_ruleset, None, 0, tell_version))


LANDLOCK = landlock()
needs_landlock = unittest.skipIf(
    LANDLOCK < 2, f"this kernel's Landlock is of version {LANDLOCK}, and 2 is needed")
needs_root = unittest.skipIf(os.geteuid() != 0, "only root can become another user")


def config(confinement="{{}}", more="", listen="", audit=""):
    return (CONFIG.replace("CONFINEMENT", confinement).replace("MORE_LISTEN", listen)
            .replace("MORE_AUDIT", audit).replace("MORE", more))


class OwnedGate(Gate):
    """One whose folder belongs to the user that it becomes."""

    def configure(self, config, **more):
        super().configure(config, **more)
        for path in (self.folder, self.config):
            os.chown(path, UID, GID)


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, value in (line.split(":", 1) for line in lines)}


def children(pid):
    return [int(child) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()]


class InFolders(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-confined-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.elsewhere = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-elsewhere-"))
        self.addCleanup(shutil.rmtree, self.elsewhere)
        self.port = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.port.close)


class Calls(InFolders):
    """By a program that confines itself as dockgate does, and tries."""

    def run_calls(self, confinement, *names, user=None):
        for name in ("file", "other"):
            (self.elsewhere / name).write_text("")
        file = self.folder / "dockgate.yaml"
        text = config(confinement).format(engine=self.folder / "engine.sock",
                                          socket=self.folder / "docker.sock",
                                          audit=self.folder / "audit.jsonl")
        file.write_text(text)
        if user is not None:
            os.chown(self.folder, user, user)
            os.chmod(self.folder, 0o755)
        done = subprocess.run(
            [CALLS, file, self.elsewhere, str(self.port.getsockname()[1]), *names],
            capture_output=True, text=True, timeout=60, cwd=self.folder)
        for made in ("new", "made"):
            path = self.elsewhere / made
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
        return done, dict(line.split(": ") for line in done.stdout.splitlines() if ": " in line)

    def of_the_filter(self, came):
        """Those that the filter is for, and no file or port."""
        return {name: what for name, what in came.items()
                if not re.search("elsewhere|shadow|parent's", name)}

    def test_what_dockgate_has_no_use_for_fails(self):
        done, came = self.run_calls("{{ file_access: off }}")
        self.assertEqual(done.returncode, 0, done.stderr)
        came = self.of_the_filter(came)
        self.assertGreater(len(came), 40)
        for name, what in came.items():
            if SANITIZED and name in OF_SANITIZERS:
                continue
            self.assertEqual(what, "ENOSYS" if name == "clone3" else "EPERM", name)

    @needs_root
    def test_and_would_not_fail_like_that_by_itself(self):
        done, came = self.run_calls("{{ system_calls: off, file_access: off }}")
        self.assertEqual(done.returncode, 0, done.stderr)
        for name, what in came.items():
            self.assertNotEqual(what, "ENOSYS" if name == "clone3" else "EPERM", name)
        for name in ("run a program", "executable memory", "raw socket", "packet socket",
                     "be dumpable", "read /etc/shadow", "make a file elsewhere",
                     "connect elsewhere", "remove a file elsewhere"):
            self.assertEqual(came[name], "done", name)

    def test_or_kills(self):
        for name in ("execve", "mount", "raw socket", "executable memory"):
            done, came = self.run_calls("{{ system_calls: kill }}", name)
            self.assertEqual(-done.returncode, signal.SIGSYS, name)
            self.assertEqual(came, {})

    @needs_root
    def test_or_is_only_logged(self):
        _, came = self.run_calls("{{ system_calls: log, file_access: off }}", "raw socket",
                                 "unshare", "run a program")
        self.assertEqual(set(came.values()), {"done"})

    @needs_landlock
    def test_files_that_no_setting_names_are_closed(self):
        _, came = self.run_calls("{{ system_calls: off }}")
        for name in ("run a program", "read /etc/shadow", "read a file elsewhere",
                     "write a file elsewhere", "make a file elsewhere", "list a folder elsewhere",
                     "remove a file elsewhere", "make a folder elsewhere"):
            self.assertEqual(came[name], "EACCES", name)
        self.assertIn(came["read its parent's memory"], ("EACCES", "EPERM"))

    @unittest.skipIf(LANDLOCK < 4, f"Landlock {LANDLOCK} knows no ports, 4 does")
    def test_and_so_are_ports(self):
        _, came = self.run_calls("{{}}", "connect elsewhere")
        self.assertEqual(came, {"connect elsewhere": "EACCES"})

    @needs_root
    def test_another_user_cannot_do_what_root_could(self):
        confinement = (f'{{{{ user: "{UID}:{GID}", groups: [{ENGINES_GROUP}], system_calls: off, '
                       'file_access: off }}')
        done, came = self.run_calls(confinement, "read /etc/shadow", "raw socket", "packet socket",
                                    "read its parent's memory", "make a file elsewhere", "kill",
                                    user=UID)
        self.assertIn(f"user {UID}, group {GID}, {ENGINES_GROUP}, no capabilities", done.stderr)
        self.assertEqual(len(came), 6, done.stderr)
        for name, what in came.items():
            self.assertIn(what, ("EPERM", "EACCES"), name)

    def test_its_memory_is_not_dumped(self):
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        if hard == 0:
            self.skipTest("this process may not have core dumps either")

        def dumped(confinement):
            done, _ = self.run_calls(confinement, "abort")
            self.assertEqual(-done.returncode, signal.SIGABRT, done.stderr)
            return done.stdout
        self.assertEqual(dumped("{{}}"), "dumpable 0, core 0\n")
        self.assertNotEqual(dumped("{{ dumpable: true }}"), "dumpable 0, core 0\n")


class Starts(InFolders):
    """What cannot be confined as it is asked for does not start."""

    def start(self, confinement, *before, **options):
        file = self.folder / "dockgate.yaml"
        file.write_text(config(confinement).format(
            engine=self.folder / "engine.sock", socket=self.folder / "docker.sock",
            audit=self.folder / "audit.jsonl"))
        done = subprocess.run([*before, PROGRAM, "serve", "--config", file], capture_output=True,
                              text=True, timeout=30, **options)
        return done.returncode, done.stderr

    @needs_root
    def test_a_user_needs_to_know_the_engines_group(self):
        code, said = self.start(AS_USER)
        self.assertEqual(code, 1)
        self.assertIn("because the Engine is not there: name it under `confinement.groups`", said)

    @needs_root
    def test_only_root_becomes_somebody_else(self):
        os.chmod(self.folder, 0o755)
        os.chown(self.folder, UID, GID)
        code, said = self.start('{{ user: "5:5", groups: [6] }}', user=UID, group=GID,
                                extra_groups=[])
        self.assertEqual(code, 1)
        self.assertIn("only root can become user 5:5", said)

    def test_enforced_file_access_needs_the_kernel(self):
        code, said = self.start("{{ file_access: enforce }}", *WITHOUT_LANDLOCK)
        self.assertEqual(code, 1)
        self.assertIn("`confinement.file_access: enforce` needs Landlock 2 (Linux 5.19)", said)

    @needs_root
    def test_limits_that_cannot_be_are_told(self):
        code, said = self.start("{{ ulimits: {{ nofile: 4000000000 }} }}")
        self.assertEqual(code, 1)
        self.assertIn("cannot set `nofile` to 4000000000", said)

    def test_check_says_what_would_be(self):
        file = self.folder / "dockgate.yaml"
        file.write_text(config(AS_USER).format(engine="/e", socket="/s", audit="/a"))
        said = subprocess.check_output([PROGRAM, "check", file], text=True)
        self.assertIn(f"runs    as user {UID}, group {GID}, those of the sockets, without "
                      "capabilities; no new privileges; no core dumps\n", said)


class Served(unittest.TestCase):
    gate_class = Gate

    def begin(self, confinement="{{}}", answer=answer_everything, **options):
        self.engine = FakeEngine(answer)
        self.addCleanup(self.engine.stop)
        folder = pathlib.Path(self.engine.socket).parent
        os.chmod(folder, 0o755)
        os.chmod(self.engine.socket, 0o660)
        if os.geteuid() == 0:
            os.chown(self.engine.socket, 0, ENGINES_GROUP)
        self.confinement = confinement
        self.gate = self.gate_class(self.engine.socket, config=config(confinement, **options))
        self.addCleanup(self.gate.stop)
        self.pid = self.gate.process.process.pid

    def hang_up(self):
        self.gate.process.process.send_signal(signal.SIGHUP)

    def wait_for(self, text):
        wait_until(lambda: text in self.gate.log(), 10, text)

    def info(self):
        return request(self.gate.socket, "GET", "/info")[0]


class Process(Served):
    """What the kernel says of the running program."""

    def every_thread(self):
        return [status(task.name) for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir()]

    def test_it_has_a_filter_and_no_new_privileges(self):
        self.begin()
        threads = self.every_thread()
        self.assertGreater(len(threads), 1)
        for one in threads:
            self.assertEqual((one["NoNewPrivs"], one["Seccomp"]), ("1", "2"), one["Name"])
        limits = pathlib.Path(f"/proc/{self.pid}/limits").read_text()
        self.assertRegex(limits, r"Max core file size +0 +0 ")
        self.assertIn("confined: user ", self.gate.log())

    def test_and_none_where_the_settings_say_so(self):
        self.begin("{{ system_calls: off, file_access: off, no_new_privileges: false, "
                   "dumpable: true }}")
        one = status(self.pid)
        self.assertEqual((one["NoNewPrivs"], one["Seccomp"]), ("0", "0"))
        self.assertEqual(children(self.pid), [])
        self.assertEqual(self.info(), 200)

    def test_its_limits_are_those_of_the_settings(self):
        self.begin("{{ ulimits: {{ nofile: 777, nproc: 99, fsize: 10m, as: 8g }} }}"
                   if not SANITIZED else
                   "{{ ulimits: {{ nofile: 777, nproc: 99, fsize: 10m }} }}")
        limits = pathlib.Path(f"/proc/{self.pid}/limits").read_text()
        self.assertRegex(limits, r"Max open files +777 +777 ")
        self.assertRegex(limits, r"Max processes +99 +99 ")
        self.assertRegex(limits, r"Max file size +10485760 +10485760 ")
        if not SANITIZED:
            self.assertRegex(limits, r"Max address space +8589934592 +8589934592 ")
        self.assertEqual(self.info(), 200)

    def test_its_ending_ends_the_process_beside_it(self):
        self.begin()
        for child in children(self.pid):
            self.assertEqual(status(child)["Seccomp"], "2")
            # What a supervisor sends to all processes of a service.
            os.kill(child, signal.SIGTERM)
        beside = children(self.pid)
        self.assertEqual(len(beside), 1 if LANDLOCK >= 2 else 0)
        self.gate.process.stop(signal.SIGKILL)
        wait_until(lambda: not any(pathlib.Path(f"/proc/{one}").exists() for one in beside), 10)

    @needs_landlock
    def test_a_peers_program_is_told_as_before(self):
        self.begin()
        self.assertEqual(self.info(), 200)
        self.assertEqual(self.gate.records(1)[0]["client"]["executable"],
                         os.readlink("/proc/self/exe"))

    @needs_landlock
    def test_and_is_not_told_where_nobody_is_left_to_look(self):
        self.begin()
        os.kill(children(self.pid)[0], signal.SIGKILL)
        self.assertEqual(self.info(), 200)
        self.wait_for("programs of Unix sockets' peers are no longer known")
        self.assertNotIn("executable", self.gate.records(1)[0]["client"])

    def test_a_kernel_without_landlock_is_told(self):
        self.begin()
        self.assertNotIn("Landlock is missing", self.gate.log())
        folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-old-"))
        self.addCleanup(shutil.rmtree, folder)
        file = folder / "dockgate.yaml"
        file.write_text(config('{{ dumpable: true }}').format(
            engine=self.engine.socket, socket=folder / "docker.sock", audit=folder / "audit"))
        with subprocess.Popen([*WITHOUT_LANDLOCK, PROGRAM, "serve", "--config", file],
                              stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as old:
            lines = []
            for line in old.stderr:
                lines.append(line)
                if "listening on" in line:
                    break
            self.assertEqual(request(folder / "docker.sock", "GET", "/info")[0], 200)
            old.terminate()
        said = "".join(lines)
        self.assertIn("file access not restricted", said)
        if os.geteuid() != 0:
            self.assertIn("Landlock is missing or too old", said)


class Reloads(Served):
    @needs_landlock
    def test_a_folder_that_was_not_named_needs_a_restart(self):
        self.begin()
        elsewhere = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-elsewhere-"))
        self.addCleanup(shutil.rmtree, elsewhere)
        listen = f', {{{{ address: "unix://{elsewhere}/docker.sock" }}}}'
        self.gate.configure(config(self.confinement, listen=listen))
        self.hang_up()
        self.wait_for(f"and they did not name {elsewhere}: restart it, or set it back; going on with "
                      "generation 1")
        self.assertEqual(list(elsewhere.iterdir()), [])
        self.assertEqual(self.info(), 200)
        near = f', {{{{ address: "unix://{self.gate.folder}/near/docker.sock" }}}}'
        self.gate.configure(config(self.confinement, listen=near))
        self.hang_up()
        self.wait_for("generation 2 is in force")
        self.assertEqual(request(self.gate.folder / "near/docker.sock", "GET", "/info")[0], 200)

    @needs_landlock
    def test_names_that_were_not_looked_up_need_a_restart(self):
        self.begin()
        text = config(self.confinement).replace("name: all,", "name: all, unix: {{ user: root }},")
        self.gate.configure(text)
        self.hang_up()
        self.wait_for("it finds no names until it is restarted")
        self.wait_for("going on with generation 1")
        self.assertEqual(self.info(), 200)

    @needs_landlock
    def test_names_go_on_being_found_where_there_were_some(self):
        names = "unix: {{ user: %s }},"
        self.begin(more="")
        self.gate.stop()
        text = config(self.confinement)
        gate = Gate(self.engine.socket, config=text.replace("name: all,",
                                                            "name: all, " + names % "root"))
        self.addCleanup(gate.stop)
        gate.configure(text.replace("name: all,", "name: all, " + names % "daemon"))
        gate.process.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "generation 2 is in force" in gate.log(), 10)

    def test_the_confinement_itself_needs_one(self):
        self.begin()
        self.gate.configure(config("{{ system_calls: off }}"))
        self.hang_up()
        self.wait_for("`confinement` cannot change while dockgate runs")
        self.assertEqual(status(self.pid)["Seccomp"], "2")


def syslog_server(test):
    server = socket.create_server(("127.0.0.1", 0))
    test.addCleanup(server.close)
    got = []

    def receive():
        connection, _ = server.accept()
        with connection:
            while more := connection.recv(65536):
                got.append(more)
    threading.Thread(target=receive, daemon=True).start()
    return server.getsockname()[1], got


@needs_root
class AsAUser(Served):
    """The whole service by a user who has the group of the Engine's socket, and nothing else."""

    gate_class = OwnedGate

    def test_it_is_that_user_for_good(self):
        self.begin(AS_USER)
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            one = status(task.name)
            self.assertEqual(one["Uid"].split(), [str(UID)] * 4)
            self.assertEqual(one["Gid"].split(), [str(GID)] * 4)
            self.assertEqual(one["Groups"], str(ENGINES_GROUP))
            for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                self.assertEqual(int(one[kind], 16), 0, kind)
            self.assertEqual((one["NoNewPrivs"], one["Seccomp"]), ("1", "2"))
        self.assertNotIn("running as root", self.gate.log())
        for child in children(self.pid):
            beside = status(child)
            self.assertEqual(beside["Uid"].split(), [str(UID)] * 4)
            self.assertEqual(int(beside["CapEff"], 16) & ~(1 << 19), 0)  # CAP_SYS_PTRACE alone
            self.assertEqual((beside["Seccomp"], beside["CapBnd"]), ("2", "0" * 16))
        self.assertEqual(os.stat(f"/proc/{self.pid}/environ").st_uid, 0)  # nobody's but root's

    def test_without_one_it_is_told_once(self):
        Served.gate_class, kept = Gate, self.gate_class
        self.gate_class = Gate
        self.addCleanup(setattr, self, "gate_class", kept)
        self.begin()
        self.assertEqual(self.gate.log().count("running as root"), 1)

    def test_requests_pass_and_their_senders_are_known(self):
        self.begin(AS_USER)
        os.chmod(self.gate.folder, 0o755)
        self.assertEqual(self.info(), 200)
        self.assertEqual(request(self.gate.socket, "POST", "/containers/prune")[0], 200)
        self.assertEqual(self.gate.records(2)[0]["client"]["executable"],
                         os.readlink("/proc/self/exe"))

    def test_trails_are_rotated_and_compressed(self):
        self.begin(AS_USER, audit=", rotate: {{ size: 64k, compress: true }}")
        connection = UnixHTTPConnection(self.gate.socket)
        for _ in range(300):
            connection.request("GET", "/info")
            connection.getresponse().read()
        connection.close()
        wait_until(lambda: list(self.gate.folder.glob("audit.jsonl.*.gz")), 20, "a rotated trail")
        rotated = next(self.gate.folder.glob("audit.jsonl.*.gz"))
        self.assertEqual(rotated.stat().st_uid, UID)
        self.assertIn("SystemInfo", gzip.decompress(rotated.read_bytes()).decode())
        self.gate.process.process.send_signal(signal.SIGUSR1)
        self.assertEqual(self.info(), 200)

    def test_settings_are_taken_over_and_listeners_opened(self):
        self.begin(AS_USER)
        listen = f', {{{{ address: "unix://{self.gate.folder}/second.sock", group: "{ENGINES_GROUP}" }}}}'
        listen += ', {{ address: "tcp://127.0.0.1:0" }}'
        self.gate.configure(config(AS_USER, listen=listen))
        self.hang_up()
        self.wait_for("generation 2 is in force")
        second = self.gate.folder / "second.sock"
        self.assertEqual((second.stat().st_uid, second.stat().st_gid), (UID, ENGINES_GROUP))
        self.assertEqual(request(second, "GET", "/info")[0], 200)
        self.gate.configure(config(AS_USER))
        self.hang_up()
        self.wait_for("generation 3 is in force")
        wait_until(lambda: not second.exists(), 10)

    def test_a_group_that_it_has_not_is_given_nothing(self):
        self.begin(AS_USER)
        listen = f', {{{{ address: "unix://{self.gate.folder}/second.sock", group: "5" }}}}'
        self.gate.configure(config(AS_USER, listen=listen))
        self.hang_up()
        self.wait_for("to group `5`: Operation not permitted; going on with generation 1")
        self.assertFalse((self.gate.folder / "second.sock").exists())

    def test_certificates_are_read_again(self):
        authority = Authority("runner")
        self.addCleanup(authority.remove)
        handed = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-handed-"))
        self.addCleanup(shutil.rmtree, handed)
        os.chown(handed, UID, GID)

        def hand_over(*names):
            for name in names:
                new = handed / f"{name}.new"
                of_server = authority.folder / "servers/localhost" / name
                shutil.copy(of_server if of_server.exists() else authority.folder / name, new)
                os.chown(new, UID, GID)
                new.rename(handed / name)
        hand_over("cert.pem", "key.pem", "ca.pem", "crl.pem")
        tls = (f"{{{{ certificate: {handed}/cert.pem, key: {handed}/key.pem, "
               f"client_ca: {handed}/ca.pem, crl: {handed}/crl.pem }}}}")
        self.begin(AS_USER, listen=f', {{{{ address: "tcp://127.0.0.1:0", tls: {tls} }}}}')
        address = TlsAddress(self.gate.port(), authority.client("runner"))
        self.assertEqual(request(address, "GET", "/info")[0], 200)
        authority.run("revoke", "runner")
        hand_over("crl.pem")
        self.wait_for("certificate, clients' authority and revocation list read")
        with self.assertRaises(OSError):
            request(address, "GET", "/info")

    def test_log_servers_are_told(self):
        port, got = syslog_server(self)
        self.begin(AS_USER, audit=f', syslog: {{{{ address: "tcp://localhost:{port}" }}}}')
        self.assertEqual(self.info(), 200)
        wait_until(lambda: b"SystemInfo" in b"".join(got), 20, "a record at the log server")

    def test_the_journal_is_told(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-journal-"))
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
            journal.bind(str(folder / "socket"))
            os.chmod(folder / "socket", 0o666)
            journal.settimeout(20)
            self.begin(AS_USER, audit=f", journal: unix://{folder}/socket")
            self.assertEqual(self.info(), 200)
            self.assertIn(b"MESSAGE=", journal.recv(65536))

    def test_metrics_are_whole(self):
        self.begin(AS_USER, more="admin: {{ address: \"unix://{socket}.admin\" }}")
        admin = pathlib.Path(f"{self.gate.socket}.admin")
        code, text = request(admin, "GET", "/metrics")
        self.assertEqual(code, 200)
        found = dict(re.findall(r"^(process_\w+) (\S+)$", text.decode(), re.MULTILINE))
        for name in ("process_open_fds", "process_resident_memory_bytes", "process_threads",
                     "process_start_time_seconds"):
            self.assertGreater(float(found[name]), 1, name)
        self.assertEqual(request(admin, "GET", "/readyz")[0], 200)

    def test_missing_folders_of_sockets_are_made_for_it(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-run-"))
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        self.begin(AS_USER, listen=f', {{{{ address: "unix://{folder}/run/gate/docker.sock" }}}}')
        made = folder / "run/gate"
        self.assertEqual(((folder / "run").stat().st_uid, made.stat().st_uid), (UID, UID))
        self.assertEqual(request(made / "docker.sock", "GET", "/info")[0], 200)
        self.assertEqual(self.gate.process.stop(), 0)
        self.assertEqual(list(made.iterdir()), [])

    def test_a_stop_removes_its_sockets(self):
        self.begin(AS_USER)
        self.assertTrue(self.gate.socket.exists())
        self.assertEqual(self.gate.process.stop(), 0)
        self.assertFalse(self.gate.socket.exists())
        self.assertIn("stopped", self.gate.log())

    def test_paths_of_the_host_are_followed_as_far_as_it_may_look(self):
        shown = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-host-"))
        self.addCleanup(shutil.rmtree, shown)
        os.chmod(shown, 0o755)
        for name in ("open", "closed"):
            (shown / name / "below").mkdir(parents=True)
            (shown / name).chmod(0o755 if name == "open" else 0o700)
        (shown / "link").symlink_to("/open/below")
        policy = ("host_root: %s\n"
                  "policies: {{ p: {{ extends: baseline, container: {{ allow: {{ bind_mounts: "
                  "[{{ source: /open/**, access: rw }}, {{ source: /closed/**, access: rw }}] "
                  "}} }} }} }}" % shown)
        self.begin(AS_USER, more=policy)
        self.gate.stop()
        self.gate = OwnedGate(self.engine.socket, config=config(AS_USER, more=policy).replace(
            "policy: baseline", "policy: p"))
        self.addCleanup(self.gate.stop)

        def create(source):
            body = {"Image": "a", "HostConfig": {"Binds": [f"{source}:/a"]}}
            return request(self.gate.socket, "POST", "/containers/create", json.dumps(body))
        code, said = create("/closed/below")
        self.assertEqual(code, 502, said)
        self.assertIn(b"path `/closed/below` (reference.unresolved", said)
        self.assertEqual(create("/link")[0], 200)


if __name__ == "__main__":
    unittest.main()
