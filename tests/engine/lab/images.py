"""Images made from Debian's static busybox: nothing is pulled."""

import io
import os
import subprocess
import tarfile
from pathlib import Path

from lab import wire

BUSYBOX = Path("/bin/busybox")
BOX = "box:latest"


def box_archive() -> bytes:
    """A root file system with busybox and a link for each of its commands."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for folder in ("bin", "tmp", "etc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            archive.addfile(entry)
        program = tarfile.TarInfo("bin/busybox")
        program.size, program.mode = BUSYBOX.stat().st_size, 0o755
        with BUSYBOX.open("rb") as content:
            archive.addfile(program, content)
        add_file(archive, "etc/passwd", b"root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n")
        for command in _commands():
            link = tarfile.TarInfo(f"bin/{command}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
    return out.getvalue()


def add_file(archive: tarfile.TarFile, name: str, content: bytes):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def write_random_archive(path: Path, size: int):
    """A tar of one file that does not compress, of `size` bytes, for a layer of that size."""
    with tarfile.open(path, mode="w") as archive:
        entry = tarfile.TarInfo("noise")
        entry.size = size
        with open("/dev/urandom", "rb") as noise:
            archive.addfile(entry, noise)


def import_box(socket: str):
    target = "/images/create?fromSrc=-&repo=box&tag=latest&changes=CMD%20sh"
    archive = box_archive()
    answer = wire.exchange(socket, wire.request_text(
        "POST", target, archive, {"Content-Type": "application/x-tar"}))
    if answer.status != 200 or b"error" in answer.body:
        raise RuntimeError(f"import of busybox: {answer.status} {answer.message()}")


def _commands() -> list[str]:
    listed = subprocess.run([BUSYBOX, "--list"], check=True, capture_output=True, text=True)
    return [command for command in listed.stdout.split() if command != "busybox"]
