"""`dockgate audit show` and `report`: a trail for people, in a terminal and in a browser."""

import html.parser
import json
import os
import pathlib
import pty
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import PROGRAM, request, wait_until  # noqa: E402
from tests.support.with_gate import WithGate  # noqa: E402

HOSTILE = ("/<script>document.title='taken'</script>",
           "/\"'><img src=x onerror=\"document.title='taken'\">",
           "/\u001b]0;taken\u0007\u202e&lt;")


def audit(*arguments, check=True, **options):
    done = subprocess.run([PROGRAM, "audit", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, **options)
    if check and done.returncode != 0:
        raise AssertionError(done.stderr)
    return done


class WithTrail(WithGate):
    def setUp(self):
        self.start()
        request(self.gate.socket, "GET", "/v1.41/info")
        request(self.gate.socket, "POST", "/v1.41/volumes/create", '{"Name":"data"}')
        request(self.gate.socket, "POST", "/swarm/leave")
        for source in HOSTILE:
            self.mount(source)
        self.gate.records(4 + len(HOSTILE))
        self.trail = self.gate.audit
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


    def mount(self, source):
        request(self.gate.socket, "POST", "/v1.41/containers/create",
                json.dumps({"Image": "a", "HostConfig": {"Binds": [source + ":/x"]}}))


class Show(WithTrail):
    def test_every_record_and_what_a_filter_leaves(self):
        everything = audit("show", self.trail).stdout
        for expected in ("the trail begins", "Info", "VolumeCreate", "name=data", "SwarmLeave"):
            self.assertIn(expected, everything)
        self.assertEqual(audit("show", "--operation", "Swarm*", self.trail).stdout.count("\n"), 2)
        self.assertEqual(audit("show", "--object", "data", "--json", self.trail).stdout,
                         [line + "\n" for line in self.trail.read_text().splitlines()
                          if '"asked":{"name":"data"}' in line][0])
        self.assertIn("Info", audit("show", "--since", "1h", self.trail).stdout)
        self.assertEqual(audit("show", "--until", "1h", self.trail).stdout, "")
        self.assertEqual(audit("show", "--client", "nobody", self.trail).stdout, "")
        wrong = audit("show", "--since", "yesterday", self.trail, check=False)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("is no time", wrong.stderr + wrong.stdout)
        self.assertEqual(audit("show", "/nowhere", check=False).returncode, 2)

    def test_standard_input_and_other_lines_among_the_records(self):
        text = "a log's line\n" + self.trail.read_text()
        self.assertEqual(audit("show", "-", input=text).stdout,
                         audit("show", self.trail).stdout)

    def test_colours_on_a_terminal_alone_and_no_names_that_speak_to_it(self):
        plain = audit("show", self.trail).stdout
        self.assertNotIn("\x1b", plain)
        self.assertNotIn("\u202e", plain)
        self.assertIn("\\u{1b}]0;taken\\u{7}\\u{202e}", plain)
        leader, follower = pty.openpty()
        environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        subprocess.run([PROGRAM, "audit", "show", self.trail], stdout=follower, check=True,
                       env=environment)
        os.close(follower)
        seen = b""
        try:
            while received := os.read(leader, 65536):
                seen += received
        except OSError:
            pass  # the terminal's end
        os.close(leader)
        self.assertIn(b"\x1b[31mrefuse", seen)
        self.assertNotIn(b"\x1b]0;", seen)

    def test_follow_goes_on_through_a_rotation(self):
        process = subprocess.Popen([PROGRAM, "audit", "show", "--follow", self.trail],
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        seen = []
        threading.Thread(target=lambda: seen.extend(process.stdout), daemon=True).start()
        wait_until(lambda: any("SwarmLeave" in line for line in seen))
        request(self.gate.socket, "POST", "/v1.41/volumes/create", '{"Name":"before"}')
        wait_until(lambda: any("name=before" in line for line in seen))
        self.trail.rename(f"{self.trail}.old")
        self.gate.process.process.send_signal(10)  # SIGUSR1
        wait_until(self.trail.exists)
        request(self.gate.socket, "POST", "/v1.41/volumes/create", '{"Name":"after"}')
        wait_until(lambda: any("name=after" in line for line in seen))
        self.assertTrue(any("continues after=reopening" in line for line in seen))


class Elements(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.attributes = []
        self.texts = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        self.texts.append(data)


class Report(WithTrail):
    def test_who_was_refused_what(self):
        text = audit("report", self.trail).stdout
        self.assertRegex(text, r"all +\d+ requests, 4 refused")
        self.assertRegex(text, r"3 x everybody ContainerCreate container\.bind_mounts")
        self.assertIn("SwarmLeave", text)
        self.assertNotIn("\x1b", text)
        one = audit("report", "--operation", "SwarmLeave", self.trail).stdout
        self.assertNotIn("ContainerCreate", one)
        self.assertEqual(audit("report", "--until", "1h", self.trail).stdout, "no requests\n")

    def page(self):
        page = self.folder / "report.html"
        audit("report", self.trail, "--html", page)
        return page

    def test_a_page_that_needs_nothing_and_believes_nobody(self):
        for count, source in enumerate(HOSTILE[:2], 1):
            self.mount(source)  # the last one of its kind is what the page quotes
            self.gate.records(4 + len(HOSTILE) + count)
            text = self.page().read_text()
            elements = Elements(text)
            self.assertTrue({"svg", "rect", "table"} <= set(elements.tags))
            self.assertFalse({"script", "img", "link", "iframe", "a"} & set(elements.tags))
            self.assertFalse({"src", "href", "onerror", "onload"} & set(elements.attributes))
            self.assertNotIn("://", text)
            self.assertTrue(any(source in shown for shown in elements.texts), elements.texts)

    def test_a_browser_shows_it_and_runs_nothing(self):
        browser = shutil.which("chromium") or shutil.which("chromium-browser")
        if browser is None:
            self.skipTest("SKIPPED: there is no chromium")
        picture = self.folder / "report.png"
        options = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                   "--disable-dev-shm-usage", f"--user-data-dir={self.folder}/profile",
                   "--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars"]
        self.mount(HOSTILE[0])
        self.gate.records(5 + len(HOSTILE))
        page = self.page()
        shown = subprocess.run([*options, "--dump-dom", f"file://{page}"], capture_output=True,
                               text=True, timeout=120)
        elements = Elements(shown.stdout)
        self.assertIn("dockgate: audit report", elements.texts)
        self.assertFalse({"script", "img"} & set(elements.tags))
        self.assertGreater(elements.tags.count("rect"), 5)
        self.assertIn("SwarmLeave", shown.stdout)
        subprocess.run([*options, f"--screenshot={picture}", "--window-size=1000,1400",
                        f"file://{page}"], capture_output=True, timeout=120, check=True)
        kept = os.environ.get("DOCKGATE_TESTS_PICTURES")
        if kept:
            shutil.copy(picture, kept)
        self.assertGreater(picture.stat().st_size, 20_000)


if __name__ == "__main__":
    unittest.main()
