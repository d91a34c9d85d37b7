#!/usr/bin/env python3
"""What a build's own instructions, and the images it begins with, have the Engine do.

The Engine is asked what it built; the Engine's own steps say by which image each stage began.
"""

import base64
import bz2
import gzip
import http.client
import io
import json
import lzma
import os
import pathlib
import random
import shutil
import socket
import sys
import tarfile
import tempfile
import unittest
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import crypt

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.attacks import doors_test as doors  # noqa: E402
from tests.attacks.doors_test import remove, send  # noqa: E402
from tests.support.gate import IMAGE, Process, engine_and_gate, request, wait_until  # noqa: E402

TAR = {"Content-Type": "application/x-tar"}
QUIET = "/build?networkmode=none&rm=1&forcerm=1&t=built"


def setUpModule():
    doors.ENGINE, doors.GATE = engine_and_gate(unittest.addModuleCleanup)


def archive(*entries):
    """An archive of (name, content) and of whole TarInfos."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as out:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                out.addfile(entry)
                continue
            info = tarfile.TarInfo(entry[0])
            info.size = len(entry[1])
            out.addfile(info, io.BytesIO(entry[1]))
    return data.getvalue()


def link(name, to, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


def dockerfile(*lines):
    return ("Dockerfile", "".join(line + "\n" for line in lines).encode())


class Builds(doors.Fetches):
    """Beside an HTTP server on the Engine's host, whose callers are in `asked`."""

    # The tests of the class it stands on are run by their own file.
    def setUp(self):
        super().setUp()
        self.addCleanup(request, doors.ENGINE.socket, "DELETE", "/images/built?force=1")

    def build(self, context, where=None, target=QUIET, headers=None):
        return send(where or doors.GATE, "POST", target, context, {**TAR, **(headers or {})})

    def built(self, answer):
        """The image's last layer shows what it is; the steps were told as the client is used to."""
        self.assertEqual(answer[0], 200, answer)
        self.assertIn("Successfully built", answer[1])
        return answer[1]

    def nothing_happened(self):
        self.assertEqual(self.asked, [])
        self.assertIsNone(doors.ENGINE.get("/images/built/json"))
        self.assertEqual([c for c in doors.ENGINE.containers()], [])


class Addresses(Builds):
    def test_an_add_of_an_address(self):
        context = archive(dockerfile(f"FROM {IMAGE}", f"ADD http://{self.address}/secret /s",
                                     "RUN cat /s"))
        self.assertIn("TOPSECRET", self.build(context, doors.ENGINE)[1])
        request(doors.ENGINE.socket, "DELETE", "/images/built?force=1")
        self.asked.clear()
        for sent in (context, gzip.compress(context)):
            answer = self.build(sent)
            self.assertEqual(answer[0], 403, answer)
            self.refused(answer, "build.remote at Dockerfile:2")
            self.nothing_happened()

    def test_an_add_of_a_variable(self):
        context = archive(dockerfile(f"FROM {IMAGE}", f"ENV U=http://{self.address}/s",
                                     "ADD $U /s"))
        self.build(context, doors.ENGINE)
        self.assertNotEqual(self.asked, [])
        request(doors.ENGINE.socket, "DELETE", "/images/built?force=1")
        self.asked.clear()
        self.refused(self.build(context), "build.remote at Dockerfile:3")
        self.nothing_happened()

    def test_an_add_of_a_variable_behind_a_mark_that_the_engine_drops(self):
        for source in ("f \ufeff$U /d/", '["\\ufeff$U", "/d/x"]'):
            context = archive(dockerfile(f"FROM {IMAGE}", f"ENV U=http://{self.address}/s",
                                         f"ADD {source}"), ("f", b"x"))
            self.build(context, doors.ENGINE)
            self.assertNotEqual(self.asked, [], source)
            request(doors.ENGINE.socket, "DELETE", "/images/built?force=1")
            self.asked.clear()
            self.refused(self.build(context), "build.remote at Dockerfile:3")
            self.nothing_happened()

    def test_an_image_to_copy_from_behind_a_byte_that_is_a_blank_to_the_engine(self):
        for blank in (b"\xa0", b"\x85"):
            lines = f"FROM scratch\nENV A=b\nCOPY BLANK--from={IMAGE} /bin/busybox /b\n".encode()
            context = archive(("Dockerfile", lines.replace(b"BLANK", blank)))
            self.built(self.build(context, doors.ENGINE))
            request(doors.ENGINE.socket, "DELETE", "/images/built?force=1")
            self.refused(self.build(context), "build.dockerfile")
            self.nothing_happened()

    def test_a_trigger_of_an_image_that_was_made_before(self):
        changes = f"/images/create?fromSrc=-&repo=trap&changes=ONBUILD+ADD+http://{self.address}/s+/s"
        self.addCleanup(request, doors.ENGINE.socket, "DELETE", "/images/trap?force=1")
        self.done(send(doors.GATE, "POST", changes, archive(("f", b"x")), TAR))
        context = archive(dockerfile("FROM trap"))
        self.build(context, doors.ENGINE)
        self.assertNotEqual(self.asked, [])
        request(doors.ENGINE.socket, "DELETE", "/images/built?force=1")
        self.asked.clear()
        self.refused(self.build(context), "build.remote")
        self.nothing_happened()

    def test_the_outcome_says_why(self):
        gate = self.gate_named("baseline")
        context = archive(dockerfile("FROM scratch", f"ADD http://{self.address}/s /s"))
        self.refused(self.build(context, gate), "build.remote")
        records = gate.records(2)
        self.assertEqual([r["event"] for r in records], ["decision", "outcome"])
        self.assertEqual([r["verdict"] for r in records], ["allow", "refuse"])
        self.assertEqual(records[1]["reasons"][0]["at"], "Dockerfile:2")
        self.assertEqual(records[1]["status"], 403)
        context = archive(dockerfile("FROM scratch", "COPY f /f"), ("f", b"x"))
        self.built(self.build(context, gate))
        events = [r["event"] for r in gate.records(5)[2:]]
        self.assertEqual(events, ["decision", "decision", "outcome"])


class Spellings(Builds):
    """Dockerfiles put together of everything that hides an instruction or a word of it."""

    COUNT = int(os.environ.get("DOCKGATE_DOCKERFILES", "60"))
    SEED = int(os.environ.get("DOCKGATE_SEED", "2026"))

    def add(self, dice):
        """One ADD in one of its many spellings."""
        url = f"http://{self.address}/s"
        blank = dice.choice([" ", "\t", "  ", " \\\n ", " \\\n# note\n", "\u00a0", " \u2028", "\r"])
        word = dice.choice([
            url, f'"{url}"', f"'{url}'", url.replace("tt", "\\tt"), "$U", "${U}", "${U:-x}", "h$T",
            "${NONE:-" + url + "}", url.replace("h", "H", 1), f"ht\\\ntp://{self.address}/s",
            '["' + url + '", "/s"]', '["\\u0068' + url[1:] + '", "/s"]', '[ "$U" , "/s" ]',
            "\ufeff$U", '["\ufeff$U", "/s"]', "<<CMD f", "./f", "f", "nothing$NONE", '["f", "/s"]', "f " + url])
        keyword = dice.choice(["ADD", "add", "Add", "A\\\nDD", "  ADD", "\u00a0ADD", "ONBUILD ADD",
                                 "ONBUILD\tadd", "COPY", "\ufeffADD"])
        flag = dice.choice(["", "", "", "--chown=0:0 ", "--chown=0:0\u00a0", '--chown="0:0" ', "-- ",
                              "--chown=$U "])
        tail = dice.choice([" /s", " /s/", " /s \\", "\t/s\n", " /s # c", " /s\r"])
        return f"{keyword}{blank}{flag}{word}{tail}"

    def dockerfile(self, dice):
        other = ["RUN true", "# note", "", "  # indented", "RUN echo \\", "\\", "ENV A=b \\\n C=d",
                 "RUN <<EOF", "EOF", "LABEL a=b", "# escape=`", "CMD [\"x\"]", "RUN echo `"]
        lines = [dice.choice(["", "# escape=\\", "# syntax=x", "\ufeff# c"]),
                 f"FROM {IMAGE}", f"ENV U=http://{self.address}/s T=ttp://{self.address}/s"]
        for _ in range(dice.randint(1, 4)):
            lines.append(dice.choice(other) if dice.random() < 0.4 else self.add(dice))
        if dice.random() < 0.3:
            lines += ["FROM 0" if dice.random() < 0.2 else f"FROM {IMAGE}", self.add(dice)]
        return dice.choice(["\n", "\n", "\n", "\r\n"]).join(lines) + "\n"

    def test_none_that_passes_fetches(self):
        dice = random.Random(self.SEED)
        print(f"seed {self.SEED}: ", end="", flush=True)
        built = fetching = 0
        for number in range(self.COUNT):
            text = self.dockerfile(dice)
            context = archive(("Dockerfile", text.encode()), ("f", b"x"))
            answer = self.build(context)
            self.assertEqual(self.asked, [], f"number {number}:\n{text!r}\n{answer}")
            built += "Successfully built" in answer[1]
            if number % 4 == 0:
                self.build(context, doors.ENGINE)
                fetching += bool(self.asked)
                self.asked.clear()
        print(f"{built} of {self.COUNT} built, {fetching} of a quarter fetch on the bare Engine")
        self.assertGreater(built, 0)
        self.assertGreater(fetching, 0)


class Contexts(Builds):
    """Which file of an archive is the Dockerfile: nobody but dockgate says."""

    def trap(self):
        return f"FROM scratch\nADD http://{self.address}/s /s\n".encode()

    def test_a_dockerfile_that_comes_twice_or_by_links(self):
        good = dockerfile("FROM scratch", "COPY f /f")
        trap = ("Dockerfile", self.trap())
        others = [archive(trap, good, ("f", b"x")),
                  archive(link("d", "."), good, ("d/Dockerfile", self.trap()), ("f", b"x")),
                  archive(good, link("x", "."), ("f", b"x"), ("x/Dockerfile", self.trap()))]
        for context in others:
            self.built(self.build(context))
            self.assertEqual(self.asked, [])
            request(doors.ENGINE.socket, "DELETE", "/images/built?force=1")
        self.refused(self.build(archive(good, trap)), "build.remote")
        self.nothing_happened()

    def test_a_dockerfile_that_is_no_plain_file(self):
        for entry in (link("Dockerfile", "other"), link("Dockerfile", "other", tarfile.LNKTYPE)):
            context = archive(("other", self.trap()), entry)
            self.build(context, doors.ENGINE)
            self.assertNotEqual(self.asked, [])
            self.asked.clear()
            request(doors.ENGINE.socket, "DELETE", "/images/built?force=1")
            answer = self.build(context)
            self.assertEqual(answer[0], 400, answer)
            self.nothing_happened()

    def test_formats_that_are_not_read_here(self):
        context = archive(dockerfile("FROM scratch", "COPY f /f"), ("f", b"x"))
        for packed in (bz2.compress(context), lzma.compress(context), b"FROM scratch\n",
                       gzip.compress(context) + gzip.compress(context), gzip.compress(context)[:-9],
                       context[:700], gzip.compress(context) + b"x"):
            answer = self.build(packed)
            self.assertEqual(answer[0], 400, answer)
            self.nothing_happened()
        # What is not there the Engine itself does not find a Dockerfile in.
        self.assertIn("Cannot locate specified Dockerfile", self.build(b"")[1])
        self.nothing_happened()

    def test_what_arrives_is_what_was_sent(self):
        long = "deep/" * 30 + "file"
        entries = [dockerfile("# about", "FROM scratch", "COPY . \\", "  /", 'CMD ["sh"]'),
                   (long, b"long"), ("\u00e4 b", b"named"), link("l", "f"), ("f", b"x" * 70000),
                   link("h", "f", tarfile.LNKTYPE)]
        seen = []
        for where, sent in ((doors.ENGINE, archive(*entries)), (doors.GATE, archive(*entries)),
                            (doors.GATE, gzip.compress(archive(*entries)))):
            self.built(self.build(sent, where, QUIET + "&nocache=1"))
            seen.append(self.files_of("built"))
        names = {"Dockerfile", long, "\u00e4 b", "l", "f", "h"}
        self.assertTrue(names <= set(seen[0]), seen[0])
        for files in seen[1:]:
            files.pop("Dockerfile")
            self.assertEqual(files, {k: v for k, v in seen[0].items() if k != "Dockerfile"})

    def files_of(self, image):
        status, answer = send(doors.ENGINE, "POST", doors.CREATE,
                              {"Image": image, "Cmd": ["x"], "HostConfig": {"NetworkMode": "none"}})
        self.assertEqual(status, 201, answer)
        made = json.loads(answer)["Id"]
        status, exported = request(doors.ENGINE.socket, "GET", f"/containers/{made}/export")
        remove(made)
        with tarfile.open(fileobj=io.BytesIO(exported)) as files:
            return {m.name: (m.type, m.mode, m.uid, m.linkname, m.isdir() or int(m.mtime),
                             files.extractfile(m).read() if m.isreg() else b"")
                    for m in files if not m.name.startswith(("dev", "etc", "proc", "sys"))
                    and m.name != ".dockerenv"}


class Stages(Builds):
    def test_each_stage_begins_with_the_image_that_was_judged(self):
        """A name that changes hands while an earlier stage runs means what it meant."""
        image = doors.ENGINE.get(f"/images/{IMAGE}/json")["Id"]
        context = archive(dockerfile(f"FROM {IMAGE} AS one", "RUN true", f"FROM {IMAGE}",
                                     "COPY --from=one /bin/busybox /b", "FROM one",
                                     f"COPY --from={IMAGE} /bin/busybox /c"))
        answer = self.built(self.build(context))
        self.assertEqual(answer.count(f"FROM {image}"), 2, answer)
        self.assertIn(f"COPY --from={image} /bin/busybox /c", answer)
        self.assertIn("FROM one", answer)

    def test_a_client_that_leaves_while_it_sends(self):
        context = archive(dockerfile("FROM scratch", "COPY f /f"), ("f", b"x" * 100000))
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(doors.GATE.socket))
            head = f"POST {QUIET} HTTP/1.1\r\nHost: d\r\nContent-Length: {len(context)}\r\n\r\n"
            client.sendall(head.encode() + context[:60000])
        wait_until(lambda: any(r.get("ended") == "client_gone" and r["operation"] == "ImageBuild"
                               for r in doors.GATE.records()), what="the record of its end")
        self.nothing_happened()


class Registry(Builds):
    """Images that the Engine does not have: dockgate has them pulled before it judges them."""

    USER, PASSWORD = "ci", "s3cret"

    def setUp(self):
        super().setUp()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-registry-"))
        self.addCleanup(shutil.rmtree, folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.registry = f"127.0.0.1:{free.getsockname()[1]}"
        config = folder / "config.yml"
        (folder / "users").write_text(self.htpasswd())
        config.write_text(f"""
version: 0.1
storage: {{ filesystem: {{ rootdirectory: {folder}/data }} }}
http: {{ addr: "{self.registry}" }}
auth: {{ htpasswd: {{ realm: test, path: {folder}/users }} }}
""")
        server = Process(["docker-registry", "serve", str(config)], folder / "log")
        self.addCleanup(server.stop)
        wait_until(self.answers, what="the registry's answer")
        auth = {"username": self.USER, "password": self.PASSWORD, "serveraddress": self.registry}
        self.auth = self.encoded(auth)
        self.config = self.encoded({self.registry: auth})

    def htpasswd(self):
        return f"{self.USER}:{crypt.crypt(self.PASSWORD, crypt.METHOD_BLOWFISH)}\n"

    @staticmethod
    def encoded(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()

    def answers(self):
        connection = http.client.HTTPConnection(self.registry, timeout=5)
        try:
            connection.request("GET", "/v2/")
            return connection.getresponse().status == 401
        except OSError:
            return False
        finally:
            connection.close()

    def push(self, name, changes=""):
        """An image that is in the registry and no longer at the Engine."""
        image = f"{self.registry}/{name}"
        self.done(send(doors.ENGINE, "POST", f"/images/create?fromSrc=-&repo={image}&tag=1{changes}",
                       archive(("marked", name.encode())), TAR))
        pushed = send(doors.ENGINE, "POST", f"/images/{image}/push?tag=1", None,
                      {"X-Registry-Auth": self.auth})
        self.assertNotIn("error", self.done(pushed))
        request(doors.ENGINE.socket, "DELETE", f"/images/{image}:1?force=1")
        self.addCleanup(request, doors.ENGINE.socket, "DELETE", f"/images/{image}:1?force=1")
        self.assertIsNone(doors.ENGINE.get(f"/images/{image}:1/json"))
        return f"{image}:1"

    def test_an_image_is_pulled_with_the_clients_credentials(self):
        image = self.push("plain")
        context = archive(dockerfile(f"FROM {image}", "COPY f /f"), ("f", b"x"))
        answer = self.build(context)
        self.assertEqual(answer[0], 404, answer)
        self.assertIn("no basic auth credentials", answer[1])
        self.nothing_happened()
        self.built(self.build(context, headers={"X-Registry-Config": self.config}))
        self.assertIsNotNone(doors.ENGINE.get(f"/images/{image}/json"))
        self.built(self.build(context, target=QUIET + "&pull=1",
                              headers={"X-Registry-Config": self.config}))

    def test_an_image_that_has_a_trigger_is_judged_before_it_is_built_on(self):
        image = self.push("trap", f"&changes=ONBUILD+ADD+http://{self.address}/s+/s")
        context = archive(dockerfile("FROM scratch", "COPY f /f", f"FROM {image}"), ("f", b"x"))
        headers = {"X-Registry-Config": self.config}
        self.build(context, doors.ENGINE, headers=headers)
        self.assertNotEqual(self.asked, [])
        for name in ("built", image):
            request(doors.ENGINE.socket, "DELETE", f"/images/{name}?force=1")
        self.asked.clear()
        self.refused(self.build(context, headers=headers), "build.remote")
        self.nothing_happened()

    def test_an_image_that_the_policy_does_not_let_be_pulled(self):
        image = self.push("other")
        gate = self.gate_of("image: { allow: { pull: ['docker.io/library/*'] } }")
        answer = self.build(archive(dockerfile(f"FROM {image}")), gate,
                            headers={"X-Registry-Config": self.config})
        self.refused(answer, "image.pull")
        self.assertIsNone(doors.ENGINE.get(f"/images/{image}/json"))


# What doors_test.py runs by itself.
def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for case in (Addresses, Spellings, Contexts, Stages, Registry):
        names = [name for name in vars(case) if name.startswith("test_")]
        suite.addTests(case(name) for name in names)
    return suite


if __name__ == "__main__":
    unittest.main()
