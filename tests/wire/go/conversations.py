"""Conversations of a client with an Engine, as raw bytes, by seed and number: requests that are
sound however they are spelt, and requests that are bent in their head, target, fields, framing,
chunks, body or order. The same seed and number give the same bytes.

Each request carries an `X-Meta-Case` of its own. `hidden-…` marks requests that stand where no
request is: in bodies, chunk extensions, trailers, values. Nobody may ever run one."""

import json
import random

HEX = "7" * 64
TEXTS = ("web", "a-b_c.1", "x y", "50%", "a/b", "é", "a+b", "a&b=c", "\"q\"", "a;b", "~", "t,u")


def names(rng):
    return rng.choice(("web", "db", "Web-1", "a_b.c", HEX, HEX[:12], "b-%d" % rng.randrange(99)))


def images(rng):
    return rng.choice(("busybox", "library/busybox", "localhost/ci/app", "ghcr.io/a/b/c", "a:1.2"))


def filters(rng):
    return json.dumps({rng.choice(("label", "name", "status")): [rng.choice(TEXTS)]})


def flag(rng):
    return rng.choice(("0", "1", "true", "false", "True", "no", "yes", ""))


def number(rng):
    return str(rng.choice((0, 1, 7, 10, 300, 65536)))


def text(rng):
    return rng.choice(TEXTS)


def container(rng):
    return {"Image": images(rng), "Cmd": ["sh", "-c", text(rng)], "Env": ["A=" + text(rng)],
            "Labels": {"l": text(rng)}, "HostConfig": {"Memory": 1 << 26, "CapDrop": ["ALL"]}}


def volume(rng):
    return {"Name": "v%d" % rng.getrandbits(40), "Labels": {"a": text(rng)}}


def network(rng):
    return {"Name": "n%d" % rng.getrandbits(40), "Driver": "bridge", "CheckDuplicate": True,
            "Labels": {"a": text(rng)}}


def execution(rng):
    return {"Cmd": ["ls", text(rng)], "AttachStdout": True, "Env": ["B=" + text(rng)]}


def stop_network(rng):
    return {"Container": names(rng), "Force": True}


def start_exec(rng):
    return {"Detach": rng.random() < 0.5, "Tty": False}


# Method, path (`{}` is a container, `{image}`, `{volume}` and `{network}` what they say), query,
# body: a function for JSON, or the name of what streams; weight.
OPERATIONS = (
    ("GET", "/_ping", {}, None, 3),
    ("HEAD", "/_ping", {}, None, 2),
    ("GET", "/version", {}, None, 1),
    ("GET", "/info", {}, None, 2),
    ("GET", "/events", {"since": number, "until": number, "filters": filters}, None, 1),
    ("GET", "/system/df", {"type": text, "verbose": flag}, None, 1),
    ("GET", "/containers/json", {"all": flag, "limit": number, "filters": filters}, None, 4),
    ("GET", "/containers/{}/json", {"size": flag}, None, 3),
    ("GET", "/containers/{}/logs", {"stdout": flag, "tail": text, "since": text}, None, 2),
    ("POST", "/containers/{}/stop", {"t": number, "signal": text}, None, 2),
    ("POST", "/containers/{}/kill", {"signal": text}, None, 2),
    ("POST", "/containers/{}/rename", {"name": names}, None, 1),
    ("POST", "/containers/{}/wait", {"condition": text}, None, 1),
    ("DELETE", "/containers/{}", {"v": flag, "force": flag}, None, 2),
    ("POST", "/containers/{}/attach", {"stream": flag, "stdin": flag}, "upgrade", 2),
    ("POST", "/containers/create", {"name": names}, container, 4),
    ("POST", "/containers/{}/exec", {}, execution, 2),
    ("POST", "/exec/{}/start", {}, start_exec, 1),
    ("PUT", "/containers/{}/archive", {"path": lambda rng: "/tmp"}, "archive", 3),
    ("GET", "/images/json", {"all": flag, "filters": filters, "filter": text}, None, 2),
    ("GET", "/images/{image}/json", {}, None, 2),
    ("POST", "/images/{image}/push", {"tag": lambda rng: "t1"}, None, 1),
    ("DELETE", "/images/{image}", {"force": flag, "noprune": flag}, None, 1),
    ("GET", "/images/get", {"names": images}, None, 1),
    ("POST", "/images/create", {"fromImage": images, "tag": lambda rng: "t2"}, None, 2),
    ("POST", "/images/load", {"quiet": flag}, "bytes", 6),
    ("POST", "/build", {"t": lambda rng: "localhost/x:1", "q": flag}, "bytes", 4),
    ("GET", "/networks", {"filters": filters}, None, 1),
    ("POST", "/networks/create", {}, network, 2),
    ("POST", "/networks/{network}/disconnect", {}, stop_network, 1),
    ("GET", "/volumes", {"filters": filters}, None, 1),
    ("POST", "/volumes/create", {}, volume, 4),
    ("DELETE", "/volumes/{volume}", {"force": flag}, None, 1),
)
WEIGHTS = [operation[4] for operation in OPERATIONS]


class Request:
    """One request before it is written; what bends it changes its parts or its bytes."""

    def __init__(self, rng, case, hidden):
        self.rng = rng
        self.hidden = hidden
        self.method, path, query, body, _ = rng.choices(OPERATIONS, WEIGHTS)[0]
        self.path = (path.replace("{}", names(rng)).replace("{image}", images(rng))
                     .replace("{volume}", "v%d" % rng.randrange(1 << 30))
                     .replace("{network}", names(rng)))
        self.version = rng.choice(("", "/v1.24", "/v1.41", "/v1.41", "/v1.43", "/v1.51"))
        self.query = [(name, value(rng)) for name, value in query.items() if rng.random() < 0.6]
        rng.shuffle(self.query)
        self.protocol = "HTTP/1.1"
        self.fields = [("Host", rng.choice(("d", "docker", "localhost:2375", "[::1]")))]
        self.end = "\r\n"
        self.body = b""
        self.chunked = False
        self.length = None  # what Content-Length says, where that is not the body's
        self.chunks = None  # how one chunk is written, where that is not the plain way
        self.last = b"0\r\n\r\n"
        self.add_body(body)
        self.fields.append(("X-Meta-Case", case))
        self.add_fields()

    def add_body(self, body):
        rng = self.rng
        if body == "upgrade":
            self.fields += [("Connection", "Upgrade"), ("Upgrade", "tcp")]
            return
        if body is None:
            if rng.random() < 0.1:
                self.fields.append(("Content-Type", "application/json"))
                self.body = rng.choice((b"{}", b"null", b" "))
                self.chunked = rng.random() < 0.3
            return
        if body in ("bytes", "archive"):
            self.body = self.streamed(body)
            self.fields.append(("Content-Type", "application/x-tar"))
            self.chunked = rng.random() < 0.6
            return
        self.body = json.dumps(body(rng), ensure_ascii=rng.random() < 0.5).encode()
        self.fields.append(("Content-Type", rng.choice(("application/json", "Application/JSON",
                                                        "application/json; charset=utf-8"))))
        self.chunked = rng.random() < 0.4

    def streamed(self, kind):
        """Bytes that nobody reads as anything; requests are among them."""
        rng = self.rng
        start = b""
        if kind == "archive":
            block = bytearray(512)
            block[0:1] = b"f"
            block[100:124] = b"0000644\x000000000\x000000000\x00"
            block[124:148] = b"00000000000\x0000000000000\x00"
            block[148:156] = b" " * 8
            block[156:157] = b"0"
            block[257:265] = b"ustar\x0000"
            block[148:156] = b"%06o\x00 " % sum(block)
            start = bytes(block) + bytes(1024)
        size = rng.randrange(1, 200_000 if rng.random() < 0.02 else 3000)
        middle = rng.choice((b"", rng.randbytes(size), self.hidden * 2,
                             b"0\r\n\r\n" + self.hidden, b"\r\n\r\n", b"\n" * 9))
        return start + middle

    def add_fields(self):
        rng = self.rng
        choices = (("User-Agent", "Docker-Client/20.10 (linux)"), ("Accept", "*/*"),
                   ("Accept-Encoding", "gzip"), ("X-Meta-More", "é\t\"x\", y"),
                   ("X-Meta-More", "  blanks around  "), ("Cookie", "a=b; c=d"),
                   ("X-Registry-Auth", "e30="), ("X-Registry-Config", "e30="),
                   ("Keep-Alive", "5"), ("X-Unknown", "dropped"), ("Connection", "keep-alive"),
                   ("Expect", "100-continue"), ("TE", "trailers"), ("X-Forwarded-For", "1.2.3.4"))
        self.fields += rng.sample(choices, rng.choice((0, 0, 1, 2, 4)))

    # How it is spelt, which changes nothing of what it says.

    def encoded(self, value, kept):
        rng = self.rng
        odd = rng.random() < 0.2
        out = ""
        for byte in value.encode():
            char = chr(byte)
            plain = char.isalnum() and byte < 128 or char in kept
            if plain and not (odd and rng.random() < 0.3):
                out += char
            else:
                out += (("%%%02X", "%%%02x")[rng.random() < 0.3]) % byte
        return out

    def target(self):
        path = self.encoded(self.version + self.path, "/._-:")
        if not self.query and self.rng.random() < 0.9:
            return path
        return path + "?" + "&".join(f"{name}={self.encoded(value, '._-')}"
                                     for name, value in self.query)

    def framing(self):
        if self.chunked:
            return [("Transfer-Encoding", self.rng.choice(("chunked", "Chunked")))]
        length = len(self.body) if self.length is None else self.length
        if not self.body and self.length is None and self.rng.random() < 0.5:
            return []
        return [("Content-Length", str(length))]

    def body_bytes(self):
        if not self.chunked:
            return self.body
        rng, left, out = self.rng, self.body, b""
        write = self.chunks or (lambda data: b"%x\r\n%s\r\n" % (len(data), data))
        while left:
            size = rng.choice((1, 2, 7, 16, 255, 1000, len(left)))
            out += write(left[:size])
            left = left[size:]
        return out + self.last

    def bytes(self):
        rng = self.rng
        fields = self.fields[:1] + rng.sample(self.fields[1:], len(self.fields) - 1)
        place = rng.randrange(len(fields)) + 1
        fields[place:place] = self.framing()
        lines = [f"{self.method} {self.target()} {self.protocol}"]
        for name, value in fields:
            if rng.random() < 0.1:
                name = rng.choice((name.lower(), name.upper()))
            lines.append(f"{name}:{rng.choice((' ', ' ', ' ', '', chr(9) + ' '))}{value}")
        head = self.end.join(lines) + self.end + self.end
        return head.encode("utf-8", "surrogateescape") + self.body_bytes()


# What bends a request. Each changes it before it is written, or takes the bytes and gives others.

def bend_line(one):
    rng = one.rng
    which = rng.randrange(9)
    if which == 0:
        one.method = rng.choice((one.method.lower(), "GET", "POST", "PUT", "OPTIONS", "CONNECT",
                                 "TRACE", "PATCH", "PRI", "G ET", ""))
    elif which == 1:
        one.protocol = rng.choice(("HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1 ",
                                   "HTTP/01.1", "", "HTTP/1.1\t", "HTTP/1.1\r"))
    elif which == 2:
        one.version = rng.choice(("/v1.41.0", "/v01.41", "/v1.041", "/v9.9", "/v", "/v1.41/v1.41",
                                  "/V1.41", "/v1.23", "//v1.41", "http://d/v1.41", "x:/v1.41",
                                  "http:/v1.41", "*"))
    elif which == 3:
        return lambda raw: raw.replace(b" ", rng.choice((b"  ", b"\t", b"\x0b", b"\xa0")), 1)
    elif which == 4:
        return lambda raw: rng.choice((b"\r\n", b"\n", b" ", b"\r", b"\0", b"\r\n\r\n")) + raw
    elif which == 5:
        one.protocol = "HTTP/1.0"
    elif which == 6:
        return lambda raw: raw.replace(b" HTTP/", b"#frag HTTP/", 1)
    elif which == 7:
        return lambda raw: raw.replace(b" HTTP/1.1\r\n", b" HTTP/1.1\n", 1)
    else:
        return lambda raw: raw.replace(b" HTTP/", b" x HTTP/", 1)
    return None


def bend_target(one):
    rng = one.rng
    odd = rng.choice((b"%2F", b"%2f..%2f", b"//", b"/./", b"/../", b"%00", b"%0a", b"%", b"%4",
                      b"%zz", b"\\", b";", b"#", b"?", b"\x80", b"\xc3\xa9", b"%c3%a9", b"%ff",
                      b"\"", b"{", b"+", b"%20", b"%25", b"%2e", b"&", b"=", b"&&", b"&t=9",
                      b"&all=1&all=0", b"&x=1", b"&x=", b"&filters={}", b"&%66ilters=%7B%7D",
                      b";t=1", b"&T=1", b"?t=1", b"@", b":", b"%3f", b"%23", b"\x7f", b"\t"))

    def put(raw):
        begin = raw.index(b" ") + 1 if b" " in raw else 0
        end = raw.find(b" HTTP/", begin)
        if end < 0:
            return raw
        at = rng.choice((end, rng.randint(begin, end)))
        return raw[:at] + odd + raw[at:]
    return put


def bend_field(one):
    rng = one.rng
    odd = rng.choice((
        b"Host: e", b"Host:", b"host: a/b", b"Content-Length: 0", b"Content-Length: 5",
        b"Content-Length: ", b"Content-Length: +1", b"Content-Length: 1, 1", b"Content-Length: 0x1",
        b"Content-Length:\t00", b"Content-Length: 99999999999999999999", b"Content-Length: -1",
        b"Content-Length: 1 ", b"Content_Length: 9", b"Content-Length : 3",
        b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity",
        b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding:", b"Transfer-Encoding: xchunked", b"Transfer-Encoding: \x0bchunked",
        b"Transfer-Encoding : chunked", b"Transfer-Encoding\t: chunked",
        b"Transfer-Encoding: chunked;",
        b"Transfer-Encoding: chun\r\n ked", b"Transfer-Encoding: \"chunked\"",
        b"Trailer: X-A", b"Trailer: Content-Length", b"Expect: 100-continue", b"Expect: more",
        b"Expect: 100-continue, x", b"Upgrade: h2c", b"Upgrade: websocket", b"Upgrade: tcp, h2c",
        b"Connection: close", b"Connection: upgrade", b"Connection: content-length",
        b"Connection: X-Meta-Case", b"Connection: host, close", b"HTTP2-Settings: AAMAAABk",
        b"Content-Type: text/plain", b"Content-Type: application/x-www-form-urlencoded",
        b"Content-Type: application/json, text/x", b"Content-Type: multipart/form-data; boundary=a",
        b"Content-Encoding: gzip", b"Content-Encoding: identity", b"X-HTTP-Method-Override: DELETE",
        b": empty", b"no colon", b" folded", b"\tfolded", b"a b: c", b"X-\xc3\xa9: 1", b"X-A: \x00",
        b"X-A: a\rb", b"X-A: a\nb", b"X-A: \x7f", b"X-Meta-Case: second", b"x-meta-case : third",
        b"X-Meta-More: a\r\n b", b"X-Meta-Long: " + b"l" * 40000, b"X-Many: 1\r\n" * 120 + b"Z: 1",
        b"X-A: 1\r\n\r\n" + one.hidden, b"X-A: 1\n\n" + one.hidden, b"X-A: 1\r\r\n" + one.hidden))

    def put(raw):
        lines = raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
        place = rng.randint(1, len(lines))
        lines[place:place] = [odd]
        return b"\r\n".join(lines) + raw[raw.find(b"\r\n\r\n"):]
    return put


def bend_line_ends(one):
    rng = one.rng
    which = rng.randrange(4)
    if which == 0:
        one.end = "\n"
        return None
    end = rng.choice((b"\n", b"\r", b"\r\r\n", b"\n\r", b" \r\n", b"\r\n ", b"\r\n\t", b"\x0b\r\n"))

    def put(raw):
        ends = [i for i in range(len(raw)) if raw[i:i + 2] == b"\r\n"]
        at = rng.choice(ends) if ends else 0
        return raw[:at] + end + raw[at + 2:]
    return put


def bend_length(one):
    rng = one.rng
    if rng.random() < 0.3:
        one.body = one.body or b"{}"
    one.chunked = False
    size = len(one.body)
    one.length = rng.choice((size + 1, size + 7, max(0, size - 1), 0, size // 2, f"0{size}",
                             f"{size}.0", f"{size} ", f"+{size}", f"0x{size:x}", f"{size},{size}",
                             f"{size}\t", 2**63, 2**64 + size, f"\u0660{size}", f"{size}_0", ""))
    if rng.random() < 0.4:
        one.body += one.hidden


def bend_framing(one):
    rng = one.rng
    one.body = one.body or b"{}"
    inner = b"0\r\n\r\n" + one.hidden
    which = rng.randrange(5)
    if which == 0:  # both, one of them with the rest as a request
        one.chunked = False
        one.body = inner
        one.fields.append(("Transfer-Encoding", "chunked"))
    elif which == 1:
        one.chunked = True
        one.fields.append(("Content-Length", str(rng.choice((0, 4, len(one.body))))))
    elif which == 2:
        one.protocol, one.chunked = "HTTP/1.0", True
    elif which == 3:
        one.chunked = False
        one.body = inner
        odd = rng.choice(("identity", "chunked ", "gzip", "chunked, chunked", ", chunked",
                          "chunked,", "Chunked\x0b", "chunked;q=1", "cHuNkEd"))
        one.length = rng.choice((None, 0, 3))
        one.fields.append(("Transfer-Encoding", odd))
    else:
        one.fields += [("Content-Length", "0"), ("Content-Length", "3")]


def bend_chunks(one):
    rng = one.rng
    one.chunked = True
    one.body = one.body or b"{}"
    hidden = one.hidden
    sizes = (
        lambda n: b"%X\r\n" % n, lambda n: b"0%x\r\n" % n, lambda n: b"%016x\r\n" % n,
        lambda n: b"%017x\r\n" % n, lambda n: b"0x%x\r\n" % n, lambda n: b"+%x\r\n" % n,
        lambda n: b" %x\r\n" % n, lambda n: b"%x \r\n" % n, lambda n: b"%x\t\r\n" % n,
        lambda n: b"%x\n" % n, lambda n: b"%x\r\r\n" % n, lambda n: b"%x;\r\n" % n,
        lambda n: b"%x;a=b\r\n" % n, lambda n: b"%x ;a\r\n" % n, lambda n: b"%x;a=\"\r\n\"\r\n" % n,
        lambda n: b"%x;a=\"\n\"\r\n" % n, lambda n: b"%x;a=\"\n%x\r\n" % (n, n),
        lambda n: b"%x;\n" % n, lambda n: b"%x;%s\r\n" % (n, b"e" * 5000),
        lambda n: b"f%016x\r\n" % n, lambda n: b"%x\r" % n, lambda n: b"-%x\r\n" % n,
        lambda n: b";a\r\n", lambda n: b"\r\n", lambda n: b"%d.\r\n" % n, lambda n: b"%xg\r\n" % n,
        lambda n: b"%x;a=\"\n0\r\n\r\n%s\"\r\n" % (n, hidden))
    ends = (b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"", b"\r\n\r\n", b"X\r\n", b" \r\n")
    size, end = rng.choice(sizes), rng.choice(ends)
    often = rng.choice((1, 0.2))

    def write(data):
        if rng.random() < often:
            return size(len(data)) + data + end
        return b"%x\r\n%s\r\n" % (len(data), data)
    if rng.random() < 0.7:
        one.chunks = write
    if rng.random() < 0.5:
        one.last = rng.choice((
            b"0\r\n", b"0\n\n", b"0\r\n\n", b"0\r\n\r", b"00\r\n\r\n", b"000\r\n\r\n",
            b"0;a\r\n\r\n", b"0\r\nX-A: 1\r\n\r\n", b"0\r\nX-Meta-Case: trailer\r\n\r\n",
            b"0 \r\n\r\n", b"\r\n\r\n",
            b"0\r\nContent-Length: 9\r\n\r\n", b"0\r\n \r\n\r\n", b"0\r\n" + hidden,
            b"0\r\nA: b\n\n" + hidden, b"0\r\n\n" + hidden, b"", b"0\r\nA\r\n\r\n", b"1\r\n"))


def bend_body(one):
    rng = one.rng
    if rng.random() < 0.3:
        one.body += rng.choice((b"{}", b" ", b"\0", b"\xff", b"\xef\xbb\xbf", b"\n", one.hidden))
        return
    data = bytearray(one.body or b"{}")
    for _ in range(rng.choice((1, 1, 3))):
        at = rng.randrange(len(data))
        data[at:at + rng.randrange(2)] = rng.choice((b"", b"{", b"\"", b"\x00", b"\\u0000", b",",
                                                     b"9"))
        if not data:
            break
    one.body = bytes(data)


def bend_bytes(one):
    """Whatever they are."""
    rng = one.rng

    def put(raw):
        data = bytearray(raw)
        for _ in range(rng.choice((1, 1, 2, 5))):
            if not data:
                break
            at = rng.randrange(min(len(data), rng.choice((40, 400, 1 << 30))))
            which = rng.randrange(6)
            if which == 0:
                data[at] = rng.randrange(256)
            elif which == 1:
                data[at] ^= 1 << rng.randrange(8)
            elif which == 2:
                del data[at:at + rng.choice((1, 1, 2, 9))]
            elif which == 3:
                data[at:at] = rng.choice((b"\r\n", b"\n", b"\r", b" ", b"\t", b"\0", b":", b"%",
                                          b"0", b"\xff", b",", b";", b"\"", b"/", b"\r\n\r\n"))
            elif which == 4:
                size = rng.randrange(1, 60)
                data[at:at] = data[at:at + size]
            else:
                size = rng.randrange(1, 60)
                other = rng.randrange(len(data))
                data[at:at + size] = data[other:other + size]
        return bytes(data)
    return put


def bend_end(one):
    """It breaks off, or something stands behind it."""
    rng = one.rng
    if rng.random() < 0.4:
        return lambda raw: raw[:rng.randrange(len(raw) + 1)]
    more = rng.choice((b"\r\n", b"\n", b"\r\n\r\n", b"\0", b" ", b"0\r\n\r\n", b"x" * 20,
                       one.hidden[:30], b"GET / HTTP/1.1\r\n\r\n"))
    return lambda raw: raw + more


BENDS = (bend_line, bend_target, bend_field, bend_line_ends, bend_length, bend_framing, bend_chunks,
         bend_body, bend_bytes, bend_end)
BEND_WEIGHTS = (3, 5, 6, 2, 4, 3, 6, 2, 5, 2)


class Conversation:
    """`pieces` as they are sent; `bent` says which requests are, `names` their `X-Meta-Case`s."""

    def __init__(self, seed, number):
        rng = random.Random(f"{seed}/{number}")
        self.number = number
        self.names = []
        self.bent = []
        raw = b""
        count = rng.choice((1, 1, 2, 3, 4, 6))
        for place in range(count):
            # What follows a bent one is mostly not reached.
            bent = rng.random() < (0.75 if place + 1 == count else 0.1)
            raw += self.one(rng, f"case-{number}-{place}", bent)
        self.bytes = raw
        self.pieces = list(pieces(rng, raw))

    def one(self, rng, name, bent):
        self.names.append(name)
        one = Request(rng, name, hidden_request(self.number, len(self.names)))
        self.bent.append(bent)
        if not bent:
            return one.bytes()
        bends = rng.choices(BENDS, BEND_WEIGHTS, k=rng.choice((1, 1, 1, 2)))
        changes = [bend(one) for bend in bends]
        raw = one.bytes()
        for change in changes:
            raw = change(raw) if change else raw
        return raw


def hidden_request(number, place):
    body = b'{"Name":"own"}'
    return (b"POST /v1.41/volumes/create HTTP/1.1\r\nHost: d\r\nX-Meta-Case: hidden-%d-%d\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (number, place, len(body), body))


def pieces(rng, raw):
    """The bytes as they are sent: mostly at once, sometimes cut."""
    way = rng.random()
    if way < 0.7 or not raw:
        yield raw
        return
    cuts = sorted(rng.randrange(len(raw)) for _ in range(rng.choice((1, 2, 8))))
    for begin, end in zip([0] + cuts, cuts + [len(raw)]):
        if begin < end:
            yield raw[begin:end]
