"""The lies of a camera, each of them one way in which the description, the conversation or the packets are not true."""

import itertools
import struct

from lying_camera import ENDLESS_BYTES_MAX, Lie

ENDLESS_PIECE = b"X-Endless: " + b"a" * 1000 + b"\r\n"


class SaysH265SendsH264(Lie):
    codec = "H265"


class SaysH264SendsH265(Lie):
    sends = "H265"


class SaysJpegSendsH264(Lie):
    codec = "JPEG"
    payload_type = 26


class SaysAnUnknownCodec(Lie):
    codec = "VP9000"
    told_at = "DESCRIBE"


class Paci(Lie):
    """Packets of a type that nobody supports (RFC 7798, section 4.4.4)."""

    codec = sends = "H265"

    def payloads(self, index):
        paci = [bytes([50 << 1, 1]) + bytes(self.chance.randrange(256) for _ in range(40))]
        return paci if index < 10 else paci + super().payloads(index)


class GarbagePackets(Lie):
    def payloads(self, index):
        return [self.chance.randbytes(self.chance.randint(0, 1500)) for _ in range(5)]


class GarbageH265Packets(GarbagePackets):
    codec = "H265"


class GarbageJpegPackets(GarbagePackets):
    codec = "JPEG"
    payload_type = 26


class MutatedH264(Lie):
    def bend(self, nal):
        return self.mutate(nal) if self.chance.random() < 0.3 else nal


class MutatedH265(MutatedH264):
    codec = sends = "H265"


class MutatedParameters(Lie):
    """Pictures of sizes nobody has, profiles nobody knows."""

    def bend(self, nal):
        return self.mutate(nal) if nal[:1] and nal[0] & 31 in (7, 8) else nal


class PiecesWithoutBeginning(Lie):
    def payloads(self, index):
        piece = bytes([0x7c, self.chance.choice([0x05, 0x45, 0xc5, 0x1f])]) + self.chance.randbytes(200)
        return [piece, b"", bytes([0x7c]), *super().payloads(index)]


class BundlesOfWrongLength(Lie):
    def payloads(self, index):
        length = struct.pack(">H", self.chance.choice([0, 1, 0xffff, 500]))
        return [bytes([24]) + length + self.chance.randbytes(30), bytes([24, 0]), *super().payloads(index)]


class WrongRtpHeaders(Lie):
    """Other versions, sources that are not there, extensions that end behind the packet."""

    def header(self, number, index, last):
        first = self.chance.choice([0x80, 0x8f, 0x90, 0xb0, 0xa0, 0x00, 0xc0])
        return bytes([first]) + super().header(number, index, last)[1:]


class JumpingNumbers(Lie):
    def header(self, number, index, last):
        jump = self.chance.choice([0, 0, 0, 1, 30_000, 65_535])
        time = self.chance.choice([index, index, 0, 1 << 20])
        return super().header(number + jump, time, last)


class AnotherSenderEachTime(Lie):
    def header(self, number, index, last):
        return super().header(number, index, last)[:8] + self.chance.randbytes(4)


class WrongInterleavedLengths(Lie):
    def frame(self, packet):
        wrong = max(0, min(0xffff, len(packet) + self.chance.choice([0, 0, 0, 1, -1, 100, -100, 60_000])))
        return struct.pack(">BBH", 0x24, self.chance.choice([0, 0, 0, 1, 7, 255]), wrong) + packet


class GarbageControl(Lie):
    """RTCP of no sense between the pictures."""

    def frame(self, packet):
        head = bytes([0x80 | self.chance.randrange(32), self.chance.randint(200, 207)])
        control = head + struct.pack(">H", self.chance.choice([0, 1, 6, 0xffff])) + self.chance.randbytes(28)
        return super().frame(packet) + struct.pack(">BBH", 0x24, 1, len(control)) + control


class MutatedDescription(Lie):
    told_at = "DESCRIBE"

    def sdp(self):
        return self.mutate(super().sdp())


class MutatedDescriptionOfH265(MutatedDescription):
    codec = sends = "H265"


class LongDescription(Lie):
    told_at = "DESCRIBE"

    def more_sdp(self):
        return [f"a=x-{index}:" + "y" * 900 for index in range(2000)]


class ManyStreams(Lie):
    told_at = "DESCRIBE"

    def more_sdp(self):
        return [line for index in range(300) for line in (
            f"m={self.chance.choice(['video', 'audio', 'application'])} 0 RTP/AVP {index % 128}",
            f"a=control:track{index}")]


class SoundOfNoSense(Lie):
    told_at = "DESCRIBE"

    def more_sdp(self):
        name = self.chance.choice(["MPEG4-GENERIC/0", "MPEG4-GENERIC/48000/200", "MP4A-LATM/90000", "OPUS/1", "PCMU/-8"])
        config = self.chance.choice(["", "ff", "zz", "00" * 300])
        fmtp = f"mode=AAC-hbr;config={config};sizelength=99;indexlength=-1;streamtype=5"
        return ["m=audio 0 RTP/AVP 97", f"a=rtpmap:97 {name}", f"a=fmtp:97 {fmtp}", "a=control:track1"]


class ParametersOfNoSense(Lie):
    fmtp = "packetization-mode=1;sprop-parameter-sets=////,,=,AAAA;profile-level-id=zz"


class WrongContentLength(Lie):
    told_at = "DESCRIBE"

    def content_length(self, body):
        return self.chance.choice([-1, 0, len(body) - 20, len(body) + 20, 1 << 31, 1 << 63, "many"])


class EndlessHeaders(Lie):
    told_at = "OPTIONS"

    def answer(self, camera, method, headers):
        pieces = itertools.repeat(ENDLESS_PIECE * 64, ENDLESS_BYTES_MAX // len(ENDLESS_PIECE * 64))
        return itertools.chain([b"RTSP/1.0 200 OK\r\n"], pieces)


class EndlessLine(Lie):
    told_at = "OPTIONS"

    def answer(self, camera, method, headers):
        return itertools.chain([b"RTSP/1.0 200 "], itertools.repeat(b"O" * 65_536, ENDLESS_BYTES_MAX >> 16))


class EndlessDescription(Lie):
    told_at = "DESCRIBE"

    def answer(self, camera, method, headers):
        if method != "DESCRIBE":
            return super().answer(camera, method, headers)
        head = self.reply(headers, "200 OK", {"Content-Type": "application/sdp", "Content-Length": 1 << 30})
        return itertools.chain([head], itertools.repeat(b"a=x\r\n" * 10_000, ENDLESS_BYTES_MAX // 50_000))


class Redirects(Lie):
    told_at = "DESCRIBE"

    def answer(self, camera, method, headers):
        if method != "DESCRIBE":
            return super().answer(camera, method, headers)
        to = self.chance.choice([f"rtsp://127.0.0.1:{camera.port}/again", "rtsp://127.0.0.1:1/x", "", "http://127.0.0.1/",
                                 "rtsp://", "rtsp://[::1", "file:///etc/passwd", "rtsp://127.0.0.1:99999/"])
        return self.reply(headers, "302 Found", {"Location": to})


class RefusesEveryLogin(Lie):
    told_at = "DESCRIBE"

    def answer(self, camera, method, headers):
        if method != "DESCRIBE":
            return super().answer(camera, method, headers)
        how = self.chance.choice(['Digest realm="x", nonce="y"', 'Basic realm="x"', "Digest", 'Digest realm="', "", "What"])
        return self.reply(headers, "401 Unauthorized", {"WWW-Authenticate": how})


class ChallengesWithNothing(Lie):
    """GStreamer 1.22 reads the parameters of a challenge that has none, through a null pointer."""
    told_at = "DESCRIBE"

    def answer(self, camera, method, headers):
        if method != "DESCRIBE":
            return super().answer(camera, method, headers)
        return self.reply(headers, "401 Unauthorized", {"WWW-Authenticate": "Digest"})


class WrongTransport(Lie):
    def transport(self, wanted):
        return self.chance.choice(["", "RTP/AVP/TCP;interleaved=255-256", "RTP/AVP/TCP;interleaved=a-b", "RTP/AVP;unicast",
                                   "RTP/AVP/TCP;unicast;interleaved=200-201", "RTP/AVP/TCP"])

    told_at = "SETUP"


class SpeaksHttp(Lie):
    told_at = "OPTIONS"

    def answer(self, camera, method, headers):
        return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"


class SpeaksGarbage(Lie):
    told_at = "OPTIONS"

    def answer(self, camera, method, headers):
        return self.chance.randbytes(self.chance.randint(1, 100_000))


class HangsUp(Lie):
    told_at = "DESCRIBE"

    def answer(self, camera, method, headers):
        whole = super().answer(camera, method, headers)
        return whole[:self.chance.randrange(len(whole))] if method == "DESCRIBE" else whole


class EndsAtOnce(Lie):
    def stream(self, send):
        for payload in self.payloads(0)[:self.chance.randint(0, 3)]:
            send(self.frame(self.header(0, 0, False) + payload))


# Pairs that end a stream in its first moments come often: what they find is a race.
ALL = [kind for kind in list(globals().values()) if isinstance(kind, type) and issubclass(kind, Lie) and kind is not Lie]
ALL += [SaysH265SendsH264, Paci, EndsAtOnce, MutatedH264, MutatedDescription] * 2
