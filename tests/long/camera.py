#!/usr/bin/env python3
"""Cameras that lie, for minutes: the program goes on, and who watches something else sees every picture.

    camera.py MINUTES [--seed N] [--lie NAME]

With --lie (and its seed) one lie is told again and again. Needs MARQUEE_BIN.
"""

import argparse
import asyncio
import json
import random
import time

import lies
from box import Box, Cameras, PATIENCE_S, Tests, median, right, say
from lying_camera import Camera
from viewers import Web

LIARS = 6
RESTART_EVERY_S = 1.5
TOLD_EVERY_S = 60
# Between two pictures of the test picture and of an honest camera: far above what a busy machine makes of 40 ms.
SILENCE_S_MAX = 10
# Of the time; then each source has had its encoders for slates, and its decoders.
WARM_UP = 0.3
# What liars may cost after that: each holds a few pictures and a decoder, and ends within seconds.
GROWTH_KIB_MAX = 96 << 10


def config(good, liars):
    sections = [("good", f"rtsp://127.0.0.1:{good}/cam")]
    sections += [(f"liar{number}", f"rtsp://127.0.0.1:{liars}/{number}") for number in range(LIARS)]
    cameras = "".join(f'[[camera]]\nid = "{name}"\nurl = "{url}"\n' for name, url in sections)
    return f'[web]\nwebrtc_port = 0\n[test]\nenabled = true\nsize = "320x180"\nfps = 25\n{cameras}'


class Watch:
    """Viewers of what does not lie, of what does, and somebody who asks for another attempt again and again."""

    def __init__(self, box, camera, seconds):
        self.box, self.camera, self.web = box, camera, Web(box.port)
        self.end = time.monotonic() + seconds
        self.warm = time.monotonic() + WARM_UP * seconds
        self.memory_kib = []
        self.silence = {}
        self.fragments = {}

    def over(self):
        return time.monotonic() >= self.end

    async def honest(self, source):
        async with self.web.socket(source) as socket:
            last = None
            while not self.over():
                kind, content = await socket.next()
                right(kind != "close", f"the viewer of {source} was closed")
                if content[4:8] == b"moof":
                    now = time.monotonic()
                    if last is not None:
                        self.silence[source] = max(self.silence.get(source, 0), now - last)
                    last = now
                    self.fragments[source] = self.fragments.get(source, 0) + 1

    async def liar(self, source):
        """One who wants pictures of a liar: it is shown the slate, or what there is; never is it closed."""
        async with self.web.socket(source) as socket:
            while not self.over():
                kind, _ = await socket.next()
                right(kind != "close", f"the viewer of {source} was closed")

    async def pictures(self, source):
        while not self.over():
            async with self.web.request(f"/live/{source}/frame.jpg", "Connection: close") as (status, _, reader, _):
                right(status in (200, 503), f"{source}: frame.jpg: {status}")
                await asyncio.wait_for(reader.read(-1), PATIENCE_S)
            await asyncio.sleep(1)

    async def restarts(self):
        while not self.over():
            for number in range(LIARS):
                status, _, told = await self.web.json(f"/api/sources/liar{number}/restart", "POST")
                right(status in (200, 202, 204), f"restart: {status} {told}")
                await asyncio.sleep(random.uniform(0, 2 * RESTART_EVERY_S / LIARS))
            self.box.is_up()
            if time.monotonic() > self.warm:
                self.memory_kib.append(self.box.figures()["pss_kib"])

    async def tell(self):
        while not self.over():
            await asyncio.sleep(min(TOLD_EVERY_S, max(0, self.end - time.monotonic())))
            self.box.is_up()
            say(json.dumps({**self.box.figures(), "connections": self.camera.number, "fragments": self.fragments}))

    async def run(self):
        watching = [self.honest("test"), self.honest("good"), self.restarts(), self.tell()]
        watching += [self.liar(f"liar{number}") for number in range(LIARS // 2)]
        watching += [self.pictures(f"liar{number}") for number in range(LIARS)]
        try:
            await asyncio.gather(*watching)
        finally:
            self.camera.close()


def lied_to(watch):
    try:
        asyncio.run(watch.run())
        watch.box.is_up()
    except Exception:
        say("the last lies, with their seeds:", ", ".join(watch.camera.told))
        say("again: tests/long/camera.py MINUTES --lie NAME --seed N; the program's last words:\n", watch.box.last_words(40))
        raise
    say("lies told to their end:", json.dumps(dict(sorted(watch.camera.played.items()))))


def undisturbed(watch):
    for source in ("test", "good"):
        say(f"{source}: {watch.fragments.get(source, 0)} fragments, the longest silence {watch.silence.get(source, 0):.2f} s")
        right(watch.fragments.get(source, 0) > 100, f"{source} had {watch.fragments.get(source, 0)} fragments")
        right(watch.silence[source] < SILENCE_S_MAX, f"{source} was silent for {watch.silence[source]:.1f} s")


def every_lie(watch, kinds):
    missing = {kind.__name__ for kind in kinds} - {name for name, times in watch.camera.played.items() if times}
    right(not missing, f"never told to the end: {sorted(missing)}")


def bounded(watch):
    """Medians of the first and the last third, after the warm-up."""
    right(len(watch.memory_kib) >= 3, f"only {len(watch.memory_kib)} samples: it ended early")
    third = len(watch.memory_kib) // 3
    first, last = median(watch.memory_kib[:third]), median(watch.memory_kib[-third:])
    say(f"memory: {first:.0f} KiB in the first third, {last:.0f} in the last, {max(watch.memory_kib)} at most")
    right(last - first < GROWTH_KIB_MAX, f"memory grew from {first:.0f} to {last:.0f} KiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--lie")
    arguments = parser.parse_args()
    kinds = [kind for kind in lies.ALL if arguments.lie in (None, kind.__name__)]
    say("the first seed:", arguments.seed)
    camera = Camera(kinds, arguments.seed)
    good = Cameras("/cam=h264,320x180,25,pcma")
    box = Box(config(good.port, camera.port))
    watch = Watch(box, camera, 60 * arguments.minutes)
    tests = Tests()
    try:
        tests.run(f"{arguments.minutes:g} minutes of cameras that lie", lied_to, watch)
        tests.run("who watches something else sees every picture", undisturbed, watch)
        tests.run("every lie was told to its end", every_lie, watch, kinds)
        tests.run("memory is bounded", bounded, watch)
        tests.run("it never panicked", box.no_panics)
        tests.run("it ends well", box.end)
    finally:
        box.clean()
        good.kill()
    tests.end()


if __name__ == "__main__":
    main()
