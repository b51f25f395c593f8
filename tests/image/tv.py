"""The TVs on the box's two HDMI ports: plugged in and out, and pictures taken of them."""

import json
import os
import socket
import struct
import subprocess

from box import ANSWER_S_MAX, Failed, until

# The name scripts/qemu gives to the graphics card.
CARD = "gpu"
HEADS = (0, 1)
# What a TV prefers; an emulated processor has enough to do with less than most of them do.
SIZE = (800, 450)
# Two pictures of full size are much to draw for an emulated processor on a busy machine.
PICTURE_S_MAX = 240
# Taking and judging a picture is work for the processors that the box is emulated on, too.
LOOK_PAUSE_S = 0.5
# Until the kernel sees a TV, and how often its plug is put in.
PLUG_S_MAX, PLUGS_MAX = 30, 3
# RFB 3.8 (RFC 6143) and its extension for desktop sizes.
SECURITY_NONE = 1
SET_ENCODINGS, SET_DESKTOP_SIZE = 2, 251
EXTENDED_DESKTOP_SIZE = -308


class Tv:
    """One port. QEMU's card counts a head as plugged in from the size a VNC viewer asks for on."""

    def __init__(self, box, head):
        self.box, self.head = box, head
        self.viewer = None

    @staticmethod
    def arguments(box):
        """What QEMU is to be started with."""
        return [word for head in HEADS for word in ("-vnc", f"unix:{box.card}.vnc{head},display={CARD},head={head}")]

    def plug(self, width=SIZE[0], height=SIZE[1]):
        """A TV that prefers this size. Waits for the kernel to see it. Once the second TV of a box that was woken was never
        seen, and it is not known why: a TV that is plugged in anew is told."""
        status = f"/sys/class/drm/card0-Virtual-{self.head + 1}"
        seen = lambda: f"connected {width}x{height}" == " ".join(self.box.sh(f"cat {status}/status; head -n 1 {status}/modes").split())
        for _ in range(PLUGS_MAX):
            self.resize(width, height)
            try:
                until(f"a TV at head {self.head}", seen, PLUG_S_MAX)
                return
            except Failed as failed:
                print(f"plugged in anew: {failed}", flush=True)
                missed = failed
                self.unplug()
        raise missed

    def unplug(self):
        self.resize(0, 0)

    def resize(self, width, height):
        # The viewer stays: one that hangs up at once might not be heard.
        self.viewer = self.viewer or viewer(self.box, f"{self.box.card}.vnc{self.head}")
        self.viewer.write(struct.pack(">BxHHBxIHHHHI", SET_DESKTOP_SIZE, width, height, 1, 0, 0, 0, width, height, 0))
        self.viewer.flush()

    def picture(self):
        """What is on it now."""
        file = f"{self.box.card}.head{self.head}.ppm"
        qmp(self.box, "screendump", device=CARD, head=self.head, filename=file)
        return Picture(file)

    def until(self, what, wanted, seconds_max=PICTURE_S_MAX):
        """Takes pictures until one is as wanted; returns that."""
        last = []

        def attempt():
            last[:] = [self.picture()]
            return last[0] if wanted(last[0]) else None

        try:
            return until(f"{what} on hdmi-{self.head + 1}", attempt, seconds_max, LOOK_PAUSE_S)
        except Failed as failed:
            raise Failed(f"{failed}; the last picture: {last[0].keep()}") from None


def connect(box, path):
    """To one of QEMU's sockets, which are there a moment after it was started."""
    def attempt():
        box.alive()
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(ANSWER_S_MAX)
        try:
            connection.connect(path)
        except OSError:
            connection.close()
            return None
        return connection

    return until(path, attempt)


def viewer(box, path):
    """A VNC viewer that shares the screen, needs no password and tells its size."""
    stream = connect(box, path).makefile("rwb")
    stream.read(12)
    stream.write(b"RFB 003.008\n")
    stream.flush()
    stream.read(stream.read(1)[0])
    stream.write(bytes([SECURITY_NONE]))
    stream.flush()
    stream.read(4)
    stream.write(b"\x01")
    stream.flush()
    stream.read(struct.unpack(">20xI", stream.read(24))[0])
    stream.write(struct.pack(">BxHi", SET_ENCODINGS, 1, EXTENDED_DESKTOP_SIZE))
    return stream


def qmp(box, command, **arguments):
    """One command to QEMU, and its answer."""
    box.alive()
    with box.talk(), connect(box, f"{box.card}.qmp") as control, control.makefile("rw", encoding="utf-8") as stream:
        stream.readline()
        ask(stream, "qmp_capabilities")
        return ask(stream, command, **arguments)


def ask(stream, command, **arguments):
    stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
    stream.flush()
    # Events come between, whenever they like.
    while "event" in (answer := json.loads(stream.readline() or closed())):
        pass
    if "error" in answer:
        raise Failed(f"QEMU's {command}: {answer['error']['desc']}")
    return answer["return"]


def closed():
    raise ConnectionError("QEMU closed its control socket")


class Picture:
    """8-bit RGB of a screen, in rows, as QEMU writes it: a binary PPM."""

    def __init__(self, file):
        self.file = file
        with open(file, "rb") as ppm:
            words = [ppm.readline(), ppm.readline(), ppm.readline()]
            self.width, self.height = map(int, words[1].split())
            self.pixels = ppm.read()
        if words[0] != b"P6\n" or words[2] != b"255\n" or len(self.pixels) != self.width * self.height * 3:
            raise Failed(f"no picture: {words}, {len(self.pixels)} bytes")

    def keep(self):
        """Where the picture can be looked at after the test: with the consoles, if these are kept."""
        to = os.path.join(os.environ.get("MARQUEE_LOGS", os.path.dirname(self.file)), os.path.basename(self.file) + ".png")
        subprocess.run(["convert", self.file, to], check=True)
        return to

    def at(self, across, down):
        """The colour at so many hundredths of width and height."""
        index = (self.height * down // 100 * self.width + self.width * across // 100) * 3
        return tuple(self.pixels[index : index + 3])

    def count(self, colour, tolerance=10):
        """Pixels of about this colour."""
        return self.marks(colour, tolerance).count(1)

    def across(self, colour, tolerance=10):
        """Columns from the first to the last pixel of about this colour."""
        marks = self.marks(colour, tolerance)
        rows = [marks[start : start + self.width] for start in range(0, len(marks), self.width)]
        return max((row.rfind(1) for row in rows), default=-1) + 1 - min((row.find(1) for row in rows if 1 in row), default=0)

    def marks(self, colour, tolerance):
        """A byte for each pixel: 1 where it is of about this colour, else 0."""
        def near(channel):
            low, high = colour[channel] - tolerance, colour[channel] + tolerance
            table = bytes(low <= value <= high for value in range(256))
            return int.from_bytes(self.pixels[channel::3].translate(table), "big")

        return (near(0) & near(1) & near(2)).to_bytes(len(self.pixels) // 3, "big")

    def qr_codes(self):
        """The texts of the QR codes on it, read by a foreign reader."""
        # 4: no code was found.
        read = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", self.file], capture_output=True, text=True)
        if read.returncode not in (0, 4):
            raise Failed(f"zbarimg: {read.stderr}")
        return read.stdout.split()
