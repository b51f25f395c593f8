"""The box as a thing: a Raspberry Pi with LEDs on its pins, and being switched off."""

import re
import time

from box import BOOT_S_MAX, expect, until
from tv import ask, connect, qmp

# Physical addresses of the BCM2711's registers (its datasheet, section 5.2): what each pin is for, three bits a pin in
# words of ten, and the level of the first 32.
GPFSEL0, GPLEV0 = 0xFE200000, 0xFE200034
INPUT, OUTPUT = 0, 1
READY, LIVE, FAULT = 17, 27, 22
LEDS = f"[leds]\nready = {READY}\nlive = {LIVE}\nfault = {FAULT}\n"
# Half of the pause between two groups of flashes (src/device/status.rs): longer than any dark within a group.
PAUSE_S = 0.75
# A flash (the same): whoever looks less often may miss one.
FLASH_S = 0.25
# Groups looked at until one was looked at often enough.
GROUPS_MAX = 30
# QEMU's USB controller interrupts once in a millisecond while this is plugged in, which is more than an emulated Pi can
# bear while it starts on a busy machine: it comes last. Its kernel may then give up to look at what was plugged in, and says
# so; that is done anew, and nothing else is.
NETWORK_CARD = {"driver": "usb-net", "netdev": "lan", "id": "network-card"}
USB_DRIVER, USB_CONTROLLER = "/sys/bus/platform/drivers/dwc2", "fe980000.usb"
GIVEN_UP = ("unable to enumerate USB device", "can't set config", "failed with error")
LOOKS_MAX = 5
# What systemd counts down with the Pi's watchdog (board/overlay/usr/lib/systemd/system.conf.d).
WATCHDOG_S = "14"


class Registers:
    """The processor's memory as the hardware has it, past whatever runs in the box: QEMU's monitor."""

    def __init__(self, box):
        self.connection = connect(box, f"{box.card}.qmp")
        self.stream = self.connection.makefile("rw", encoding="utf-8")
        self.stream.readline()
        ask(self.stream, "qmp_capabilities")
        # When a pin was looked at last, and the longest time between two looks.
        self.looked, self.longest = time.monotonic(), 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.connection.close()

    def word(self, address):
        text = ask(self.stream, "human-monitor-command", **{"command-line": f"xp /1wx {address:#x}"})
        return int(re.search(r": (0x[0-9a-f]+)", text).group(1), 16)

    def function(self, pin):
        return self.word(GPFSEL0 + 4 * (pin // 10)) >> (3 * (pin % 10)) & 7

    def is_high(self, pin):
        high = bool(self.word(GPLEV0) >> pin & 1)
        now = time.monotonic()
        self.longest, self.looked = max(self.longest, now - self.looked), now
        return high

    def stays(self, pin, high, seconds=3):
        """Looks for longer than any pattern of blinking keeps one level."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.is_high(pin) != high:
                return False
        return True

    def flashes(self, pin):
        """How many flashes there are between two pauses; None if the machine was too busy to look often enough."""
        until("a pause", lambda: self.is_pause(pin), pause_s=0)
        self.looked, self.longest = time.monotonic(), 0
        seen = 0
        while True:
            until("a flash", lambda: self.is_high(pin), pause_s=0)
            seen += 1
            until("the end of a flash", lambda: not self.is_high(pin), pause_s=0)
            if self.is_pause(pin):
                return seen if self.longest < FLASH_S else None

    def is_pause(self, pin):
        return self.stays(pin, False, PAUSE_S)


def boots(box):
    """a Raspberry Pi boots from the same card to HTTP 200"""
    box.config(box.sample(LEDS))
    box.start(machine="raspi4b")
    # The second UART waits for nobody: who is not there hears nothing.
    box.sh("true")
    seconds = box.wait_up()
    told = box.json("/api/status")
    expect(told["board"]["model"].startswith("Raspberry Pi 4 Model B"), told["board"])
    expect(told["config"]["ok"] and told["data"]["state"] == "new", told)
    return f"{seconds:.1f} s after power-on"


def network(box):
    """its USB network card is plugged in: it is reached from outside"""
    box.sh("systemctl start marquee.socket marquee.service")
    # Never out again: QEMU 10.0 does not survive that.
    qmp(box, "device_add", **NETWORK_CARD)
    box.reached = True
    looks = 1
    while not until("a network card, or none that can be understood", lambda: plugged(box), BOOT_S_MAX) == "there":
        looks += 1
        expect(looks <= LOOKS_MAX, f"its kernel does not understand the card: {kernel_log(box)[-2000:]}")
        box.sh(f"dmesg -c >/dev/null; cd {USB_DRIVER} && echo {USB_CONTROLLER} > unbind && echo {USB_CONTROLLER} > bind")
    until("HTTP 200 from outside", lambda: box.get("/login", timeout_s=2)[0] == 200)
    expect("/usb" in box.sh("readlink -f /sys/class/net/eth0/device"), "its network is not on USB")
    return f"its USB was looked at {looks} times"


def kernel_log(box):
    return box.sh("dmesg")


def plugged(box):
    """What became of the network card: it is there, it was given up, or not known yet."""
    if "eth0" in box.sh("ls /sys/class/net").split():
        return "there"
    usb = [line for line in kernel_log(box).splitlines() if "usb" in line.lower()]
    return "given up" if any(words in line for words in GIVEN_UP for line in usb) else None


def watchdog(box):
    """init holds the Pi's own watchdog"""
    told = box.sh("cd /sys/class/watchdog/watchdog0 && cat identity state timeout").splitlines()
    expect(told == ["Broadcom BCM2835 Watchdog timer", "active", WATCHDOG_S], told)
    expect("/dev/watchdog" in box.sh("ls -l /proc/1/fd"), "init does not hold /dev/watchdog")


def ready(box):
    """the LED `ready` is lit, with no other right than the group gpio"""
    with Registers(box) as registers:
        for pin in (READY, LIVE, FAULT):
            expect(registers.function(pin) == OUTPUT, f"pin {pin} has function {registers.function(pin)}")
        # Pins that nobody configured are left alone.
        expect(registers.function(FAULT + 1) == INPUT, "another pin was taken")
        until("`ready` lit", lambda: registers.stays(READY, True))
        until("`live` dark", lambda: registers.stays(LIVE, False))
        until("`fault` dark", lambda: registers.stays(FAULT, False))
    maps = box.sh("grep gpiomem /proc/$(pidof marquee)/maps")
    expect("rw-s" in maps, maps)
    groups = box.sh("stat -c '%G %a' /dev/gpiomem /dev/gpiochip0").split("\n")
    expect(groups[:2] == ["gpio 660", "gpio 660"], groups)


def live(box):
    """the LED `live` is lit while somebody watches"""
    with Registers(box) as registers:

        def lit():
            box.get("/live/test/frame.jpg", timeout_s=30)
            return registers.is_high(LIVE)

        until("`live` lit", lit, BOOT_S_MAX)
        until("`live` dark again", lambda: registers.stays(LIVE, False), BOOT_S_MAX)


def fault(box):
    """the LED `fault` tells a mistake in marquee.toml by two flashes"""
    box.sh("mount -o remount,rw /boot && cp /boot/marquee.toml /run/test/kept && echo 'nonsense' >> /boot/marquee.toml")
    until("the mistake", lambda: not box.json("/api/status")["config"]["ok"])
    with Registers(box) as registers:
        # The first group may have begun before the mistake was known.
        registers.flashes(FAULT)
        # A box that is emulated on a busy machine may be late for an edge, and leaves a flash out; it never adds one.
        seen = []
        while 2 not in seen and len(seen) < GROUPS_MAX:
            seen.append(registers.flashes(FAULT))
        expect(2 in seen and max(flashes or 0 for flashes in seen) == 2, f"flashes for a mistake: {seen}")
        expect(registers.stays(READY, True), "`ready` is not lit")
        box.sh("cp /run/test/kept /boot/marquee.toml && mount -o remount,ro /boot")
        until("`fault` dark", lambda: registers.stays(FAULT, False))


def let_go(box):
    """the pins are let go of when Marquee ends"""
    with Registers(box) as registers:
        box.sh("systemctl stop marquee.service marquee.socket")
        for pin in (READY, LIVE, FAULT):
            expect(registers.function(pin) == INPUT, f"pin {pin} has function {registers.function(pin)}")
            expect(not registers.is_high(pin), f"pin {pin} is high")


def power_off(box):
    """Marquee may ask for a clean power-off, and gets it"""
    if not box.process:
        box.start()
    box.wait_up()
    # As the program does it: in the folder that systemd tells it, as its own user.
    folder = box.sh("tr '\\0' '\\n' < /proc/$(pidof marquee)/environ | sed -n 's/^RUNTIME_DIRECTORY=//p'").strip()
    expect(folder == "/run/marquee", f"RUNTIME_DIRECTORY is {folder}")
    expect(box.sh(f"stat -c %U {folder}").strip() == "marquee", "not Marquee's")
    # It may be gone before it has answered.
    box.sh(f"touch {folder}/power-off && chown marquee:marquee {folder}/power-off", check=False)
    until("QEMU to end", lambda: box.process.poll() is not None, BOOT_S_MAX)
    expect(box.process.returncode == 0, f"QEMU ended with {box.process.returncode}")


PI = [boots, watchdog, ready, live, fault, let_go, network]
