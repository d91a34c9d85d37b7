"""HTTP/1.1 requests as the strictest reading of RFC 9112 has them, with nothing of dockgate's. What
is not the one plain form ends the reading; what could be read in two ways is no plain form."""

import re
import urllib.parse

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
LINE = re.compile(rb"(" + TOKEN + rb") ([\x21-\x7e]+) HTTP/1\.([01])")
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*"
                   rb"[\x21-\x7e\x80-\xff])?|)[ \t]*")
SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})\r\n")
ONCE = (b"host", b"content-length", b"transfer-encoding", b"content-type")


class NotPlain(Exception):
    pass


class Request:
    """`whole`: its body was there to the end. `fields`: pairs of lower-case name and value."""

    def __init__(self, method, target, minor, fields):
        self.method, self.target, self.minor, self.fields = method, target, minor, fields
        self.body = b""
        self.framing = None  # b"chunked", a length, or None
        self.whole = True

    def values(self, name):
        return [value for known, value in self.fields if known == name]

    def path(self):
        """Decoded once."""
        return urllib.parse.unquote_to_bytes(self.target.split(b"?", 1)[0])

    def query(self):
        """Decoded pairs, in their order."""
        _, _, text = self.target.partition(b"?")
        pairs = []
        for part in text.split(b"&"):
            if part:
                name, _, value = part.partition(b"=")
                pairs.append((decoded(name), decoded(value)))
        return pairs


def decoded(text):
    return urllib.parse.unquote_to_bytes(text.replace(b"+", b" "))


def read_head(text):
    lines = text.split(b"\r\n")
    line = LINE.fullmatch(lines[0])
    if not line:
        raise NotPlain("request line")
    fields = []
    for one in lines[1:]:
        field = FIELD.fullmatch(one)
        if not field:
            raise NotPlain("field")
        fields.append((field[1].lower(), field[2]))
    request = Request(line[1], line[2], int(line[3]), fields)
    for name in ONCE:
        if len(request.values(name)) > 1:
            raise NotPlain("twice")
    if request.minor == 1 and not request.values(b"host"):
        raise NotPlain("no host")
    lengths, encodings = request.values(b"content-length"), request.values(b"transfer-encoding")
    if lengths and encodings:
        raise NotPlain("two framings")
    if encodings:
        if request.minor == 0 or encodings[0].lower() != b"chunked":
            raise NotPlain("transfer coding")
        request.framing = b"chunked"
    if lengths:
        if not re.fullmatch(rb"[0-9]{1,18}", lengths[0]):
            raise NotPlain("length")
        request.framing = int(lengths[0])
    return request


def read_chunks(raw, at, request):
    """Where the body ends; sets `whole` to False where it does not."""
    while True:
        size = SIZE.match(raw, at)
        if not size:
            if re.fullmatch(rb"(?:[0-9A-Fa-f]{1,16}\r?)?", raw[at:]):
                request.whole = False
                return len(raw)
            raise NotPlain("chunk size")
        at, count = size.end(), int(size[1], 16)
        request.body += raw[at:at + count]
        end = raw[at + count:at + count + 2]
        at += count + 2
        if end != b"\r\n":
            if len(end) == 2 or not b"\r\n".startswith(end):
                raise NotPlain("chunk end")
            request.whole = False
            return len(raw)
        if count == 0:
            return at


def read_requests(raw):
    """(requests, why it ended). Of the last one the body may be missing: `whole`; where it ended
    for a body that is not plain, the request is there with `whole` None."""
    requests, at = [], 0
    while at < len(raw):
        end = raw.find(b"\r\n\r\n", at)
        if end < 0:
            return requests, "half a head"
        try:
            request = read_head(raw[at:end])
        except NotPlain as why:
            return requests, str(why)
        requests.append(request)
        at = end + 4
        try:
            if request.framing == b"chunked":
                at = read_chunks(raw, at, request)
            elif request.framing:
                request.body = raw[at:at + request.framing]
                request.whole = len(request.body) == request.framing
                at += len(request.body)
        except NotPlain as why:
            request.whole = None
            return requests, str(why)
        if not request.whole:
            return requests, "half a body"
    return requests, ""
