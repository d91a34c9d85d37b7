"""A script of docker-py does with the gate what it does without it: the same values come back, and
the Engine asked directly shows the effect."""

import io
import os
import pathlib
import socket as sockets
import sys
import tarfile
import tempfile
import threading
import time
import unittest

import docker
import docker.errors
from docker.types import Healthcheck, IPAMConfig, IPAMPool, LogConfig, Mount, Ulimit

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import (  # noqa: E402
    IMAGE, TlsGate, engine_and_gate, environment, without_ids)

BUSY = ["sh", "-c", "for i in 1 2 3; do echo $i; echo e$i >&2; sleep 0.2; done; exit 4"]


# requests, which docker-py is made of, prefers these to the authority it is given.
for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    os.environ.pop(name, None)


def client_of(where, **options):
    return docker.from_env(environment=environment(where), timeout=30, **options)


def setUpModule():
    global ENGINE, GATE, BARE, THROUGH
    ENGINE, GATE = engine_and_gate(unittest.addModuleCleanup)
    BARE, THROUGH = (client_of(where) for where in (ENGINE.socket, GATE.socket))
    unittest.addModuleCleanup(BARE.close)
    unittest.addModuleCleanup(THROUGH.close)


def one_file(name, content):
    """A tar archive with one file."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    archive.seek(0)
    return archive


def unpacked(pieces, name):
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
        return tar.extractfile(name).read()


def raw_of(stream):
    return getattr(stream, "_sock", stream)


def read_all(stream):
    """Everything that comes on a hijacked connection."""
    raw = raw_of(stream)
    raw.settimeout(20)
    received = b""
    while piece := raw.recv(65536):
        received += piece
    return received


def later(script):
    """A command that prints after a moment: docker-py loses what comes together with the head of
    the answer, without a gate too."""
    return ["sh", "-c", "sleep 0.3; " + script]


def payloads(received):
    """The streams of a multiplexed connection -> {1: stdout, 2: stderr}."""
    streams = {}
    while received:
        size = int.from_bytes(received[4:8], "big")
        streams[received[0]] = streams.get(received[0], b"") + received[8:8 + size]
        received = received[8 + size:]
    return streams


class Same(unittest.TestCase):
    def same(self, script):
        """`script` is given a client and returns what it saw: alike with and without the gate."""
        self.addCleanup(sweep)
        without = script(BARE)
        sweep()
        self.assertEqual(script(THROUGH), without)
        return without

    def busy(self, client, *command, **options):
        return client.containers.run(IMAGE, command or ["sleep", "100"], detach=True,
                                     network_mode="none", init=True, **options)


def sweep():
    """Leaves the Engine as it was, whatever a test had made."""
    for container in BARE.containers.list(all=True):
        container.remove(force=True, v=True)
    BARE.volumes.prune()
    BARE.networks.prune()


class Containers(Same):
    def test_life_of_a_container(self):
        def script(client):
            made = client.containers.create(IMAGE, ["sleep", "100"], name="life", init=True,
                                            network_mode="none")
            seen = [made.status, made.name]
            for step in (made.start, made.pause, made.unpause, lambda: made.rename("life2"),
                         lambda: made.restart(timeout=0), lambda: made.stop(timeout=1),
                         made.start, made.kill):
                step()
                made.reload()
                seen.append((made.name, made.status))
            seen.append(made.wait())
            seen.append([c.name for c in client.containers.list(all=True)])
            made.remove(v=True)
            with self.assertRaises(docker.errors.NotFound) as gone:
                client.containers.get("life2")
            seen.append(gone.exception.explanation)
            return seen

        seen = self.same(script)
        self.assertEqual(seen[5][0], "life2")
        self.assertEqual(BARE.containers.list(all=True), [])

    def test_every_setting_of_a_developer(self):
        def script(client):
            client.networks.create("app", driver="bridge")
            made = client.containers.create(
                IMAGE, "sh -c true", name="all", hostname="all", environment={"A": "b"},
                labels={"role": "web"}, user="1000:1000", working_dir="/tmp", tty=True,
                stdin_open=True, entrypoint=["/bin/sh"], domainname="example.com",
                extra_hosts={"db": "10.0.0.1"}, dns=["192.0.2.1"], dns_search=["example.com"],
                ports={"80/tcp": ("127.0.0.1", 18080), "53/udp": None}, network="app",
                volumes={"data": {"bind": "/data", "mode": "rw"}}, tmpfs={"/run": "size=1m"},
                mounts=[Mount("/more", "more", labels={"a": "b"}), Mount("/t", None, "tmpfs")],
                healthcheck=Healthcheck(test=["CMD", "true"], interval=10 ** 9),
                restart_policy={"Name": "on-failure", "MaximumRetryCount": 3}, init=True,
                log_config=LogConfig(type="json-file", config={"max-size": "1m"}),
                ulimits=[Ulimit(name="nofile", soft=64, hard=128)], mem_limit="64m",
                cap_drop=["ALL"], cap_add=["CHOWN"], security_opt=["no-new-privileges:true"],
                read_only=True, pids_limit=100, shm_size="32m", group_add=["20"],
                sysctls={"net.ipv4.ip_unprivileged_port_start": "0"}, stop_signal="SIGINT",
                oom_score_adj=0, nano_cpus=10 ** 8, auto_remove=False)
            made.reload()
            host_config = made.attrs["HostConfig"]
            # The gate names the network by its id, and the Engine repeats what it was given.
            host_config["NetworkMode"] = client.networks.get(host_config["NetworkMode"]).name
            return made.attrs["Config"], host_config

        self.same(script)

    def test_logs(self):
        def script(client):
            container = self.busy(client, *BUSY)
            streamed = b"".join(container.logs(stream=True, follow=True))
            status = container.wait()["StatusCode"]
            lines = container.logs(stdout=True, stderr=False), container.logs(tail=6, stdout=False)
            stamped = container.logs(timestamps=True, stderr=False)
            self.assertRegex(stamped, rb"^\d{4}-\d\d-\d\dT[0-9:.]+Z 1\n")
            later = container.logs(since=int(time.time()) + 100)
            return sorted(streamed.split()), status, lines, later

        self.assertEqual(self.same(script),
                         ([b"1", b"2", b"3", b"e1", b"e2", b"e3"], 4,
                          (b"1\n2\n3\n", b"e1\ne2\ne3\n"), b""))

    def test_run_in_the_foreground(self):
        def script(client):
            output = client.containers.run(IMAGE, "echo hello", network_mode="none", remove=True)
            with self.assertRaises(docker.errors.ContainerError) as failed:
                client.containers.run(IMAGE, ["sh", "-c", "echo no >&2; exit 7"],
                                      network_mode="none", remove=True)
            return output, failed.exception.exit_status, failed.exception.stderr

        self.assertEqual(self.same(script), (b"hello\n", 7, b"no\n"))

    def test_exec(self):
        def script(client):
            container = self.busy(client)
            both = later("echo out; echo err >&2; exit 3")
            plain = container.exec_run(later("echo plain"))
            code, (out, err) = container.exec_run(both, demux=True)
            streamed = b"".join(container.exec_run(later("cat /etc/passwd"), stream=True).output)
            demuxed = list(container.exec_run(both, stream=True, demux=True).output)
            placed = container.exec_run(later("env"), environment={"A": "b"}, user="1:1",
                                        workdir="/tmp", tty=True).output
            detached = container.exec_run("true", detach=True)
            return (plain, code, out, err, streamed, sorted(demuxed, key=str),
                    b"A=b" in placed and b"PWD=/tmp" in placed, detached.output)

        seen = self.same(script)
        self.assertEqual(seen[0], (0, b"plain\n"))
        self.assertEqual(seen[1:4], (3, b"out\n", b"err\n"))

    def test_exec_on_a_socket(self):
        def script(client):
            container = self.busy(client)
            # Python's TLS cannot end one direction alone.
            read = "head -c 60000" if isinstance(GATE, TlsGate) else "cat"
            _, stream = container.exec_run(["sh", "-c", f"{read}; echo end >&2"], stdin=True,
                                           socket=True)
            raw_of(stream).sendall(b"typed\n" * 10000)
            if read == "cat":
                raw_of(stream).shutdown(sockets.SHUT_WR)
            return payloads(read_all(stream))

        self.assertEqual(self.same(script), {1: b"typed\n" * 10000, 2: b"end\n"})

    def test_exec_inspect_and_resize(self):
        def script(client):
            container = self.busy(client)
            made = client.api.exec_create(container.id, ["sh", "-c", "sleep 1; exit 5"], tty=True)
            stream = client.api.exec_start(made["Id"], tty=True, stream=True)
            client.api.exec_resize(made["Id"], height=20, width=70)
            list(stream)
            found = client.api.exec_inspect(made["Id"])
            return found["ExitCode"], found["Running"], found["ProcessConfig"]

        self.assertEqual(self.same(script)[0], 5)

    def test_attach(self):
        def script(client):
            container = client.containers.create(IMAGE, BUSY, network_mode="none")
            stream = container.attach(stream=True, logs=True, demux=True)
            container.start()
            pieces = list(stream)
            out = b"".join(piece for piece, _ in pieces if piece)
            err = b"".join(piece for _, piece in pieces if piece)
            return out, err

        self.assertEqual(self.same(script), (b"1\n2\n3\n", b"e1\ne2\ne3\n"))

    def test_attach_on_a_socket(self):
        def script(client):
            container = client.containers.create(IMAGE, "cat", network_mode="none",
                                                 stdin_open=True)
            container.attach_socket().close()  # without stdin: it only looks
            stream = container.attach_socket(
                params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
            container.start()
            raw_of(stream).sendall(b"to cat\n")
            time.sleep(0.2)
            container.kill()
            return payloads(read_all(stream))

        self.assertEqual(self.same(script), {1: b"to cat\n"})

    def test_archives(self):
        content = os.urandom(300_000)

        def script(client):
            container = client.containers.create(IMAGE, "true", network_mode="none")
            put = container.put_archive("/tmp", one_file("in", content))
            container.put_archive("/tmp", one_file("bytes", b"x").getvalue())
            pieces, status = container.get_archive("/tmp/in")
            got = unpacked(pieces, "in")  # the Engine holds the container until all is read
            with self.assertRaises(docker.errors.NotFound):
                container.get_archive("/nothing")
            changes = sorted(change["Path"] for change in container.diff() or [])
            exported = sum(map(len, container.export()))
            return (put, got == content, status["name"], status["size"],
                    changes, exported)

        self.assertEqual(self.same(script)[:4], (True, True, "in", 300_000))

    def test_top_and_stats(self):
        def script(client):
            container = self.busy(client)
            once = container.stats(stream=False)
            streamed = container.stats(stream=True, decode=True)
            first, second = next(streamed), next(streamed)
            streamed.close()
            return (container.top(ps_args="-o pid,comm")["Titles"], sorted(once),
                    sorted(first) == sorted(second), first["id"] == container.id)

        self.assertTrue(self.same(script)[3])

    def test_prune_and_lists(self):
        def script(client):
            for number in (1, 2):
                client.containers.create(IMAGE, "true", name=f"old{number}", network_mode="none",
                                         labels={"age": "old"})
            running = self.busy(client, name="new")
            listed = [sorted(c.name for c in client.containers.list(**options)) for options in
                      ({"all": True}, {}, {"all": True, "filters": {"label": ["age=old"]}},
                       {"all": True, "limit": 1}, {"all": True, "since": "old2"})]
            pruned = client.containers.prune(filters={"label": "age=old"})
            left = [c.name for c in client.containers.list(all=True)]
            running.remove(force=True)
            return listed, len(pruned["ContainersDeleted"]), left

        self.assertEqual(self.same(script)[1:], (2, ["new"]))


class Images(Same):
    def forget(self, *names):
        for name in names:
            self.addCleanup(lambda name=name: BARE.images.list(name) and
                            BARE.images.remove(name, force=True))

    def built(self, log):
        text = "".join(line.get("stream", "") for line in log)
        return without_ids(text)

    def test_build_from_a_file_object(self):
        recipe = f"FROM {IMAGE}\nRUN echo made > /made\nLABEL a=b\nCMD cat /made\n".encode()
        self.forget("file:1")

        def script(client):
            image, log = client.images.build(fileobj=io.BytesIO(recipe), tag="file:1", rm=True,
                                             nocache=True, network_mode="none")
            output = client.containers.run("file:1", remove=True, network_mode="none")
            client.images.remove("file:1")
            return image.labels, self.built(log), output

        self.assertEqual(self.same(script)[2], b"made\n")

    def test_build_from_a_folder(self):
        self.forget("path:1")
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "Dockerfile").write_text(
                f"FROM {IMAGE} AS first\nARG A\nCOPY . /there/\nRUN echo $A > /there/a\n"
                "FROM first\nRUN exit 3\n")
            (folder / "kept").write_text("kept\n")
            (folder / "left-out").write_text("no\n")
            (folder / ".dockerignore").write_text("left-out\n")

            def script(client):
                options = {"path": str(folder), "tag": "path:1", "rm": True, "forcerm": True,
                           "nocache": True, "network_mode": "none", "buildargs": {"A": "given"},
                           "labels": {"l": "m"}, "extra_hosts": {"db": "10.0.0.1"},
                           "container_limits": {"memory": 64 << 20}, "shmsize": 32 << 20,
                           "cache_from": [IMAGE], "pull": False, "quiet": False}
                image, log = client.images.build(target="first", **options)
                with self.assertRaises(docker.errors.BuildError) as failed:
                    client.images.build(**options)
                output = client.containers.run("path:1", "sh -c 'ls /there; cat /there/a'",
                                               remove=True, network_mode="none")
                client.images.remove("path:1")
                return image.labels, self.built(log), failed.exception.msg, output

            self.assertEqual(self.same(script)[3], b"Dockerfile\na\nkept\ngiven\n")

    def test_save_tag_and_load(self):
        self.forget("saved:1")

        def script(client):
            image = client.images.get(IMAGE)
            tagged = image.tag("saved", "1")
            names = sorted(name for i in client.images.list("saved") for name in i.tags)
            archive = b"".join(client.images.get("saved:1").save(named=True))
            client.images.remove("saved:1", force=True)
            with self.assertRaises(docker.errors.ImageNotFound) as gone:
                client.images.get("saved:1")
            loaded = client.images.load(archive)
            return (tagged, names, len(archive), loaded[0].id == image.id,
                    gone.exception.explanation, len(image.history()),
                    sorted(client.images.prune()))

        self.assertEqual(self.same(script)[0], True)

    def test_lists(self):
        def script(client):
            return (sorted(map(str, client.images.list())), client.api.images(quiet=True),
                    len(client.images.list(filters={"dangling": True})),
                    client.images.get(IMAGE).attrs)

        self.same(script)

    def test_import(self):
        self.forget("imported:1")
        archive = one_file("file", b"imported\n").getvalue()

        def script(client):
            client.api.import_image_from_data(archive, repository="imported", tag="1")
            pieces, _ = client.containers.create("imported:1", "x",
                                                 network_mode="none").get_archive("/file")
            return unpacked(pieces, "file")

        self.assertEqual(self.same(script), b"imported\n")

    def test_a_pull_that_cannot_be(self):
        def script(client):
            with self.assertRaises(docker.errors.APIError) as failed:
                client.images.pull("127.0.0.1:9/nothing", tag="1")
            return failed.exception.status_code, failed.exception.explanation

        self.assertEqual(self.same(script)[0], 500)


class Others(Same):
    def test_volumes(self):
        def script(client):
            made = client.volumes.create("kept", driver="local", labels={"a": "b"})
            client.containers.run(IMAGE, ["sh", "-c", "echo x > /v/x"], network_mode="none",
                                  remove=True, volumes=["kept:/v"])
            read = client.containers.run(IMAGE, "cat /v/x", network_mode="none", remove=True,
                                         volumes={"kept": {"bind": "/v", "mode": "ro"}})
            attributes = dict(made.attrs, CreatedAt="", Mountpoint="")
            listed = [v.name for v in client.volumes.list(filters={"label": "a"})]
            self.assertIn("kept", ENGINE.volumes())
            client.volumes.get("kept").remove(force=True)
            self.assertNotIn("kept", ENGINE.volumes())
            client.volumes.create()
            return read, attributes, listed, len(client.volumes.prune()["VolumesDeleted"])

        self.assertEqual(self.same(script)[0], b"x\n")

    def test_networks(self):
        def script(client):
            pool = IPAMPool(subnet="10.213.78.0/24", gateway="10.213.78.1")
            made = client.networks.create("front", driver="bridge", labels={"a": "b"},
                                          internal=True, check_duplicate=True,
                                          ipam=IPAMConfig(pool_configs=[pool]))
            server = client.containers.run(IMAGE, "httpd -f -p 80 -h /etc", detach=True, init=True,
                                           network="front", name="server")
            other = self.busy(client)
            client.networks.get("none").disconnect(other)
            made.connect(other, aliases=["alias"], ipv4_address="10.213.78.77")
            page = other.exec_run(later("wget -qO- http://server/passwd")).output
            made.reload()
            addresses = sorted(e["IPv4Address"] for e in made.attrs["Containers"].values())
            other.reload()
            aliases = other.attrs["NetworkSettings"]["Networks"]["front"]["Aliases"]
            made.disconnect(other)
            made.disconnect(server, force=True)
            found = [n.name for n in client.networks.list(names=["front"], greedy=True)]
            made.remove()
            self.assertIsNone(ENGINE.get("/networks/front"))
            return page, addresses, aliases[0], found, made.attrs["IPAM"], made.attrs["Labels"]

        self.assertEqual(self.same(script)[3], ["front"])

    def test_events(self):
        def script(client):
            seen = []
            stream = client.events(decode=True, filters={"type": ["volume"], "volume": ["seen"]})

            def listen():
                for event in stream:
                    seen.append((event["Type"], event["Action"]))
                    if event["Action"] == "destroy":
                        return

            reader = threading.Thread(target=listen)
            reader.start()
            client.volumes.create("seen").remove()
            reader.join(20)
            stream.close()
            past = list(client.events(since=int(time.time()) - 100, until=int(time.time()) + 1,
                                      filters={"volume": "seen"}, decode=True))
            self.assertTrue(past)
            return seen

        self.assertEqual(self.same(script), [("volume", "create"), ("volume", "destroy")])

    def test_what_the_engine_says_of_itself(self):
        def script(client):
            information = client.info()
            return (client.ping(), client.version()["Version"], sorted(information),
                    information["ID"], sorted(client.df()))

        self.same(script)

    def test_an_older_version_of_the_api(self):
        for version in ("1.24", "1.30", "auto"):
            client = client_of(GATE.socket, version=version)
            self.addCleanup(client.close)
            self.assertEqual(client.containers.run(IMAGE, "echo old", network_mode="none",
                                                   remove=True), b"old\n")


class Refused(unittest.TestCase):
    def refuses(self, rule, **options):
        with self.assertRaises(docker.errors.APIError) as refused:
            THROUGH.containers.create(IMAGE, "true", **options)
        self.assertEqual(refused.exception.status_code, 403)
        self.assertIn(f"({rule} at", refused.exception.explanation)
        self.assertEqual(BARE.containers.list(all=True), [])

    def test_what_reaches_the_host(self):
        self.refuses("container.privileged", privileged=True)
        self.refuses("container.bind_mounts.runtime_socket", volumes=["/:/host"])
        self.refuses("container.bind_mounts",
                     mounts=[Mount("/e", "/etc", type="bind", read_only=True)])
        self.refuses("container.pid", pid_mode="host")
        self.refuses("container.network_mode", network_mode="host")
        self.refuses("container.devices", devices=["/dev/mem"])

    def test_a_privileged_exec(self):
        container = THROUGH.containers.run(IMAGE, "sleep 100", detach=True, network_mode="none")
        self.addCleanup(sweep)
        with self.assertRaises(docker.errors.APIError) as refused:
            container.exec_run("true", privileged=True)
        self.assertIn("exec.privileged", refused.exception.explanation)


if __name__ == "__main__":
    unittest.main(warnings="ignore")  # docker-py leaves its connections to the collector
