"""Power cuts: while the box works, and while it starts and takes over a configuration."""

import random
import threading
import time

import kept
from box import BOOT_S_MAX, Failed, expect, until

# By day, and by night.
CUTS, CUTS_LONG = 3, 30
# How long a box works before its power is cut.
LOAD_S_MAX = 8
# What a starting box writes to its console: a second cut comes after one of them, each in its turn. By day only the first
# two have theirs: the card's table and file system are being looked at, and the configuration is being taken over.
STAGES = (
    "Starting marquee-data.service", "Starting marquee.service", "Starting marquee-system.service",
    "Finished marquee-data.service", "Started marquee.service",
)  # fmt: skip
# How long after it, at most.
STAGE_S_MAX = 2


class Load:
    """Requests, pictures and log lines, until the box is gone."""

    PATHS = ("/api/status", "/live/test/frame.jpg", "/nothing", "/metrics", "/")

    def __init__(self, box):
        self.box, self.stopped = box, threading.Event()
        self.answered = dict.fromkeys(self.PATHS, 0)
        self.threads = [threading.Thread(target=self.ask, args=(path,), daemon=True) for path in self.PATHS]
        for thread in self.threads:
            thread.start()

    def ask(self, path):
        while not self.stopped.is_set():
            try:
                status, _ = self.box.get(path, timeout_s=10)
            except Failed:
                # Of a box that was cut off meanwhile.
                expect(self.stopped.is_set(), "QEMU ended by itself")
                return
            self.answered[path] += status in (200, 404)
            time.sleep(0.05)

    def wait_all(self):
        until("an answer to each of the requests", lambda: all(self.answered.values()))

    def join(self):
        for thread in self.threads:
            thread.join()


def cut_under_load(box, chance):
    """A power cut while the box answers, draws and logs, and something was written a moment ago."""
    load = Load(box)
    load.wait_all()
    time.sleep(chance.uniform(0, LOAD_S_MAX))
    load.stopped.set()
    box.cut()
    load.join()


def cut_at_start(box, stage, chance):
    """Another power cut, a moment after the starting box told that it had got so far."""
    until(f"`{stage}` on the console", lambda: stage in box.console(), BOOT_S_MAX, pause_s=0.05)
    time.sleep(chance.uniform(0, STAGE_S_MAX))
    box.cut()


def power_cuts(box):
    """power cuts under load, at start and while a configuration is taken over: it always comes back, with all it had"""
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    kept.resume(box)
    stages = []
    for cut in range(CUTS_LONG if box.long else CUTS):
        name = f"cut-{cut}"
        box.sh(f"echo {name} > /data/marquee/kept && sync")
        cut_under_load(box, chance)
        box.config(box.sample(f'[device]\nname = "{name}"\n'))
        box.start()
        # The first one is cut no more; then each stage gets its turn.
        stage = (None, *STAGES)[cut % (len(STAGES) + 1)]
        if stage is not None:
            cut_at_start(box, stage, chance)
            box.start()
        stages.append(stage or "under load only")
        box.wait_up()
        where = f"seed {seed}, cut {cut} ({stages[-1]})"
        told = box.json("/api/status")
        expect(told["name"] == name and told["config"]["ok"], f"{where}: {told}")
        data = box.sh("cat /run/marquee-system/data").split()[0]
        expect(data == "ok", f"{where}: the data partition is {data}")
        expect(box.sh("cat /data/marquee/kept").strip() == name, f"{where}: what was written is gone")
    return f"{box.boots} starts, seed {seed}: {stages}"


TESTS = [power_cuts]
