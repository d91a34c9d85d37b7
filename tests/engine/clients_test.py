"""The unmodified docker CLI behaves the same through the gate and without it, and what baseline
refuses it refuses with its reasons and without a trace at the Engine."""

import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import (  # noqa: E402
    IMAGE, docker, engine_and_gate, environment, wait_until, without_ids)

PROGRAMS = sorted({p for p in ("/usr/bin/docker", "/usr/local/bin/docker") if os.path.exists(p)})


def setUpModule():
    global ENGINE, GATE
    ENGINE, GATE = engine_and_gate(unittest.addModuleCleanup)


def normal(output):
    """Output without what differs from run to run: ids, times, sizes of requests."""
    text = output.decode(errors="replace")
    text = without_ids(text)
    # The CLI says this or not, as its own wait and start happen to race; without a gate too.
    text = re.sub(r'time=.* msg="error waiting for container: .*"\n', "", text)
    # The gate forwards ids where clients write names, and the Engine repeats what it was given.
    text = re.sub(r"in container \w+$", "in container ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z?", "TIME", text)
    return re.sub(r"(About an?|Less than an?|\d+) (second|minute)s?( ago)?", "AGO", text)


class SameAsWithout(unittest.TestCase):
    """Runs a script of docker commands on the bare Engine and through the gate."""

    def same(self, *script, stdin=b""):
        for program in PROGRAMS:
            outcomes = []
            for socket in (ENGINE.socket, GATE.socket):
                outcome = []
                for arguments in script:
                    done = docker(socket, *arguments, program=program, stdin=stdin, check=False)
                    outcome.append(
                        (arguments, done.returncode, normal(done.stdout), normal(done.stderr)))
                outcomes.append(outcome)
            self.assertEqual(outcomes[0], outcomes[1], program)

    def run_of(self, *command, options=()):
        return ("run", "--rm", "--network", "none", *options, IMAGE, *command)

    def test_run_and_exit_status(self):
        self.same(self.run_of("echo", "hello"), self.run_of("sh", "-c", "echo no >&2; exit 7"),
                  self.run_of("no-such-program"))

    def test_run_with_stdin_to_its_end(self):
        self.same(self.run_of("wc", "-c", options=("-i",)), stdin=os.urandom(3_000_000))
        self.same(self.run_of("cat", options=("-i",)), stdin=bytes(range(256)) * 5000)

    def test_life_of_a_container(self):
        self.same(("create", "--name", "life", "--network", "none", IMAGE, "sleep", "100"),
                  ("start", "life"), ("exec", "life", "echo", "in"),
                  ("exec", "life", "sh", "-c", "exit 3"), ("exec", "-d", "life", "true"),
                  ("pause", "life"), ("unpause", "life"), ("rename", "life", "life2"),
                  ("top", "life2", "-o", "comm"), ("inspect", "-f", "{{.State.Status}}", "life2"),
                  ("update", "--cpu-shares", "512", "--restart", "no", "life2"),
                  ("commit", "-c", "ENV A=b", "life2", "committed:1"), ("rmi", "committed:1"),
                  ("stop", "-t", "0", "life2"), ("wait", "life2"), ("restart", "-t", "0", "life2"),
                  ("kill", "life2"), ("rm", "-f", "life2"), ("inspect", "life2"),
                  ("start", "life2"), ("exec", "life2", "true"))

    def test_exec_with_stdin(self):
        docker(ENGINE.socket, "run", "-d", "--name", "e1", "--network", "none", IMAGE, "sleep",
               "100")
        self.same(("exec", "-i", "e1", "cat"), stdin=b"through\n" * 1000)
        docker(ENGINE.socket, "rm", "-f", "e1")

    def test_logs_and_wait(self):
        docker(ENGINE.socket, "run", "-d", "--name", "l1", "--network", "none", IMAGE, "sh", "-c",
               "for i in 1 2 3; do echo $i; echo e$i >&2; sleep 0.2; done; exit 4")
        self.same(("logs", "-f", "l1"), ("wait", "l1"), ("logs", "--tail", "1", "l1"))
        docker(ENGINE.socket, "rm", "l1")

    def test_copy_both_ways(self):
        docker(ENGINE.socket, "create", "--name", "c1", "--network", "none", IMAGE, "true")
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/in", "wb") as file:
                file.write(os.urandom(1_000_000))
            for socket in (ENGINE.socket, GATE.socket):
                docker(socket, "cp", f"{folder}/in", "c1:/tmp/in")
                docker(socket, "cp", "c1:/tmp/in", f"{folder}/out")
                with open(f"{folder}/in", "rb") as sent, open(f"{folder}/out", "rb") as got:
                    self.assertEqual(sent.read(), got.read())
            archive = docker(GATE.socket, "cp", "c1:/etc", "-").stdout
            self.assertIn(b"etc/passwd", archive)
            docker(GATE.socket, "cp", "-", "c1:/tmp", stdin=archive)
        self.same(("cp", "c1:/nothing", "-"), ("cp", "nothing:/x", "-"))
        changes = [sorted(docker(s, "diff", "c1").stdout.splitlines())
                   for s in (ENGINE.socket, GATE.socket)]
        self.assertEqual(changes[0], changes[1])
        docker(ENGINE.socket, "rm", "c1")

    def test_images(self):
        self.same(("tag", IMAGE, "other:1"), ("image", "inspect", "-f", "{{.RepoTags}}", IMAGE),
                  ("history", "-q", IMAGE), ("rmi", "other:1"), ("rmi", "other:1"),
                  ("image", "inspect", "nothing:1"), ("run", "--pull=never", "nothing:1"))

    def test_build(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/Dockerfile", "w") as file:
                file.write(f"FROM {IMAGE}\nARG A=1\nRUN echo built-$A > /made\nCMD cat /made\n")
            build = ("build", "--network", "none", "--build-arg", "A=2", "-t", "built:1", folder)
            # A test that ran before may have left layers in the cache: the same for both.
            docker(ENGINE.socket, *build)
            self.same(build, self.run_of()[:-1] + ("built:1",))

    def test_volumes_and_networks(self):
        self.same(("volume", "create", "--label", "a=b", "v1"), ("volume", "ls", "-q"),
                  self.run_of("sh", "-c", "echo kept > /v/x; cat /v/x", options=("-v", "v1:/v")),
                  ("volume", "inspect", "-f", "{{.Driver}} {{.Labels}}", "v1"),
                  ("volume", "rm", "v1"), ("volume", "rm", "v1"),
                  ("network", "ls", "--format", "{{.Name}} {{.Driver}}"),
                  ("network", "inspect", "nothing"), ("network", "rm", "nothing"))

    def test_networks_of_a_project(self):
        self.same(("network", "create", "--label", "a=b", "n1"),
                  ("create", "--name", "on", "--network", "n1", "--network-alias", "db", IMAGE,
                   "true"),
                  ("network", "create", "n2"), ("network", "connect", "--alias", "x", "n2", "on"),
                  ("inspect", "-f", "{{range $k, $v := .NetworkSettings.Networks}}{{$k}} {{end}}",
                   "on"),
                  ("network", "disconnect", "n2", "on"), ("network", "connect", "n3", "on"),
                  ("rm", "on"), ("network", "rm", "n1", "n2"))

    def test_registries_that_are_not_there(self):
        self.same(("pull", "127.0.0.1:1/x:1"), ("tag", IMAGE, "127.0.0.1:1/x:1"),
                  ("push", "127.0.0.1:1/x:1"), ("rmi", "127.0.0.1:1/x:1"))

    def test_prune(self):
        for kind in ("container", "volume", "image"):
            docker(ENGINE.socket, kind, "prune", "-f")
        self.same(("container", "prune", "-f"), ("volume", "prune", "-f"),
                  ("image", "prune", "-f"), ("network", "prune", "-f"))

    def test_events_and_stats(self):
        docker(ENGINE.socket, "run", "-d", "--name", "s1", "--network", "none", IMAGE, "sleep",
               "100")
        since = str(int(time.time()) - 100)
        self.same(("stats", "--no-stream", "--format", "{{.Name}}", "s1"))
        for socket in (ENGINE.socket, GATE.socket):
            done = docker(socket, "events", "--since", since, "--until", str(int(time.time())),
                          "--filter", "container=s1", "--format", "{{.Action}}")
            self.assertIn(b"start", done.stdout)
        docker(ENGINE.socket, "rm", "-f", "s1")

    def test_export(self):
        docker(ENGINE.socket, "create", "--name", "x1", "--network", "none", IMAGE, "true")
        sizes = [len(docker(s, "export", "x1").stdout) for s in (ENGINE.socket, GATE.socket)]
        self.assertEqual(sizes[0], sizes[1])
        self.assertGreater(sizes[0], 100_000)
        docker(ENGINE.socket, "rm", "x1")

    def test_compose_style_create(self):
        self.same(("create", "--name", "web", "--network", "none", "--label",
                   "com.docker.compose.project=app", "--hostname", "web", "-e", "A=b", "--restart",
                   "unless-stopped", "--tmpfs", "/run", "--init", "--add-host", "db:10.0.0.1",
                   "--health-cmd", "true", "--log-driver", "json-file", "--log-opt",
                   "max-size=1m", "-p", "127.0.0.1:8080:80", "--ulimit", "nofile=64:64",
                   "--memory", "64m", "-v", "data:/data", IMAGE, "true"),
                  ("inspect", "-f", "{{json .HostConfig}} {{json .Config.Labels}}", "web"),
                  ("rm", "-v", "web"))


class Streams(unittest.TestCase):
    def test_save_and_load_of_a_large_image(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/random", "wb") as file:
                for _ in range(210):
                    file.write(os.urandom(1 << 20))
            subprocess.check_call(["tar", "-C", folder, "-cf", f"{folder}/layer.tar", "random"])
            docker(ENGINE.socket, "import", f"{folder}/layer.tar", "large:1")
            image = ENGINE.get("/images/large:1/json")["Id"]
            docker(GATE.socket, "save", "-o", f"{folder}/saved.tar", "large:1")
            self.assertGreater(os.path.getsize(f"{folder}/saved.tar"), 210 << 20)
            docker(GATE.socket, "rmi", "large:1")
            docker(GATE.socket, "load", "-i", f"{folder}/saved.tar")
            self.assertEqual(ENGINE.get("/images/large:1/json")["Id"], image)
            docker(GATE.socket, "rmi", "large:1")

    def test_follow_ends_when_the_client_leaves(self):
        docker(ENGINE.socket, "run", "-d", "--name", "f1", "--network", "none", IMAGE, "sh", "-c",
               "while true; do echo x; sleep 0.1; done")
        follower = subprocess.Popen(["docker", "logs", "-f", "f1"], stdout=subprocess.PIPE,
                                    env=environment(GATE.socket))
        self.assertEqual(follower.stdout.read(2), b"x\n")
        follower.kill()
        follower.communicate()
        wait_until(lambda: any(r.get("operation") == "ContainerLogs" and r["ended"] == "client_gone"
                               for r in GATE.records()), 10, "the end of the stream")
        docker(ENGINE.socket, "rm", "-f", "f1")

    def test_events_stream(self):
        listener = subprocess.Popen(["docker", "events", "--format", "{{.Action}}"],
                                    stdout=subprocess.PIPE, env=environment(GATE.socket))
        seen = []
        reader = threading.Thread(target=lambda: seen.append(listener.stdout.readline()))
        reader.start()
        give_up = time.monotonic() + 20
        while reader.is_alive() and time.monotonic() < give_up:
            docker(ENGINE.socket, "volume", "create", "ev")
            docker(ENGINE.socket, "volume", "rm", "ev")
            reader.join(0.2)
        listener.kill()
        listener.communicate()
        reader.join()
        self.assertIn(seen, ([b"create\n"], [b"destroy\n"]))


class Terminal(unittest.TestCase):
    """A pseudo-terminal, as a person has."""

    def talk(self, arguments, *exchanges):
        """Starts docker on a pty; waits for each text and types each answer -> all output."""
        master, slave = pty.openpty()
        process = subprocess.Popen(["docker", *arguments], stdin=slave, stdout=slave, stderr=slave,
                                   env=environment(GATE.socket), start_new_session=True)
        os.close(slave)
        output = b""
        try:
            for awaited, typed in exchanges:
                output += self.read_until(master, awaited)
                os.write(master, typed)
            process.wait(30)
        finally:
            process.kill()
            process.wait()
            os.close(master)
        return output, process.returncode

    def read_until(self, descriptor, awaited):
        output = b""
        give_up = time.monotonic() + 20
        while awaited not in output:
            ready, _, _ = select.select([descriptor], [], [], give_up - time.monotonic())
            if not ready:
                raise AssertionError(f"{awaited} did not come: {output}")
            output += os.read(descriptor, 4096)
        return output

    def test_run_on_a_terminal(self):
        output, code = self.talk(
            ("run", "-it", "--rm", "--network", "none", IMAGE, "sh"),
            (b"# ", b"test -t 0 && echo on-a-$((1 + 1))-tty\n"), (b"on-a-2-tty", b"exit 5\n"))
        self.assertEqual(code, 5)
        self.assertIn(b"on-a-2-tty", output)

    def test_attach_and_detach_keys(self):
        docker(ENGINE.socket, "run", "-dit", "--name", "t1", "--network", "none", IMAGE, "sh")
        output, _ = self.talk(("attach", "t1"), (b"", b"echo at-$((2 + 3))\n"),
                              (b"at-5", b"\x10\x11"))
        self.assertIn(b"at-5", output)
        self.assertTrue(ENGINE.get("/containers/t1/json")["State"]["Running"])
        output, code = self.talk(("exec", "-it", "t1", "sh"), (b"# ", b"exit 6\n"))
        self.assertEqual(code, 6)
        docker(ENGINE.socket, "rm", "-f", "t1")


class Refused(unittest.TestCase):
    def refuses(self, *options, rules):
        before = ENGINE.containers(), ENGINE.volumes()
        for program in PROGRAMS:
            done = docker(GATE.socket, "run", "-d", *options, IMAGE, "sleep", "1",
                          program=program, check=False)
            self.assertEqual(done.returncode, 125, done)
            for rule in rules:
                self.assertIn(f"({rule} at", done.stderr.decode())
        self.assertEqual((ENGINE.containers(), ENGINE.volumes()), before)

    def test_privileged(self):
        self.refuses("--privileged", rules=["container.privileged"])

    def test_the_whole_host(self):
        self.refuses("-v", "/:/host", rules=["container.bind_mounts.runtime_socket"])

    def test_the_socket(self):
        self.refuses("-v", "/var/run/docker.sock:/s",
                     rules=["container.bind_mounts.runtime_socket"])

    def test_a_parent_of_the_socket(self):
        self.refuses("-v", "/run:/r:ro", rules=["container.bind_mounts.runtime_socket"])

    def test_a_volume_that_binds_the_host(self):
        self.refuses("--mount", "type=volume,dst=/h,volume-driver=local,volume-opt=type=none,"
                     "volume-opt=o=bind,volume-opt=device=/",
                     rules=["volume.driver_opts", "container.bind_mounts.runtime_socket"])

    def test_capabilities(self):
        self.refuses("--cap-add", "SYS_ADMIN", rules=["container.cap_add"])
        self.refuses("--cap-add", "all", rules=["container.cap_add"])

    def test_namespaces(self):
        self.refuses("--pid", "host", rules=["container.pid"])
        self.refuses("--network", "host", rules=["container.network_mode"])

    def test_profiles_and_devices(self):
        self.refuses("--security-opt", "seccomp=unconfined", rules=["container.security_opt"])
        self.refuses("--security-opt", "systempaths=unconfined",
                     rules=["container.masked_paths", "container.readonly_paths"])
        self.refuses("--device", "/dev/mem", rules=["container.devices"])

    def test_every_reason_at_once(self):
        self.refuses("--privileged", "-v", "/etc:/e", "--pid", "host", "--uts", "host",
                     rules=["container.privileged", "container.bind_mounts", "container.pid",
                            "container.uts"])

    def test_exec_in_a_container_that_the_policy_would_not_let_be_made(self):
        docker(ENGINE.socket, "run", "-d", "--name", "h1", "--network", "none", "-v", "/etc:/e:ro",
               IMAGE, "sleep", "100")
        for arguments in (("exec", "h1", "true"), ("cp", "h1:/e", "-"), ("restart", "h1")):
            done = docker(GATE.socket, *arguments, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("reference.container", done.stderr.decode(), arguments)
        done = docker(GATE.socket, "run", "--volumes-from", "h1", IMAGE, "true", check=False)
        self.assertIn("reference.container", done.stderr.decode())
        docker(GATE.socket, "rm", "-f", "h1")

    def test_a_privileged_exec(self):
        docker(GATE.socket, "run", "-d", "--name", "p1", "--network", "none", IMAGE, "sleep", "100")
        done = docker(GATE.socket, "exec", "--privileged", "p1", "true", check=False)
        self.assertIn("exec.privileged", done.stderr.decode())
        docker(GATE.socket, "rm", "-f", "p1")

    def test_a_volume_made_elsewhere(self):
        docker(ENGINE.socket, "volume", "create", "-o", "type=none", "-o", "o=bind", "-o",
               "device=/etc", "door")
        done = docker(GATE.socket, "run", "-v", "door:/d", IMAGE, "true", check=False)
        self.assertIn("reference.volume", done.stderr.decode())
        docker(GATE.socket, "volume", "rm", "door")

    def test_an_update_of_a_container_that_the_policy_would_not_let_be_made(self):
        docker(ENGINE.socket, "create", "--name", "u1", "--network", "none", "--pid", "host",
               IMAGE, "true")
        done = docker(GATE.socket, "update", "--cpu-shares", "512", "u1", check=False)
        self.assertIn("reference.container", done.stderr.decode())
        self.assertEqual(ENGINE.get("/containers/u1/json")["HostConfig"]["CpuShares"], 0)
        docker(GATE.socket, "rm", "u1")

    def test_buildkit(self):
        """By the CLI that has it built in: the other one needs a plugin, without which it asks
        nobody."""
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/Dockerfile", "w") as file:
                file.write(f"FROM {IMAGE}\nLABEL a=b\n")
            outcomes = []
            for socket in (ENGINE.socket, GATE.socket):
                env = dict(environment(socket), DOCKER_BUILDKIT="1")
                done = subprocess.run(["/usr/bin/docker", "build", "-t", "kit:1", folder],
                                      capture_output=True, env=env, timeout=60)
                built = ENGINE.get("/images/kit:1/json") is not None
                outcomes.append((done.returncode, built))
                docker(ENGINE.socket, "rmi", "kit:1", check=False)
        self.assertEqual(outcomes, [(0, True), (1, False)])
        refused = [(one["operation"], reason["rule"]) for one in GATE.records()
                   for reason in one.get("reasons", ())]
        self.assertIn(("Session", "build.buildkit"), refused)
        self.assertIn(("ImageBuild", "build.buildkit"), refused)


if __name__ == "__main__":
    unittest.main()
