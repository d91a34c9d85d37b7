"""Whether a request that an Engine saw means what its client wrote: read on the client's side by
`strict`, on the Engine's by Go, and allowed to differ in spelling alone."""

import hashlib
import json
import re

HEX = b"7" * 64  # the id of every container that look-ups find
VERSION = re.compile(rb"/v1\.[0-9]+(?=/)")
FALSE = (b"", b"0", b"no", b"false", b"none")

# What dockgate calls a request, and what it then must be, version aside; in brackets what it names.
ROUTES = {
    "SystemPing": (b"GET", rb"/_ping"),
    "SystemPingHead": (b"HEAD", rb"/_ping"),
    "SystemVersion": (b"GET", rb"/version"),
    "SystemInfo": (b"GET", rb"/info"),
    "SystemEvents": (b"GET", rb"/events"),
    "SystemDataUsage": (b"GET", rb"/system/df"),
    "ContainerList": (b"GET", rb"/containers/json"),
    "ContainerInspect": (b"GET", rb"/containers/([^/]+)/json"),
    "ContainerTop": (b"GET", rb"/containers/([^/]+)/top"),
    "ContainerLogs": (b"GET", rb"/containers/([^/]+)/logs"),
    "ContainerChanges": (b"GET", rb"/containers/([^/]+)/changes"),
    "ContainerStats": (b"GET", rb"/containers/([^/]+)/stats"),
    "ContainerCreate": (b"POST", rb"/containers/create"),
    "ContainerStart": (b"POST", rb"/containers/([^/]+)/start"),
    "ContainerStop": (b"POST", rb"/containers/([^/]+)/stop"),
    "ContainerRestart": (b"POST", rb"/containers/([^/]+)/restart"),
    "ContainerKill": (b"POST", rb"/containers/([^/]+)/kill"),
    "ContainerPause": (b"POST", rb"/containers/([^/]+)/pause"),
    "ContainerUnpause": (b"POST", rb"/containers/([^/]+)/unpause"),
    "ContainerWait": (b"POST", rb"/containers/([^/]+)/wait"),
    "ContainerResize": (b"POST", rb"/containers/([^/]+)/resize"),
    "ContainerRename": (b"POST", rb"/containers/([^/]+)/rename"),
    "ContainerUpdate": (b"POST", rb"/containers/([^/]+)/update"),
    "ContainerDelete": (b"DELETE", rb"/containers/([^/]+)"),
    "ContainerAttach": (b"POST", rb"/containers/([^/]+)/attach"),
    "ContainerExec": (b"POST", rb"/containers/([^/]+)/exec"),
    "ContainerArchive": (b"GET", rb"/containers/([^/]+)/archive"),
    "ContainerArchiveInfo": (b"HEAD", rb"/containers/([^/]+)/archive"),
    "ContainerExport": (b"GET", rb"/containers/([^/]+)/export"),
    "ContainerPrune": (b"POST", rb"/containers/prune"),
    "PutContainerArchive": (b"PUT", rb"/containers/([^/]+)/archive"),
    "ExecStart": (b"POST", rb"/exec/([^/]+)/start"),
    "ExecResize": (b"POST", rb"/exec/([^/]+)/resize"),
    "ExecInspect": (b"GET", rb"/exec/([^/]+)/json"),
    "ImageList": (b"GET", rb"/images/json"),
    "ImageInspect": (b"GET", rb"/images/(.+)/json"),
    "ImageHistory": (b"GET", rb"/images/(.+)/history"),
    "ImageCreate": (b"POST", rb"/images/create"),
    "ImagePush": (b"POST", rb"/images/(.+)/push"),
    "ImageTag": (b"POST", rb"/images/(.+)/tag"),
    "ImageDelete": (b"DELETE", rb"/images/(.+)"),
    "ImageLoad": (b"POST", rb"/images/load"),
    "ImageGet": (b"GET", rb"/images/(.+)/get"),
    "ImageGetAll": (b"GET", rb"/images/get"),
    "ImagePrune": (b"POST", rb"/images/prune"),
    "ImageBuild": (b"POST", rb"/build"),
    "NetworkList": (b"GET", rb"/networks/?"),
    "NetworkInspect": (b"GET", rb"/networks/([^/]+)"),
    "NetworkCreate": (b"POST", rb"/networks/create"),
    "NetworkDisconnect": (b"POST", rb"/networks/([^/]+)/disconnect"),
    "NetworkDelete": (b"DELETE", rb"/networks/([^/]+)"),
    "VolumeList": (b"GET", rb"/volumes"),
    "VolumeInspect": (b"GET", rb"/volumes/([^/]+)"),
    "VolumeCreate": (b"POST", rb"/volumes/create"),
    "VolumeDelete": (b"DELETE", rb"/volumes/([^/]+)"),
}
STREAMED = (b"/images/load", b"/images/create", b"/build")

# What goes on from end to end, and what an Engine may find beside it.
KEPT = (b"user-agent", b"accept", b"accept-encoding", b"cookie", b"x-registry-auth",
        b"x-registry-config", b"x-content-type-options")
OWN = (b"content-type", b"content-length", b"connection", b"upgrade", b"content-encoding")


def route(path):
    """Without its version."""
    return VERSION.sub(b"", path, count=1)


def argument(form, path):
    """What a path of this form names, as its client wrote it; b"" where it names nothing."""
    found = re.fullmatch(form, route(path))
    return b"".join(found.groups()) if found else b"no such path"


def is_streamed(path):
    return route(path) in STREAMED or route(path).endswith(b"/archive")


def same_name(asked, seen):
    """A container may have become the id that was judged, an image its full name."""
    return (seen == asked or seen == HEX or seen == b"docker.io/library/" + asked
            or seen == b"docker.io/" + asked or seen.startswith((
                asked + b":", b"docker.io/library/" + asked + b":", b"docker.io/" + asked + b":")))


def path_differs(asked, seen):
    if asked == seen or (asked, seen) == (b"/networks/", b"/networks"):
        return False
    asked, seen = asked.split(b"/"), seen.split(b"/")
    kind = 2 if VERSION.match(b"/".join(asked)) else 1
    if asked[:kind + 1] != seen[:kind + 1]:
        return True
    if asked[kind] == b"images":  # the name may have slashes
        return asked[-1] != seen[-1] or not same_name(b"/".join(asked[kind + 1:-1]),
                                                      b"/".join(seen[kind + 1:-1]))
    return len(asked) != len(seen) or any(
        one != other and not same_name(one, other) for one, other in zip(asked, seen))


def same_value(asked, seen):
    """In one of the spellings that a parameter's type has."""
    if same_name(asked, seen):
        return True
    if seen in (b"0", b"1"):
        return (asked.strip(b" ").lower() in FALSE) == (seen == b"0")
    try:
        return json.loads(asked) == json.loads(seen)
    except ValueError:
        return False


def query_differs(asked, seen):
    """`asked` are pairs, `seen` is name -> values."""
    left = {name: list(values) for name, values in seen.items()}
    for name, value in asked:
        there = left.get(name, [])
        found = next((one for one in there if same_value(value, one)), None)
        if found is not None:
            there.remove(found)
        elif value != b"":
            return True  # what says nothing may have been left out
    return any(left.values())


def fields_differ(asked, seen):
    """`asked` are pairs, `seen` is name -> values."""
    seen = {name.lower(): values for name, values in seen.items()}
    names = {name for name, _ in asked} | set(seen)
    for name in names:
        if name in KEPT or name.startswith(b"x-meta-"):
            if [value for known, value in asked if known == name] != seen.get(name, []):
                return True
        elif name in seen and name not in OWN:
            return True
    return False


def without_nothing(value):
    """A document without what says nothing: the Engine reads it as it reads what is not there."""
    if isinstance(value, dict):
        inner = {key: without_nothing(one) for key, one in value.items()}
        return {key: one for key, one in inner.items() if one not in (None, False, 0, "", [], {})}
    return [without_nothing(one) for one in value] if isinstance(value, list) else value


def twice(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def document(text):
    try:
        return without_nothing(json.loads(text, object_pairs_hook=twice))
    except ValueError:
        return "no document"


def documents_differ(asked, seen):
    if isinstance(asked, dict) and isinstance(seen, dict):
        return set(asked) != set(seen) or any(
            documents_differ(value, seen[key]) for key, value in asked.items())
    if isinstance(asked, list) and isinstance(seen, list):
        return len(asked) != len(seen) or any(map(documents_differ, asked, seen))
    if isinstance(asked, str) and isinstance(seen, str):
        return not same_name(asked.encode("utf-8", "surrogatepass"),
                             seen.encode("utf-8", "surrogatepass"))
    return type(asked) is not type(seen) or asked != seen


def body_differs(path, asked, seen):
    """`asked` are its bytes, `seen` those that the Engine got."""
    if is_streamed(path):
        return asked != seen
    if not seen:
        return document(asked.strip() or b"{}") not in ({}, None)
    return documents_differ(document(asked), document(seen))


def digest(body):
    return hashlib.sha256(body).hexdigest()
