"""Images that a build could begin with, copy from or take layers of, past what was judged."""

import json
import os
import socket
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.attacks import builds_test as builds  # noqa: E402
from tests.attacks import doors_test as doors  # noqa: E402
from tests.attacks.builds_test import TAR, Builds, archive, dockerfile  # noqa: E402
from tests.attacks.doors_test import remove, send  # noqa: E402
from tests.support.gate import IMAGE, request, wait_until  # noqa: E402

SECRET = "secret.example.com/other/secret"
SOME = "image: { allow: { pull: ['docker.io/library/*'], tag: ['localhost/ci/*'] } }"
NAMELESS = "/build?networkmode=none&rm=1&forcerm=1"
CONTEXT = archive(dockerfile("FROM cafe", "COPY f /f"), ("f", b"x"))


def setUpModule():
    builds.setUpModule()


class BaseImages(Builds):
    def image(self, name, context, changes="", where=None):
        """Imports it as `name`, or as `name#tag`; its id."""
        repo, _, tag = name.partition("#")
        tag = tag or "latest"
        self.done(send(where or doors.ENGINE, "POST",
                       f"/images/create?fromSrc=-&repo={repo}&tag={tag}{changes}", context, TAR))
        self.addCleanup(request, doors.ENGINE.socket, "DELETE", f"/images/{repo}:{tag}?force=1")
        return doors.ENGINE.get(f"/images/{repo}:{tag}/json")["Id"]

    def test_a_name_that_the_build_gives_too_changes_hands_while_its_context_is_sent(self):
        """The Engine is told the image that was judged, and that is the one of that moment."""
        trigger = f"&changes=ONBUILD+ADD+http://{self.address}/s+/s"
        trap = self.image("trap", archive(("f", b"x")), trigger, doors.GATE)
        self.addCleanup(request, doors.ENGINE.socket, "DELETE", "/images/cafe?force=1")
        self.done(send(doors.GATE, "POST", "/images/trap/tag?repo=cafe"))
        before = len(doors.GATE.records())
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(str(doors.GATE.socket))
            client.sendall(b"POST /build?networkmode=none&t=cafe HTTP/1.1\r\nHost: d\r\n"
                           b"Content-Type: application/x-tar\r\nConnection: close\r\n"
                           b"Content-Length: %d\r\n\r\n" % len(CONTEXT) + CONTEXT[:600])
            wait_until(lambda: len(doors.GATE.records()) > before, what="the build's decision")
            self.done(send(doors.GATE, "POST", f"/images/{IMAGE}/tag?repo=cafe"))
            client.sendall(CONTEXT[600:])
            answer = b""
            while more := client.recv(65536):
                answer += more
        self.assertEqual(self.asked, [])
        self.assertNotIn(trap.encode(), answer)
        self.assertIn(b"Successfully built", answer)

    def test_a_number_that_no_stage_can_have(self):
        gate = self.gate_of("image: { allow: { pull: ['registry.example.com/**'] } }")
        for number in (2**64 - 1, 2**63, 2**64):
            self.image(str(number), archive(("secret", str(number).encode())))
            context = archive(dockerfile("FROM scratch", f"COPY --from={number} /secret /s"))
            self.built(self.build(context, doors.ENGINE, NAMELESS))
            self.refused(self.build(context, gate, NAMELESS), "build.dockerfile")

    def test_a_trigger_that_copies_from_the_beginning_of_an_id(self):
        whole = self.image(SECRET + "#1", archive(("secret", b"s"))).removeprefix("sha256:")
        gate = self.gate_of(SOME)
        begin = next(whole[:n] for n in range(12, 64) if not whole[:n].isdigit())
        self.image("localhost/ci/trap", archive(("f", b"x")),
                   f"&changes=ONBUILD+COPY+--from={begin}+/secret+/s", gate)
        context = archive(dockerfile("FROM localhost/ci/trap"))
        self.built(self.build(context, doors.ENGINE, NAMELESS))
        self.refused(self.build(context, gate, NAMELESS), "reference.image")

    def test_layers_of_an_image_that_may_not_be_run(self):
        lines = dockerfile(f"FROM {IMAGE}", "RUN head -c 9 /dev/urandom | base64 > /secret")
        name = f"{SECRET}:2"
        self.built(self.build(archive(lines), doors.ENGINE, f"/build?networkmode=none&t={name}"))
        self.addCleanup(request, doors.ENGINE.socket, "DELETE", f"/images/{name}?force=1")
        gate = self.gate_of(SOME)
        source = urllib.parse.quote(json.dumps([name]))
        answer = self.build(archive(lines), gate, f"{NAMELESS}&cachefrom={source}")
        self.refused(answer, "build.cache_from")

    def test_what_an_image_brings_along_is_judged_before_it_runs(self):
        """Of a container that is made the image's part counts when it starts."""
        context = archive(dockerfile(f"FROM {IMAGE}", "HEALTHCHECK --interval=1ms CMD true"))
        self.built(self.build(context, target=NAMELESS + "&t=built"))
        status, answer = send(doors.GATE, "POST", doors.CREATE,
                              {"Image": "built", "HostConfig": {"NetworkMode": "none"}})
        self.assertEqual(status, 201, answer)
        made = json.loads(answer)["Id"]
        self.addCleanup(remove, made)
        config = doors.ENGINE.get(f"/containers/{made}/json")["Config"]
        self.assertEqual(config["Healthcheck"]["Interval"], 10**6)
        self.refused(send(doors.GATE, "POST", f"/containers/{made}/start"),
                     "container.healthcheck_interval")

    def test_dockerfiles_that_would_take_long_to_read(self):
        """Values that double, and braces that do not end: read in one go, whatever they say."""
        doubling = ["ARG A=x"] + ["ARG B=$A$A", "ARG A=$B"] * 40
        self.refused(self.build(archive(dockerfile(*doubling, "FROM a:$A"))), "build.dockerfile")
        endless = archive(dockerfile("FROM scratch", "RUN " + "${x" * 300000 + "<"))
        self.refused(self.build(endless), "here-documents")

    def test_an_archive_that_does_not_end(self):
        answer = self.build(archive(dockerfile("FROM scratch", "COPY f /f"), ("f", b"x"))
                            + bytes(2 << 20))
        self.assertEqual(answer[0], 400, answer)
        self.assertIn("zeros without an end", answer[1])
        self.nothing_happened()


# What builds_test.py and doors_test.py run by themselves.
def load_tests(_loader, _tests, _pattern):
    names = [name for name in vars(BaseImages) if name.startswith("test_")]
    return unittest.TestSuite(BaseImages(name) for name in names)


if __name__ == "__main__":
    unittest.main()
