"""What a supervisor such as systemd does with dockgate: hands sockets over, restarts it under load,
watches it, and is told how it is."""

import os
import pathlib
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.fake_engine import FakeEngine, answer_everything  # noqa: E402
from tests.support.gate import PROGRAM, Process, request, wait_until  # noqa: E402
from tests.support.with_gate import answering  # noqa: E402

FIRST = 3  # the number of the first descriptor that is handed over


class Supervised(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-supervised-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.socket = self.folder / "docker.sock"
        self.runs = 0

    def engine(self, answer=answer_everything):
        engine = FakeEngine(answer)
        self.addCleanup(engine.stop)
        return engine

    def listening(self, family=socket.AF_UNIX, address=None):
        made = socket.socket(family)
        made.bind(address or str(self.socket))
        made.listen(512)
        self.addCleanup(made.close)
        return made

    def run_gate(self, engine, *passed, names="", **environment):
        """A dockgate that is handed these sockets, as systemd does it."""
        def hand_over():
            copies = [os.dup(one.fileno()) for one in passed]
            for place, copy in enumerate(copies):
                os.dup2(copy, FIRST + place)
        self.runs += 1
        log = self.folder / f"log{self.runs}"
        env = dict(os.environ, **environment)
        if passed:
            env.update(LISTEN_FDS=str(len(passed)), LISTEN_FDNAMES=names)
        script = 'LISTEN_PID=$$ exec "$@"'
        process = Process(
            ["sh", "-c", script, "sh", PROGRAM, "serve", "--engine", f"unix://{engine.socket}",
             "--listen", f"unix://{self.socket}", "--audit", self.folder / "audit",
             *self.options()], log, env=env, preexec_fn=hand_over,
            pass_fds=range(FIRST, FIRST + len(passed)))
        self.addCleanup(process.stop)
        process.said = lambda: log.read_text(errors="replace")
        return process

    def options(self):
        return ()

    def is_up(self, process):
        wait_until(lambda: "listening on unix" in process.said(), 20, process.said())


class Activation(Supervised):
    def test_a_socket_that_was_handed_over_is_served_and_left_where_it_is(self):
        mine = self.listening()
        os.chmod(self.socket, 0o600)
        process = self.run_gate(self.engine(), mine, names="docker")
        self.is_up(process)
        self.assertEqual(request(self.socket, "GET", "/info")[0], 200)
        self.assertEqual(process.stop(), 0)
        self.assertTrue(self.socket.exists())
        self.assertEqual(self.socket.stat().st_mode & 0o777, 0o600)

    def test_one_that_no_listener_is_for_is_a_mistake(self):
        mine = self.listening(address=str(self.folder / "other.sock"))
        process = self.run_gate(self.engine(), mine, names="other.socket")
        self.assertEqual(process.process.wait(20), 1)
        self.assertIn(f"the socket `other.socket` that was handed over is for unix://{self.folder}/"
                      "other.sock, where no listener is to be", process.said())

    def test_one_that_does_not_listen_is_a_mistake(self):
        mine = socket.socket(socket.AF_UNIX)
        self.addCleanup(mine.close)
        mine.bind(str(self.socket))
        process = self.run_gate(self.engine(), mine, names="docker")
        self.assertEqual(process.process.wait(20), 1)
        self.assertIn("the socket `docker` that was handed over does not listen", process.said())

    def test_what_is_for_another_process_is_none_of_its_business(self):
        mine = self.listening(address=str(self.folder / "other.sock"))
        process = self.run_gate(self.engine())
        self.is_up(process)
        process.stop()
        # The variables of a parent, without the sockets.
        again = Process([PROGRAM, "serve", "--engine", f"unix://{self.engine().socket}", "--listen",
                         f"unix://{self.socket}", "--audit", self.folder / "audit"],
                        self.folder / "log", env=dict(os.environ, LISTEN_FDS="1", LISTEN_PID="1"))
        self.addCleanup(again.stop)
        wait_until(lambda: "listening on" in (self.folder / "log").read_text(), 20)
        self.assertEqual(request(self.socket, "GET", "/info")[0], 200)
        mine.close()


class ActivationOfPorts(Supervised):
    def setUp(self):
        super().setUp()
        self.port = self.listening(socket.AF_INET, ("127.0.0.1", 0))
        self.address = self.port.getsockname()

    def options(self):
        return ("--listen", f"tcp://127.0.0.1:{self.address[1]}")

    def test_ports_are_matched_by_their_address(self):
        mine = self.listening()
        process = self.run_gate(self.engine(), self.port, mine, names="tcp:unix")
        self.is_up(process)
        with socket.create_connection(self.address, 20) as client:
            client.sendall(b"GET /info HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
            self.assertIn(b" 200 OK", client.recv(4096))
        self.assertEqual(request(self.socket, "GET", "/info")[0], 200)


class Restarts(Supervised):
    def test_nobody_is_turned_away_by_a_restart(self):
        def slow(conversation, _):
            time.sleep(0.02)
            conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            return True
        mine, engine = self.listening(), self.engine(answering(slow))
        ended = threading.Event()
        answers, failures = [], []

        def ask():
            while not ended.is_set():
                try:
                    answers.append(request(self.socket, "GET", "/info"))
                except Exception as failed:  # whatever a client could be told
                    failures.append(repr(failed))
        process = self.run_gate(engine, mine)
        self.is_up(process)
        clients = [threading.Thread(target=ask) for _ in range(8)]
        for client in clients:
            client.start()
        try:
            for _ in range(5):
                time.sleep(0.3)
                self.assertEqual(process.stop(), 0)
                process = self.run_gate(engine, mine)
                self.is_up(process)
            time.sleep(0.3)
        finally:
            ended.set()
            for client in clients:
                client.join()
        self.assertEqual(failures, [])
        self.assertEqual(set(answers), {(200, b"ok")})
        self.assertGreater(len(answers), 200)

    def test_who_had_just_come_is_answered(self):
        process = self.run_gate(self.engine())
        self.is_up(process)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(str(self.socket))
            time.sleep(0.2)
            process.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            client.sendall(b"GET /info HTTP/1.1\r\nHost: d\r\n\r\n")
            answer = client.recv(4096)
            self.assertIn(b" 200 OK", answer)
            self.assertIn(b"Connection: close", answer)
        self.assertEqual(process.process.wait(10), 0)

    def test_who_came_and_did_not_ask_holds_a_stop_up_for_a_moment_alone(self):
        process = self.run_gate(self.engine())
        self.is_up(process)
        with socket.socket(socket.AF_UNIX) as silent:
            silent.connect(str(self.socket))
            time.sleep(0.2)
            began = time.monotonic()
            self.assertEqual(process.stop(), 0)
            self.assertLess(time.monotonic() - began, 3)


class Watchdog(Supervised):
    def setUp(self):
        super().setUp()
        self.told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.told.close)
        self.told.bind(str(self.folder / "notify"))
        self.told.settimeout(10)

    def test_hears_it_twice_within_its_time(self):
        process = self.run_gate(self.engine(), NOTIFY_SOCKET=str(self.folder / "notify"),
                                WATCHDOG_USEC="1000000")
        self.assertEqual(self.told.recv(100), b"READY=1")
        began = time.monotonic()
        for _ in range(4):
            self.assertEqual(self.told.recv(100), b"WATCHDOG=1")
        self.assertLess(time.monotonic() - began, 3.5)
        self.assertGreater(time.monotonic() - began, 1.4)
        process.process.send_signal(signal.SIGTERM)
        heard = []
        while b"STOPPING=1" not in heard:
            heard.append(self.told.recv(100))

    def test_is_fed_while_the_last_requests_end(self):
        may_answer = threading.Event()

        def answer(conversation, _):
            may_answer.wait(20)
            conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        engine = self.engine(answering(answer))
        process = self.run_gate(engine, NOTIFY_SOCKET=str(self.folder / "notify"),
                                WATCHDOG_USEC="400000")
        self.is_up(process)
        asking = threading.Thread(target=request, args=(self.socket, "GET", "/info"))
        asking.start()
        wait_until(lambda: b"info" in engine.received())
        process.process.send_signal(signal.SIGTERM)
        while self.told.recv(100) != b"STOPPING=1":
            pass
        for _ in range(3):
            self.assertEqual(self.told.recv(100), b"WATCHDOG=1")
        may_answer.set()
        asking.join()
        self.assertEqual(process.process.wait(10), 0)

    def test_of_another_process_is_left_alone(self):
        process = self.run_gate(self.engine(), NOTIFY_SOCKET=str(self.folder / "notify"),
                                WATCHDOG_USEC="200000", WATCHDOG_PID="1")
        self.is_up(process)
        time.sleep(0.5)
        process.stop()
        self.assertEqual(self.told.recv(100), b"READY=1")
        self.assertEqual(self.told.recv(100), b"STOPPING=1")


if __name__ == "__main__":
    unittest.main()
