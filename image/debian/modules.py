#!/usr/bin/env python3
"""Prints the kernel modules that a list of names needs, in the order they are to be loaded.

Usage: modules.py MODULES_FOLDER LIST...

MODULES_FOLDER is .../lib/modules/VERSION; LIST are files with one name a line. Prints paths relative to MODULES_FOLDER,
each once, what it needs before it. A name that the kernel has neither as a module nor built in is an error.
"""

import os
import sys


def plain(path):
    """The name of a module as the kernel compares it."""
    return os.path.basename(path).split(".ko")[0].replace("-", "_")


def names(lists):
    for path in lists:
        with open(path, encoding="utf-8") as file:
            yield from (line.strip() for line in file if line.strip() and not line.startswith("#"))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    folder, lists = sys.argv[1], sys.argv[2:]
    needs, where = {}, {}
    with open(os.path.join(folder, "modules.dep"), encoding="utf-8") as file:
        for line in file:
            path, after = line.split(":")
            needs[path], where[plain(path)] = after.split(), path
    with open(os.path.join(folder, "modules.builtin"), encoding="utf-8") as file:
        builtin = {plain(line.strip()) for line in file}
    printed = []
    for name in names(lists):
        path = where.get(plain(name))
        if path is None:
            if plain(name) in builtin:
                continue
            sys.exit(f"modules.py: this kernel has no module {name}")
        # modules.dep has the deepest last.
        for one in [*reversed(needs[path]), path]:
            if one not in printed:
                printed.append(one)
    print("\n".join(printed))


if __name__ == "__main__":
    main()
