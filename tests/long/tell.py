#!/usr/bin/env python3
"""A camera that tells the named lies (all of tests/long/lies.py if none is), for other tests.

    tell.py [LIE...]

Prints "ready PORT" once it accepts; ends with its standard input.
"""

import sys

import lies
from lying_camera import Camera


def main():
    names = sys.argv[1:]
    kinds = [kind for kind in lies.ALL if not names or kind.__name__ in names]
    if len({kind.__name__ for kind in kinds}) < len(set(names)):
        sys.exit(__doc__)
    camera = Camera(kinds, seed=1)
    print("ready", camera.port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
