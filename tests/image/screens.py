"""What is on the TVs at the box's two HDMI ports."""

import os
import subprocess

import kept
from box import ROOT, Failed, expect, until
from tv import HEADS, LOOK_PAUSE_S, PICTURE_S_MAX, Tv, qmp

# What is missing is written in this colour on the splash (src/draw/splash.rs).
AMBER = (0xF0, 0xB9, 0x5A)
# A few letters of it; a picture without has none at all.
AMBER_PIXELS_MIN = 300
# The box as its own network in QEMU knows it: DHCP gives the address, the host's loopback is behind the router.
ADDRESS, HOST = "10.0.2.15", "10.0.2.2"
# Playlists move on by the clock: an emulated processor has to draw each of their pictures in time.
SMALL = (480, 270)
# Debian's, which has GStreamer's bindings; another may come first on the PATH.
PYTHON = "/usr/bin/python3"


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
    """A white ball on black (tests/support/rtsp_server.py), and no slate, whose white letters go across the picture."""
    black, white = picture.count((0, 0, 0), 40), picture.count((255, 255, 255), 40)
    plain = black > picture.width * picture.height * 7 // 10 and white > 100
    return plain and picture.across((255, 255, 255), 40) < picture.width // 4


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


BOTH = '[[screen]]\nconnector = "hdmi-1"\nshow = "test"\n[[screen]]\nconnector = "hdmi-2"\nshow = "door"\n'
ONE = '[[screen]]\nconnector = "hdmi-1"\nshow = "test"\n'


def splash(box):
    """each port shows the splash, and a phone can read its code"""
    kept.wake(box, *Tv.arguments(box))
    box.tvs = [Tv(box, head) for head in HEADS]
    for tv in box.tvs:
        tv.plug()
    kept.go_on(box, box.sample())
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
    box.edit(settings(box, BOTH, box.camera))
    moves(box.tvs[0], "the test picture", is_test_picture)
    moves(box.tvs[1], "the camera", is_camera)
    moves(box.tvs[0], "the test picture", is_test_picture)
    shows(box, hdmi_1="test", hdmi_2="door")
    # Raw pictures go to the screen as they are; the camera's one decoder is counted among the encoders.
    for source, started in (("test", 0), ("door", 1)):
        counters = box.json(f"/api/sources/{source}")["counters"]
        expect(counters["encodes_started"] == started, f"{source} is to start {started} encoders or decoders: {counters}")


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
    box.edit(settings(box, ONE + "rotate = 45\n", box.camera))
    for tv in box.tvs:
        tv.until("the mistake", lambda picture: alerts(picture) and is_splash(picture))
    # The settings before still hold, the mistake is seen for a while only.
    moves(box.tvs[0], "the test picture", is_test_picture)
    moves(box.tvs[1], "the camera", is_camera)
    box.edit(settings(box, ONE, box.camera))
    box.tvs[1].until("the splash without a mistake", lambda picture: is_splash(picture) and not alerts(picture))
    shows(box, hdmi_1="test", hdmi_2="splash")


def slide(box, colour):
    """A picture of one colour, in the library."""
    made = subprocess.run(["convert", "-size", "320x180", f"xc:{colour}", "png:-"], check=True, capture_output=True)
    return box.upload(f"{colour}.png", made.stdout)


def clip(box):
    """A red video of 4 s, in the library."""
    file = f"{box.card}.mp4"
    description = (
        "videotestsrc num-buffers=40 pattern=red ! video/x-raw,format=I420,width=320,height=180,framerate=10/1 "
        f"! x264enc speed-preset=ultrafast key-int-max=10 ! h264parse ! mp4mux ! filesink location={file}"
    )
    subprocess.run(["gst-launch-1.0", "-q", *description.split()], check=True)
    with open(file, "rb") as made:
        return box.upload("red.mp4", made.read())


def play(box, port, items, **window):
    """A playlist that is always on at a port; items None: night."""
    screens = box.json("/api/screens")["screens"]
    screen = next(screen["id"] for screen in screens if screen["connector"] == port)
    playlist = items and box.send("POST", "/api/playlists", {"name": port, "items": items})["id"]
    always = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "until": "24:00"}
    return box.send("POST", "/api/windows", {"playlist": playlist, "screens": [screen], **always, **window})["id"]


def is_plain(colour):
    return lambda picture: all(abs(a - b) < 24 for a, b in zip(picture.at(50, 50), colour))


def playlists(box):
    """each port plays a playlist of its own from the library, never a black picture; night on one leaves the other alone"""
    for tv in box.tvs:
        tv.plug(*SMALL)
    red, yellow, magenta, blue = clip(box), slide(box, "yellow"), slide(box, "magenta"), slide(box, "blue")
    play(box, "hdmi-1", [
        {"kind": "asset", "asset": yellow, "duration_ms": 8000},
        {"kind": "asset", "asset": red},
        {"kind": "asset", "asset": magenta, "duration_ms": 8000},
    ])
    play(box, "hdmi-2", [
        {"kind": "asset", "asset": blue, "duration_ms": 8000},
        {"kind": "live", "source": "test", "duration_ms": 8000},
    ])
    shows(box, hdmi_1="playlist", hdmi_2="playlist")
    wanted = (
        {"yellow": is_plain((255, 255, 0)), "red": is_plain((255, 0, 0)), "magenta": is_plain((255, 0, 255))},
        {"blue": is_plain((0, 0, 255)), "the test picture": is_test_picture},
    )
    seen = (set(), set())

    def all_seen():
        for tv, kinds, known in zip(box.tvs, wanted, seen):
            picture = tv.picture()
            expect(not is_black(picture), f"black on hdmi-{tv.head + 1}: {picture.keep()}")
            known.update(name for name, is_it in kinds.items() if is_it(picture))
        return all(known == set(kinds) for known, kinds in zip(seen, wanted))

    try:
        until("all items", all_seen, PICTURE_S_MAX, LOOK_PAUSE_S)
    except Failed as failed:
        raise Failed(f"{failed}; seen: {seen}") from None
    night = play(box, "hdmi-2", None, priority=5)
    box.tvs[1].until("night", is_black)
    shows(box, hdmi_1="playlist", hdmi_2="standby")
    box.tvs[0].until("a slide", wanted[0]["yellow"])
    box.ask("DELETE", f"/api/windows/{night}")
    box.tvs[1].until("the day", wanted[1]["blue"])
    screens = {screen["connector"]: screen for screen in box.json("/api/screens")["screens"]}
    return f"pictures left out: {screens['hdmi-1']['dropped_frames']} and {screens['hdmi-2']['dropped_frames']}"


def is_black(picture):
    return picture.count((0, 0, 0)) == picture.width * picture.height


TESTS = [splash, network, live, hot_plug, mistake, playlists]
