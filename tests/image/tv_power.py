"""TVs that are switched over CEC. The kernel's vivid plays their cables: of each of its devices the HDMI output is the
box's port, the HDMI input the TV's, and its CEC adapters share a wire. `cec-follower` is the TV's own mind, `cec-ctl`
writes down what it hears."""

import json
import re

import box as boxes
import kept
from box import Failed, expect

CONFIG = """
[device]
name = "Bar"

# Without it the first of vivid's inputs would be a capture card.
[[capture]]
id = "none"
device = "/dev/video-none"

[[screen]]
connector = "hdmi-1"

[[screen]]
connector = "hdmi-2"
"""
TVS = (0, 1)
ON, STANDBY, SHOW, ASKED = "IMAGE_VIEW_ON", "STANDBY", "ACTIVE_SOURCE", "GIVE_DEVICE_POWER_STATUS"
# From a port that seems empty.
NOBODY = "Unregistered to TV"
# vivid's nodes: capture and output.
NODE_TYPES = "0x101"
# A window's end is a whole minute. The clock is set to shortly before, as a time server would: nobody waits for an hour.
BEFORE_END_S = 15


def heard(box, tv, *words):
    """How often a TV heard a message with all these words."""
    lines = box.sh(f"cat /run/test/tv{tv}.log").splitlines()
    return sum(all(word in line for word in ("Received from", *words)) for line in lines)


def until(box, tv, what, attempt, seconds_max=boxes.ANSWER_S_MAX):
    """Waits; what the TV heard and the box logged is told if it was in vain."""
    try:
        return boxes.until(what, attempt, seconds_max)
    except Failed as failed:
        log = box.sh(f"tail -n 40 /run/test/tv{tv}.log; journalctl --boot --unit=marquee --output=cat --no-pager --lines=15")
        raise Failed(f"{failed}; powers are {powers(box)}; the TV and the box say:\n{log}") from None


def screen_of(box, tv):
    """The screen that the TV's port is."""
    connector = f"hdmi-{tv + 1}"
    return next(screen for screen in box.json("/api/screens")["screens"] if screen["connector"] == connector)


def powers(box):
    return [screen_of(box, tv)["power"] for tv in TVS]


def call(box, method, path, body=None, wanted=(200, 201, 204)):
    status, _, answer = box.ask(method, path, body and json.dumps(body), boxes.ANSWER_S_MAX)
    expect(status in wanted, f"{method} {path}: {status} {answer.decode(errors='replace')}")
    return json.loads(answer) if answer else None


def make_tvs(box):
    """Two TVs, each with a cable of its own."""
    two = lambda value: ",".join([str(value)] * len(TVS))
    box.sh(
        f"sh /run/test/insmod vivid n_devs={len(TVS)} num_inputs={two(1)} input_types={two(3)} "
        f"num_outputs={two(1)} output_types={two(1)} node_types={two(NODE_TYPES)}"
    )
    for tv in TVS:
        wire = f"-a vivid-00{tv}-vid-cap0"
        boxes.until("the TV's adapter", lambda wire=wire: "TV" in box.sh(f"cec-ctl {wire} --tv --osd-name TV; true"))
        for mind in (f"cec-ctl {wire} --monitor >/run/test/tv{tv}.log", f"cec-follower {wire} >/dev/null"):
            box.sh(f"setsid {mind} 2>&1 </dev/null &")


def video_node(box, tv, kind):
    names = box.sh(f"grep -lx vivid-00{tv}-vid-{kind} /sys/class/video4linux/*/name")
    return f"/dev/{names.split('/')[4]}"


def ask(box, tv, question):
    """What the box answers to its TV."""
    return box.sh(f"cec-ctl -a vivid-00{tv}-vid-cap0 --to 4 {question}")


def standby_window(box, tv, minutes):
    """Standby for one TV, since a while ago and for so many minutes. Its id, and its end in seconds since 1970."""
    now = seconds(box) // 60
    time = lambda minute: f"{minute // 60 % 24:02}:{minute % 60:02}"
    window = {"playlist": None, "screens": [screen_of(box, tv)["id"]], "days": "mon tue wed thu fri sat sun".split()}
    made = call(box, "POST", "/api/windows", {**window, "from": time(now - 30), "until": time(now + minutes)})
    return made["id"], (now + minutes) * 60


def seconds(box):
    """The box's clock."""
    return int(box.sh("date +%s"))


def left_alone(box):
    """TVs with CEC have their ports, and are left alone while nothing is arranged for them"""
    kept.resume(box, box.sample(CONFIG))
    box.sh("systemctl stop marquee.service marquee.socket")
    make_tvs(box)
    box.sh("systemctl start marquee.socket marquee.service")
    for tv in TVS:
        until(box, tv, "the question what it is", lambda tv=tv: heard(box, tv, ASKED))
    boxes.until("what the TVs say", lambda: powers(box) == ["on", "on"])
    for tv in TVS:
        # It is asked before it is told: what was to be said would have been.
        told = [word for word in (ON, STANDBY, SHOW) if heard(box, tv, word)]
        expect(not told, f"TV {tv} was told {told}")
    rights = box.sh("stat -c '%G %a' /dev/cec0").strip()
    expect(rights == "video 660", rights)
    # The inputs' adapters are the TVs' own: nobody has them open but these.
    opened = int(box.sh("ls -l /proc/$(pidof marquee)/fd | grep -c /dev/cec; true"))
    expect(opened == len(TVS), f"Marquee has {opened} of them open")


def answers(box):
    """a TV that asks the box gets answers: its name, that it is on, and who is to be shown"""
    expect("name: Bar" in ask(box, 0, "--give-osd-name"), ask(box, 0, "--give-osd-name"))
    told = ask(box, 0, "--give-device-power-status")
    expect("pwr-state: on" in told, told)
    box.sh("cec-ctl -a vivid-000-vid-cap0 --set-stream-path phys-addr=1.0.0.0")
    until(box, 0, "who is to be shown", lambda: heard(box, 0, SHOW))


def probed(box):
    """`marquee probe` tells whose adapter is whose, and changes nothing"""
    told = box.sh("GST_REGISTRY=/run/test/registry.bin GST_REGISTRY_FORK=no marquee probe --json 2>/dev/null")
    adapters = [(adapter["connector"], adapter["address"]) for adapter in json.loads(told)["cec"]]
    tvs, inputs = [(f"hdmi-{tv + 1}", "1.0.0.0") for tv in TVS], [(None, "0.0.0.0") for _ in TVS]
    expect(sorted(adapters, key=str) == sorted(tvs + inputs, key=str), adapters)
    expect("name: Bar" in ask(box, 0, "--give-osd-name"), "the box's address is gone")


def standby(box):
    """standby of the schedule sends its TV to sleep, and no other"""
    _, box.standby_ends = standby_window(box, 0, 60)
    until(box, 0, "standby", lambda: heard(box, 0, STANDBY))
    until(box, 0, "the TV asleep", lambda: powers(box) == ["standby", "on"])
    expect(not heard(box, 1, STANDBY), "the other TV was sent to sleep")


def awake(box):
    """its end, by the clock, wakes the TV and has it show the box"""
    before = heard(box, 0, SHOW)
    expect(not heard(box, 0, ON), "woken before its time")
    box.sh(f"date -u -s @{box.standby_ends - BEFORE_END_S}")
    until(box, 0, "the waking", lambda: heard(box, 0, ON))
    early = box.standby_ends - seconds(box)
    expect(early <= 0, f"woken {early} s too early")
    until(box, 0, "the TV showing the box", lambda: heard(box, 0, SHOW) > before)
    until(box, 0, "the TV awake", lambda: powers(box) == ["on", "on"])


def unplugged(box):
    """a TV that takes its plug for out while it sleeps is woken all the same, and told again once it is back"""
    window, _ = standby_window(box, 0, 30)
    before = heard(box, 0, STANDBY)
    until(box, 0, "standby", lambda: heard(box, 0, STANDBY) > before)
    box.sh(f"v4l2-ctl -d {video_node(box, 0, 'out')} --set-ctrl=display_present=0")
    boxes.until("a TV that is gone", lambda: powers(box) == [None, "on"])
    call(box, "DELETE", f"/api/windows/{window}")
    until(box, 0, "the waking", lambda: heard(box, 0, NOBODY, ON))
    shown = heard(box, 0, SHOW)
    box.sh(f"v4l2-ctl -d {video_node(box, 0, 'out')} --set-ctrl=display_present=1")
    box.sh(f"v4l2-ctl -d {video_node(box, 0, 'cap')} --set-edid=pad=0,type=hdmi")
    until(box, 0, "the TV showing the box", lambda: heard(box, 0, SHOW) > shown)
    until(box, 0, "the TV awake", lambda: powers(box) == ["on", "on"])


def forbidden(box):
    """`cec = false` gives the port's address back; its TV is nobody's business then"""
    claimed = lambda tv: box.sh(f"cec-ctl -a vivid-00{tv}-vid-out0")
    expect("Playback Device 1" in claimed(1), claimed(1))
    box.edit(box.sample(CONFIG + "cec = false\n"))
    until(box, 1, "no address", lambda: re.search(r"Logical Address Mask\s*: 0x0000", claimed(1)))
    boxes.until("what the TVs say", lambda: powers(box) == ["on", None])
    expect("Playback Device 1" in claimed(0), claimed(0))


def unloaded(box):
    """adapters that go are let go of, and the box is well"""
    box.sh("for program in cec-ctl cec-follower; do kill $(pidof $program); done; true")
    # As if they were pulled out; what is open stays until it is let go of.
    box.sh("echo vivid.0 > /sys/bus/platform/drivers/vivid/unbind")
    boxes.until("the driver's end", lambda: not box.sh("rmmod vivid 2>&1; true").strip())
    boxes.until("no TV that says something", lambda: powers(box) == [None, None])
    expect(box.get("/health")[0] == 200, "not well")


TESTS = [left_alone, answers, probed, standby, awake, unplugged, forbidden, unloaded]
