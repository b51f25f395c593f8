"""What a TV holds open: a connection for questions, a stream of events, and one by which it takes its media at their pace."""

import asyncio
import json
import socket
import time

ANSWER_S_MAX = 20
# Of media: 3 Mbit/s.
RATE_BYTES_PER_S = 3_000_000 // 8
HEAD_BYTES_MAX = 4096
BUFFER = bytearray(256 << 10)


class Connection:
    """Kept open between two questions, as browsers do, and opened anew where the server has closed it."""

    def __init__(self, port, source):
        self.port = port
        self.source = source
        self.streams = None
        self.turn = asyncio.Lock()

    async def open(self):
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(self.source, 0))

    async def ask(self, method, path, body=None, headers=""):
        """Returns status, headers by their small names, and body."""
        async with self.turn, asyncio.timeout(ANSWER_S_MAX):
            if self.streams and self.streams[0].at_eof():
                self.close()
            kept = self.streams is not None
            try:
                return await self.exchange(method, path, body, headers)
            except (ConnectionError, EOFError):
                if not kept:
                    raise
                # Closed for its silence while the question was under way: browsers ask again.
                return await self.exchange(method, path, body, headers)

    async def exchange(self, method, path, body, headers):
        if not self.streams:
            self.streams = await self.open()
        reader, writer = self.streams
        sent = b"" if body is None else json.dumps(body).encode()
        kind = "Content-Type: application/json\r\n" if sent else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Length: {len(sent)}\r\n{kind}{headers}\r\n"
        try:
            writer.write(head.encode() + sent)
            status, found = read_head(await reader.readuntil(b"\r\n\r\n"))
            empty = status in (204, 304)
            got = b"" if empty else await reader.readexactly(int(found["content-length"]))
        except BaseException:
            # What is left of an answer that broke off or took too long would be taken for the next one.
            self.close()
            raise
        if found.get("connection") == "close":
            self.close()
        return status, found, got

    async def events(self, path):
        """The names of events, as they come."""
        reader, writer = await self.open()
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
            # Sizes of chunks stand on lines of their own, and are none of ours.
            async for line in reader:
                if line.startswith(b"event: "):
                    yield line[7:].strip().decode()
        finally:
            writer.close()

    def close(self):
        if self.streams:
            self.streams[1].close()
            self.streams = None


def read_head(head):
    lines = head.decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in lines[1:] if line)
    return int(lines[0].split()[1]), {name.lower(): value.strip() for name, value in pairs}


class Media:
    """Files one after the other, as a video element asks for them: all of one at once, taken from the connection as slowly
    as it is played. The server waits.

    `files`: (path, bytes). `number`, `share`: with which file it begins, and where in it (0 to 1).
    """

    def __init__(self, port, source, files, number, share):
        self.address = ("127.0.0.1", port)
        self.source = source
        self.files = files
        self.number = number
        self.at = int(share * files[number][1])
        self.left = 0
        self.asked = False
        self.taken = 0
        # Played to their end.
        self.items = 0
        self.broken = 0
        self.connection = None
        self.begun = time.monotonic()

    def take(self, now):
        """What was played since the last time."""
        due = int((now - self.begun) * RATE_BYTES_PER_S) - self.taken
        try:
            while due > 0 and (self.left or self.answered()):
                # Into the same memory again and again: nobody looks at it.
                count = self.connection.recv_into(BUFFER, min(due, self.left, len(BUFFER)))
                if count == 0:
                    raise ConnectionResetError
                self.left -= count
                self.taken += count
                due -= count
                if self.left == 0:
                    self.number, self.at = (self.number + 1) % len(self.files), 0
                    self.items += 1
        except BlockingIOError:
            pass
        except OSError:
            self.broken += 1
            self.close()

    def answered(self):
        """Asks for the file, or looks for the answer. False: not there yet."""
        path, size = self.files[self.number]
        if not self.asked:
            self.connection = self.connection or self.open()
            head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes={self.at}-\r\n\r\n"
            self.connection.sendall(head.encode())
            self.asked = True
        peeked = self.connection.recv(HEAD_BYTES_MAX, socket.MSG_PEEK)
        if not peeked:
            raise ConnectionResetError
        length = peeked.find(b"\r\n\r\n") + 4
        if length < 4:
            return False
        status, found = read_head(self.connection.recv(length))
        if status != 206 or int(found["content-length"]) != size - self.at:
            raise ConnectionError(status)
        self.left, self.asked = size - self.at, False
        return True

    def open(self):
        connection = socket.create_connection(self.address, ANSWER_S_MAX, (self.source, 0))
        connection.setblocking(False)
        return connection

    def close(self):
        """What is left of the file is asked for again."""
        if self.connection:
            self.connection.close()
        self.at = self.files[self.number][1] - self.left if self.left else self.at
        self.connection, self.left, self.asked = None, 0, False
