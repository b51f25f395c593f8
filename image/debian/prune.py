#!/usr/bin/env python3
"""Takes the wanted files out of an unpacked Debian root, and the shared libraries they need.

Usage: prune.py KEEP FROM TO

KEEP lists paths relative to FROM, one a line: `folder/` is taken whole, `*` stands for any part of a name. A line that
finds nothing, and a library that is not there, is an error: a package has changed, and the image would lack it.
"""

import glob
import os
import re
import shutil
import subprocess
import sys

LIBRARIES = ("usr/lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu/systemd", "usr/lib/aarch64-linux-gnu/pulseaudio")


def needed_by(path):
    """Names of the libraries and of the interpreter an ELF file asks for; nothing for other files."""
    with open(path, "rb") as file:
        if file.read(4) != b"\x7fELF":
            return []
    told = subprocess.run(["readelf", "-dlW", path], check=True, capture_output=True, text=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", told) + re.findall(r"interpreter: (\S+?)\]", told)


class Taker:
    def __init__(self, source, target):
        self.source, self.target = source, target
        self.taken, self.missing = set(), []

    def take(self, path):
        """Takes one file, link (with where it leads) or folder; `path` is relative to the root."""
        path = os.path.normpath(path)
        if path in self.taken:
            return
        self.taken.add(path)
        folder = os.path.dirname(path)
        if folder:
            link = self.folder_link(folder)
            if link:
                self.take(os.path.join(link, path[len(folder) + 1 :]))
                return
        source, target = os.path.join(self.source, path), os.path.join(self.target, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.islink(source):
            if not os.path.lexists(target):
                os.symlink(os.readlink(source), target)
            self.take(os.path.join(folder, os.readlink(source)))
        elif os.path.isdir(source):
            os.makedirs(target, exist_ok=True)
            for name in sorted(os.listdir(source)):
                self.take(os.path.join(path, name))
        elif os.path.exists(source):
            shutil.copyfile(source, target)
            # No set-user-id program and nothing writable: all of it belongs to root.
            os.chmod(target, 0o755 if os.stat(source).st_mode & 0o100 else 0o644)
            for name in needed_by(source):
                self.take_library(name, path)
        else:
            self.missing.append(path)

    def folder_link(self, folder):
        """Where `folder` really is, if a part of it is a link inside the root (`bin` to `usr/bin`)."""
        real = os.path.relpath(os.path.realpath(os.path.join(self.source, folder)), os.path.realpath(self.source))
        return real if real != folder else None

    def take_library(self, name, wanted_by):
        if name.startswith("/"):
            self.take(name.lstrip("/"))
            return
        for folder in LIBRARIES:
            if os.path.exists(os.path.join(self.source, folder, name)):
                self.take(os.path.join(folder, name))
                return
        self.missing.append(f"{name} (for {wanted_by})")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    keep, source, target = sys.argv[1:]
    taker = Taker(source, target)
    with open(keep, encoding="utf-8") as file:
        for line in file:
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            found = sorted(glob.glob(os.path.join(source, line)))
            if not found:
                taker.missing.append(line)
            for path in found:
                taker.take(os.path.relpath(path, source))
    if taker.missing:
        sys.exit("prune.py: not in Debian's packages: " + ", ".join(taker.missing))


if __name__ == "__main__":
    main()
