"""Power cuts: while the box works, and while it starts and takes over a configuration."""

import random
import threading
import time

import kept
from box import BOOT_S_MAX, Failed, expect, until

# Of three cuts each: one by day, so many by night.
ROUNDS_LONG = 10
# How long a box works before its power is cut.
LOAD_S_MAX = 8
# What a starting box writes to its console: a cut comes after one of them, each in its turn. By day only the first two
# have theirs: the card's table and file system are being looked at, and the configuration is being taken over.
STAGES = (
    "Starting marquee-data.service", "Starting marquee-system.service", "Starting marquee.service",
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
    told = []
    for number in range(ROUNDS_LONG if box.long else 1):
        stages = [STAGES[(2 * number + index) % len(STAGES)] for index in range(2)]
        told.append(f"{number}: under load, {', '.join(stages)}")
        cut_three_times(box, f"cut-{number}", stages, chance, f"seed {seed}, {told[-1]}")
    return f"{box.boots} starts, seed {seed}, {told}"


def cut_three_times(box, name, stages, chance, where):
    """Under load, then at its starts; then it must have the configuration that it was given meanwhile, and all it had."""
    box.sh(f"echo {name} > /data/marquee/kept && sync")
    cut_under_load(box, chance)
    box.config(box.sample(f'[device]\nname = "{name}"\n'))
    for stage in stages:
        box.start()
        cut_at_start(box, stage, chance)
    box.start()
    box.wait_up()
    told = box.json("/api/status")
    expect(told["name"] == name and told["config"]["ok"], f"{where}: {told}")
    data = box.sh("cat /run/marquee-system/data").split()[0]
    expect(data == "ok", f"{where}: the data partition is {data}")
    expect(box.sh("cat /data/marquee/kept").strip() == name, f"{where}: what was written is gone")


TESTS = [power_cuts]
