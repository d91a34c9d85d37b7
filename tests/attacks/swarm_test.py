"""Services of a swarm, against a real Engine through a gate whose policy allows them.

Each attack is made on the bare Engine first, where the task's container shows what it was given;
then through the gate, which refuses it by the rules named here, and there is no new service.
"""

import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import IMAGE, Engine, Gate, request, wait_until  # noqa: E402

CONFIG = """
engine: unix://{engine}
listen:
  - address: unix://{socket}
audit:
  file: {audit}
clients:
  - name: all
    policy: swarm
policies:
  swarm:
    extends: baseline
    operations:
      allow: ["@read", "@swarm", "@plugin"]
    swarm:
      allow:
        listen_addr: ["127.0.0.1:0"]
        advertise_addr: [127.0.0.1]
    secret:
      allow:
        name: ["ci-*"]
    container:
      allow:
        bind_mounts:
          - source: %(listed)s/**
            access: rw
      require:
        cap_drop: %(cap_drop)s
"""
BRIDGE = "/sys/class/net/docker_gwbridge"  # of the host; the first swarm makes it


def service(name, container=None, **task):
    spec = {"Image": IMAGE, "Command": ["sleep", "1000"], "StopGracePeriod": 1000000,
            **(container or {})}
    return {"Name": name, "TaskTemplate": {"ContainerSpec": spec, **task}}


def mounted(**mount):
    return {"Mounts": [mount]}


class Swarm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.had_bridge = os.path.exists(BRIDGE)
        cls.engine = Engine()
        cls.addClassCleanup(cls.stop_engine)
        folder = tempfile.TemporaryDirectory(prefix="dockgate-listed-")
        cls.addClassCleanup(folder.cleanup)
        cls.listed = folder.name
        cls.gate = cls.start_gate("[]")
        cls.addClassCleanup(cls.gate.stop)
        cls.found_swarm()

    @classmethod
    def start_gate(cls, cap_drop):
        return Gate(cls.engine.socket,
                    config=CONFIG % {"listed": cls.listed, "cap_drop": cap_drop})

    @classmethod
    def found_swarm(cls):
        """Through the gate: without an address refused, with a listed one not."""
        status, answer = cls.post(cls.gate, "/v1.41/swarm/init", {"AdvertiseAddr": "127.0.0.1"})
        assert status == 403 and b"swarm.listen_addr" in answer, answer
        assert cls.engine.get("/info")["Swarm"]["LocalNodeState"] == "inactive"
        status, answer = cls.post(cls.gate, "/v1.41/swarm/init", {
            "AdvertiseAddr": "127.0.0.1", "ListenAddr": "127.0.0.1:0"})
        assert status == 200, answer

    @classmethod
    def stop_engine(cls):
        for one in cls.engine.get("/services") or ():
            request(cls.engine.socket, "DELETE", f"/services/{one['ID']}")
        request(cls.engine.socket, "POST", "/swarm/leave?force=1")
        if not cls.had_bridge:
            request(cls.engine.socket, "DELETE", "/networks/docker_gwbridge")
        cls.engine.stop()

    @staticmethod
    def post(to, target, body):
        return request(to.socket, "POST", target, json.dumps(body))

    def create(self, spec, target="/v1.41/services/create"):
        status, answer = self.post(self.engine, target, spec)
        self.assertEqual(status, 201, answer)

    def remove(self, name):
        request(self.engine.socket, "DELETE", f"/services/{name}")
        wait_until(lambda: not self.task_containers(name), 60, "the end of the task")

    def task_containers(self, name):
        label = json.dumps({"label": [f"com.docker.swarm.service.name={name}"]})
        return self.engine.get(f"/containers/json?all=1&filters={label.replace(' ', '%20')}")

    def task(self, name):
        """The container of a service's task, as the Engine inspects it; a swarm that cannot start
        one removes it and tries another."""
        found = []

        def look():
            found[:] = filter(None, (self.engine.get(f"/containers/{one['Id']}/json")
                                     for one in self.task_containers(name)))
            return found

        wait_until(look, 60, "a task")
        return found[0]

    def services(self):
        return {one["ID"] for one in self.engine.get("/services")}

    def assert_refused(self, rules, target, body, gate=None):
        before = self.services()
        status, answer = self.post(gate or self.gate, target, body)
        self.assertGreaterEqual(status, 400, answer)
        message = json.loads(answer)["message"]
        for rule in rules:
            self.assertIn(f"({rule}", message)
        self.assertEqual(self.services(), before)

    def show(self, name, spec, given, rules):
        """Open on the bare Engine, where `given` reads the task's container; closed by the gate."""
        self.create(spec)
        try:
            task = self.task(name)
            self.assertTrue(given(task), task["HostConfig"])
        finally:
            self.remove(name)
        self.assert_refused(rules, "/v1.41/services/create", spec)

    def test_a_bind_mount(self):
        self.show("bind", service("bind", mounted(Type="bind", Source="/etc", Target="/e")),
                  lambda task: task["HostConfig"]["Mounts"][0] == {
                      "Type": "bind", "Source": "/etc", "Target": "/e"},
                  ["container.bind_mounts"])

    def test_a_mount_without_a_type_is_a_bind_mount(self):
        self.show("untyped", service("untyped", mounted(Source="/etc", Target="/e")),
                  lambda task: task["HostConfig"]["Mounts"][0]["Type"] == "bind",
                  ["container.mount_type"])

    def test_a_type_in_capitals(self):
        self.show("capitals", service("capitals", mounted(Type="BIND", Source="/etc", Target="/e")),
                  lambda task: task["HostConfig"]["Mounts"][0]["Type"] == "bind",
                  ["container.mount_type"])

    def test_a_listed_source_that_the_node_expands_into_another(self):
        source = self.listed + '/{{printf "%c%c" 46 46}}/../etc'
        self.show("template", service("template", mounted(Type="bind", Source=source, Target="/e")),
                  lambda task: task["HostConfig"]["Mounts"][0]["Source"] == f"{self.listed}/../../etc",
                  ["service.template"])

    def test_a_volume_that_the_task_makes_of_a_host_folder(self):
        options = {"type": "none", "o": "bind", "device": "/etc"}
        mount = mounted(Type="volume", Source="made", Target="/e",
                        VolumeOptions={"DriverConfig": {"Name": "local", "Options": options}})
        self.show("volume", service("volume", mount),
                  lambda task: self.engine.get("/volumes/made")["Options"] == options,
                  ["container.bind_mounts", "volume.driver_opts"])

    def test_a_volume_that_binds_the_host(self):
        self.post(self.engine, "/volumes/create", {"Name": "door", "DriverOpts": {
            "type": "none", "o": "bind", "device": "/etc"}})
        spec = service("door", mounted(Type="volume", Source="door", Target="/e"))
        self.show("door", spec,
                  lambda task: task["Mounts"][0]["Name"] == "door", ["reference.volume"])

    def test_a_capability(self):
        self.show("capable", service("capable", {"CapabilityAdd": ["CAP_SYS_ADMIN"]}),
                  lambda task: task["HostConfig"]["CapAdd"] == ["CAP_SYS_ADMIN"],
                  ["container.cap_add"])

    def test_no_label_of_selinux(self):
        spec = service("label", {"Privileges": {"SELinuxContext": {"Disable": True}}})
        self.show("label", spec,
                  lambda task: "label=disable" in task["HostConfig"]["SecurityOpt"],
                  ["container.security_opt"])

    def test_the_network_of_the_host(self):
        self.show("hosted", service("hosted", Networks=[{"Target": "host"}]),
                  lambda task: task["HostConfig"]["NetworkMode"] == "host",
                  ["container.network_mode"])

    def test_the_network_of_the_host_by_the_id_that_the_swarm_gives_it(self):
        self.create(service("first", Networks=[{"Target": "host"}]))
        template = self.engine.get("/services/first")["Spec"]["TaskTemplate"]
        self.remove("first")
        target = template["Networks"][0]["Target"]
        self.assertNotEqual(target, "host")
        self.show("byid", service("byid", Networks=[{"Target": target[:12]}]),
                  lambda task: task["HostConfig"]["NetworkMode"] == "host", ["reference.network"])

    def test_a_log_that_goes_elsewhere(self):
        driver = {"Name": "syslog", "Options": {"syslog-address": "udp://127.0.0.1:9"}}
        self.show("logged", service("logged", LogDriver=driver),
                  lambda task: task["HostConfig"]["LogConfig"]["Type"] == "syslog",
                  ["container.logging", "container.log_opt"])

    def test_what_an_older_api_drops_is_not_there(self):
        strict = self.start_gate("[ALL]")
        self.addCleanup(strict.stop)
        spec = service("dropped", {"CapabilityDrop": ["ALL"]})
        self.create(spec, "/v1.40/services/create")
        self.assertFalse(self.task("dropped")["HostConfig"]["CapDrop"])
        self.remove("dropped")
        self.assert_refused(
            ["container.require.cap_drop"], "/v1.40/services/create", spec, strict)
        status, answer = self.post(strict, "/v1.41/services/create", spec)
        self.assertEqual(status, 201, answer)
        self.assertEqual(self.task("dropped")["HostConfig"]["CapDrop"], ["ALL"])
        self.remove("dropped")

    def update(self, to, name, spec, query=""):
        """Until the swarm is not busy with an update of its own: it counts those as versions."""
        answers = []

        def done():
            version = self.engine.get(f"/services/{name}")["Version"]["Index"]
            answers[:] = [self.post(
                to, f"/v1.41/services/{name}/update?version={version}{query}", spec)]
            return not any(text in answers[0][1] for text in (b"out of sequence", b"service.version"))

        wait_until(done, 60, "an update")
        return answers[0]

    def sources(self, name):
        spec = self.engine.get(f"/services/{name}")["Spec"]["TaskTemplate"]["ContainerSpec"]
        return [mount["Source"] for mount in spec.get("Mounts", ())]

    def test_an_update_that_brings_back_a_bind_mount(self):
        harmless = service("back")
        bound = service("back", mounted(Type="bind", Source="/etc", Target="/e"))
        self.create(bound)
        try:
            self.assertEqual(self.update(self.engine, "back", harmless)[0], 200)
            self.assertEqual(self.sources("back"), [])
            status, answer = self.update(self.gate, "back", harmless, "&rollback=previous")
            self.assertEqual(status, 403, answer)
            self.assertIn(b"(reference.service at ?rollback)", answer)
            self.assertIn(b"/etc:/e:rw (container.bind_mounts)", answer)
            self.assertEqual(self.sources("back"), [])
            self.assertEqual(
                self.update(self.engine, "back", harmless, "&rollback=previous")[0], 200)
            self.assertEqual(self.sources("back"), ["/etc"])
        finally:
            self.remove("back")

    def test_a_life_of_a_service_that_the_policy_allows(self):
        status, answer = self.post(self.gate, "/v1.41/services/create", service("plain"))
        self.assertEqual(status, 201, answer)
        try:
            self.assertEqual(self.task("plain")["Config"]["Cmd"], None)
            changed = service("plain", {"Env": ["A=b"]})
            self.assertEqual(self.update(self.gate, "plain", changed)[0], 200)
            self.assertEqual(self.update(self.gate, "plain", changed, "&rollback=previous")[0], 200)
            spec = self.engine.get("/services/plain")["Spec"]["TaskTemplate"]["ContainerSpec"]
            self.assertNotIn("Env", spec)
            status, answer = self.update(self.gate, "plain", changed, "&rollback=first")
            self.assertEqual(status, 403, answer)
        finally:
            self.remove("plain")

    def test_the_docker_cli_makes_and_updates_services(self):
        self.gate.docker("service", "create", "--detach", "--no-resolve-image", "--name", "cli",
                         "--limit-memory", "64m", IMAGE, "sleep", "1000")
        try:
            self.assertEqual(self.task("cli")["HostConfig"]["Memory"], 64 << 20)
            done = self.gate.docker("service", "update", "--detach", "--mount-add",
                                    "type=bind,src=/etc,dst=/e", "cli", check=False)
            self.assertIn("container.bind_mounts", done.stderr.decode())
            self.gate.docker("service", "update", "--detach", "--env-add", "A=b", "cli")
        finally:
            self.remove("cli")

    def test_secrets_by_their_names(self):
        self.gate.docker("secret", "create", "ci-token", "-", stdin=b"s3cret")
        done = self.gate.docker("secret", "create", "other", "-", stdin=b"s3cret", check=False)
        self.assertIn("secret.name", done.stderr.decode())
        self.assertEqual([one["Spec"]["Name"] for one in self.engine.get("/secrets")], ["ci-token"])
        self.assertNotIn("s3cret", self.gate.audit.read_text())

    def test_plugins_by_their_names(self):
        status, answer = self.post(self.gate, "/v1.41/plugins/pull?remote=127.0.0.1:1/evil", [])
        self.assertEqual(status, 403, answer)
        self.assertIn(b"(plugin.name at ?remote)", answer)

    def test_baseline_allows_none_of_it(self):
        closed = Gate(self.engine.socket)
        self.addCleanup(closed.stop)
        self.assert_refused(
            ["operation.refused"], "/v1.41/services/create", service("x"), closed)
        for target in ("/swarm", "/swarm/unlockkey", "/configs", "/secrets", "/services", "/nodes"):
            status, answer = request(closed.socket, "GET", target)
            self.assertEqual(status, 403, target)
            self.assertIn(b"operation.refused", answer)


if __name__ == "__main__":
    unittest.main()
