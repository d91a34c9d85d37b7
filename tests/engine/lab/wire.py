"""HTTP over a Unix socket, written byte by byte: no client library repairs what a test sends."""

import json
import socket
from dataclasses import dataclass

ANSWER_LIMIT = 60


@dataclass
class Answer:
    status: int
    head: bytes
    body: bytes

    def json(self):
        return json.loads(self.body)

    def message(self) -> str:
        """What the docker CLI would print of an error."""
        try:
            return self.json()["message"]
        except (ValueError, KeyError, TypeError):
            return self.body.decode("utf-8", "replace")


def exchange(path: str, request: bytes) -> Answer:
    """Sends `request` as it stands and reads one answer, or all there is until the end.

    A server may answer and close before it has read all of the request.
    """
    with socket.socket(socket.AF_UNIX) as stream:
        stream.settimeout(ANSWER_LIMIT)
        stream.connect(path)
        try:
            stream.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return _read_answer(stream)


def request_text(method: str, target: str, body: bytes = b"", headers: dict | None = None) -> bytes:
    """A request as a plain client writes it; `headers` replaces or adds, None takes one away."""
    fields = {"Host": "docker", "Connection": "close"}
    if body or method in ("POST", "PUT"):
        fields["Content-Length"] = str(len(body))
    if body:
        fields["Content-Type"] = "application/json"
    fields.update(headers or {})
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def ask(path: str, method: str, target: str, body=None) -> Answer:
    """One well-formed request; `body` is anything that JSON can say."""
    text = b"" if body is None else json.dumps(body).encode()
    return exchange(path, request_text(method, target, text))


def _read_answer(stream: socket.socket) -> Answer:
    received = _read_until_end(stream)
    while received.startswith(b"HTTP/1.1 100"):
        received = received.partition(b"\r\n\r\n")[2]
    head, _, body = received.partition(b"\r\n\r\n")
    if not head:
        return Answer(0, b"", b"")
    if b"transfer-encoding: chunked" in head.lower():
        body = _unchunked(body)
    return Answer(int(head.split(None, 2)[1]), head, body)


def _read_until_end(stream: socket.socket) -> bytes:
    received = bytearray()
    while not _is_complete(received):
        try:
            piece = stream.recv(1 << 16)
        except ConnectionResetError:
            break
        if not piece:
            break
        received += piece
    return bytes(received)


def _is_complete(received: bytearray) -> bool:
    """Whether a sized answer is all there: a server need not close at once."""
    head, blank, body = bytes(received).partition(b"\r\n\r\n")
    if not blank:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
        if name.lower() == b"transfer-encoding":
            return body.endswith(b"0\r\n\r\n")
    return False


def _unchunked(body: bytes) -> bytes:
    out = bytearray()
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if length == 0:
            break
        out += rest[:length]
        body = rest[length + 2:]
    return bytes(out)
