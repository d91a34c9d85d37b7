"""What deploy/monitoring brings: rules that promtool takes and that speak when they should, and a
dashboard whose every query a real Prometheus answers with numbers of a real dockgate."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import Authority, Gate, Process, TlsAddress, request, wait_until  # noqa: E402
from tests.support.fake_engine import FakeEngine  # noqa: E402
from tests.support.with_gate import ATTACH, answering  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
DEPLOYED = HERE.parents[1] / "deploy/monitoring"
CONFIG = """
engine: unix://{engine}
listen: [{{ address: "unix://{socket}" }}, {{ address: "tcp://127.0.0.1:0", tls: TLS }}]
admin: {{ address: "tcp://127.0.0.1:0" }}
audit: {{ file: {audit} }}
clients:
  - {{ name: runners, certificate: {{}}, policy: observe }}
  - {{ name: local, unix: {{}}, policy: baseline }}
"""
PRIVILEGED = '{"Image":"a","HostConfig":{"Privileged":true}}'
ANY_NAME = re.compile(r"\b(?:dockgate|process)_\w+\b")


def promtool(*arguments):
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True,
                          check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


def metrics_that_exist():
    """The families of proxy/metrics/README.md, and the parts of its histograms."""
    readme = (HERE.parents[1] / "proxy/metrics/README.md").read_text()
    names = set()
    for name, what in re.findall(r"^\| `(\w+)` \|(.*)\|$", readme, re.MULTILINE):
        names.add(name)
        if what.startswith(" histogram"):
            names.update(name + part for part in ("_bucket", "_sum", "_count"))
    return names


def dashboard():
    return json.loads((DEPLOYED / "dashboard.json").read_text())


def queries():
    """Every query of the dashboard, as Grafana would send it: (panel, expression)."""
    board = dashboard()
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], filled_in(target["expr"])
    for annotation in board["annotations"]["list"]:
        yield annotation["name"], filled_in(annotation["expr"])


def filled_in(expression):
    return expression.replace("$__rate_interval", "30s").replace("$instance", ".*")


class Rules(unittest.TestCase):
    def test_promtool_takes_them(self):
        code, said = promtool("check", "rules", DEPLOYED / "alerts.yaml")
        self.assertEqual(code, 0, said)
        code, said = promtool("check", "config", DEPLOYED / "prometheus.yml")
        self.assertEqual(code, 0, said)

    def test_they_speak_when_they_should(self):
        code, said = promtool("test", "rules", HERE / "alerts_test.yaml")
        self.assertEqual(code, 0, said)

    def test_each_has_such_a_test(self):
        alerts = set(re.findall(r"- alert: (\w+)", (DEPLOYED / "alerts.yaml").read_text()))
        tested = set(re.findall(r"alertname: (\w+)", (HERE / "alerts_test.yaml").read_text()))
        self.assertEqual(alerts, tested)

    def test_they_ask_for_metrics_that_exist(self):
        text = "\n".join(line for line in (DEPLOYED / "alerts.yaml").read_text().splitlines()
                         if "description" not in line)
        self.assertLessEqual(set(ANY_NAME.findall(text)), metrics_that_exist())


class Dashboard(unittest.TestCase):
    def test_panels_have_places_of_their_own_and_say_what_they_are(self):
        taken = {}
        panels = dashboard()["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        for panel in panels:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((x, y), taken, f"{panel['title']} and {taken.get((x, y))}")
                    taken[x, y] = panel["title"]
            if panel["type"] != "row":
                self.assertTrue(panel["description"], panel["title"])
                self.assertTrue(panel["targets"], panel["title"])

    def test_it_shows_every_metric_and_no_other(self):
        shown = {name for _, query in queries() for name in ANY_NAME.findall(query)}
        self.assertLessEqual(shown, metrics_that_exist())
        families = {name for name in metrics_that_exist()
                    if not re.search("_(bucket|sum|count)$", name)}
        left_out = {"process_threads", "process_virtual_memory_bytes"}
        self.assertEqual({name for name in families if not any(s.startswith(name) for s in shown)},
                         left_out)


class RealPrometheus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-prometheus-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.engine = FakeEngine(answering(cls.answer))
        cls.addClassCleanup(cls.engine.stop)
        cls.authority = Authority("runner")
        cls.addClassCleanup(cls.authority.remove)
        cls.gate = Gate(cls.engine.socket, config=CONFIG.replace("TLS", cls.authority.tls()))
        cls.addClassCleanup(cls.gate.stop)
        cls.admin = int(re.search(r"admin listening on tcp://\S+:(\d+)", cls.gate.log())[1])
        cls.start_prometheus()

    @staticmethod
    def answer(conversation, head):
        if "/attach" in head:
            conversation.send(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
            conversation.more()
            return None
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        return True

    @classmethod
    def start_prometheus(cls):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            cls.address = f"127.0.0.1:{free.getsockname()[1]}"
        config = (DEPLOYED / "prometheus.yml").read_text()
        config = (config.replace("15s", "1s").replace("127.0.0.1:9323", f"127.0.0.1:{cls.admin}")
                  .replace("[alerts.yaml]", f"[{DEPLOYED}/alerts.yaml]"))
        (cls.folder / "prometheus.yml").write_text(config)
        cls.prometheus = Process(
            ["prometheus", f"--config.file={cls.folder}/prometheus.yml",
             f"--storage.tsdb.path={cls.folder}/data", f"--web.listen-address={cls.address}"],
            cls.folder / "log")
        cls.addClassCleanup(cls.prometheus.stop)
        wait_until(lambda: cls.has("up"), 60, "Prometheus")

    @classmethod
    def api(cls, path, **query):
        url = f"http://{cls.address}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as failed:
            return json.load(failed)

    @classmethod
    def has(cls, expression):
        try:
            answer = cls.api("query", query=expression)
        except (OSError, ValueError):
            return False  # not ready so far
        return answer["status"] == "success" and bool(answer["data"]["result"])

    def make_traffic(self):
        runner = TlsAddress(self.gate.port(1), self.authority.client("runner"))
        for _ in range(3):
            request(self.gate.socket, "GET", "/info")
            request(runner, "POST", "/containers/create", PRIVILEGED)  # would be refused
            request(self.gate.socket, "POST", "/containers/create", PRIVILEGED)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.gate.socket))
            client.sendall(ATTACH)  # with a look-up
            client.recv(4096)

    def test_every_query_and_rule_is_answered_with_numbers(self):
        wait_until(lambda: self.has('up{job="dockgate"} == 1'), 30, "a scrape")
        self.gate.process.process.send_signal(signal.SIGHUP)
        without = set()

        def all_answered():
            self.make_traffic()
            without.clear()
            without.update(title for title, query in queries() if not self.has(query))
            return not without
        try:
            wait_until(all_answered, 60, "numbers")
        except TimeoutError:
            self.fail(f"no numbers for {without}")
        rules = self.api("rules")["data"]["groups"][0]["rules"]
        self.assertEqual(len(rules), (DEPLOYED / "alerts.yaml").read_text().count("- alert:"))
        wait_until(lambda: all(rule["health"] == "ok" for rule in
                               self.api("rules")["data"]["groups"][0]["rules"]), 30, "rules")
        for title, query in queries():
            self.assertEqual(self.api("query", query=query)["status"], "success", title)


if __name__ == "__main__":
    unittest.main()
