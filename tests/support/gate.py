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
import subprocess
import tempfile
import time

PROGRAM = os.environ.get("DOCKGATE", "build/release/dockgate")
IMAGE = "busybox:test"


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


class UnixHTTPConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=30):
        super().__init__("docker", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def request(path, method, target, body=None, headers=None):
    """One request on a connection of its own -> (status, bytes)."""
    connection = UnixHTTPConnection(path)
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


class Process:
    """A program that is stopped at the end."""

    def __init__(self, arguments, log, env=None):
        self.log = open(log, "wb")
        self.process = subprocess.Popen(
            [str(a) for a in arguments], stdout=self.log, stderr=subprocess.STDOUT, env=env
        )

    def stop(self, sent=signal.SIGTERM, seconds=30):
        if self.process.poll() is None:
            self.process.send_signal(sent)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        return self.process.returncode


class Engine:
    """A private dockerd with one tiny image."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-engine-"))
        self.socket = self.folder / "docker.sock"
        self.process = Process(
            ["dockerd", "-H", f"unix://{self.socket}", "--data-root", self.folder / "data",
             "--exec-root", self.folder / "exec", "-p", self.folder / "pid", "--bridge=none",
             "--iptables=false", "--ip6tables=false"],
            self.folder / "log",
        )
        try:
            wait_until(lambda: answers(self.socket), 60, "the Engine")
            self._import_image()
        except Exception:
            print((self.folder / "log").read_text()[-4000:])
            self.stop()
            raise

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
    """A dockgate in front of an Engine's socket."""

    def __init__(self, engine_socket, policy="baseline", **options):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-gate-"))
        self.socket = self.folder / "docker.sock"
        self.audit = self.folder / "audit.jsonl"
        arguments = [PROGRAM, "serve"]
        if "config" in options:
            config = self.folder / "dockgate.yaml"
            config.write_text(
                options["config"].format(
                    engine=engine_socket, socket=self.socket, audit=self.audit))
            arguments += ["--config", config]
        else:
            arguments += ["--engine", f"unix://{engine_socket}", "--listen",
                          f"unix://{self.socket}", "--policy", policy, "--audit",
                          options.get("audit", self.audit)]
        self.process = Process(arguments, self.folder / "log", env=options.get("env"))
        try:
            wait_until(self._is_up, 20, "dockgate")
        except Exception:
            print((self.folder / "log").read_text())
            self.stop()
            raise

    def _is_up(self):
        if self.process.process.poll() is not None:
            raise RuntimeError("dockgate ended")
        return self.socket.exists()

    def docker(self, *arguments, **options):
        return docker(self.socket, *arguments, **options)

    def records(self, at_least=0):
        """The audit so far; waits for as many records as are expected: they follow the answer."""
        def lines():
            return self.audit.read_text().splitlines()
        wait_until(lambda: len(lines()) >= at_least, 10, f"{at_least} records")
        return [json.loads(line) for line in lines()]

    def stop(self):
        code = self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code


def engine_and_gate(add_cleanup, engine=Engine):
    """An Engine and a gate in front of it, until `add_cleanup`'s module or class has ended."""
    guarded = engine()
    add_cleanup(guarded.stop)
    gate = Gate(guarded.socket)
    add_cleanup(gate.stop)
    return guarded, gate


def without_ids(text):
    """Output with each id of an object, long or short, as `ID`."""
    return re.sub(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b", "ID", text)


def environment(socket_path):
    env = dict(os.environ, DOCKER_HOST=f"unix://{socket_path}", DOCKER_BUILDKIT="0")
    env.pop("DOCKER_CONTEXT", None)
    return env


def docker(socket_path, *arguments, program="docker", stdin=b"", timeout=120, check=True):
    """The docker CLI against a socket -> CompletedProcess with bytes."""
    done = subprocess.run(
        [program, *map(str, arguments)], input=stdin, capture_output=True, timeout=timeout,
        env=environment(socket_path))
    if check and done.returncode != 0:
        raise AssertionError(f"docker {arguments} -> {done.returncode}: {done.stderr.decode()}")
    return done
