"""A USB capture stick that gives MJPEG, emulated: it speaks USB/IP to the box's virtual host controller, so that the box
runs its real UVC driver. Plugged in by tests/image/guest/usbip_attach, unplugged by `unplug`.

Formats: the requests of the kernel's Documentation/usb/usbip_protocol.rst (URBs only: the attaching program hands over a
connection that is past the import), the descriptors of the USB Video Class 1.1.
"""

import collections
import socket
import struct
import threading
import time

CMD_SUBMIT, CMD_UNLINK, RET_SUBMIT, RET_UNLINK = 1, 2, 3, 4
EPIPE, ECONNRESET = -32, -104
# One bulk transfer; what the driver is told to ask for at once.
PAYLOAD_BYTES = 16384
HEADER_BYTES = 2
VIDEO_ENDPOINT = 1
# Width, height and frame intervals in units of 100 ns: what an emulated box keeps up with.
SIZES = ((640, 360, (333333, 1000000)),)
STRINGS = ("Marquee tests", "USB Video", "0001")
PROBE_BYTES = 26


def descriptor(*parts):
    """A descriptor with its length in front; numbers are bytes."""
    body = b"".join(bytes([part]) if isinstance(part, int) else part for part in parts)
    return bytes([len(body) + 1]) + body


def u16(number):
    return struct.pack("<H", number)


def u32(number):
    return struct.pack("<I", number)


def frame_descriptor(index, width, height, intervals):
    bits_per_s = [width * height * 16 * 10_000_000 // interval for interval in (intervals[-1], intervals[0])]
    return descriptor(
        0x24, 7, index, 0, u16(width), u16(height), *map(u32, bits_per_s), u32(width * height * 2), u32(intervals[0]),
        len(intervals), *map(u32, intervals),
    )  # fmt: skip


def configuration():
    """Configuration with a control interface (camera terminal to output terminal) and a streaming one (MJPEG, bulk)."""
    frames = b"".join(frame_descriptor(number, *size) for number, size in enumerate(SIZES, 1))
    colour = descriptor(0x24, 0x0D, 1, 1, 4)
    mjpeg = descriptor(0x24, 6, 1, len(SIZES), 1, 1, 0, 0, 0, 0) + frames + colour
    header = descriptor(0x24, 1, 1, u16(14 + len(mjpeg)), 0x80 | VIDEO_ENDPOINT, 0, 3, 0, 0, 0, 1, 0)
    terminals = descriptor(0x24, 2, 1, u16(0x0201), 0, 0, *[u16(0)] * 3, 3, 0, 0, 0)
    terminals += descriptor(0x24, 3, 3, u16(0x0101), 0, 1, 0)
    control = descriptor(0x24, 1, u16(0x0100), u16(13 + len(terminals)), u32(48_000_000), 1, 1)
    body = descriptor(0x0B, 0, 2, 0x0E, 3, 0, 2)
    body += descriptor(4, 0, 0, 0, 0x0E, 1, 0, 2) + control + terminals
    body += descriptor(4, 1, 0, 1, 0x0E, 2, 0, 0) + header + mjpeg
    body += descriptor(5, 0x80 | VIDEO_ENDPOINT, 2, u16(512), 0)
    return descriptor(2, u16(9 + len(body)), 2, 1, 0, 0x80, 250) + body


DEVICE = descriptor(
    1, u16(0x0200), 0xEF, 2, 1, 64, u16(0x1D6B), u16(0x0102), u16(0x0100), 1, 2, 3, 1
)  # fmt: skip


def string(index):
    if index == 0:
        return descriptor(3, u16(0x0409))
    return descriptor(3, STRINGS[index - 1].encode("utf-16le")) if index <= len(STRINGS) else None


class Connection:
    """The stick while it is plugged in."""

    def __init__(self, connection, pictures):
        self.connection, self.pictures = connection, pictures
        self.sending, self.waiting = threading.Lock(), threading.Condition()
        # Bulk requests the driver has made and that no picture has filled yet: sequence number and length.
        self.wanted = collections.deque()
        self.plugged = True
        probe = b"\x01\x00\x01\x01" + u32(SIZES[0][2][0]) + bytes(10) + u32(SIZES[0][0] * SIZES[0][1] * 2) + u32(PAYLOAD_BYTES)
        self.probe = bytearray(probe)
        threading.Thread(target=self.guarded, args=(self.answer,), daemon=True).start()
        threading.Thread(target=self.guarded, args=(self.stream,), daemon=True).start()

    def guarded(self, work):
        try:
            work()
        except (OSError, EOFError):
            pass
        self.unplug()

    def unplug(self):
        with self.waiting:
            self.plugged = False
            self.waiting.notify_all()
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.connection.close()

    def receive(self, count):
        data = b""
        while len(data) < count:
            more = self.connection.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def submit_done(self, sequence, status, length, data=b""):
        header = struct.pack(">5I5i8x", RET_SUBMIT, sequence, 0, 0, 0, status, length, 0, 0, 0)
        with self.sending:
            self.connection.sendall(header + data)

    def answer(self):
        """The driver's requests, until it is gone."""
        while self.plugged:
            command, sequence, _, inwards, endpoint = struct.unpack(">5I", self.receive(20))
            rest = self.receive(28)
            if command == CMD_UNLINK:
                self.unlink(sequence, struct.unpack(">I", rest[:4])[0])
                continue
            length = struct.unpack(">4xi", rest[:8])[0]
            out = self.receive(length) if not inwards and length > 0 else b""
            if endpoint == VIDEO_ENDPOINT:
                with self.waiting:
                    self.wanted.append((sequence, length))
                    self.waiting.notify()
                continue
            data = self.control(*struct.unpack("<BBHHH", rest[20:])[:4], out)
            if data is None:
                self.submit_done(sequence, EPIPE, 0)
            elif inwards:
                data = data[:length]
                self.submit_done(sequence, 0, len(data), data)
            else:
                self.submit_done(sequence, 0, len(out))

    def unlink(self, sequence, unwanted):
        with self.waiting:
            found = [request for request in self.wanted if request[0] == unwanted]
            for request in found:
                self.wanted.remove(request)
        with self.sending:
            status = ECONNRESET if found else 0
            self.connection.sendall(struct.pack(">5Ii24x", RET_UNLINK, sequence, 0, 0, 0, status))

    def control(self, kind, request, value, index, out):
        """Answers a control request; None refuses it."""
        high, low = value >> 8, value & 0xFF
        if (kind, request) == (0x80, 6):
            return string(low) if high == 3 else {1: DEVICE, 2: configuration()}.get(high)
        if (kind, request) == (0x80, 0):
            return bytes(2)
        if kind in (0, 1, 2):
            return b""
        if (kind, request) == (0x21, 1) and index & 0xFF == 1:
            self.negotiate(out)
            return b""
        if kind == 0xA1 and index & 0xFF == 1 and high in (1, 2):
            return {0x86: b"\x03", 0x85: u16(PROBE_BYTES)}.get(request, bytes(self.probe))
        return b"\x00" if (kind, request) == (0xA1, 0x86) else None

    def negotiate(self, out):
        """Takes the format and frame the driver wants, and the nearest interval there is."""
        self.probe[2:4] = out[2:4]
        width, height, intervals = SIZES[max(0, out[3] - 1) % len(SIZES)]
        wanted = struct.unpack("<I", out[4:8])[0]
        self.probe[4:8] = u32(min(intervals, key=lambda interval: abs(interval - wanted)))
        self.probe[18:22] = u32(width * height * 2)

    def stream(self):
        """Fills the driver's requests with pictures, at the pace that was agreed upon."""
        room = PAYLOAD_BYTES - HEADER_BYTES
        number, due = 0, time.monotonic()
        while self.plugged:
            picture = self.pictures[number % len(self.pictures)]
            parts = [picture[at : at + room] for at in range(0, len(picture), room)]
            for part in parts:
                # Bit 7: end of header; bit 1: end of frame; bit 0: changes with each frame.
                flags = 0x80 | (number & 1) | (2 if part is parts[-1] else 0)
                self.send(bytes([HEADER_BYTES, flags]) + part)
            number += 1
            interval_s = struct.unpack("<I", self.probe[4:8])[0] / 1e7
            due = max(due + interval_s, time.monotonic() - interval_s)
            time.sleep(max(0, due - time.monotonic()))

    def send(self, data):
        with self.waiting:
            while self.plugged and not self.wanted:
                self.waiting.wait()
            if not self.plugged:
                raise EOFError
            sequence, length = self.wanted.popleft()
        data = data[:length]
        self.submit_done(sequence, 0, len(data), data)


class UsbStick:
    """Listens on a loopback port for the box to plug it in; `pictures` are JPEG files' contents of the size in SIZES."""

    def __init__(self, pictures):
        self.pictures, self.connection = pictures, None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connection = Connection(connection, self.pictures)

    def unplug(self):
        if self.connection:
            self.connection.unplug()

    def close(self):
        self.listener.close()
        self.unplug()
