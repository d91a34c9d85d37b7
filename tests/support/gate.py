"""A private Engine and a dockgate in front of it, for tests that look at what really happens.

Nothing here has a fixed path or port. What is started is stopped, whatever a test does.
"""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

from tests.support.trail import check_trail

PROGRAM = os.environ.get("DOCKGATE", "build/release/dockgate")
IMAGE = "busybox:test"
# What a sanitizer writes. The exit status says it too, but not of a program that is killed.
REPORT = re.compile(r"^.*(?:(?:ERROR|WARNING): \w+Sanitizer|:\d+:\d+: runtime error: )", re.M)


def wait_until(holds, seconds=30, what="what was waited for"):
    """Polls until `holds()` is true; fails after `seconds`."""
    give_up = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > give_up:
            raise TimeoutError(f"{what} did not come within {seconds} s")
        time.sleep(0.05)


def answers(path):
    try:
        return request(path, "GET", "/_ping")[0] == 200
    except OSError:
        return False


class TlsAddress:
    """Where a gate listens with TLS, and the folder (a DOCKER_CERT_PATH) of one of its clients."""

    def __init__(self, port, certificates):
        self.host = "127.0.0.1"
        self.port = port
        self.certificates = pathlib.Path(certificates)

    def __str__(self):
        return f"tcp://{self.host}:{self.port}"

    def context(self):
        context = ssl.create_default_context(cafile=self.certificates / "ca.pem")
        context.load_cert_chain(self.certificates / "cert.pem", self.certificates / "key.pem")
        return context

    def connect(self, timeout=30):
        plain = socket.create_connection((self.host, self.port), timeout)
        return self.context().wrap_socket(plain, server_hostname=self.host)


class TlsHTTPConnection(http.client.HTTPConnection):
    def __init__(self, address, timeout=30):
        super().__init__("docker", timeout=timeout)
        self.address = address

    def connect(self):
        self.sock = self.address.connect(self.timeout)


class UnixHTTPConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=30):
        super().__init__("docker", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def request(path, method, target, body=None, headers=None, timeout=30):
    """One request on a connection of its own -> (status, bytes)."""
    of_kind = TlsHTTPConnection if isinstance(path, TlsAddress) else UnixHTTPConnection
    connection = of_kind(path, timeout)
    try:
        fields = dict(headers or {})
        if body is not None and "Content-Type" not in fields:
            fields["Content-Type"] = "application/json"
        if isinstance(body, str):
            body = body.encode()
        connection.request(method, target, body=body, headers=fields)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def check_sanitizers(log):
    """Fails where a program that was built with sanitizers has reported something in its log."""
    found = REPORT.search(log)
    if found:
        raise AssertionError(log[found.start():][:8000])


class Process:
    """A program that is stopped at the end, which fails if a sanitizer has reported something."""

    def __init__(self, arguments, log, **options):
        self.log = open(log, "w+b")
        self.process = subprocess.Popen(
            [str(a) for a in arguments], stdout=self.log, stderr=subprocess.STDOUT, **options
        )

    def stop(self, sent=signal.SIGTERM, seconds=30):
        if self.process.poll() is None:
            self.process.send_signal(sent)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if not self.log.closed:
            said = os.pread(self.log.fileno(), os.fstat(self.log.fileno()).st_size, 0)
            self.log.close()
            check_sanitizers(said.decode(errors="replace"))
        return self.process.returncode


class Engine:
    """A private dockerd with one tiny image."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-engine-"))
        self.socket = self.folder / "docker.sock"
        self.start()
        try:
            self._import_image()
        except Exception:
            self.stop()
            raise

    def start(self):
        self.process = Process(
            ["dockerd", "-H", f"unix://{self.socket}", "--data-root", self.folder / "data",
             "--exec-root", self.folder / "exec", "-p", self.folder / "pid", "--bridge=none",
             "--iptables=false", "--ip6tables=false"],
            self.folder / "log",
        )
        try:
            wait_until(self._is_up, 180, "the Engine")
        except Exception:
            print((self.folder / "log").read_text()[-4000:])
            self.stop()
            raise

    def _is_up(self):
        if self.process.process.poll() is not None:
            raise RuntimeError("the Engine ended")
        return answers(self.socket)

    def kill(self):
        """It ends without a word. Its containers go on, until `start`."""
        self.process.stop(signal.SIGKILL)
        # Its containerd is killed with it. An Engine that came before that has happened would take
        # it for one that goes on, and wait for it.
        number = self.folder / "exec/containerd/containerd.pid"
        containerd = pathlib.Path("/proc", number.read_text().strip(), "cmdline")
        wait_until(lambda: not containerd.exists() or not containerd.read_bytes(), 30,
                   "the end of its containerd")
        number.unlink()

    def _import_image(self):
        root = self.folder / "image"
        for name in ("bin", "tmp", "etc"):
            (root / name).mkdir(parents=True)
        shutil.copy("/bin/busybox", root / "bin/busybox")
        for applet in subprocess.check_output(["/bin/busybox", "--list"], text=True).split():
            if applet != "busybox":
                (root / "bin" / applet).symlink_to("busybox")
        (root / "etc/passwd").write_text("root:x:0:0:root:/:/bin/sh\n")
        archive = self.folder / "image.tar"
        subprocess.check_call(["tar", "-C", root, "-cf", archive, "."])
        self.docker("import", "--change", "CMD [\"sh\"]", archive, IMAGE)

    def docker(self, *arguments, **options):
        return docker(self.socket, *arguments, **options)

    def get(self, target):
        status, body = request(self.socket, "GET", target)
        return json.loads(body) if status == 200 else None

    def containers(self):
        return {c["Id"] for c in self.get("/containers/json?all=1")}

    def volumes(self):
        return {v["Name"] for v in self.get("/volumes")["Volumes"] or []}

    def stop(self):
        if self.process.process.returncode == -signal.SIGKILL:
            self.start()  # or its containers would outlive it
        for container in self.containers() if answers(self.socket) else ():
            request(self.socket, "DELETE", f"/containers/{container}?force=1&v=1")
        if answers(self.socket):
            request(self.socket, "POST", "/networks/prune")  # bridges would outlive it
        self.process.stop()
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            points = [line.split()[1] for line in mounts]
        for point in reversed(points):
            if point.startswith(f"{self.folder}/"):
                subprocess.run(["umount", "-l", point], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)


class Gate:
    """A dockgate in front of an Engine's socket; `under` is a program that becomes it, prlimit say."""

    def __init__(self, engine_socket, policy="baseline", **options):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-gate-"))
        self.socket = self.folder / "docker.sock"
        self.audit = self.folder / "audit.jsonl"
        arguments = [PROGRAM, "serve"]
        self.engine = engine_socket
        self.config = self.folder / "dockgate.yaml"
        if "config" in options:
            self.configure(options["config"])
            arguments += ["--config", self.config]
        else:
            arguments += ["--engine", f"unix://{engine_socket}", "--listen",
                          f"unix://{self.socket}", "--policy", policy, "--audit",
                          options.get("audit", self.audit)]
        self.process = Process([*options.get("under", ()), *arguments], self.folder / "log",
                               env=options.get("env"))
        try:
            wait_until(self._is_up, 20, "dockgate")
        except Exception:
            print((self.folder / "log").read_text())
            self.stop()
            raise

    def configure(self, config, **more):
        """Writes its configuration file, all at once."""
        new = self.folder / "dockgate.yaml.new"
        new.write_text(
            config.format(engine=self.engine, socket=self.socket, audit=self.audit, **more))
        new.rename(self.config)

    def _is_up(self):
        if self.process.process.poll() is not None:
            raise RuntimeError("dockgate ended")
        return "listening on" in self.log()

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def pid(self):
        return self.process.process.pid

    def is_alive(self):
        return self.process.process.poll() is None

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid()}/fd"))

    def memory(self, what="VmRSS"):
        """KiB."""
        status = pathlib.Path(f"/proc/{self.pid()}/status").read_text()
        return int(re.search(what + r":\s+(\d+)", status)[1])

    def port(self, number=0):
        """The TCP port of the listener that is the `number`th of those with one."""
        return int(re.findall(r"listening on tcp://\S+:(\d+)", self.log())[number])

    def docker(self, *arguments, **options):
        return docker(self.socket, *arguments, **options)

    def trail(self):
        """Every line of the audit so far."""
        text = self.audit.read_text() if self.audit.exists() else ""
        return [json.loads(line) for line in text.split("\n")[:-1]]

    def records(self, at_least=0):
        """The audit of requests; waits for as many as are expected: they follow the answer."""
        def found():
            return [record for record in self.trail() if "id" in record]
        wait_until(lambda: len(found()) >= at_least, 10, f"{at_least} records")
        return found()

    def stop(self):
        try:
            code = self.process.stop()
            if self.audit.is_file():
                check_trail(self.audit)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
        return code


class Authority:
    """A CA and what it certified, by `dockgate certs`."""

    def __init__(self, *clients):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-ca-"))
        self.run("init")
        self.run("server", "--name", "localhost", "--ip", "127.0.0.1", "--ip", "::1")
        for client in clients:
            self.run("client", client)

    def run(self, command, *arguments):
        subprocess.run([PROGRAM, "certs", command, self.folder, *arguments], check=True,
                       capture_output=True)

    def client(self, name):
        """A DOCKER_CERT_PATH."""
        return self.folder / "clients" / name

    def tls(self):
        """The `tls:` of a listener, for a Gate's `config`."""
        server = self.folder / "servers/localhost"
        return (f"{{{{ certificate: {server}/cert.pem, key: {server}/key.pem, "
                f"client_ca: {self.folder}/ca.pem, crl: {self.folder}/crl.pem }}}}")

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class TlsGate(Gate):
    """A dockgate that listens with TLS alone, for one client."""

    CONFIG = """
engine: unix://{engine}
listen: [{{ address: "tcp://127.0.0.1:0", tls: TLS }}]
audit: {{ file: {audit} }}
clients: [{{ name: runner, certificate: {{ common_name: runner }}, policy: baseline }}]
"""

    MORE = ""  # of the listener's `tls:`

    def __init__(self, engine_socket):
        self.authority = Authority("runner")
        tls = self.authority.tls().replace("}}", self.MORE + " }}")
        super().__init__(engine_socket, config=self.CONFIG.replace("TLS", tls))
        self.socket = TlsAddress(self.port(), self.authority.client("runner"))

    def stop(self):
        self.authority.remove()
        return super().stop()


class OlderTlsGate(TlsGate):
    MORE = ', minimum_version: "1.2"'


# What the clients of tests/engine reach the gate by.
GATES = {"unix": Gate, "tls": TlsGate, "tls_1_2": OlderTlsGate}


def engine_and_gate(add_cleanup, engine=Engine):
    """An Engine and a gate in front of it, until `add_cleanup`'s module or class has ended."""
    guarded = engine()
    add_cleanup(guarded.stop)
    gate = GATES[os.environ.get("DOCKGATE_TESTS_TRANSPORT", "unix")](guarded.socket)
    add_cleanup(gate.stop)
    return guarded, gate


def without_ids(text):
    """Output with each id of an object, long or short, as `ID`; the image that a build begins with,
    which dockgate names by its id, by its name."""
    text = re.sub(r"FROM sha256:[0-9a-f]{64}", f"FROM {IMAGE}", text)
    return re.sub(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b", "ID", text)


def environment(where):
    """The variables by which Docker's clients find a socket, or a TLS address."""
    env = dict(os.environ, DOCKER_BUILDKIT="0")
    for name in ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        env.pop(name, None)
    if isinstance(where, TlsAddress):
        env.update(DOCKER_HOST=str(where), DOCKER_TLS_VERIFY="1",
                   DOCKER_CERT_PATH=str(where.certificates))
    else:
        env["DOCKER_HOST"] = f"unix://{where}"
    return env


def docker(socket_path, *arguments, program="docker", stdin=b"", timeout=120, check=True):
    """The docker CLI against a socket -> CompletedProcess with bytes."""
    done = subprocess.run(
        [program, *map(str, arguments)], input=stdin, capture_output=True, timeout=timeout,
        env=environment(socket_path))
    if check and done.returncode != 0:
        raise AssertionError(f"docker {arguments} -> {done.returncode}: {done.stderr.decode()}")
    return done
