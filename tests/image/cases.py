"""What must be true of the image, in groups that share a box. Each test's first line is its name."""

import base64
import json
import random
import re
import subprocess

import capture
import cuts
import dead_ends
import device
import kept
import screens
import tv_power
from box import BOOT_S_MAX, expect, until
from tv import Tv

# Beside the kernel's threads; comm has 15 characters. `sh` is the tests' own shell, wpa_supplicant needs a radio.
ROOT_PROCESSES = {"systemd", "systemd-journal", "systemd-udevd", "(udev-worker)", "wpa_supplicant"}
# The protocols' own ports: DHCP and DHCPv6 clients, NTP answers come to ports chosen by the kernel, mDNS.
UDP_PORTS = {68, 546, 5353}
HTTP_PORT = 80
# systemd-analyze's figure, 0 (best) to 10.
EXPOSURE_MAX = 1.5
CARD, DATA, DATA_STATE = "/dev/vda", "/dev/vda7", "/run/marquee-system/data"
CARD_BYTES, SECTOR, SLACK_SECTORS = 2 << 30, 512, 131072
# Of its own data: how much code is in memory differs with the build.
IDLE_MEMORY_MB_MAX = 16


def status(box):
    return box.json("/api/status")


def data_state(box):
    """The word the box has for its data partition (board/overlay/usr/libexec/marquee/data)."""
    return data_word(box) or "not known yet"


def data_to_come(box):
    return until("the data partition", lambda: data_word(box), BOOT_S_MAX)


def data_word(box):
    return next(iter(box.sh(f"cat {DATA_STATE} 2>/dev/null; true").split()), None)


# --- a fresh card


def boots(box):
    """boots from a fresh card to HTTP 200"""
    box.start()
    return f"{box.wait_up():.1f} s after power-on"


def is_well(box):
    """/health is well and nothing failed to start"""
    until("/health", lambda: box.get("/health")[0] == 200)
    failed = box.sh("systemctl --no-legend --plain --failed").strip()
    expect(not failed, f"failed units: {failed}")
    errors = [line for line in box.sh("journalctl --boot --quiet --priority=err --output=cat").splitlines() if line]
    expect(not errors, f"errors logged: {errors}")
    # For the groups that do not test booting.
    kept.keep(box)


def plugins(box):
    """GStreamer takes the image's list of plug-ins as it is, and loads none of them to make its own"""
    box.sh("cmp /usr/share/marquee/gst-registry.bin /run/marquee/gst-registry.bin")


def data_made(box):
    """/data is made on the first boot and fills the card"""
    expect(data_state(box) == "new", data_state(box))
    fills_the_card(box)
    expect("marquee marquee" in box.sh("stat -c '%U %G' /data/marquee"), "not Marquee's")


def fills_the_card(box):
    """To its end, less what a partition table is not changed for (board/overlay/usr/libexec/marquee/data)."""
    told = box.sh(
        """device=$(sed -n 's|^/dev/\\([^ ]*\\) /data .*|\\1|p' /proc/mounts)
        cd /sys/class/block/$device && cat start size ../size && df -k /data | tail -n 1 | awk '{print $2}'"""
    )
    start, size, card, room_kib = map(int, told.split())
    expect(card == CARD_BYTES // SECTOR, f"a card of {card} sectors")
    expect(card - SLACK_SECTORS <= start + size <= card, f"/data ends at sector {start + size} of {card}")
    # The file system's own tables and journal.
    expect(size * SECTOR * 0.93 < room_kib * 1024 <= size * SECTOR, f"/data has {room_kib} KiB of {size // 2}")


def read_only(box):
    """the root can't be written; nothing runs from /data or /boot"""
    for path in ("/probe", "/etc/probe", "/usr/bin/probe", "/boot/probe"):
        text = box.sh(f"touch {path} 2>&1; true")
        expect("Read-only file system" in text, f"{path}: {text}")
    box.sh("mount -o remount,rw /; true")
    expect("Read-only" in box.sh("touch /probe 2>&1; true"), "the root can be made writable")
    mounts = {line.split()[1]: line.split() for line in box.sh("cat /proc/mounts").splitlines()}
    expect(mounts["/"][2] == "squashfs", mounts["/"])
    for where, kind, wanted in (
        ("/boot", "vfat", {"ro", "nosuid", "nodev", "noexec"}),
        ("/data", "ext4", {"rw", "nosuid", "nodev", "noexec"}),
        ("/var", "tmpfs", {"nosuid", "nodev", "noexec"}),
        ("/tmp", "tmpfs", {"nosuid", "nodev"}),
    ):
        expect(where in mounts, f"{where} is not mounted")
        expect(mounts[where][2] == kind and wanted <= set(mounts[where][3].split(",")), mounts[where])


def processes(box):
    """only init and its parts run as root, and Marquee has no rights to give away"""
    strangers = []
    for line in box.sh("for p in /proc/[0-9]*; do awk '/^(Name|PPid|Uid):/ {printf \"%s \", $2}' $p/status; echo; done").splitlines():
        fields = line.split()
        # Children of kthreadd (2), and itself (0), are the kernel's.
        if len(fields) != 3 or fields[2] != "0" or fields[1] in ("0", "2") and fields[0] != "systemd":
            continue
        if fields[0] not in ROOT_PROCESSES | {"sh", "awk", "cat"}:
            strangers.append(fields[0])
    expect(not strangers, f"run as root: {strangers}")
    own = box.sh("cat /proc/$(pidof marquee)/status")
    for key, value in (("CapBnd", "0000000000000000"), ("CapPrm", "0000000000000000"), ("NoNewPrivs", "1"), ("Seccomp", "2")):
        expect(re.search(rf"^{key}:\s*{value}$", own, re.M), f"{key} is not {value}")
    set_ids = box.sh("find / -xdev -perm /6000 -type f").strip()
    expect(not set_ids, f"set-user-ID programs: {set_ids}")


def ports(box):
    """nothing listens but HTTP, WebRTC and the protocols of the network itself"""
    seen = set()
    for protocol, listening in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")):
        for line in box.sh(f"cat /proc/net/{protocol}").splitlines()[1:]:
            address, port = line.split()[1].rsplit(":", 1)
            if line.split()[3] == listening:
                seen.add((protocol.rstrip("6"), int(port, 16)))
    allowed = {("tcp", HTTP_PORT), ("udp", box.webrtc)} | {("udp", port) for port in UDP_PORTS}
    expect(seen <= allowed, f"also open: {sorted(seen - allowed)}")
    expect({("tcp", HTTP_PORT), ("udp", box.webrtc)} <= seen, f"open: {sorted(seen)}")


def sandbox(box):
    """systemd judges Marquee's sandbox as tight"""
    text = box.sh("systemd-analyze --no-pager security marquee.service; true")
    found = re.search(r"exposure level for marquee.service: ([0-9.]+)", text)
    expect(found, text[-500:])
    expect(float(found[1]) <= EXPOSURE_MAX, "\n".join(line for line in text.splitlines() if line.startswith("✗")))
    return found[1]


def memory(box):
    """the idle program is small"""
    told = box.sh("cat /proc/$(pidof marquee)/status")
    own, whole = (int(re.search(rf"{name}:\s*(\d+)", told)[1]) / 1024 for name in ("RssAnon", "VmRSS"))
    expect(own < IDLE_MEMORY_MB_MAX, f"{own:.1f} MB")
    return f"{own:.1f} MB, {whole:.1f} MB with its code"


def watchdog(box):
    """the hardware watchdog is held by init, for as long as the image says"""
    expect("/dev/watchdog" in box.sh("ls -l /proc/1/fd"), "init does not hold /dev/watchdog")
    told = box.sh("cd /sys/class/watchdog/watchdog0 && cat identity state timeout").splitlines()
    expect(told == ["i6300ESB timer", "active", device.WATCHDOG_S], told)


def live_picture(box):
    """the test picture comes, and goes on"""
    first = until("a picture", lambda: test_picture(box))
    until("another picture", lambda: test_picture(box) not in (None, first))


def test_picture(box):
    """The test picture as a JPEG decoder sees it; None while there is none."""
    code, picture = box.get("/live/test/frame.jpg", timeout_s=30)
    if code in (0, 503):
        return None
    expect(code == 200, f"a picture: {code} {picture[:200]}")
    # Whoever can't decode it says so and ends with 1.
    return subprocess.run(["convert", "jpeg:-", "-depth", "8", "rgb:-"], input=picture, check=True, capture_output=True).stdout


def restart(box):
    """Marquee that is killed is back by itself"""
    before = box.sh("pidof marquee").strip()
    box.sh(f"kill -9 {before}")
    until("a new process", lambda: box.sh("pidof marquee; true").strip() not in ("", before))
    until("HTTP 200", lambda: box.get("/login")[0] == 200)


def boot_id(box):
    return box.sh("cat /proc/sys/kernel/random/boot_id").strip()


def comes_back(box, script):
    """Runs what makes the box start anew, and waits until it does."""
    before = boot_id(box)
    box.sh_last(script)
    expect(boot_id(box) != before, "the same boot as before")


# --- configuration


def edited(box):
    """Marquee may ask for a clean reboot, and gets it; what was edited is in force then: names, address, time servers"""
    network = '[network]\naddress = "10.0.2.15/24"\ngateway = "10.0.2.2"\nntp = ["10.0.2.2"]\n'
    kept.wake(box)
    box.edit(box.sample(f'[device]\nname = "Shop 1"\ntime_zone = "Europe/Berlin"\n{network}'))
    comes_back(box, "touch /run/marquee/reboot && chown marquee:marquee /run/marquee/reboot")
    state = data_to_come(box)
    expect(state == "ok", f"the data partition was not left clean: {state}")
    box.wait_up()
    told = status(box)
    expect(told["name"] == "Shop 1" and told["time_zone"] == "Europe/Berlin", told)
    expect(box.sh("hostname").strip() == "shop-1", box.sh("hostname"))
    expect("10.0.2.15/24" in box.sh("ip address show eth0"), box.sh("ip address show eth0"))
    leases = box.sh("ls /run/systemd/netif/leases")
    expect(not leases.strip(), f"the router was asked all the same: {leases}")
    expect("CET" in box.sh("date"), box.sh("date"))


def broken(box):
    """a broken file is told while the box runs, and on the TV; a kernel that gives up starts anew, with the last good one"""
    box.edit(box.sample('[device]\nname = 7\nnmae = "x"\n'))
    until("the mistake", lambda: not status(box)["config"]["ok"])
    comes_back(box, "echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger")
    box.wait_up()
    told = status(box)
    expect(told["name"] == "Shop 1", told)
    expect(not told["config"]["ok"] and "nmae" in json.dumps(told["config"]["errors"]), told["config"])
    Tv(box, 0).until("the mistake", screens.alerts)


def windows(box):
    """an editor's byte order mark, line ends and left-overs do no harm"""
    text = box.sample('[device]\nname = "from-windows"\n').replace("\n", "\r\n")
    names = ("marquee.toml~", "~$rquee.toml", ".marquee.toml.swp", "marquee.toml.txt")
    box.write_boot(dict.fromkeys(names, b"\x00\x01 left-over"))
    kept.go_on(box, b"\xef\xbb\xbf" + text.encode())
    told = status(box)
    expect(told["name"] == "from-windows" and told["config"]["ok"], told)


def gone(box):
    """without a file runs what ran last, and the box says so"""
    kept.go_on(box, None)
    told = status(box)
    expect(told["name"] == "from-windows" and not told["config"]["ok"], told)


def empty(box):
    """an empty file means all defaults: the first visitor sets a password"""
    kept.go_on(box, "")
    expect(box.get("/api/status")[0] == 401, "open to everybody")
    code = re.search(r"use the code (\d{8})", box.sh("journalctl -b -u marquee --output=cat"))
    expect(code, "the log has no code")
    box.set_up(code[1], "open sesame")
    told = status(box)
    expect(told["name"] == "marquee" and told["config"]["ok"], told)


# --- Wi-Fi, on simulated radios

ACCESS_POINT = """network={
    ssid="Corner shop"
    mode=2
    frequency=2412
    key_mgmt=WPA-PSK
    psk="correct horse"
}
"""


def wifi(box):
    """the Wi-Fi of marquee.toml is joined; a wrong password harms nothing"""
    settings = '[network]\nwifi_ssid = "Corner shop"\nwifi_password = "{}"\nwifi_country = "DE"\n'
    kept.resume(box, box.sample(settings.format("wrong horse")))
    join(box)
    until("an attempt", lambda: "4-Way Handshake failed" in box.sh("journalctl -b -u marquee-wifi@wlan0"))
    expect(state(box) != "up", "joined with a wrong password")
    expect(box.get("/health")[0] == 200, "not well without Wi-Fi")
    box.edit(box.sample(settings.format("correct horse")))
    box.sh("systemctl restart marquee-system.service marquee-wifi@wlan0.service")
    until("the Wi-Fi", lambda: state(box) == "up")
    told = box.sh("journalctl -b -u marquee-wifi@wlan0")
    expect("CTRL-EVENT-CONNECTED" in told and "key addition failed" not in told, told)


def state(box):
    """`up` once the keys are agreed on; a carrier is there before, between association and handshake."""
    return box.sh("cat /sys/class/net/wlan0/operstate 2>/dev/null || echo absent").strip()


def join(box):
    """Two radios: one is the box's, the other becomes an access point."""
    for module in ("ctr", "ccm", "cmac", "mac80211_hwsim radios=2"):
        box.sh(f"sh /run/test/insmod {module}")
    for radio in ("wlan0", "wlan1"):
        until(radio, lambda radio=radio: "active" == box.sh(f"systemctl is-active marquee-wifi@{radio}; true").strip())
    box.sh("systemctl stop marquee-wifi@wlan1")
    box.sh(f"cat > /run/test/ap.conf <<'END'\n{ACCESS_POINT}END\nwpa_supplicant -B -i wlan1 -c /run/test/ap.conf")


# --- data partition


def overwrite(box, where, offset, content):
    """Writes to a device of the box, behind the back of whatever is on it."""
    words = base64.encodebytes(content).decode()
    box.sh(f"base64 -d <<'END' | dd of={where} bs=512 seek={offset // SECTOR} conv=notrunc,fsync\n{words}END")


def unmount(box):
    """Nobody uses the data partition any longer, and the box does not know what became of it."""
    box.sh("systemctl stop marquee.socket marquee.service systemd-timesyncd.service marquee-data.service && umount /data")
    box.sh(f"rm {DATA_STATE}")


def look_again(box):
    """Has the data partition looked at as at a start; returns what became of that. Nobody waits for Marquee."""
    box.sh("systemctl start marquee-data.service")
    return data_state(box)


def wiped(box):
    """a data partition full of rubbish is made anew, and the box says so"""
    kept.wake(box)
    unmount(box)
    box.sh(f"dd if=/dev/urandom of={DATA} bs=1M count=8 conv=fsync")
    state = look_again(box)
    expect(state == "remade", state)


def zeroed(box):
    """a data partition of zeros counts as new"""
    unmount(box)
    box.sh(f"dd if=/dev/zero of={DATA} bs=1M count=8 conv=fsync")
    state = look_again(box)
    expect(state == "new", state)


def damaged(box):
    """a file system with damaged parts is mended"""
    box.sh("for n in $(seq 200); do echo $n > /data/kept-$n; done; sync")
    unmount(box)
    # The first group's descriptors and bitmaps, behind the superblock at 1 KiB.
    overwrite(box, DATA, 4096, random.Random(8).randbytes(4096))
    state = look_again(box)
    expect(state == "repaired", state)
    expect(box.sh("cat /data/kept-77").strip() == "77", "the files are gone")


def missing(box):
    """a data partition that is not in the table is put there again, with what was in it"""
    box.sh("echo here > /data/still")
    unmount(box)
    before, record = records(box)
    # The link to p7's record, in the record before it; and the kernel forgets what it knew.
    overwrite(box, CARD, before, link_removed(box, before))
    overwrite(box, CARD, record, bytes(SECTOR))
    box.sh(f"partx --delete --nr 7 {CARD}")
    expect("vda7" not in box.sh("cat /proc/partitions"), "the kernel still knows it")
    state = look_again(box)
    expect(state == "ok", state)
    expect(box.sh("cat /data/still").strip() == "here", "the files are gone")
    expect(" ext4 " in box.sh("grep ' /data ' /proc/mounts"), "not on the card")
    fills_the_card(box)


def records(box):
    """Where the records of p6 and of p7 are on the card: by the partition table's chain, which is what the box goes by."""
    with open(box.card, "rb") as card:
        link = lambda at, number: (card.seek(at + 446 + number * 16), int.from_bytes(card.read(16)[8:12], "little") * SECTOR)[1]
        extended = link(0, 3)
        before = extended + link(extended, 1)
        return before, extended + link(before, 1)


def link_removed(box, at):
    with open(box.card, "rb") as card:
        card.seek(at)
        record = bytearray(card.read(SECTOR))
    record[446 + 16 : 446 + 32] = bytes(16)
    return bytes(record)


def protected(box):
    """a card that can't be written gives a box with /data in memory, which says so"""
    unmount(box)
    box.sh(f"dd if=/dev/zero of={DATA} bs=1M count=8 conv=fsync")
    box.cut()
    box.start("-set", "drive.card.readonly=on")
    state = data_to_come(box)
    expect(state == "memory", state)
    expect(" tmpfs " in box.sh("grep ' /data ' /proc/mounts"), "not in memory")
    # With all that a box does.
    box.wait_up()


# The first keeps the box that others go on from. Then the longest come first: where two work at once, a short one is
# left for the end.
GROUPS = {
    "a fresh card": [
        boots, is_well, plugins, data_made, read_only, processes, ports, sandbox, watchdog, live_picture, restart, memory,
        device.power_off,
    ],
    "raspberry pi": device.PI,
    "capture": capture.TESTS,
    "screens": screens.TESTS,
    "configuration": [edited, broken, windows, gone, empty],
    "power cuts": cuts.TESTS,
    "tv power": tv_power.TESTS,
    "data partition": [wiped, zeroed, damaged, missing, protected],
    "wifi": [wifi],
    "dead ends": dead_ends.TESTS,
}
# What ends well in the suites of the program, too, and is for the night.
LONG = ("dead ends",)
# Which only wait for levels, however late these come: for what the processors have left beside tests that measure.
PATIENT = ("data partition", "wifi")


def is_quick(group):
    """Whether one boot tells it."""
    return group == "a fresh card"
