"""An Engine that records every byte it gets and answers as it is told."""

import socket
import tempfile
import threading
import pathlib
import shutil

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{}\n"


class Conversation:
    """One connection, for the function that answers on it."""

    def __init__(self, connection, record):
        self.connection = connection
        self.record = record
        self.buffer = b""

    def more(self):
        received = self.connection.recv(65536)
        self.record.append(received)
        self.buffer += received
        return received

    def read_until(self, mark):
        while mark not in self.buffer:
            if not self.more():
                return None
        front, self.buffer = self.buffer.split(mark, 1)
        return front + mark

    def read_head(self):
        """The next request's head as text, or None at the end."""
        head = self.read_until(b"\r\n\r\n")
        return None if head is None else head.decode()

    def read_exactly(self, size):
        while len(self.buffer) < size:
            if not self.more():
                return None
        front, self.buffer = self.buffer[:size], self.buffer[size:]
        return front

    def read_body(self, head):
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        if fields.get("transfer-encoding") == "chunked":
            body = b""
            while True:
                line = self.read_until(b"\r\n")
                size = int(line, 16) if line else 0
                chunk = self.read_exactly(size + 2) if line else None
                if chunk is None:
                    return None
                body += chunk[:-2]
                if size == 0:
                    return body
        return self.read_exactly(int(fields.get("content-length", 0)))

    def send(self, answer):
        self.connection.sendall(answer)


def answer_everything(conversation):
    """Answers each request with an empty object."""
    while True:
        head = conversation.read_head()
        if head is None or conversation.read_body(head) is None:
            return
        conversation.send(OK)


class FakeEngine:
    def __init__(self, answer=answer_everything):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-fake-"))
        self.socket = self.folder / "docker.sock"
        self.answer = answer
        self.connections = []  # a list of received pieces each
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(self.socket))
        self.listening.listen(64)
        self.ended = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            record = []
            self.connections.append(record)
            threading.Thread(target=self._serve, args=(connection, record), daemon=True).start()

    def _serve(self, connection, record):
        with connection:
            try:
                self.answer(Conversation(connection, record))
            except OSError:
                pass  # the other side left; that is what some tests are about
        self.ended.set()

    def received(self):
        return b"".join(b"".join(record) for record in self.connections)

    def requests(self):
        """The request lines it has seen."""
        lines = self.received().decode(errors="replace").split("\r\n")
        return [line for line in lines if line.endswith(" HTTP/1.1")]

    def stop(self):
        self.listening.close()
        shutil.rmtree(self.folder, ignore_errors=True)
