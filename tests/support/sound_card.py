#!/usr/bin/env python3
"""A sound card without hardware, for the tests: takes what ALSA's file plug-in writes, as slowly as a card plays it.

    sound_card.py FOLDER

Makes FOLDER/asound.conf, in which the device `default` is this card and `busy` one that can't be opened; everything
played on it is kept in FOLDER/played: 48 kHz, stereo, 16 bits, little-endian. Prints "ready" once it can be played on.
"""

import fcntl
import os
import select
import sys
import time

FRAME_BYTES = 4
RATE = 48000
PERIOD_S = 0.01
PERIOD_BYTES = int(RATE * PERIOD_S) * FRAME_BYTES

CONFIG = """
pcm.card {{
    type file
    file "{fifo}"
    format raw
    slave.pcm {{ type null }}
}}
pcm.!default {{
    type plug
    slave {{ pcm "card" format S16_LE rate {rate} channels 2 }}
}}
pcm.busy {{
    type hw
    card 29
}}
"""


def main():
    folder = sys.argv[1]
    fifo = os.path.join(folder, "card")
    os.mkfifo(fifo)
    with open(os.path.join(folder, "asound.conf"), "w", encoding="utf-8") as config:
        config.write(CONFIG.format(fifo=fifo, rate=RATE))
    # For writing too: players may come and go.
    card = os.open(fifo, os.O_RDWR)
    # The smallest pipe there is, 21 ms: a deep one would be a card that plays faster than it should at first.
    fcntl.fcntl(card, fcntl.F_SETPIPE_SZ, 4096)
    with open(os.path.join(folder, "played"), "wb", buffering=0) as played:
        print("ready", flush=True)
        due = time.monotonic()
        while True:
            # Nothing to play: time goes on without it. A card that itself was late, on a machine under load, catches up.
            if not select.select([card], [], [], 0)[0]:
                select.select([card], [], [])
                due = max(due, time.monotonic())
            played.write(os.read(card, PERIOD_BYTES))
            due += PERIOD_S
            time.sleep(max(0, due - time.monotonic()))


if __name__ == "__main__":
    main()
