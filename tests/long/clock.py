#!/usr/bin/env python3
"""Clocks that jump, forwards and backwards, while uploads, a schedule, a bin and viewers are there: nothing is lost.

    clock.py

The wall clock is libfaketime's (Debian's package faketime); the steady clock goes on, as it does when a box's clock is set.
Needs MARQUEE_BIN.
"""

import asyncio
import glob
import tempfile
import time
from pathlib import Path

from box import Box, Tests, another, make_video, right, say, slide
from viewers import Web

CONFIG = """[device]
time_zone = "Europe/Berlin"
[web]
webrtc_port = 0
[test]
enabled = true
size = "320x180"
fps = 25
"""
HOUR_S = 3600
DAY_S = 24 * HOUR_S
# Hours, in the order they come: what daylight saving, a wrong zone, a time server and a hand at the clock make.
JUMPS_S = [0, HOUR_S, -HOUR_S, 5 * HOUR_S, -7 * HOUR_S, 23 * HOUR_S, 0]
# Expired uploads are looked for each minute; two looks.
LOOK_S = 130
# No picture for so long was lost; a jump may cost none.
SILENCE_S_MAX = 10


class Clock:
    """The wall clock of a program."""

    def __init__(self, folder):
        self.file = folder / "clock"
        found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        right(found, "libfaketime is missing: apt-get install faketime")
        self.environment = {"LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": str(self.file),
                            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_CACHE_DURATION": "1"}

    def set(self, offset_s):
        self.file.write_text(f"{offset_s:+d}s\n")

    def until_taken_over(self, box, offset_s):
        """libfaketime looks at its file each second."""
        def level():
            return abs(box.json("/api/time")["now_ms"] / 1000 - time.time() - offset_s) < 30
        box.until(f"its clock is {offset_s:+d} s off", level)


def box_with_clock(offset_s):
    folder = Path(tempfile.mkdtemp(prefix="marquee-long-"))
    clock = Clock(folder)
    clock.set(offset_s)
    box = Box(CONFIG, folder, clock.environment)
    box.own = True
    return box, clock


class Kept:
    """What is there before the clock jumps, and must be after it."""

    def __init__(self, box, video):
        self.box, self.content = box, another(video, 1) * 40
        self.shown = box.upload("shown.mp4", another(video, 2), "kept")
        self.binned = box.upload("binned.svg", slide(1))
        box.worked(self.shown)
        box.worked(self.binned)
        right(box.ask("POST", "/api/assets/bin", {"ids": [self.binned]}).status == 200, "it can't be thrown away")
        self.at = len(self.content) // 10
        begun = box.begin_upload("long.mp4", len(self.content), self.content[:self.at])
        right(begun.status == 201, f"an upload: {begun.status} {begun.text()}")
        self.upload = begun.headers["location"]
        made = box.ask("POST", "/api/playlists", {"name": "kept", "items": [{"kind": "tag", "tag": "kept"}]})
        right(made.status == 201, f"a playlist: {made.text()}")
        self.playlist = made.json()["id"]
        right(box.ask("POST", "/api/windows", {"playlist": self.playlist, "everywhere": True}).status == 201, "no window")
        self.key = box.ask("POST", "/api/screens/hello", {"browser": "x", "width": 1, "height": 1}).json()["key"]

    def go_on(self):
        """The next piece of the upload."""
        end = min(len(self.content) - 1, self.at + len(self.content) // 20)
        answer = self.box.patch(self.upload, self.at, self.content[self.at:end])
        right(answer.status == 204, f"the upload does not go on: {answer.status} {answer.text()}")
        self.at = end

    def check(self, what):
        self.box.is_up()
        assets = {asset["id"] for asset in self.box.json("/api/assets")["assets"]}
        right(self.shown in assets, f"{what}: the video is gone: {assets}")
        binned = {asset["id"] for asset in self.box.json("/api/assets?bin=true")["assets"]}
        right(self.binned in binned, f"{what}: what was thrown away minutes ago is deleted for good, not after 30 days")
        head = self.box.ask("HEAD", self.upload, None, {"Tus-Resumable": "1.0.0"})
        right(head.status == 200, f"{what}: the upload that was under way is gone: {head.status}")
        right(int(head.headers["upload-offset"]) == self.at, f"{what}: the upload lost bytes: {head.headers}")
        # Plans are made anew within a second or two of a jump.
        self.box.until(f"{what}: the schedule's playlist is on", self.is_on)

    def is_on(self):
        plan = self.box.json(f"/api/playlist?screen={self.key}")
        now = self.box.json("/api/time")["now_ms"]
        on = [segment for segment in plan["segments"] if segment["from_ms"] <= now < segment["until_ms"]]
        return on and plan["programs"][on[-1]["program"]]["state"] == "play"

    def finish(self):
        whole = self.box.patch(self.upload, self.at, self.content[self.at:])
        right(whole.status == 204, f"the upload does not end: {whole.status} {whole.text()}")
        asset = self.box.json(f"/api/assets/{whole.headers['marquee-asset']}")
        right(self.box.ask("GET", asset["original"]["url"]).body == self.content, "what is stored is not what was sent")


async def watched(box, work):
    """A viewer watches while `work` is done on another thread; the longest time without a picture."""
    longest = 0
    async with Web(box.port).socket("test") as socket:
        working = asyncio.create_task(asyncio.to_thread(work))
        last = time.monotonic()
        while not working.done():
            kind, content = await socket.next()
            right(kind != "close", "the viewer was closed")
            if content[4:8] == b"moof":
                longest, last = max(longest, time.monotonic() - last), time.monotonic()
        await working
    return longest


def jumps(box, clock, kept):
    def work():
        for offset_s in JUMPS_S:
            clock.set(offset_s)
            clock.until_taken_over(box, offset_s)
            kept.go_on()
            kept.check(f"at {offset_s / HOUR_S:+g} h")
            time.sleep(LOOK_S / len(JUMPS_S))
            kept.check(f"a while at {offset_s / HOUR_S:+g} h")
    longest = asyncio.run(watched(box, work))
    say(f"the longest time without a picture: {longest:.2f} s")
    right(longest < SILENCE_S_MAX, f"no picture for {longest:.1f} s")


def restarted(box, clock, kept):
    """Ended at one time, started at another; what is done at the start (the bin) is done then."""
    for offset_s in (-2 * HOUR_S, 12 * HOUR_S, 0):
        box.end()
        clock.set(offset_s)
        box.start()
        kept.go_on()
        kept.check(f"started at {offset_s / HOUR_S:+g} h")
        time.sleep(10)
        kept.check(f"a while after a start at {offset_s / HOUR_S:+g} h")
    kept.finish()


def set_right(video, before_s):
    """A box without a clock starts in the past, and somebody uses it; then the time comes."""
    box, clock = box_with_clock(before_s)
    try:
        kept = Kept(box, video)
        clock.set(0)
        clock.until_taken_over(box, 0)
        kept.check("once the time is right")
        time.sleep(LOOK_S)
        kept.check("two looks for what expired later")
        box.end()
        box.start()
        time.sleep(10)
        kept.check("after the next start")
        kept.finish()
        box.end()
    finally:
        box.clean()


def main():
    box, clock = box_with_clock(0)
    tests = Tests()
    try:
        video = make_video(box.folder)
        kept = Kept(box, video)
        tests.run("a clock that jumps hours takes nothing away", jumps, box, clock, kept)
        tests.run("a clock that was set while it was off takes nothing away", restarted, box, clock, kept)
        tests.run("it never panicked", box.no_panics)
        tests.run("it ends well", box.end)
        tests.run("a clock that was two months behind and is set right takes nothing away", set_right, video, -60 * DAY_S)
        since_1970 = -int(time.time()) + DAY_S
        tests.run("a clock that began in 1970 and is set right takes nothing away", set_right, video, since_1970)
    finally:
        box.clean()
    tests.end()


if __name__ == "__main__":
    main()
