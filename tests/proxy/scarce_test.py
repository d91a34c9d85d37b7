"""What dockgate does where it runs out: of descriptors it waits for some, of memory it refuses with
503; it never ends by that, and never lets anything through."""

import collections
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import request, wait_until  # noqa: E402
from tests.support.with_gate import INSPECT, WithGate  # noqa: E402

CONFIG = """
engine: unix://{engine}
listen: [{{ address: "unix://{socket}" }}, {{ address: "unix://{socket}.other" }}]
audit: {{ file: {audit} }}
limits: {{ LIMITS }}
clients:
  - {{ name: other, listener: "unix://{socket}.other", policy: baseline }}
  - name: all
    policy: baseline
    limits: {{ connections: 1000, inspected_bodies: 1000 }}
"""
MIB = 1 << 20


def config(limits="drain: 5"):
    return CONFIG.replace("LIMITS", limits)


def create(body):
    return (b"POST /v1.41/containers/create HTTP/1.1\r\nHost: d\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)) + body


def large(size, items=False):
    """A create that must be refused, and is looked up before: as one text, or as many."""
    request = {"Image": "x", "HostConfig": {"NetworkMode": "container:web", "Privileged": True},
               "Cmd": [], "Labels": {"a": ""}}
    size -= len(json.dumps(request)) + 10
    if items:
        request["Cmd"] = ["x"] * (size // 5)
    else:
        request["Labels"]["a"] = "a" * size
    return create(json.dumps(request, separators=(",", ":")).encode())


class Crowd:
    """Many clients that each send one message at the same time; `statuses` are those of their
    answers, 0 where there was none."""

    def __init__(self, path, message, count):
        self.path, self.message = path, message
        self.statuses = collections.Counter()
        self.threads = [threading.Thread(target=self.ask, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def ask(self):
        received = b""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(120)
                client.connect(str(self.path))
                try:
                    client.sendall(self.message)
                except OSError:
                    pass  # refused while it was still being sent
                while more := client.recv(65536):
                    received += more
        except OSError:
            pass
        self.statuses[int(received.split()[1]) if received else 0] += 1

    def end(self):
        for thread in self.threads:
            thread.join()
        return dict(self.statuses)


class Scarce(WithGate):
    """`go_on` lets look-ups be answered, which dockgate waits for with bodies in its hands."""

    def begin(self, limits="drain: 5", **options):
        self.go_on = threading.Event()
        self.addCleanup(self.go_on.set)

        def answer(conversation):
            while (head := conversation.read_head()) is not None:
                if conversation.read_body(head) is None:
                    return
                if head.startswith("GET /containers/"):
                    self.go_on.wait(100)
                conversation.send(INSPECT)
        self.start(answer, config=config(limits), **options)
        self.assertEqual(request(self.gate.socket, "GET", "/info")[0], 200)

    def is_well(self):
        """It runs, serves, and nothing has come through."""
        self.assertTrue(self.gate.is_alive(), self.gate.log()[-2000:])
        wait_until(self.serves, 30, "service")
        self.assertNotIn(b"/create", self.engine.received())

    def serves(self):
        try:
            return request(self.gate.socket, "GET", "/info")[0] == 200
        except OSError:
            return False


class Descriptors(Scarce):
    def test_accepting_pauses_and_goes_on(self):
        self.begin(under=("prlimit", "--nofile=90:90"))
        before = self.gate.descriptors()
        kept = self.connect()
        self.assertEqual(self.ask(kept, b"/info")[0], 200)
        crowd = [self.connect() for _ in range(100)]
        wait_until(lambda: "cannot accept on" in self.gate.log(), 20)
        self.assertEqual(self.ask(kept, b"/info")[0], 200)  # who is there is served
        time.sleep(1)
        self.assertLess(self.gate.log().count("cannot accept on"), 60)  # it does not spin
        for client in crowd[:60]:
            client.close()
        self.is_well()
        for client in crowd[60:]:
            self.assertEqual(self.ask(client, b"/info")[0], 200)
            client.close()
        kept.close()
        wait_until(lambda: self.gate.descriptors() <= before, 10, "closed descriptors")

    def test_who_came_in_and_needs_one_for_the_engine_is_told(self):
        """Nothing is left for connections to the Engine: no answer is made up for it."""
        self.begin(under=("prlimit", "--nofile=90:90"))
        crowd = [self.connect() for _ in range(100)]
        wait_until(lambda: "cannot accept on" in self.gate.log(), 20)
        answers = {self.ask(client, b"/containers/web/start", b"POST")[0] for client in crowd[:20]}
        self.assertLessEqual(answers, {502, 503})
        for client in crowd:
            client.close()
        self.is_well()


class Memory(Scarce):
    def crowd(self, message, count=64):
        return Crowd(self.gate.socket, message, count)

    def limit(self, mib):
        """So much memory more than it has now; what the kernel will not give fails."""
        most = (self.gate.memory("VmSize") << 10) + mib * MIB
        subprocess.run(["prlimit", f"--pid={self.gate.pid()}", f"--as={most}"], check=True)

    def memory_group(self, most):
        """A cgroup with so much memory, of either version, and its file that tells the most."""
        name = f"dockgate-test-{os.getpid()}"
        for root, limit, peak in (("", "memory.max", "memory.peak"),
                                  ("memory", "memory.limit_in_bytes", "memory.max_usage_in_bytes")):
            group = pathlib.Path("/sys/fs/cgroup") / root / name
            problem = "nothing to control memory with"
            try:
                if not list(group.parent.glob("cgroup.procs")):
                    continue
                group.mkdir()
                (group / limit).write_text(str(most))
                return group, peak
            except OSError as why:
                problem = why
                if group.is_dir():
                    group.rmdir()
        return self.skipTest(f"no cgroup of one's own here: {problem}")

    def test_bodies_beyond_what_may_be_held_are_refused(self):
        self.begin("inspected: 32m")
        before = self.gate.memory()
        crowd = self.crowd(large(4 * MIB - 1000))
        wait_until(lambda: sum(crowd.statuses.values()) >= 56, 25, "refusals")
        self.assertEqual(set(crowd.statuses), {503})
        self.assertEqual(  # a small one has room, and so has somebody else's large one
            request(self.gate.socket, "POST", "/v1.41/volumes/create", '{"Name":"v"}')[0], 200)
        self.go_on.set()
        other = Crowd(f"{self.gate.socket}.other", large(4 * MIB - 1000), 1)
        self.assertEqual(other.end(), {403: 1})
        statuses = crowd.end()
        self.assertEqual(set(statuses), {403, 503})
        self.assertEqual(sum(statuses.values()), 64)
        refused = [one for one in self.gate.records() if one.get("status") == 503]
        self.assertEqual(len(refused), statuses[503])
        self.assertEqual({one["reasons"][0]["rule"] for one in refused}, {"limits.inspected"})
        self.assertNotIn(b"containers/create", self.engine.received())
        print(f"\n64 bodies of 4 MiB: {statuses}, {self.gate.memory('VmHWM') - before} KiB at most")

    def test_a_document_of_millions_is_refused_before_it_is_one(self):
        self.begin()
        before = self.gate.memory("VmHWM")
        crowd = self.crowd(large(4 * MIB - 1000, items=True), 4)
        self.go_on.set()
        self.assertEqual(crowd.end(), {400: 4})
        self.is_well()
        grown = self.gate.memory("VmHWM") - before
        print(f"\n4 documents of 800,000 values: {grown} KiB")

    def test_memory_that_the_kernel_does_not_give_is_a_refusal(self):
        """`inspected` is set beyond what there is."""
        self.begin("inspected: 1g")
        self.limit(128)
        for items in (False, True):
            crowd = self.crowd(large(4 * MIB - 1000 if not items else 300_000, items))
            wait_until(lambda: sum(crowd.statuses.values()) >= 32 or items, 60, "refusals")
            self.go_on.set()
            statuses = crowd.end()
            print(f"\n64 bodies, 128 MiB: {statuses}")
            self.assertLessEqual(set(statuses), {0, 403, 503})
            self.is_well()
            self.go_on.clear()

    def test_a_group_of_processes_with_little_memory_is_enough(self):
        """The kernel kills what takes more than its cgroup has."""
        group, peak = self.memory_group(256 * MIB)
        self.addCleanup(group.rmdir)
        self.begin()
        (group / "cgroup.procs").write_text(str(self.gate.pid()))
        self.addCleanup(self.gate.process.stop)
        crowd = self.crowd(large(4 * MIB - 1000), 256)
        wait_until(lambda: sum(crowd.statuses.values()) >= 250, 60, "refusals")
        self.go_on.set()
        statuses = crowd.end()
        self.assertLessEqual(set(statuses), {403, 503})
        self.is_well()
        print(f"\n256 bodies in 256 MiB: {statuses}, "
              f"{int((group / peak).read_text()) // MIB} MiB at most")


FAILING = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

static const volatile unsigned *each;  // the how manyth fails; 0: none
static void *(*real)(size_t);

__attribute__((constructor)) static void find(void) {
  real = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
  int file = open(getenv("MALLOC_FAILS"), O_RDONLY | O_CLOEXEC);
  each = mmap(0, sizeof *each, PROT_READ, MAP_SHARED, file, 0);
}

void *malloc(size_t size) {
  static atomic_uint count;
  if (real == 0) find();
  if (*each != 0 && atomic_fetch_add(&count, 1) % *each == 0) return 0;
  return real(size);
}
"""


class Allocations(Scarce):
    """Every so manyth of them fails, wherever it is."""

    def test_that_fail_end_a_request_and_not_the_program(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-malloc-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "failing.c").write_text(FAILING)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", folder / "failing.so",
                        folder / "failing.c"], check=True)
        (folder / "each").write_bytes(bytes(4))
        self.begin(env=dict(os.environ, LD_PRELOAD=str(folder / "failing.so"),
                            MALLOC_FAILS=str(folder / "each")))
        self.go_on.set()
        statuses = collections.Counter()
        for each in (5003, 1009, 401, 199, 97, 53):
            with open(folder / "each", "r+b") as file:
                file.write(each.to_bytes(4, "little"))
            for _ in range(6):
                statuses.update(Crowd(self.gate.socket, large(3000), 20).end())
            with open(folder / "each", "r+b") as file:
                file.write(bytes(4))
            self.is_well()
        print(f"\nwith failing allocations: {dict(statuses)}")
        self.assertLessEqual(set(statuses), {0, 403, 502, 503})
        self.assertGreater(statuses[503], 0)


if __name__ == "__main__":
    unittest.main()
