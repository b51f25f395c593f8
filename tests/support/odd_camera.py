#!/usr/bin/env python3
"""A camera that is honest and odd: each class is a habit of real ones, which a viewer has to cope with or to name.

    odd_camera.py NAME [CERTIFICATE KEY]

Speaks TLS with a certificate. Prints "ready PORT" once it accepts; ends with its standard input.
"""

import base64
import hashlib
import os
import re
import ssl
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "long"))
from lying_camera import Camera, Lie, gst_units  # noqa: E402


class Plain(Lie):
    play_s = 600


class DigestSha256(Plain):
    """RFC 7616, without `qop`: all that some cameras offer."""

    challenge = 'Digest realm="IP Camera", nonce="5f3c", algorithm="SHA-256", stale="FALSE"'

    def answer(self, camera, method, headers):
        fields = dict(re.findall(r'(\w+)="?([^",]*)"?', headers.get("authorization", "")))
        digest = lambda text: hashlib.sha256(text.encode()).hexdigest()  # noqa: E731
        wanted = digest(f"{digest('viewer:IP Camera:secret')}:5f3c:{digest(method + ':' + fields.get('uri', ''))}")
        if fields.get("response") == wanted:
            return super().answer(camera, method, headers)
        return self.reply(headers, "401 Unauthorized", {"WWW-Authenticate": self.challenge})


class ForgetsChallenges(Plain):
    """Asks for the login anew in the middle of it, without calling the first challenge stale; MD5, as most do."""

    def answer(self, camera, method, headers):
        fields = dict(re.findall(r'(\w+)="?([^",]*)"?', headers.get("authorization", "")))
        digest = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731
        nonce = "first" if method in ("OPTIONS", "DESCRIBE") else "second"
        wanted = digest(f"{digest('viewer:IP Camera:secret')}:{nonce}:{digest(method + ':' + fields.get('uri', ''))}")
        if fields.get("response") == wanted:
            return super().answer(camera, method, headers)
        return self.reply(headers, "401 Unauthorized", {"WWW-Authenticate": f'Digest realm="IP Camera", nonce="{nonce}"'})


class DigestUnknown(DigestSha256):
    challenge = 'Digest realm="IP Camera", nonce="5f3c", algorithm="SHA3-512"'


class WebServer(Plain):
    """The camera's pages, at the port that somebody took for the one of its video."""

    def answer(self, camera, method, headers):
        yield b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
        raise OSError("closed")


class Circle(Plain):
    def answer(self, camera, method, headers):
        if method == "DESCRIBE":
            return self.reply(headers, "301 Moved", {"Location": f"rtsp://127.0.0.1:{camera.port}/x"})
        return super().answer(camera, method, headers)


class TooManyViewers(Plain):
    def answer(self, camera, method, headers):
        if method == "PLAY":
            return self.reply(headers, "453 Not Enough Bandwidth", {})
        return super().answer(camera, method, headers)


class UdpAlone(Plain):
    def answer(self, camera, method, headers):
        if method == "SETUP":
            return self.reply(headers, "461 Unsupported Transport", {})
        return super().answer(camera, method, headers)


class CountsRequests(Plain):
    """Ends a session without requests, whatever else goes over the connection."""

    life_s = 3
    session = f"12345678;timeout={life_s}"

    def payloads(self, index):
        if index == 0:
            self.asked = time.monotonic()
        self.client.setblocking(False)
        try:
            if b"RTSP/1.0" in self.client.recv(65536):
                self.asked = time.monotonic()
        except BlockingIOError:
            pass
        self.client.settimeout(20)
        if time.monotonic() > self.asked + self.life_s:
            raise OSError("nobody asked for long")
        return super().payloads(index)


class AacWithoutSettings(Plain):
    """Its settings are those of another format, and what comes is no AAC."""

    def more_sdp(self):
        return ["m=audio 0 RTP/AVP 104", "a=rtpmap:104 MPEG4-GENERIC/16000",
                "a=fmtp:97 streamtype=5;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408",
                "a=control:track1"]

    def frame(self, packet):
        sound = packet[:1] + bytes([0x80 | 104]) + packet[2:12] + b"\x00\x10\x00\x08" + self.chance.randbytes(20)
        return super().frame(packet) + struct.pack(">BBH", 0x24, 2, len(sound)) + sound


class OtherPayloadType(Plain):
    def header(self, number, index, last):
        header = super().header(number, index, last)
        return header[:1] + bytes([header[1] & 0x80 | 104]) + header[2:]


class ForeignPacketsFirst(Plain):
    """Those of another sender, and its own from then on."""

    def header(self, number, index, last):
        header = super().header(number, index, last)
        return header[:8] + struct.pack(">I", 55) if index < 5 else header


class SlowToDescribe(Plain):
    def answer(self, camera, method, headers):
        if method == "DESCRIBE":
            time.sleep(6)
        return super().answer(camera, method, headers)


class MarksRemarks(Plain):
    """A remark (SEI) before each picture ends a picture, by its mark."""

    def payloads(self, index):
        return [bytes([6, 5, 17]) + bytes(16) + b"x\x80", *super().payloads(index)]

    def frame(self, packet):
        if packet[12] & 31 == 6:
            packet = packet[:1] + bytes([packet[1] | 0x80]) + packet[2:]
        return super().frame(packet)


class TwoSetsOfParameters(Plain):
    """Those in use are the second ones; the first are of another size."""

    def sdp(self):
        other = gst_units("videoscale ! video/x-raw,width=640,height=480 ! x264enc tune=zerolatency speed-preset=ultrafast "
                          "sps-id=1 aud=true ! video/x-h264,profile=main,stream-format=byte-stream", lambda nal: nal[0] & 31 == 9)
        own = {7: self.pictures.sets()[0], 8: self.pictures.sets()[1]}
        foreign = [nal for nal in other[0] if nal[0] & 31 in (7, 8)]
        sets = [*foreign, own[7], own[8]]
        self.fmtp = "packetization-mode=1;sprop-parameter-sets=" + ",".join(base64.b64encode(nal).decode() for nal in sets)
        return super().sdp()

    def payloads(self, index):
        return [payload for payload in super().payloads(index) if payload[0] & 31 not in (7, 8)]


class NoKeyFrame(Plain):
    def payloads(self, index):
        return super().payloads(index % 20 + 1)


class BFrames(Plain):
    """Group by group I P B B P B B ..., sent in the order in which they are decoded."""

    groups = 20
    shown = [0] + [3 * group + place for group in range(groups) for place in (3, 1, 2)]

    def __init__(self, pictures, seed):
        super().__init__(pictures, seed)
        encoder = ("x264enc speed-preset=ultrafast key-int-max=61 bframes=2 b-adapt=false rc-lookahead=0 b-pyramid=false "
                   "threads=1 sliced-threads=false aud=true ! video/x-h264,profile=main,stream-format=byte-stream")
        made = gst_units(encoder, lambda nal: nal[0] & 31 == 9, len(self.shown))
        self.pictures = type("Own", (), {"h264": made, "sets": lambda _: [nal for nal in made[0] if nal[0] & 31 in (7, 8)]})()

    def header(self, number, index, last):
        header = super().header(number, index, last)
        group, place = divmod(index, len(self.shown))
        stamp = (group * len(self.shown) + self.shown[place] + 2) * 3600
        return header[:4] + struct.pack(">I", stamp & 0xffffffff) + header[8:]


def main():
    name, *certificate = sys.argv[1:] or [""]
    habits = {kind.__name__: kind for kind in [Plain, *Plain.__subclasses__(), DigestUnknown]}
    if name not in habits:
        sys.exit(__doc__)
    wrap = lambda client: client  # noqa: E731
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        wrap = lambda client: context.wrap_socket(client, server_side=True)  # noqa: E731
    camera = Camera([habits[name]], seed=1, wrap=wrap)
    print("ready", camera.port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
