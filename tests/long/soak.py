#!/usr/bin/env python3
"""Hours of work at once: viewers of every kind who come and go, TVs, uploads, cameras that fail; all figures stay flat.

    soak.py MINUTES

One that stays watches the delay of the pictures. Each minute one line of figures. Needs MARQUEE_BIN, and MARQUEE_WHEP_LOAD
(examples/whep_load.rs) for viewers by WebRTC.
"""

import asyncio
import json
import os
import random
import sys
import time

from box import Box, Cameras, PATIENCE_S, Tests, Wrong, another, make_video, median, right, say, slide
from viewers import Web, decode_time_s

CONFIG = """[web]
webrtc_port = 0
[test]
enabled = true
size = "640x360"
fps = 25
[[camera]]
id = "cam"
url = "rtsp://127.0.0.1:{port}/cam"
[[camera]]
id = "stills"
url = "rtsp://127.0.0.1:{port}/stills"
"""
CAMERAS = ("/cam=h264,320x180,15,pcma", "/stills=mjpeg,320x180,10")
SOURCES = ("test", "test", "cam", "stills")
TVS = 30
# Who comes in an hour, and for how long: 10,000 in all. Shorter runs have as many fewer.
EACH_HOUR = {"whep": 2000, "mse": 2500, "mjpeg": 1500, "picture": 2000, "events": 1000, "tv": 1000}
STAY_S_MAX = 6
WHEP_AT_ONCE = 10
WHEP_STAY_S = 5
UPLOAD_EVERY_S = 15
ASSETS_KEPT = 12
CAMERAS_FAIL_EVERY_S = 240
CAMERAS_AWAY_S = 15
SAMPLE_EVERY_S = 60
# Of a shorter run.
SAMPLES_MIN = 20
# Of the time: caches, pools and the allocator's arenas fill.
WARM_UP = 0.25
# Between the medians of the first and the last third after the warm-up.
GROWTH_MAX = 0.05
GROWTH_KIB_MIN = 6 << 10
# As many are open as there are viewers at the moment of a sample, which differs.
FDS_MORE = 12
THREADS_MORE = 6
DELAY_MORE_MS = 40
# When all have gone: connections that are about to be closed, threads of pools; and connections to the library that wait
# for the next read (READERS_MAX in src/library/db.rs, two files each), as many as were ever needed at once.
QUIET_MORE = {"fds": 3 + 8 * 2, "threads": 3}


class Soak:
    def __init__(self, box, cameras, minutes):
        self.box, self.cameras, self.web = box, cameras, Web(box.port)
        self.seconds = minutes * 60
        self.end = None
        self.came = dict.fromkeys(EACH_HOUR, 0)
        self.uploads = 0
        self.lost_packets = 0
        self.wrong = []
        self.samples = []
        self.delays_ms = []
        self.least_s = None
        self.pictures = 0

    def begin(self):
        self.end = time.monotonic() + self.seconds

    def over(self):
        return time.monotonic() >= self.end

    async def guarded(self, what, viewer):
        """One who comes and goes; what goes wrong is noted, and the others go on."""
        try:
            await asyncio.wait_for(viewer, 3 * PATIENCE_S)
        except (Wrong, OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            self.wrong.append(f"{what}: {error!r}")
            say("wrong:", self.wrong[-1])

    async def sleep(self, seconds):
        await asyncio.sleep(max(0, min(seconds, self.end - time.monotonic())))

    async def come(self, kind, each_hour, viewer, of_one=1):
        """Starts viewers evenly until the time is over, then waits for those who are there."""
        pause, number, start, there = 3600 / each_hour * of_one, 0, time.monotonic(), set()
        while not self.over():
            task = asyncio.create_task(self.guarded(kind, viewer(number)))
            there.add(task)
            task.add_done_callback(there.discard)
            number += 1
            self.came[kind] += of_one
            await self.sleep(start + number * pause - time.monotonic())
        await asyncio.gather(*there)

    async def whep(self, number):
        endpoint = f"http://127.0.0.1:{self.box.port}/live/{SOURCES[number % len(SOURCES)]}/whep"
        program = [os.environ["MARQUEE_WHEP_LOAD"], endpoint, str(WHEP_AT_ONCE), str(WHEP_STAY_S)]
        running = await asyncio.create_subprocess_exec(*program, stdout=-1, stderr=-1)
        out, words = await running.communicate()
        right(running.returncode == 0, f"{running.returncode}: {words.decode()}")
        told = json.loads(out)
        self.lost_packets += told["lost"]["video"]
        right(told["connected"] == WHEP_AT_ONCE and told["closed"] == 0, f"viewers by WebRTC: {told}")
        right(told["frames"]["min"] > 0, f"a viewer by WebRTC saw nothing: {told}")

    async def watch_delay(self):
        """Never leaves; how late pictures come, beyond the least that was ever seen."""
        async with self.web.socket("test") as socket:
            while not self.over():
                kind, content = await socket.next()
                right(kind != "close", f"the viewer that stays was closed: {content!r}")
                taken = decode_time_s(content) if content[4:8] == b"moof" else None
                if taken is None:
                    continue
                late = time.monotonic() - taken
                self.least_s = late if self.least_s is None else min(self.least_s, late)
                self.delays_ms.append(1000 * (late - self.least_s))
                self.pictures += 1

    async def watch_camera(self):
        """Never leaves either, while the camera goes and comes."""
        async with self.web.socket("cam") as socket:
            while not self.over():
                kind, content = await socket.next()
                right(kind != "close", f"the viewer of a camera was closed: {content!r}")

    async def tend_cameras(self):
        while not self.over():
            await self.sleep(CAMERAS_FAIL_EVERY_S)
            if self.end - time.monotonic() < 2 * CAMERAS_AWAY_S:
                return
            await asyncio.to_thread(self.cameras.kill)
            await self.sleep(CAMERAS_AWAY_S)
            await asyncio.to_thread(self.cameras.start)

    async def upload(self):
        """Files come, are worked on and shown, and go: the library stays as large as it is."""
        video = await asyncio.to_thread(make_video, self.box.folder)
        kept = []
        while not self.over():
            self.uploads += 1
            name, content = f"{self.uploads}.mp4", another(video, self.uploads)
            if self.uploads % 2:
                name, content = f"{self.uploads}.svg", slide(self.uploads)
            kept.append(await asyncio.to_thread(self.box.upload, name, content, "soak"))
            if len(kept) > ASSETS_KEPT:
                ids = {"ids": [kept.pop(0)]}
                for what in ("bin", "purge"):
                    status, _, told = await self.web.json(f"/api/assets/{what}", "POST", ids)
                    right(status == 200, f"{what}: {status} {told}")
            await self.sleep(UPLOAD_EVERY_S)

    async def sample(self):
        start = time.monotonic()
        while not self.over():
            await self.sleep(min(SAMPLE_EVERY_S, self.seconds / SAMPLES_MIN))
            self.box.is_up()
            delays, self.delays_ms = sorted(self.delays_ms), []
            figures = self.box.figures()
            figures |= {
                "delay_ms": round(median(delays), 1),
                "delay_p99_ms": round(delays[len(delays) * 99 // 100], 1) if delays else None,
                "viewers": sum(self.came.values()),
                "uploads": self.uploads,
                "load": os.getloadavg()[0],
            }
            self.samples.append(figures)
            say(f"{(time.monotonic() - start) / 60:5.1f} min", json.dumps(figures))

    async def run(self, keys):
        share = lambda kind: EACH_HOUR[kind]  # noqa: E731
        stay = lambda: random.uniform(1, STAY_S_MAX)  # noqa: E731
        source = lambda number: SOURCES[number % len(SOURCES)]  # noqa: E731
        staying = [("the viewer that stays", self.watch_delay()), ("the viewer of a camera", self.watch_camera()),
                   ("uploads", self.upload()), ("cameras", self.tend_cameras())]
        web = self.web
        await asyncio.gather(
            self.sample(),
            *(self.stays(what, task) for what, task in staying),
            self.come("whep", share("whep"), self.whep, WHEP_AT_ONCE),
            self.come("mse", share("mse"), lambda number: web.mse(source(number), stay())),
            self.come("mjpeg", share("mjpeg"), lambda number: web.mjpeg(source(number), stay())),
            self.come("picture", share("picture"), lambda number: web.picture(source(number))),
            self.come("events", share("events"), lambda _: web.events(stay())),
            self.come("tv", share("tv"), lambda number: web.tv(keys[number % TVS], stay())),
        )

    async def stays(self, what, task):
        try:
            await task
        except (Wrong, OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            self.wrong.append(f"{what}: {error!r}")
            say("wrong:", self.wrong[-1])


def arrange(box):
    """A playlist of everything that is uploaded and of the test picture, everywhere; the keys of TVs."""
    items = [{"kind": "live", "source": "test", "duration_ms": 5000}, {"kind": "tag", "tag": "soak"}]
    made = box.ask("POST", "/api/playlists", {"name": "all", "items": items})
    right(made.status == 201, f"a playlist: {made.status} {made.text()}")
    window = box.ask("POST", "/api/windows", {"playlist": made.json()["id"], "everywhere": True})
    right(window.status == 201, f"a window: {window.status} {window.text()}")
    hello = {"browser": "soak", "width": 1920, "height": 1080}
    return [box.ask("POST", "/api/screens/hello", hello).json()["key"] for _ in range(TVS)]


def thirds(samples, name):
    """Medians of the first and the last third after the warm-up."""
    values = [sample[name] for sample in samples[int(len(samples) * WARM_UP):]]
    third = max(1, len(values) // 3)
    return median(values[:third]), median(values[-third:])


def is_flat(samples, name, more):
    first, last = thirds(samples, name)
    right(last <= first + more(first), f"{name} rose from {first} to {last}")
    say(f"{name}: {first} in the first third, {last} in the last")


def nobody_is_left(box, quiet):
    """Once all have gone, and encoders nobody wants have ended, it holds what it held before they came."""
    box.until("all viewers are gone", lambda: box.json("/api/status")["viewers"]["total"] == 0)
    level = lambda: all(box.figures()[name] <= quiet[name] + more for name, more in QUIET_MORE.items())  # noqa: E731
    try:
        box.until(f"it holds what it held before, {quiet}", level)
    finally:
        say("quiet before:", json.dumps(quiet), "after:", json.dumps(box.figures()))


async def one_of_each(soak, key):
    """What the first of each kind brings about (threads, pools, encoders) is no growth."""
    web = soak.web
    await soak.whep(0)
    for source in sorted(set(SOURCES)):
        await asyncio.gather(web.mse(source, 1), web.mjpeg(source, 1), web.picture(source), web.events(1), web.tv(key, 1))


def rehearse(soak, key):
    """What it holds when nobody watches, after somebody did."""
    for source in sorted(set(SOURCES)):
        soak.box.until(f"{source} is there", lambda name=source: soak.box.source(name)["state"] in ("live", "idle"))
    asyncio.run(one_of_each(soak, key))
    soak.box.until("all viewers are gone", lambda: soak.box.json("/api/status")["viewers"]["total"] == 0)
    # Encoders end 10 s after their last reader.
    seen = []

    def still():
        seen.append((soak.box.figures()["threads"], soak.box.figures()["fds"]))
        return len(seen) > 150 and len(set(seen[-50:])) == 1
    soak.box.until("its threads and descriptors stay", still)
    return soak.box.figures()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    minutes = float(sys.argv[1])
    cameras = Cameras(*CAMERAS)
    box = Box(CONFIG.format(port=cameras.port))
    tests = Tests()
    soak = Soak(box, cameras, minutes)
    try:
        keys = arrange(box)
        quiet = rehearse(soak, keys[0])
        say("quiet:", json.dumps(quiet))
        soak.begin()
        tests.run(f"{minutes:g} minutes of viewers, TVs, uploads and cameras that fail", work, soak, keys)
        judge(tests, soak, quiet)
    finally:
        box.clean()
        cameras.kill()
    tests.end()


def work(soak, keys):
    asyncio.run(soak.run(keys))
    say("came and went:", json.dumps(soak.came), "in all", sum(soak.came.values()), "uploads", soak.uploads,
        "pictures of the one that stays", soak.pictures, "packets lost by WebRTC", soak.lost_packets)
    right(not soak.wrong, f"{len(soak.wrong)} times: {soak.wrong[:5]}")
    wanted = sum(EACH_HOUR.values()) * soak.seconds / 3600
    right(sum(soak.came.values()) >= 0.99 * wanted, f"only {sum(soak.came.values())} of {wanted:.0f} viewers came")


def judge(tests, soak, quiet):
    box, samples = soak.box, soak.samples
    memory = lambda first: max(first * GROWTH_MAX, GROWTH_KIB_MIN)  # noqa: E731
    tests.run("memory is flat", is_flat, samples, "pss_kib", memory)
    tests.run("descriptors are flat", is_flat, samples, "fds", lambda _: FDS_MORE)
    tests.run("threads are flat", is_flat, samples, "threads", lambda _: THREADS_MORE)
    tests.run("the delay of pictures is flat", is_flat, samples, "delay_ms", lambda _: DELAY_MORE_MS)
    tests.run("nobody is left behind", nobody_is_left, box, quiet)
    tests.run("it never panicked", box.no_panics)
    tests.run("it ends well", box.end)


if __name__ == "__main__":
    main()
