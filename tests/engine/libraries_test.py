"""Clients that are not the docker CLI, unmodified, under baseline: docker-compose and docker-py."""

import io
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import docker

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import IMAGE, Engine, Gate, environment  # noqa: E402

COMPOSE = f"""
version: "2.4"
services:
  db:
    image: {IMAGE}
    command: sh -c "echo ready > /data/state; sleep 1000"
    labels: {{ role: store }}
    volumes: [data:/data]
    networks: {{ back: {{ aliases: [store] }} }}
    healthcheck: {{ test: ["CMD", "true"], interval: 1s }}
  web:
    image: {IMAGE}
    command: sleep 1000
    depends_on: [db]
    environment: {{ A: b }}
    init: true
    restart: unless-stopped
    networks: [back]
  side:
    image: {IMAGE}
    command: sleep 1000
    network_mode: service:web
    depends_on: [web]
volumes: {{ data: {{}} }}
networks: {{ back: {{ labels: {{ tier: back }} }} }}
"""

PRIVILEGED = f"""
version: "2.4"
services: {{ all: {{ image: {IMAGE}, privileged: true, network_mode: none }} }}
"""


def setUpModule():
    global ENGINE, GATE
    ENGINE = Engine()
    unittest.addModuleCleanup(ENGINE.stop)
    GATE = Gate(ENGINE.socket)
    unittest.addModuleCleanup(GATE.stop)


class Compose(unittest.TestCase):
    def compose(self, project, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(f"{folder}/docker-compose.yml").write_text(project)
            return subprocess.run(
                ["docker-compose", "-f", f"{folder}/docker-compose.yml", "-p", "app", *arguments],
                stdin=subprocess.DEVNULL, capture_output=True, env=environment(GATE.socket),
                timeout=120, text=True)

    def test_a_project_from_up_to_down(self):
        up = self.compose(COMPOSE, "up", "-d")
        self.assertEqual(up.returncode, 0, up.stderr)
        self.assertEqual(len(ENGINE.containers()), 3)
        side = ENGINE.get("/containers/app_side_1/json")
        web = ENGINE.get("/containers/app_web_1/json")
        self.assertEqual(side["HostConfig"]["NetworkMode"], f"container:{web['Id']}")
        self.assertEqual(ENGINE.get("/networks/app_back")["Labels"]["tier"], "back")
        self.assertIn("store", ENGINE.get("/containers/app_db_1/json")["NetworkSettings"][
            "Networks"]["app_back"]["Aliases"])
        inside = self.compose(COMPOSE, "exec", "-T", "db", "cat", "/data/state")
        self.assertEqual((inside.returncode, inside.stdout), (0, "ready\n"), inside.stderr)
        down = self.compose(COMPOSE, "down", "-v", "-t", "0")
        self.assertEqual(down.returncode, 0, down.stderr)
        self.assertEqual(ENGINE.containers(), set())
        self.assertIsNone(ENGINE.get("/networks/app_back"))

    def test_a_privileged_service_is_refused_with_its_reason(self):
        up = self.compose(PRIVILEGED, "up", "-d")
        self.assertNotEqual(up.returncode, 0)
        self.assertIn("container.privileged", up.stderr)
        self.assertEqual(ENGINE.containers(), set())


class Library(unittest.TestCase):
    def setUp(self):
        self.client = docker.DockerClient(base_url=f"unix://{GATE.socket}")
        self.addCleanup(self.client.close)

    def test_the_life_of_a_container(self):
        network = self.client.networks.create("lib", labels={"a": "b"})
        container = self.client.containers.run(
            IMAGE, ["sh", "-c", "echo hi; sleep 100"], detach=True, network="lib",
            labels={"x": "y"}, mem_limit="64m", volumes={"lib": {"bind": "/v", "mode": "rw"}})
        self.assertEqual(container.exec_run("echo in").output, b"in\n")
        self.assertEqual(next(container.logs(stream=True, follow=True)), b"hi\n")
        self.assertIn("memory_stats", container.stats(stream=False))
        self.assertEqual(self.client.containers.list(filters={"label": "x=y"}), [container])
        archive, entry = container.get_archive("/etc/passwd")
        self.assertEqual(entry["name"], "passwd")
        self.assertTrue(container.put_archive("/tmp", b"".join(archive)))
        container.pause()
        container.unpause()
        container.restart(timeout=0)
        container.stop(timeout=0)
        self.assertEqual(container.wait()["StatusCode"], 137)
        container.remove(v=True)
        network.remove()

    def test_a_stream_behind_a_socket(self):
        container = self.client.containers.run(IMAGE, "sleep 100", detach=True, network_mode="none")
        stream = container.exec_run("cat", socket=True, stdin=True, tty=True).output
        stream._sock.sendall(b"through\n")
        received = b""
        while b"through" not in received:
            received += stream._sock.recv(100)
        stream.close()
        container.remove(force=True)

    def test_images(self):
        context = io.BytesIO(f"FROM {IMAGE}\nCMD echo built\n".encode())
        image, _ = self.client.images.build(fileobj=context, tag="lib:1", network_mode="none")
        printed = self.client.containers.run("lib:1", network_mode="none", remove=True)
        self.assertEqual(printed, b"built\n")
        saved = b"".join(image.save())
        self.client.images.remove("lib:1")
        loaded, = self.client.images.load(saved)
        self.assertIn(loaded.id, self.client.api.images(quiet=True))
        self.client.images.remove(loaded.id)

    def test_what_is_refused_says_why(self):
        with self.assertRaisesRegex(docker.errors.APIError, "container.privileged"):
            self.client.containers.run(IMAGE, privileged=True, network_mode="none")


if __name__ == "__main__":
    unittest.main()
