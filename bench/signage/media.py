"""Videos as they stand in a library, and a data folder of Marquee's that has them."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from shared import checksum, marquee, tell

HERE = Path(__file__).resolve().parent
# 53 s at 3 Mbit/s. Together they fit into memory: no disk is measured.
VIDEOS = 10
VIDEO_BYTES = 20_000_000
VIDEO_S = 53
RATE = 2
WORK_S_MAX = 300


def library(arguments, work):
    """A data folder whose videos are ready to be played: made once for each version of the tables and of this file."""
    folder = arguments.cache / f"signage-{checksum(Path(__file__).read_bytes(), schema())}"
    if not folder.exists():
        tell(f"Making a library of {VIDEOS} videos")
        part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=arguments.cache))
        try:
            fill(arguments.program, part, work)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return folder


def schema():
    return (HERE.parent.parent / "src" / "library" / "schema.rs").read_bytes()


def fill(program, data, work):
    videos = work / "videos"
    videos.mkdir()
    clip = make_clip(work)
    for number in range(VIDEOS):
        (videos / f"Video {number + 1}.mp4").write_bytes(padded(clip))
    subprocess.run([program, "import", "--data", data, videos], check=True, capture_output=True)
    shutil.rmtree(videos)
    with marquee(program, data, work) as (_, port):
        end = time.monotonic() + WORK_S_MAX
        while any(asset["work"] != "done" for asset in get(port, "/api/assets?limit=200")["assets"]):
            if time.monotonic() > end:
                raise TimeoutError("the library was not ready in time")
            time.sleep(0.5)


def make_clip(work):
    """Few and small pictures: what is in them is not looked at here."""
    file = work / "clip.mp4"
    command = f"""gst-launch-1.0 -q videotestsrc num-buffers={RATE * VIDEO_S} !
        video/x-raw,width=320,height=180,framerate={RATE}/1 ! x264enc speed-preset=ultrafast key-int-max={RATE} !
        video/x-h264,profile=baseline ! h264parse ! mp4mux faststart=true ! filesink location={file}"""
    subprocess.run(command.split(), check=True, capture_output=True)
    return file.read_bytes()


def padded(clip):
    """As long as a video of that rate, by a box that players skip; each its own, since the same content is kept once."""
    padding = VIDEO_BYTES - len(clip)
    return clip + padding.to_bytes(4, "big") + b"free" + os.urandom(padding - 8)


def copy(folder, to):
    """Of a run of its own: screens and plays are left behind in it. The videos are the same files."""
    def one(source, target):
        shared = "files" in Path(source).relative_to(folder).parts
        return os.link(source, target) if shared else shutil.copy2(source, target)
    shutil.copytree(folder, to, copy_function=one)


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return json.load(answer)


def videos(port):
    """What Marquee has, as (id, path of the file)."""
    listed = get(port, "/api/assets?limit=200&order=name&direction=asc")["assets"]
    return [(asset["id"], get(port, f"/api/assets/{asset['id']}")["play"]) for asset in listed]
