"""An RTSP camera that lies: each connection is told one lie, all of which it can be told again by name and seed."""

import base64
import random
import re
import socket
import struct
import subprocess
import threading
import time

from box import PATIENCE_S, right

FPS = 25
PACKET_BYTES = 1400
# How long one connection plays; a supervisor watches for longer than this only when it is content.
PLAY_S = 3
ENDLESS_BYTES_MAX = 64 << 20
HEAD_BYTES_MAX = 1 << 16


def gst_units(encoder, split, count=50):
    """Access units (lists of NAL units) of a short test picture."""
    line = (f"videotestsrc num-buffers={count} pattern=ball ! video/x-raw,format=I420,width=320,height=180,framerate={FPS}/1 "
            f"! {encoder} ! fdsink fd=1")
    made = subprocess.run(["gst-launch-1.0", "-q", *line.split()], stdout=subprocess.PIPE, check=True, timeout=PATIENCE_S)
    parts = [part for part in re.split(b"\x00\x00\x00\x01|\x00\x00\x01", made.stdout) if part]
    units = []
    for part in parts:
        if split(part):
            units.append([])
        elif units:
            units[-1].append(part)
    right(len(units) > 10, f"{encoder} made {len(units)} pictures")
    return [unit for unit in units if unit]


class Pictures:
    """What real encoders make, once for all connections."""

    def __init__(self):
        fast = "tune=zerolatency speed-preset=ultrafast key-int-max=25"
        self.h264 = gst_units(f"x264enc {fast} aud=true ! video/x-h264,profile=main,stream-format=byte-stream",
                              lambda nal: nal[0] & 31 == 9)
        self.h265 = gst_units(f"x265enc {fast} option-string=aud=1:repeat-headers=1 "
                              "! video/x-h265,stream-format=byte-stream", lambda nal: nal[0] >> 1 & 63 == 35)

    def sets(self):
        """SPS and PPS of the H.264."""
        return [nal for nal in self.h264[0] if nal[0] & 31 in (7, 8)]


def pack_h264(nal):
    if len(nal) <= PACKET_BYTES:
        return [nal]
    pieces = [nal[at:at + PACKET_BYTES] for at in range(1, len(nal), PACKET_BYTES)]
    mark = lambda index: 0x80 * (index == 0) | 0x40 * (index == len(pieces) - 1)  # noqa: E731
    head = nal[0] & 0xe0 | 28
    return [bytes([head, mark(index) | nal[0] & 31]) + piece for index, piece in enumerate(pieces)]


def pack_h265(nal):
    if len(nal) <= PACKET_BYTES:
        return [nal]
    pieces = [nal[at:at + PACKET_BYTES] for at in range(2, len(nal), PACKET_BYTES)]
    mark = lambda index: 0x80 * (index == 0) | 0x40 * (index == len(pieces) - 1)  # noqa: E731
    head = bytes([nal[0] & 0x81 | 49 << 1, nal[1]])
    return [head + bytes([mark(index) | nal[0] >> 1 & 63]) + piece for index, piece in enumerate(pieces)]


class Lie:
    """The truth; each lie below bends one part of it."""

    codec = "H264"
    sends = "H264"
    fmtp = ""
    payload_type = 96
    session = "12345678;timeout=60"
    play_s = PLAY_S
    # The request whose answer has it, or begins it.
    told_at = "PLAY"

    def __init__(self, pictures, seed):
        self.pictures, self.chance = pictures, random.Random(seed)

    def sdp(self):
        fmtp = self.fmtp
        if not fmtp and self.codec == "H264":
            sets = ",".join(base64.b64encode(nal).decode() for nal in self.pictures.sets())
            fmtp = f"packetization-mode=1;sprop-parameter-sets={sets}"
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*",
                 f"m=video 0 RTP/AVP {self.payload_type}", f"a=rtpmap:{self.payload_type} {self.codec}/90000"]
        if fmtp:
            lines.append(f"a=fmtp:{self.payload_type} {fmtp}")
        return "\r\n".join([*lines, "a=control:track0", *self.more_sdp(), ""]).encode()

    def more_sdp(self):
        return []

    def answer(self, camera, method, headers):
        """Bytes of the answer to a request."""
        body, more = b"", {}
        if method == "OPTIONS":
            more = {"Public": "OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY, GET_PARAMETER"}
        elif method == "DESCRIBE":
            body = self.sdp()
            more = {"Content-Type": "application/sdp", "Content-Base": f"rtsp://127.0.0.1:{camera.port}/x/"}
            more["Content-Length"] = self.content_length(body)
        elif method == "SETUP":
            more = {"Transport": self.transport(headers.get("transport", "")), "Session": self.session}
        elif method == "PLAY":
            more = {"Session": self.session, "Range": "npt=now-"}
        return self.reply(headers, "200 OK", more, body)

    def reply(self, headers, status, more, body=b""):
        lines = [f"RTSP/1.0 {status}", f"CSeq: {headers.get('cseq', '0')}"]
        lines += [f"{name}: {value}" for name, value in more.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def content_length(self, body):
        return len(body)

    def transport(self, wanted):
        return wanted

    def payloads(self, index):
        """What is sent as the picture of this number."""
        units = self.pictures.h265 if self.sends == "H265" else self.pictures.h264
        pack = pack_h265 if self.sends == "H265" else pack_h264
        return [payload for nal in units[index % len(units)] for payload in pack(self.bend(nal))]

    def bend(self, nal):
        return nal

    def header(self, number, index, last):
        mark = 0x80 if last else 0
        return struct.pack(">BBHII", 0x80, mark | self.payload_type, number & 0xffff, index * 3600 & 0xffffffff, 77)

    def frame(self, packet):
        return struct.pack(">BBH", 0x24, 0, len(packet)) + packet

    def stream(self, send):
        """Sends pictures at their time until it is over."""
        start, number, index = time.monotonic(), 0, 0
        while time.monotonic() < start + self.play_s:
            payloads = self.payloads(index)
            for payload in payloads:
                send(self.frame(self.header(number, index, payload is payloads[-1]) + payload))
                number += 1
            index += 1
            time.sleep(max(0, start + index / FPS - time.monotonic()))

    def mutate(self, content):
        """A few bytes changed, taken out, doubled or moved."""
        content = bytearray(content)
        for _ in range(self.chance.randint(1, 8)):
            at = self.chance.randrange(len(content) or 1)
            how = self.chance.randrange(4)
            if how == 0 and content:
                content[at % len(content)] = self.chance.randrange(256)
            elif how == 1:
                del content[at:at + self.chance.randint(1, 20)]
            elif how == 2:
                content[at:at] = content[at:at + self.chance.randint(1, 200)] * self.chance.randint(1, 5)
            else:
                content[at:at] = self.chance.choice([b"\r\n", b"-1", b"99999999999", b";", b"=", b"\0", b"a=", b"\xff"])
        return bytes(content)


class Camera:
    """Listens; each connection gets the next lie. What was told is kept for whoever asks what ended the program."""

    def __init__(self, lies, seed, wrap=lambda client: client):
        self.lies, self.seed, self.number, self.wrap = lies, seed, 0, wrap
        self.pictures = Pictures()
        self.told, self.played = [], {}
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                seed = self.seed + self.number
                lie = self.lies[self.number % len(self.lies)]
                self.number += 1
                self.told = [*self.told[-30:], f"{lie.__name__} {seed}"]
            threading.Thread(target=self.serve, args=(client, lie, lie(self.pictures, seed)), daemon=True).start()

    def serve(self, client, kind, lie):
        client.settimeout(20)
        try:
            with self.wrap(client) as client:
                lie.client = client
                for method, headers in requests(client):
                    with self.lock:
                        self.played[kind.__name__] = self.played.get(kind.__name__, 0) + (method == lie.told_at)
                    if isinstance(answer := lie.answer(self, method, headers), bytes):
                        client.sendall(answer)
                    else:
                        for piece in answer:
                            client.sendall(piece)
                    if method == "PLAY":
                        lie.stream(client.sendall)
                        return
        except (OSError, ValueError):
            # It hung up, or waits no longer: that is how lies end.
            return

    def close(self):
        self.listener.close()


def requests(client):
    """Method and headers of each request; what is interleaved between them is passed over."""
    buffer = b""
    while True:
        while buffer[:1] == b"$" and len(buffer) >= 4 and len(buffer) >= 4 + int.from_bytes(buffer[2:4], "big"):
            buffer = buffer[4 + int.from_bytes(buffer[2:4], "big"):]
        if buffer[:1] != b"$" and b"\r\n\r\n" in buffer:
            head, buffer = buffer.split(b"\r\n\r\n", 1)
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            buffer = buffer[int(headers.get("content-length", 0)):]
            yield first.split()[0], headers
            continue
        piece = client.recv(4096)
        if not piece or len(buffer) > HEAD_BYTES_MAX:
            return
        buffer += piece
