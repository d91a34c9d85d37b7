"""Clients that keep a gate busy with requests that mutate, each with a name of its own."""

import itertools
import json
import re
import threading

from tests.support.gate import UnixHTTPConnection


class Load:
    """Threads that create volumes until they are stopped; `answers` has each name's status, or None
    where none came. No two loads of a test ask for the same name."""

    _numbers = itertools.count()

    def __init__(self, socket_path, threads=4, timeout=10, pause=0):
        self.socket_path = socket_path
        self.timeout, self.pause = timeout, pause  # seconds
        self.load = next(self._numbers)
        self.answers = {}
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(i,), daemon=True)
                        for i in range(threads)]
        for thread in self.threads:
            thread.start()

    def _run(self, number):
        connection = None
        count = 0
        while not self.stopping.is_set():
            count += 1
            name = f"load-{self.load}-{number}-{count}"
            self.answers[name] = None
            try:
                connection = connection or UnixHTTPConnection(self.socket_path, self.timeout)
                connection.request("POST", "/v1.41/volumes/create", json.dumps({"Name": name}),
                                   {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                self.answers[name] = answer.status
                if self.pause:
                    self.stopping.wait(self.pause)
            except OSError:
                connection.close()
                connection = None
                self.stopping.wait(0.01)
            except Exception:  # http.client's own, of a gate that was killed
                connection.close()
                connection = None
        if connection:
            connection.close()

    def count(self, *statuses):
        return sum(status in statuses for status in list(self.answers.values()))

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(5 + self.timeout)


def created(engine):
    """The names of the volumes that a fake Engine was asked to create."""
    return set(re.findall(rb'POST /v[0-9.]+/volumes/create HTTP.*?"Name":"([^"]+)"',
                          engine.received(), re.DOTALL))


def decided(records):
    """The names of the volumes that decisions let through."""
    return {record["asked"]["name"].encode() for record in records
            if record["event"] == "decision" and record["operation"] == "VolumeCreate"
            and record["verdict"] == "allow"}
