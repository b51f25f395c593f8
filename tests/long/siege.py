#!/usr/bin/env python3
"""Attackers from ten addresses at once, of whom nobody logs in: a TV plays on, an admin works, and neither notices; the disk
and the memory they take are bounded.

    siege.py MINUTES

Each attacker does all of it at the same time: guesses the password, becomes screens without end and tells plays that never
were, makes WebRTC offers that nobody answers, begins uploads, holds event streams, MJPEG of every quality, and requests that
never end. Needs MARQUEE_BIN.
"""

import http.client
import itertools
import json
import os
import random
import re
import socket
import sys
import threading
import time
from contextlib import closing, suppress

from box import Box, PATIENCE_S, Tests, make_video, right, say

CONFIG = """[web]
webrtc_port = 0
[test]
enabled = true
size = "320x180"
fps = 10
"""
ATTACKERS = [f"127.0.0.{last}" for last in range(11, 21)]
PASSWORD = "open sesame"
# Beside what it had before: sessions of viewers, their buffers, and the rows of screens that are pushed out again.
MEMORY_MORE_KIB = 200 << 10
DISK_MORE_BYTES = 24 << 20
# What one attacker holds open.
HELD_MAX = 60
OFFER = """v=0\r
o=- 1 2 IN IP4 127.0.0.1\r
s=-\r
t=0 0\r
a=group:BUNDLE 0\r
m=video 9 UDP/TLS/RTP/SAVPF 102\r
c=IN IP4 0.0.0.0\r
a=mid:0\r
a=recvonly\r
a=rtcp-mux\r
a=ice-ufrag:abcd\r
a=ice-pwd:abcdefghijklmnopqrstuvwx\r
a=fingerprint:sha-256 """ + ":".join(["AB"] * 32) + """\r
a=setup:actpass\r
a=rtpmap:102 H264/90000\r
a=fmtp:102 packetization-mode=1;profile-level-id=42e01f\r
"""


def ask(box, address, method, path, body=None, headers=None, seconds=PATIENCE_S):
    """From that address; status, headers and body."""
    if body is not None and not isinstance(body, bytes):
        body, headers = json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})}
    connection = http.client.HTTPConnection("127.0.0.1", box.port, timeout=seconds, source_address=(address, 0))
    with closing(connection):
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


class Attacker:
    """One address, whose attacks go on until `over`."""

    def __init__(self, box, address, over, seen):
        self.box, self.address, self.over, self.seen = box, address, over, seen
        self.held = []
        attacks = [self.guess, self.guess, self.guess, self.screens, self.offers, self.uploads, self.hold, self.drip]
        self.threads = [threading.Thread(target=self.go_on, args=[attack]) for attack in attacks]
        for thread in self.threads:
            thread.start()

    def go_on(self, attack):
        for number in itertools.count():
            if self.over.is_set():
                return
            with suppress(OSError, http.client.HTTPException):
                self.seen[attack.__name__, attack(number)] = self.seen.get((attack.__name__, None), 0) + 1
            # Ten addresses that leave no time at all would measure who gets a processor.
            time.sleep(0.02)

    def ask(self, *arguments, **more):
        return ask(self.box, self.address, *arguments, seconds=10, **more)

    def guess(self, number):
        return self.ask("POST", "/api/session", {"password": f"guess {number}"})[0]

    def screens(self, number):
        status, _, told = self.ask("POST", "/api/screens/hello", {"browser": "x" * 900, "width": 1, "height": 1})
        if status >= 300:
            return status
        key = json.loads(told)["key"]
        play = {"item": "a1", "name": "y" * 150, "playlist": 1, "asset": 1, "from_ms": 1_767_000_000_000, "until_ms": 1_767_000_009_000, "whole": True}
        plays = [{**play, "number": one} for one in range(1, 400)]
        return self.ask("POST", "/api/screens/plays", {"key": key, "player": f"p{number}", "plays": plays})[0]

    def offers(self, _):
        return self.ask("POST", "/live/test/whep", OFFER.encode(), {"Content-Type": "application/sdp"})[0]

    def uploads(self, _):
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(1 << 30), "Upload-Metadata": "filename YS5tcDQ="}
        return self.ask("POST", "/api/uploads", None, headers)[0]

    def hold(self, number):
        path = random.choice(["/api/events", "/api/screens/events?screen=none", f"/live/test/mjpeg?quality={number % 100 + 1}", "/live/test/mse"])
        return self.keep(f"GET {path} HTTP/1.1\r\nHost: box\r\n\r\n")

    def drip(self, _):
        return self.keep("POST /api/setup HTTP/1.1\r\nHost: box\r\nContent-Length: 10000\r\n\r\n{")

    def keep(self, text):
        """Sends this, and reads no more than the beginning of the answer for as long as there is room."""
        if len(self.held) >= HELD_MAX:
            self.held.pop(random.randrange(len(self.held))).close()
        connection = socket.create_connection(("127.0.0.1", self.box.port), 10, (self.address, 0))
        self.held.append(connection)
        connection.sendall(text.encode())
        connection.settimeout(1)
        with suppress(TimeoutError):
            return connection.recv(12)[9:].decode("latin-1") or "closed"
        return "silent"

    def end(self):
        for thread in self.threads:
            thread.join()
        for connection in self.held:
            connection.close()


class Person:
    """Someone who is to notice nothing: every answer is the one that is wanted, and how long the slowest took is told."""

    def __init__(self, name, over, step):
        self.name, self.over, self.step = name, over, step
        self.times, self.wrong = [], []
        self.thread = threading.Thread(target=self.go_on)
        self.thread.start()

    def go_on(self):
        for number in itertools.count():
            if self.over.is_set():
                return
            begun = time.monotonic()
            try:
                self.step(number)
            except Exception as error:
                self.wrong.append(f"{type(error).__name__}: {error}")
            self.times.append(time.monotonic() - begun)
            time.sleep(0.5)

    def end(self):
        self.thread.join()
        times = sorted(self.times)
        say(f"{self.name}: {len(times)} times, half within {times[len(times) // 2] * 1000:.0f} ms, the slowest {times[-1] * 1000:.0f} ms")
        right(not self.wrong, f"{self.name} noticed it {len(self.wrong)} times in {len(times)}, at first: {self.wrong[:3]}")


def wanted(answer, *statuses):
    status, _, body = answer
    right(status in (statuses or (200,)), f"answered {status} {body[:200]!r}")
    return body


class Siege:
    def __init__(self, box):
        self.box = box
        code = re.search(r"code (\d{8})", box.until("a code", lambda: re.search(r"code \d{8}", box.last_words(100))).group())[1]
        status, headers, _ = ask(box, "127.0.0.1", "POST", "/api/setup", {"code": code, "password": PASSWORD})
        right(status == 204, f"setting up: {status}")
        self.cookie = {"Cookie": headers["Set-Cookie"].split(";")[0]}
        self.prepare()

    def admin(self, method, path, body=None):
        return ask(self.box, "127.0.0.1", method, path, body, self.cookie)

    def prepare(self):
        """A playlist that is always on, on a TV that an admin has given a name."""
        video = make_video(self.box.folder)
        name = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(video)), "Upload-Metadata": "filename YS5tcDQ=", "Content-Type": "application/offset+octet-stream"}
        status, headers, told = ask(self.box, "127.0.0.1", "POST", "/api/uploads", video, {**name, **self.cookie})
        right(status == 201, f"uploading: {status} {told}")
        asset = int(headers["Marquee-Asset"])
        self.box.until("the work to end", lambda: all(job["state"] == "done" for job in json.loads(wanted(self.admin("GET", f"/api/assets/{asset}")))["jobs"]))
        self.playlist = json.loads(wanted(self.admin("POST", "/api/playlists", {"name": "Loop", "items": [{"kind": "asset", "asset": asset}]}), 201))["id"]
        hello = json.loads(wanted(ask(self.box, "127.0.0.2", "POST", "/api/screens/hello", {"browser": "TV", "width": 1920, "height": 1080})))
        self.key, self.screen = hello["key"], hello["id"]
        wanted(self.admin("PATCH", f"/api/screens/{self.screen}", {"name": "Bar"}))
        wanted(self.admin("POST", "/api/windows", {"playlist": self.playlist, "everywhere": True}), 201)

    def tv(self, _):
        """What a TV asks, and the file it plays."""
        found = json.loads(wanted(ask(self.box, "127.0.0.2", "GET", f"/api/playlist?screen={self.key}")))
        program = found["programs"][found["segments"][0]["program"]]
        right(program["name"] == "Loop" and program["items"], f"it plays {program['name']!r}")
        right(len(wanted(ask(self.box, "127.0.0.2", "GET", program["items"][0]["src"]))) > 1000, "no film")
        report = {"key": self.key, "state": "play", "item": program["items"][0]["key"]}
        wanted(ask(self.box, "127.0.0.2", "POST", "/api/screens/report", report), 200, 204)

    def work(self, number):
        """What an admin does; now and then he logs in anew, as who opens another browser."""
        wanted(self.admin("GET", "/api/status"))
        wanted(self.admin("GET", "/api/screens"))
        wanted(self.admin("PATCH", f"/api/screens/{self.screen}", {"name": f"Bar {number}"}))
        wanted(self.admin("GET", "/live/test/frame.jpg"))
        if number % 10 == 5:
            wanted(ask(self.box, "127.0.0.1", "POST", "/api/session", {"password": PASSWORD}), 200, 204)

    def used(self):
        files = [os.path.join(folder, name) for folder, _, names in os.walk(self.box.data) for name in names]
        size = 0
        for file in files:
            with suppress(FileNotFoundError):
                size += os.stat(file).st_blocks * 512
        return self.box.figures()["rss_kib"], size

    def run(self, minutes):
        over, seen = threading.Event(), {}
        before = self.used()
        people = [Person("the TV", over, self.tv), Person("the admin", over, self.work)]
        attackers = [Attacker(self.box, address, over, seen) for address in ATTACKERS]
        most = before
        end = time.monotonic() + minutes * 60
        while time.monotonic() < end:
            time.sleep(5)
            self.box.is_up()
            now = self.used()
            most = tuple(map(max, most, now))
        over.set()
        for attacker in attackers:
            attacker.end()
        say("answers:", ", ".join(f"{attack} {answer}" for attack, answer in sorted(map(lambda key: tuple(map(str, key)), seen))))
        say(f"memory {before[0] / 1024:.0f} MB, at most {most[0] / 1024:.0f}; disk {before[1] / 1e6:.1f} MB, at most {most[1] / 1e6:.1f}")
        self.before, self.most, self.people = before, most, people

    def bounded(self):
        right(self.most[0] - self.before[0] < MEMORY_MORE_KIB, f"memory rose from {self.before[0]} to {self.most[0]} KiB")
        right(self.most[1] - self.before[1] < DISK_MORE_BYTES, f"the disk rose from {self.before[1]} to {self.most[1]} bytes")

    def still_there(self):
        screens = json.loads(wanted(self.admin("GET", "/api/screens")))["screens"]
        right(any(screen["id"] == self.screen for screen in screens), "the TV was pushed out")
        plays = json.loads(wanted(self.admin("GET", "/api/plays")))["plays"]
        right(not [play for play in plays if play["name"].startswith("yyy")], "plays were taken that never were")
        self.box.no_panics()


def main():
    minutes = float(sys.argv[1])
    tests = Tests()
    box = Box(CONFIG, arguments=())
    try:
        siege = Siege(box)
        siege.run(minutes)
        for person in siege.people:
            tests.run(f"{person.name} notices nothing", person.end)
        tests.run("memory and disk are bounded", siege.bounded)
        tests.run("the TV and its proof of play are still there", siege.still_there)
        tests.run("it ends well", box.end)
    finally:
        box.clean()
    tests.end()


if __name__ == "__main__":
    main()
