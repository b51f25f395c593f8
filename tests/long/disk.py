#!/usr/bin/env python3
"""A disk that is full: uploads are refused in words, live pictures go on, deleting works, and all goes on once there is room.

    disk.py

Takes a mount namespace of its own, with the data on a small file system in memory: needs root. Needs MARQUEE_BIN.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from box import Box, Tests, another, make_video, right, say, slide
from clock import watched

CONFIG = """[web]
webrtc_port = 0
[test]
enabled = true
size = "320x180"
fps = 25
"""
DISK_MIB = 420
LARGE_BYTES = 40 << 20
PART_BYTES = 10 << 20
SILENCE_S_MAX = 10
INSIDE = "MARQUEE_LONG_INSIDE"


class Disk:
    def __init__(self, folder):
        self.folder, self.filler = folder, folder / "filler"
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", folder], check=True)

    def fill(self):
        try:
            with self.filler.open("ab", buffering=0) as out:
                while True:
                    out.write(bytes(1 << 16))
        except OSError as error:
            right(error.errno == 28, f"the disk is not full but: {error}")

    def empty(self):
        self.filler.unlink()


def is_told(answer, what):
    """Refused as problem details, with words a person can use."""
    # 413: it is known before anything of it is sent that there is no room for it.
    right(answer.status in (507, 413), f"{what}: {answer.status} {answer.text()[:300]}")
    right(answer.headers.get("content-type") == "application/problem+json", f"{what}: {answer.headers}")
    problem = answer.json()
    right(len(problem.get("detail") or problem.get("title") or "") > 10, f"{what}: no words: {problem}")
    say(f"{what}:", problem.get("detail") or problem.get("title"))


class Library:
    def __init__(self, box, disk):
        self.box, self.disk = box, disk
        self.video = make_video(box.folder)
        self.there = [box.upload(f"{number}.mp4", another(self.video, number)) for number in range(3)]
        for asset in self.there:
            box.worked(asset)
        self.large = another(self.video, 9) + os.urandom(LARGE_BYTES)
        begun = box.begin_upload("large.mp4", len(self.large), self.large[:PART_BYTES])
        right(begun.status == 201, f"an upload: {begun.status} {begun.text()}")
        self.upload = begun.headers["location"]

    def original(self, asset):
        return self.box.ask("GET", self.box.json(f"/api/assets/{asset}")["original"]["url"]).body

    def uploads_are_refused(self):
        self.disk.fill()
        is_told(self.box.patch(self.upload, PART_BYTES, self.large[PART_BYTES:]), "an upload under way")
        # What it had room for before it was refused was given back: somebody else takes it.
        self.disk.fill()
        begun = self.box.begin_upload("another.mp4", len(self.large), self.large[:PART_BYTES])
        is_told(begun, "a new upload")
        self.box.is_up()
        right(self.original(self.there[0]) == another(self.video, 0), "what is there is not served as it was sent")

    def edits_are_answered(self):
        """Each is done or refused in words; what was acknowledged is there."""
        self.disk.fill()
        for rating in range(1, 6):
            self.box.is_up()
            answer = self.box.ask("PATCH", f"/api/assets/{self.there[1]}", {"rating": rating})
            if answer.status != 200:
                is_told(answer, "a rating")
                continue
            kept = self.box.json(f"/api/assets/{self.there[1]}")["rating"]
            right(kept == rating, f"the rating {rating} was acknowledged, and {kept} is there")

    def deleting_frees_or_tells(self):
        self.disk.fill()
        for what in ("bin", "purge"):
            answer = self.box.ask("POST", f"/api/assets/{what}", {"ids": [self.there[2]]})
            if answer.status != 200:
                is_told(answer, what)
                return
        say("a video was deleted on the full disk")
        right(self.box.ask("GET", f"/api/assets/{self.there[2]}").status == 404, "it is purged and still there")

    def goes_on_with_room(self):
        self.disk.empty()
        head = self.box.ask("HEAD", self.upload, None, {"Tus-Resumable": "1.0.0"})
        right(head.status == 200, f"the upload is gone: {head.status}")
        at = int(head.headers["upload-offset"])
        right(at >= PART_BYTES, f"what was acknowledged is lost: {at}")
        whole = self.box.patch(self.upload, at, self.large[at:])
        right(whole.status == 204, f"it does not go on: {whole.status} {whole.text()}")
        right(self.original(int(whole.headers["marquee-asset"])) == self.large, "what is stored is not what was sent")
        self.box.worked(self.box.upload("after.svg", slide(5)))

    def starts_on_a_full_disk(self):
        self.disk.fill()
        self.box.end()
        self.box.start()
        right(self.box.source("test")["state"] in ("live", "idle", "starting"), "no test picture")
        right(self.box.ask("GET", "/live/test/frame.jpg").body[:2] == b"\xff\xd8", "no live picture")
        right(self.original(self.there[0]) == another(self.video, 0), "what is there is not served")
        self.disk.empty()
        self.box.worked(self.box.upload("later.svg", slide(6)))


def live_goes_on(box, work):
    longest = asyncio.run(watched(box, work))
    say(f"the longest time without a picture: {longest:.2f} s")
    right(longest < SILENCE_S_MAX, f"no picture for {longest:.1f} s")


def checked(box):
    found = subprocess.run([os.environ["MARQUEE_BIN"], "check-library", "--data", box.data], capture_output=True, text=True)
    right(found.returncode == 0, f"check-library: {found.stdout}{found.stderr}")


def main():
    if INSIDE not in os.environ:
        command = ["unshare", "--mount", sys.executable, __file__]
        sys.exit(subprocess.run(command, env={**os.environ, INSIDE: "1"}).returncode)
    with tempfile.TemporaryDirectory(prefix="marquee-long-") as folder:
        disk = Disk(Path(folder))
        box = None
        tests = Tests()
        try:
            box = Box(CONFIG, Path(folder))
            library = Library(box, disk)
            tests.run("uploads are refused in words, and live goes on", live_goes_on, box, library.uploads_are_refused)
            tests.run("edits are done or refused in words", live_goes_on, box, library.edits_are_answered)
            tests.run("deleting works or is told", live_goes_on, box, library.deleting_frees_or_tells)
            tests.run("everything goes on once there is room", live_goes_on, box, library.goes_on_with_room)
            tests.run("it starts on a full disk", library.starts_on_a_full_disk)
            tests.run("it never panicked", box.no_panics)
            tests.run("it ends well", box.end)
            tests.run("the library is whole", checked, box)
        finally:
            if box:
                box.clean()
            subprocess.run(["umount", "--lazy", folder], check=True)
    tests.end()


if __name__ == "__main__":
    main()
