"""TVs that ask a server for what they play, as their players do, and take their media at 3 Mbit/s."""

import asyncio
import json
import random
import time

from connection import Connection, Media

# The server lets in 256 connections from one address, and 60 new screens a minute.
TVS_PER_ADDRESS = 50
# Each TV takes what it has played four times a second, some of them at a time.
SLICES = 25
SLICE_S = 0.01
# As the old server's TVs asked, and as ours do (src/web/ui/tv/remote.js, start.js).
OLD_ASKS_EVERY_S = 5
ASKS_EVERY_S = 30
CLOCK_EVERY_S = 30
REPORTS_EVERY_S = 20
PLAYS_EVERY_S = 15
OPENED_AT_ONCE = 50


class Tv:
    """What all have in common."""

    def __init__(self, number, port):
        self.number = number
        self.source = f"127.0.0.{2 + number // TVS_PER_ADDRESS}"
        self.port = port
        self.connection = Connection(port, self.source)
        self.media = None
        self.chance = random.Random(number)
        self.path = ""
        self.headers = ""
        # Of each question but those for media.
        self.answered_s = []
        self.errors = 0
        # The text by which a changed playlist is known, when the TV was told of it and when it had it.
        self.awaited = None
        self.told = None
        self.has = None
        self.told_last = None

    def plays(self, port, files):
        """Each another file, and another place in it."""
        self.media = Media(port, self.source, files, self.number % len(files), self.chance.random())

    async def ask(self, method, path, body=None, headers=""):
        begun = time.monotonic()
        status, found, answer = await self.connection.ask(method, path, body, headers)
        if status not in (200, 204, 304):
            raise OSError(f"{method} {path.split('?')[0]}: {status} {answer.decode(errors='replace')}")
        self.answered_s.append(time.monotonic() - begun)
        return found, answer

    async def playlist(self):
        told = self.told_last
        headers, body = await self.ask("GET", self.path, headers=self.headers)
        if self.awaited and self.awaited in body:
            self.awaited, self.told, self.has = None, told, time.monotonic()
        return headers

    async def now_and_then(self, every_s, what):
        """Not all at the same moment."""
        await asyncio.sleep(self.chance.random() * every_s)
        due = time.monotonic()
        while True:
            try:
                await what()
            except (OSError, EOFError, TimeoutError):
                self.errors += 1
            due += every_s
            await asyncio.sleep(max(0, due - time.monotonic()))

    def close(self):
        self.connection.close()
        if self.media:
            self.media.close()


class OldTv(Tv):
    """One of the old server's: asks every 5 s, and knows no ETag."""

    async def meet(self):
        self.path = f"/api/playlist?tv={self.number}"

    def habits(self):
        return [self.now_and_then(OLD_ASKS_EVERY_S, self.playlist)]


class PollingTv(OldTv):
    """The same at Marquee."""

    async def meet(self):
        await hello(self)


class ToldTv(Tv):
    """Ours: is told of changes, asks every 30 s whether it has missed one, and says what it shows."""

    async def meet(self):
        self.key = await hello(self)
        self.counted = 0
        self.news = asyncio.Event()

    def habits(self):
        return [
            self.listen(), self.follow(),
            self.now_and_then(ASKS_EVERY_S, self.playlist),
            self.now_and_then(CLOCK_EVERY_S, lambda: self.ask("GET", "/api/time")),
            self.now_and_then(REPORTS_EVERY_S, self.report),
            self.now_and_then(PLAYS_EVERY_S, self.record),
        ]

    async def playlist(self):
        headers = await super().playlist()
        self.headers = f"If-None-Match: {headers['etag']}\r\n"

    async def listen(self):
        while True:
            try:
                async for name in self.connection.events(f"/api/screens/events?screen={self.key}"):
                    if name == "playlist":
                        self.told_last = time.monotonic()
                        self.news.set()
            except OSError:
                pass
            # It has no end but the server's.
            self.errors += 1
            await asyncio.sleep(1)

    async def follow(self):
        while True:
            await self.news.wait()
            self.news.clear()
            try:
                await self.playlist()
            except (OSError, EOFError, TimeoutError):
                self.errors += 1

    async def report(self):
        await self.ask("POST", "/api/screens/report", {
            "key": self.key, "item": "a1", "name": "Video 1", "since_ms": now_ms(), "dropped_frames": 0, "offset_ms": 0,
            "state": "play",
        })

    async def record(self):
        """The videos that came to their end since the last time."""
        numbers = range(self.counted + 1, self.media.items + 1)
        if not numbers:
            return
        plays = [{
            "number": number, "item": "a1", "playlist": None, "asset": None, "source": None, "name": "Video 1",
            "from_ms": now_ms() - 50_000, "until_ms": now_ms(), "whole": True,
        } for number in numbers]
        player = f"{self.number:032x}"
        await self.ask("POST", "/api/screens/plays", {"key": self.key, "player": player, "plays": plays})
        self.counted = self.media.items


def now_ms():
    return int(time.time() * 1000)


async def hello(tv):
    """Becomes a screen of Marquee's."""
    body = {"key": None, "browser": "bench", "width": 1920, "height": 1080}
    _, answer = await tv.ask("POST", "/api/screens/hello", body)
    key = json.loads(answer)["key"]
    tv.path = f"/api/playlist?screen={key}"
    return key


class Wall:
    """All TVs at once."""

    def __init__(self, tvs):
        self.tvs = tvs
        self.tasks = []
        # How late they took their media at the worst: this client's own slowness, if anything.
        self.late_s = 0.0

    async def switch_on(self, port, files):
        """`port`: of the media."""
        for start in range(0, len(self.tvs), OPENED_AT_ONCE):
            await asyncio.gather(*(tv.meet() for tv in self.tvs[start:start + OPENED_AT_ONCE]))
        for tv in self.tvs:
            tv.plays(port, files)
        self.tasks = [asyncio.create_task(habit) for tv in self.tvs for habit in tv.habits()]
        self.tasks.append(asyncio.create_task(self.pace()))

    async def pace(self):
        slices = [self.tvs[number::SLICES] for number in range(SLICES)]
        due = time.monotonic()
        while True:
            for tvs in slices:
                now = time.monotonic()
                self.late_s = max(self.late_s, now - due)
                for tv in tvs:
                    tv.media.take(now)
                due += SLICE_S
                await asyncio.sleep(max(0, due - time.monotonic()))

    def forget(self):
        """What was before does not count."""
        self.late_s = 0.0
        for tv in self.tvs:
            tv.answered_s.clear()

    def errors(self):
        return sum(tv.errors + tv.media.broken for tv in self.tvs)

    def taken_bytes(self):
        return sum(tv.media.taken for tv in self.tvs)

    async def switch_off(self):
        for task in self.tasks:
            task.cancel()
        # Whatever went wrong within one is told, not swallowed.
        for outcome in await asyncio.gather(*self.tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
        for tv in self.tvs:
            tv.close()
