"""What is on the TVs at the box's two HDMI ports."""

import os
import subprocess

from box import ROOT, Failed, until
from tv import HEADS, PICTURE_S_MAX, Tv, qmp

# What is missing is written in this colour on the splash (src/draw/splash.rs).
AMBER = (0xF0, 0xB9, 0x5A)
# A few letters of it; a picture without has none at all.
AMBER_PIXELS_MIN = 300
# The box as its own network in QEMU knows it: DHCP gives the address, the host's loopback is behind the router.
ADDRESS, HOST = "10.0.2.15", "10.0.2.2"
# Debian's, which has GStreamer's bindings; another may come first on the PATH.
PYTHON = "/usr/bin/python3"


def expect(condition, otherwise):
    if not condition:
        raise Failed(otherwise)


def shown(box):
    """What the API says is on the ports."""
    return {screen["connector"]: screen["shows"] if screen["connected"] else "no TV" for screen in box.json("/api/status")["screens"]}


def shows(box, **wanted):
    wanted = {name.replace("_", "-"): what for name, what in wanted.items()}
    try:
        until("screens", lambda: shown(box) == wanted, PICTURE_S_MAX)
    except Failed:
        raise Failed(f"screens are {shown(box)}, not {wanted}") from None


def is_splash(picture):
    return picture.qr_codes() == [f"http://{ADDRESS}/"]


def alerts(picture):
    return picture.count(AMBER) >= AMBER_PIXELS_MIN


def is_test_picture(picture):
    """The bars of SMPTE RP 219: yellow on the left, blue on the right."""
    (yellow_r, yellow_g, yellow_b), (blue_r, blue_g, blue_b) = picture.at(28, 30), picture.at(82, 30)
    return yellow_r > 150 and yellow_g > 150 and yellow_b < 80 and blue_r < 80 and blue_g < 80 and blue_b > 150


def is_camera(picture):
    """A white ball on black (tests/support/rtsp_server.py)."""
    black, white = picture.count((0, 0, 0), 40), picture.count((255, 255, 255), 40)
    return black > picture.width * picture.height * 7 // 10 and white > 100


def moves(tv, what, is_it):
    first = tv.until(what, is_it)
    tv.until(f"{what} moving", lambda picture: is_it(picture) and picture.pixels != first.pixels)


class Camera:
    """An IP camera on the host."""

    def __init__(self):
        server = os.path.join(ROOT, "tests", "support", "rtsp_server.py")
        self.process = subprocess.Popen(
            [PYTHON, server, "/door=h264,320x180,10"], stdout=subprocess.PIPE, text=True
        )
        word, _, port = self.process.stdout.readline().partition(" ")
        expect(word == "ready", "the RTSP server does not start; scripts/test installs what it needs")
        self.url = f"rtsp://{HOST}:{port.strip()}/door"

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def settings(box, screens, camera):
    test = '[test]\nenabled = true\nsize = "320x180"\nfps = 10\nsound = false\n'
    return box.sample(f'{test}[[camera]]\nid = "door"\nurl = "{camera.url}"\nsound = false\n{screens}')


def edit(box, text):
    """Another marquee.toml in a box that runs: by the root shell, since nothing else can write the boot partition."""
    box.sh(f"mount -o remount,rw /boot && cat > /boot/marquee.toml <<'END'\n{text}\nEND\nsync; mount -o remount,ro /boot")


BOTH = '[[screen]]\nconnector = "hdmi-1"\nshow = "test"\n[[screen]]\nconnector = "hdmi-2"\nshow = "door"\n'
ONE = '[[screen]]\nconnector = "hdmi-1"\nshow = "test"\n'


def splash(box):
    """each port shows the splash, and a phone can read its code"""
    box.start(*Tv.arguments(box))
    box.tvs = [Tv(box, head) for head in HEADS]
    for tv in box.tvs:
        tv.plug()
    box.wait_up()
    for tv in box.tvs:
        tv.until("the splash, with nothing missing", lambda picture: is_splash(picture) and not alerts(picture))
    shows(box, hdmi_1="splash", hdmi_2="splash")


def network(box):
    """a box without a network says so, and shows its address again once there is one"""
    qmp(box, "set_link", name="lan", up=False)
    for tv in box.tvs:
        tv.until("no network yet", lambda picture: alerts(picture) and not picture.qr_codes())
    qmp(box, "set_link", name="lan", up=True)
    for tv in box.tvs:
        tv.until("the address", is_splash)


def live(box):
    """two sources on two ports at once, live, neither of them encoded"""
    box.camera = box.owns(Camera())
    edit(box, settings(box, BOTH, box.camera))
    moves(box.tvs[0], "the test picture", is_test_picture)
    moves(box.tvs[1], "the camera", is_camera)
    moves(box.tvs[0], "the test picture", is_test_picture)
    shows(box, hdmi_1="test", hdmi_2="door")
    # Raw pictures go to the screen as they are; the camera's one decoder is counted among the encoders.
    for source, started in (("test", 0), ("door", 1)):
        counters = box.json(f"/api/sources/{source}")["counters"]
        expect(counters["encodes_started"] == started, f"{source} is encoded for the screen: {counters}")


def hot_plug(box):
    """the second TV unplugged and plugged in again; the first one does not mind"""
    box.tvs[1].unplug()
    shows(box, hdmi_1="test", hdmi_2="no TV")
    moves(box.tvs[0], "the test picture", is_test_picture)
    box.tvs[1].plug(1024, 576)
    moves(box.tvs[1], "the camera", is_camera)
    shows(box, hdmi_1="test", hdmi_2="door")
    picture = box.tvs[1].picture()
    expect((picture.width, picture.height) == (1024, 576), f"of the old TV's size: {picture.width}x{picture.height}")
    moves(box.tvs[0], "the test picture", is_test_picture)


def mistake(box):
    """a mistake in marquee.toml is told on both TVs, and the live picture comes back by itself"""
    edit(box, settings(box, ONE + "rotate = 45\n", box.camera))
    for tv in box.tvs:
        tv.until("the mistake", lambda picture: alerts(picture) and is_splash(picture))
    # The settings before still hold, the mistake is seen for a while only.
    moves(box.tvs[0], "the test picture", is_test_picture)
    moves(box.tvs[1], "the camera", is_camera)
    edit(box, settings(box, ONE, box.camera))
    box.tvs[1].until("the splash without a mistake", lambda picture: is_splash(picture) and not alerts(picture))
    shows(box, hdmi_1="test", hdmi_2="splash")


TESTS = [splash, network, live, hot_plug, mistake]
