"""Capture cards, played to the box: an HDMI bridge (the kernel's vivid), its sound (snd-aloop) and a USB stick that gives
MJPEG (usb_stick.py), watched by a browser outside of the box (viewer.py)."""

import base64
import math
import struct
import subprocess
import time

import box as boxes
import kept
from box import Failed, expect
from usb_stick import SIZES, UsbStick
from viewer import ANSWER_S_MAX, Viewer, difference

# What a person at a PC has the box do; small, since an emulated box encodes little.
CONFIG = """
[[capture]]
id = "hdmi"
size = "640x360"
fps = 10
sound = "hw:Loopback,1"
profile = "small"

[[capture]]
id = "stick"
device = "{stick}"
size = "640x360"
fps = 10
profile = "small"

[profiles.small]
size = "320x180"
fps = 10
bitrate_kbit = 300
"""
STICK = "usb:1d6b:0102"
# vivid's control for what comes in at its input, and the cause each has. vivid takes a connector's power away with its
# signal: with two connectors the other one still has it, and a player that gives power is there; with one it is the
# cable. 4 is the signal of the control dv_timings.
SIGNAL = 4
LOSSES = ((1, "no_signal"), (2, "no_lock"), (3, "out_of_range"))
CABLE_OUT = 1
# Numbers in vivid's list of dv_timings: 1280x720 at 24 and at 25 Hz, slow enough for an emulated box.
AT_24, AT_25 = 5, 6
TONE_HZ, TONE_RATE = 1000, 48000
# Differences of two pictures as viewer.py sees them: what wanders in one picture, and what makes it another.
SAME, OTHER = 15, 40
# What a picture that can't be had yet is answered with, and what `Box.ask` says of no answer in time.
NO_PICTURE_YET, NO_ANSWER = 503, 0
# Frames that show that they go on, not only that one came.
FRAMES = 5


def until(what, attempt):
    """Pictures of an emulated box may take their time."""
    return boxes.until(what, attempt, ANSWER_S_MAX)


def source(box, name):
    return box.json(f"/api/sources/{name}")


def cause(told):
    return told["cause"] and told["cause"]["code"]


def wait_state(box, name, state, code=None):
    """Waits until a source is in that state, for that cause."""

    def reached():
        told = source(box, name)
        return told["state"] == state and cause(told) == code and told

    try:
        return until(f"{name} {state} {code or ''}", reached)
    except Failed as failed:
        log = box.sh("journalctl --boot --unit=marquee --output=cat --no-pager --lines=15")
        raise Failed(f"{failed}; it is {source(box, name)}; the log ends with:\n{log}") from None


def picture(box, name):
    """The newest picture as JPEG, and what it shows: `live`, or the cause that the slate names."""
    status, headers, data = box.ask("GET", f"/live/{name}/frame.jpg", timeout_s=60)
    if status in (NO_ANSWER, NO_PICTURE_YET):
        # Those who wait for one ask again.
        return b"", None
    expect(status == 200, f"a picture of {name}: {status} {data[:200]}")
    kind = headers["Marquee-Picture"]
    return data, headers["Marquee-Cause"] if kind == "slate" else kind


def watch(box, name):
    # A viewer waits long for a box that boots; one that is off answers never.
    box.alive()
    return Viewer(f"http://127.0.0.1:{box.http}/live/{name}/whep")


# --- the bridge and its sound


def plug_bridge(box, inputs):
    """A bridge with so many HDMI inputs; the first one is used."""
    box.started_before = starts(box)
    kinds = 4**inputs - 1
    box.sh(f"sh /run/test/insmod vivid n_devs=1 num_inputs={inputs} input_types={kinds} num_outputs=0 node_types=1")
    set_bridge(box, dv_timings=AT_24)
    set_bridge(box, dv_timings_signal_mode=SIGNAL)


def unplug_bridge(box):
    """Its driver can only be unloaded once nobody holds the card any more."""
    started = starts(box) - box.started_before
    box.sh("echo vivid.0 > /sys/bus/platform/drivers/vivid/unbind")
    wait_state(box, "hdmi", "lost", "no_device")
    # GStreamer 1.22.0's v4l2src keeps one descriptor of a card at some of its starts, mostly on a busy machine, where
    # src/pipeline/pools.rs comes too late: an unplugged card is wholly let go of only by a new start of the program.
    left = descriptors(box)
    expect(left <= started, f"{left} descriptors of an unplugged card are left by {started} starts")
    if left:
        box.sh("systemctl restart marquee")
        until("Marquee is back", lambda: box.get("/health")[0] == 200)
        expect(descriptors(box) == 0, "a new start of the program has the unplugged card open")
    box.sh("rmmod vivid")
    return left


def starts(box):
    """How often the program tried to start the card's pipeline."""
    return source(box, "hdmi")["counters"]["attempts"]


def set_bridge(box, **controls):
    node = box.sh("grep -l '^vivid' /sys/class/video4linux/*/name").split("/")[4]
    values = ",".join(f"{name}={value}" for name, value in controls.items())
    box.sh(f"v4l2-ctl -d /dev/{node} --set-ctrl={values}")


def play_tone(box):
    """Plays a tone into the sound card, without end."""
    samples = TONE_RATE // TONE_HZ
    levels = [round(12000 * math.sin(2 * math.pi * number / samples)) for number in range(samples)]
    wave = base64.b64encode(b"".join(struct.pack("<hh", level, level) for level in levels)).decode()
    box.sh("sh /run/test/insmod snd-aloop")
    box.sh(
        f"""cd /run/test && echo {wave} | base64 -d > tone
        for _ in 0 1 2 3 4 5 6 7 8 9; do cat tone tone > longer && mv longer tone; done
        (while cat tone; do :; done | aplay -q -D plughw:Loopback,0 -t raw -f S16_LE -c 2 -r {TONE_RATE}) \
            </dev/null >/dev/null 2>&1 &"""
    )


def descriptors(box):
    """How often the program has a card open."""
    return int(box.sh("ls -l /proc/$(pidof marquee)/fd 2>/dev/null | grep -c /dev/video; true"))


def plugged_in(box):
    """an HDMI card that is plugged in is live by itself; who fetches its picture has nothing encoded"""
    kept.resume(box, box.sample(CONFIG.format(stick=STICK)))
    wait_state(box, "hdmi", "lost", "no_device")
    play_tone(box)
    plug_bridge(box, inputs=2)
    told = wait_state(box, "hdmi", "live")
    expect(told["input"]["codec"] == "raw" and told["input"]["width"] == 640, told)
    until("a live picture", lambda: picture(box, "hdmi")[1] == "live")
    expect(source(box, "hdmi")["counters"]["encodes_started"] == 0, source(box, "hdmi"))


def watched(box):
    """it is watched from outside by WebRTC, with its sound; the player's change of picture is followed"""
    viewer = watch(box, "hdmi")
    try:
        viewer.wait_frames(FRAMES)
        viewer.wait_tone(TONE_HZ)
        set_bridge(box, dv_timings=AT_25)
        until("25 frames per second", lambda: source(box, "hdmi")["input"]["fps"] == 25)
        wait_state(box, "hdmi", "live")
        seen = viewer.wait_frames(FRAMES)
        expect(seen["size"] == "320x180", seen)
    finally:
        viewer.leave()


def signal_lost(box):
    """no signal, no lock, out of range: the slate names it, viewers stay, and picture and sound come back"""
    viewer = watch(box, "hdmi")
    try:
        viewer.wait_frames(FRAMES)
        live = viewer.wait_picture("a bright picture", lambda now: max(now) > 100)
        for mode, code in LOSSES:
            before = source(box, "hdmi")["counters"]
            set_bridge(box, dv_timings_signal_mode=mode)
            wait_state(box, "hdmi", "lost", code)
            until("its slate", lambda code=code: picture(box, "hdmi")[1] == code)
            viewer.wait_picture(f"the slate for {code}", lambda now: difference(now, live) > OTHER)
            # Long enough for many needless attempts.
            viewer.wait_frames(6 * FRAMES)
            set_bridge(box, dv_timings_signal_mode=SIGNAL)
            wait_state(box, "hdmi", "live")
            viewer.wait_picture("the picture again", lambda now: difference(now, live) < SAME)
            viewer.wait_frames(FRAMES)
            after = source(box, "hdmi")["counters"]
            expect(after["attempts"] - before["attempts"] <= 2, f"tried without reason: {before}, {after}")
            expect(after["encodes_started"] == before["encodes_started"], f"another encoder: {before}, {after}")
        viewer.wait_tone(TONE_HZ)
        expect(source(box, "hdmi")["viewers"]["whep"] == 1, source(box, "hdmi"))
    finally:
        viewer.leave()


def nothing_kept(box):
    """a loss keeps one descriptor at most; an unplugged card is away; a cable that is out is told from a dead player"""
    opened = []
    for _ in range(4):
        set_bridge(box, dv_timings_signal_mode=LOSSES[0][0])
        wait_state(box, "hdmi", "lost", "no_signal")
        set_bridge(box, dv_timings_signal_mode=SIGNAL)
        wait_state(box, "hdmi", "live")
        opened.append(descriptors(box))
    # At most one for each loss (see unplug_bridge); without pools.rs it is a pool and all it has for each.
    more = [after - before for before, after in zip(opened, opened[1:])]
    expect(max(more) <= 1, f"the card is open so often: {opened}")
    left = [unplug_bridge(box)]
    plug_bridge(box, inputs=1)
    wait_state(box, "hdmi", "live")
    set_bridge(box, dv_timings_signal_mode=CABLE_OUT)
    wait_state(box, "hdmi", "lost", "no_cable")
    set_bridge(box, dv_timings_signal_mode=SIGNAL)
    wait_state(box, "hdmi", "live")
    left.append(unplug_bridge(box))
    return f"the card was open {opened} times, {left} when it was unplugged"


# --- the stick


def jpegs(count=3):
    """Pictures for the stick, each another one."""
    width, height, _ = SIZES[0]
    caps = f"video/x-raw,width={width},height={height}"
    # The noise in smpte's corner makes them differ.
    command = ["gst-launch-1.0", "-q", "videotestsrc", f"num-buffers={count}", "pattern=smpte", "!", caps, "!", "jpegenc"]
    made = subprocess.run([*command, "!", "fdsink"], check=True, stdout=subprocess.PIPE)
    begin = b"\xff\xd8\xff"
    return [begin + rest for rest in made.stdout.split(begin)[1:]]


def plug_stick(box, stick):
    box.sh(f"usbip_attach 10.0.2.2 {stick.port}")


def passed_on(box, stick):
    """Its picture is the card's own JPEG, byte for byte, and nothing is encoded for it."""
    encodes = lambda: source(box, "stick")["counters"]["encodes_started"]
    before = encodes()
    until("the card's own picture", lambda: picture(box, "stick")[0] in stick.pictures)
    expect(encodes() == before, f"encoded for who only fetches pictures: {source(box, 'stick')}")


def stick_plugged(box):
    """a USB stick, found by its identity: live, its JPEG passed on as it is, watched by WebRTC, out and in again"""
    stick = box.stick = UsbStick(jpegs())
    box.sh("[ -d /sys/module/vhci_hcd ] || sh /run/test/insmod vhci-hcd")
    wait_state(box, "stick", "lost", "no_device")
    plug_stick(box, stick)
    told = wait_state(box, "stick", "live")
    expect(told["input"]["codec"] == "jpeg", told)
    passed_on(box, stick)
    viewer = watch(box, "stick")
    try:
        viewer.wait_frames(FRAMES)
        live = viewer.wait_picture("a bright picture", lambda now: max(now) > 100)
        unplug_stick(box, stick)
        until("its slate", lambda: picture(box, "stick")[1] == "no_device")
        viewer.wait_picture("the slate", lambda now: difference(now, live) > OTHER)
        viewer.wait_frames(FRAMES)
        sooner_s = plugged_between_attempts(box, stick)
        viewer.wait_picture("the picture again", lambda now: difference(now, live) < SAME)
        viewer.wait_frames(FRAMES)
        return f"plugged in, it was noticed {sooner_s:.1f} s before it would have been found"
    finally:
        viewer.leave()


def plugged_between_attempts(box, stick):
    """Plugs it in when the next attempt is far away: one that comes sooner was made because it was noticed. Returns how much
    sooner, in seconds, at least."""
    attempts = lambda: source(box, "stick")["counters"]["attempts"]
    # Five attempts each second, then five each fifth, then each tenth.
    start, next_attempt_s = attempts(), 10
    before, _ = wait_attempt(attempts, start + 10, time.monotonic())
    # From here on there are ten seconds to the next one.
    before, _ = wait_attempt(attempts, start + 11, before)
    plug_stick(box, stick)
    _, noticed = wait_attempt(attempts, start + 12, before)
    expect(noticed - before < next_attempt_s, f"plugged in, it was found by the next attempt, {noticed - before:.1f} s later")
    wait_state(box, "stick", "live")
    return next_attempt_s - (noticed - before)


def wait_attempt(attempts, number, before):
    """Waits for that attempt, which had not been made `before`; returns a later such time, and one when it had been made."""
    seen = [before, before]

    def made():
        count = attempts()
        seen[1] = time.monotonic()
        if count < number:
            seen[0] = seen[1]
        return count >= number

    boxes.until(f"attempt {number}", made, ANSWER_S_MAX, pause_s=0.05)
    return seen


def unplug_stick(box, stick):
    stick.unplug()
    wait_state(box, "stick", "lost", "no_device")


def stick_by_itself(box):
    """the same stick as the first card there is, named in a file that is edited while the box runs"""
    text = box.sample(CONFIG.format(stick="auto").replace('id = "hdmi"', 'id = "hdmi"\ndevice = "/dev/video-none"'))
    box.edit(text)
    until("the new file in force", lambda: "video-none" in str(source(box, "hdmi")["cause"]))
    wait_state(box, "stick", "live")
    passed_on(box, box.stick)
    box.stick.close()
    wait_state(box, "stick", "lost", "no_device")


TESTS = [plugged_in, watched, signal_lost, nothing_kept, stick_plugged, stick_by_itself]
