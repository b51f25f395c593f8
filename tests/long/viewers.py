"""Viewers of every kind, many at once, as bytes on sockets: each sees what it came for, or says what it saw instead."""

import asyncio
import base64
import json
import os
import struct
import time
from contextlib import asynccontextmanager

from box import PATIENCE_S, right

READ_BYTES = 1 << 16
VIDEO_CLOCK_HZ = 90_000
VIDEO_TRACK = 1


class Web:
    """The address everything is asked of."""

    def __init__(self, port):
        self.port = port

    @asynccontextmanager
    async def request(self, path, *headers, method="GET", body=b""):
        """Status, headers and the stream behind them."""
        opening = asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        reader, writer = await asyncio.wait_for(opening, PATIENCE_S)
        try:
            length = [f"Content-Length: {len(body)}"] if body else []
            lines = [f"{method} {path} HTTP/1.1", "Host: box", *length, *headers]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
            first, *rest = head.decode("latin-1").split("\r\n")
            told = dict(line.lower().split(": ", 1) for line in rest if ": " in line)
            yield int(first.split()[1]), told, reader, writer
        finally:
            writer.close()

    async def json(self, path, method="GET", content=None, headers=()):
        """Status, ETag and what is in the answer."""
        body = json.dumps(content).encode() if content is not None else b""
        kind = ["Content-Type: application/json"] if body else []
        async with self.request(path, "Connection: close", *kind, *headers, method=method, body=body) as answer:
            status, told, reader, _ = answer
            text = await asyncio.wait_for(reader.read(-1), PATIENCE_S)
            return status, told.get("etag"), json.loads(text) if text else None

    async def until_seen(self, path, seconds, sign, least):
        """Reads for so long, and until `sign` has come so often."""
        patience = time.monotonic() + PATIENCE_S
        while not (seen := await self.seen(path, seconds, sign, least)):
            # No picture came yet: it asks to come again.
            right(time.monotonic() < patience, f"{path}: nothing to be seen")
            await asyncio.sleep(0.5)
        return seen

    async def seen(self, path, seconds, sign, least):
        async with self.request(path) as (status, _, reader, _):
            if status == 503:
                return 0
            right(status == 200, f"{path}: {status}")
            end, seen, tail = time.monotonic() + seconds, 0, b""
            while seen < least or time.monotonic() < end:
                piece = await asyncio.wait_for(reader.read(READ_BYTES), PATIENCE_S)
                right(piece, f"{path}: closed by the box after {seen} of {sign}")
                tail += piece
                seen += tail.count(sign)
                tail = tail[-(len(sign) - 1):]
            return seen

    async def mjpeg(self, source, seconds):
        return await self.until_seen(f"/live/{source}/mjpeg", seconds, b"\xff\xd8\xff", 2)

    async def events(self, seconds):
        return await self.until_seen("/api/events", seconds, b"event: sources", 1)

    async def picture(self, source):
        """One JPEG; of a source that has had no picture yet, once there is one."""
        end = time.monotonic() + PATIENCE_S
        while not await self.one_picture(source):
            right(time.monotonic() < end, f"{source}: no picture")
            await asyncio.sleep(0.5)

    async def one_picture(self, source):
        async with self.request(f"/live/{source}/frame.jpg", "Connection: close") as (status, _, reader, _):
            if status == 503:
                return False
            right(status == 200, f"{source}: frame.jpg: {status}")
            content = await asyncio.wait_for(reader.read(-1), PATIENCE_S)
            right(content[:2] == b"\xff\xd8" and content[-2:] == b"\xff\xd9", "frame.jpg is no whole JPEG")
            return True

    async def mse(self, source, seconds):
        """Watches; how many fragments came."""
        async with self.socket(source) as socket:
            end, fragments = time.monotonic() + seconds, 0
            while fragments < 3 or time.monotonic() < end:
                kind, content = await socket.next()
                fragments += kind == "binary" and content[4:8] == b"moof"
            return fragments

    @asynccontextmanager
    async def socket(self, source):
        key = base64.b64encode(os.urandom(16)).decode()
        headers = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]
        async with self.request(f"/live/{source}/mse", *headers) as (status, _, reader, writer):
            right(status == 101, f"mse: {status}")
            yield Socket(reader, writer)

    async def tv(self, key, seconds):
        """A TV that listens to its events, asks what it plays, and asks again with what it has."""
        async with self.request(f"/api/screens/events?screen={key}") as (status, _, reader, _):
            right(status == 200, f"the events of a TV: {status}")
            line = await asyncio.wait_for(reader.readuntil(b"event: playlist"), PATIENCE_S)
            right(line, "no event")
            end = time.monotonic() + seconds
            etag = None
            while True:
                known = [f"If-None-Match: {etag}"] if etag else []
                status, etag, plan = await self.json(f"/api/playlist?screen={key}", headers=known)
                right(status in (200, 304), f"a TV's playlist: {status}")
                right(status == 304 or plan["programs"], "a TV's playlist has no programs")
                await self.json("/api/time")
                if time.monotonic() >= end:
                    return
                await asyncio.sleep(min(2, end - time.monotonic()))


class Socket:
    """The client's side of a WebSocket (RFC 6455): frames in, pongs out."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def next(self):
        """The next message, and when it was whole."""
        content = b""
        kind = None
        while True:
            first, second = await self.bytes(2)
            length = second & 0x7f
            if length > 125:
                length = int.from_bytes(await self.bytes(2 if length == 126 else 8), "big")
            piece = await self.bytes(length)
            opcode = first & 0x0f
            if opcode == 9:
                self.send(0x8a, piece)
                continue
            if opcode == 8:
                return "close", piece
            if opcode == 10:
                continue
            kind = {1: "text", 2: "binary"}.get(opcode, kind)
            content += piece
            if first & 0x80:
                return kind, content

    async def bytes(self, length):
        return await asyncio.wait_for(self.reader.readexactly(length), PATIENCE_S)

    def send(self, first, content):
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(content))
        self.writer.write(bytes([first, 0x80 | len(content)]) + mask + masked)


def boxes(content):
    """Name and content of each box of an MP4."""
    at = 0
    while at + 8 <= len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        right(size >= 8, f"a box of {size} bytes")
        yield name, content[at + 8:at + size]
        at += size


def decode_time_s(fragment):
    """When the pictures of a fragment were taken, by the box's steady clock; None if it has only sound."""
    for name, moof in boxes(fragment):
        if name != b"moof":
            continue
        for name, traf in boxes(moof):
            if name != b"traf":
                continue
            parts = dict(boxes(traf))
            if int.from_bytes(parts[b"tfhd"][4:8], "big") == VIDEO_TRACK:
                wide = parts[b"tfdt"][0] == 1
                return int.from_bytes(parts[b"tfdt"][4:12 if wide else 8], "big") / VIDEO_CLOCK_HZ
    return None
