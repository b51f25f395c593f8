"""A box in QEMU: started, asked, looked into and cut off."""

import base64
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
# An emulated box on a busy machine; a real wait is a small part of it.
BOOT_S_MAX = 600
ANSWER_S_MAX = 120
# QEMU closes its sockets a moment before its process has ended.
ENDING_S_MAX = 30
# What no box says while its programs work: failed assertions of GLib and GStreamer, crashes, panics, a watchdog that was
# not fed.
FAULTS = re.compile(
    r"assertion '.*' failed|invalid \(NULL\) pointer|invalid unclassed pointer|panicked at|Watchdog timeout"
    r"|code=dumped|status=\d+/(?:ILL|ABRT|BUS|FPE|SEGV)\b"
)
# Where p1 begins on the card (image/genimage.cfg).
FIRST_PARTITION = "@@4M"


class Failed(Exception):
    """What was expected did not happen."""


def expect(condition, otherwise):
    if not condition:
        raise Failed(otherwise)


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(what, attempt, seconds_max=ANSWER_S_MAX, pause_s=0.2):
    """Asks again until `attempt` gives something true, and returns that."""
    end = time.monotonic() + seconds_max
    while True:
        found = attempt()
        if found:
            return found
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds_max} s")
        time.sleep(pause_s)


class Box:
    """One card and the box it is in. `image` and `guest` are what `scripts/image --path --tests` printed."""

    def __init__(self, image, guest, folder, name, long=False):
        self.image, self.guest = image, guest
        # Whether there is a night for what is quicker by day.
        self.long = long
        self.card = os.path.join(folder, f"{name}.img")
        self.serial = f"{self.card}.serial"
        self.log = os.path.join(folder, f"{name}.log")
        self.boots = 0
        self.process = self.agent = None
        # Lines of the console that tell of a fault, and how much of it was looked at.
        self.faulty, self.looked = [], 0
        # Of whoever is logged in.
        self.cookie = None
        self.owned = contextlib.ExitStack()
        # The same inside and outside, since it is part of what the box tells its viewers.
        self.webrtc = free_port(socket.SOCK_DGRAM)
        self.config(self.sample())

    def sample(self, extra=""):
        """The marquee.toml of the image, with what lets viewers outside of the box in."""
        with open(os.path.join(ROOT, "image", "marquee.toml"), encoding="utf-8") as file:
            sample = file.read()
        return f'{sample}\n[web]\nlogin = false\nwebrtc_port = {self.webrtc}\nwebrtc_addresses = ["127.0.0.1"]\n{extra}'

    def config(self, text):
        """Puts `text` (or bytes) on the boot partition as marquee.toml at the next start."""
        self.toml = text if isinstance(text, bytes) else text.encode()

    def make_card(self, size="2G"):
        """A fresh card, as somebody would write it."""
        subprocess.run(["cp", "--sparse=always", os.path.join(self.image, "marquee.img"), self.card], check=True)
        subprocess.run(["truncate", f"--size={size}", self.card], check=True)

    def start(self, *qemu, machine="virt", append=""):
        """Powers the box on. Does not wait for anything. A Pi's network card is not plugged in: see `device.py`."""
        self.reached = machine != "raspi4b"
        if not os.path.exists(self.card):
            self.make_card()
        if self.toml is not None:
            with open(self.card + ".toml", "wb") as file:
                file.write(self.toml)
            self.first_partition("mcopy", "-o", self.card + ".toml", "::marquee.toml")
            self.toml = None
        self.boots += 1
        self.http, self.agent, self.socket = free_port(), None, self.card + ".agent"
        self.look_for_faults()
        # What is left of the last start says nothing about this one.
        for left in (self.socket, self.serial):
            if os.path.exists(left):
                os.remove(left)
        self.looked = 0
        command = [os.path.join(ROOT, "scripts", "qemu"), "--image", self.image, "--disk", self.card]
        command += ["--machine", machine, "--http", str(self.http), "--webrtc", str(self.webrtc)]
        command += ["--serial", self.serial, "--initramfs", self.guest, "--append", append, "--"]
        if machine == "virt":
            command += ["-device", "virtio-serial-pci", "-device", "virtserialport,chardev=agent,name=agent"]
        else:
            # A Pi's second UART.
            command += ["-serial", "chardev:agent"]
            command.insert(1, "--unplugged")
        command += ["-chardev", f"socket,id=agent,path={self.socket},server=on,wait=off"]
        self.cut()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*command, *qemu], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.started = time.monotonic()

    def first_partition(self, command, *arguments):
        """mtools on the boot partition; the box must be off."""
        subprocess.run([command, *arguments[:-1], "-i", self.card + FIRST_PARTITION, arguments[-1]], check=True)

    def cut(self):
        """A power cut."""
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None
        if self.agent:
            self.agent.close()
            self.agent = None

    def edit(self, text):
        """Another marquee.toml in a box that runs."""
        self.write_boot({"marquee.toml": text if isinstance(text, bytes) else text.encode()})

    def write_boot(self, files):
        """Files on the boot partition of a box that runs."""
        write = (f"base64 -d > '/boot/{name}' <<'END'\n{base64.encodebytes(content).decode()}END" for name, content in files.items())
        self.change_boot("\n".join(write))

    def change_boot(self, script):
        """Runs it with a boot partition that can be written: by the root shell, since nothing else can do that."""
        self.sh(f"set -e\nmount -o remount,rw /boot\n{script}\nsync\nmount -o remount,ro /boot")

    def owns(self, thing):
        """Something of the group's that has to be closed when the box is done with; returns it."""
        return self.owned.enter_context(contextlib.closing(thing))

    def close(self):
        """Nobody needs the box any longer."""
        self.cut()
        self.owned.close()

    def alive(self):
        process = self.process
        if process is None:
            raise Failed("the box is off")
        if process.poll() is not None:
            with open(self.log, "rb") as log:
                raise Failed(f"QEMU ended: {log.read()[-2000:].decode(errors='replace')}")

    @contextlib.contextmanager
    def talk(self):
        """Whoever talks to QEMU or to the tests' shell and finds that they went away is told why QEMU ended."""
        try:
            yield
        except ConnectionError as error:
            try:
                self.process.wait(ENDING_S_MAX)
            except subprocess.TimeoutExpired:
                raise Failed(f"QEMU closed a socket and goes on: {error}") from error
            self.alive()

    def get(self, path, timeout_s=5):
        """Status and body; (0, b"") while nobody answers."""
        status, _, body = self.ask("GET", path, timeout_s=timeout_s)
        return status, body

    def ask(self, method, path, body=None, timeout_s=5, headers=None):
        """Status, headers and body, as whoever is logged in; (0, {}, b"") while nobody answers."""
        self.alive()
        if not self.reached:
            return self.ask_inside(method, path)
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=timeout_s)
        try:
            connection.request(method, path, body, {**({"Cookie": self.cookie} if self.cookie else {}), **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, {}, b""
        finally:
            connection.close()

    def ask_inside(self, method, path):
        """The same from within the box, for one that has no network; the body is text."""
        request = f"{method} {path} HTTP/1.0\\r\\nHost: 127.0.0.1\\r\\n\\r\\n"
        answer = self.sh(f"printf '{request}' | nc 127.0.0.1 80", check=False)
        head, _, body = answer.partition("\r\n\r\n")
        status = re.match(r"HTTP/1\.[01] (\d{3}) ", head)
        return (int(status.group(1)), {}, body.encode()) if status else (0, {}, b"")

    def set_up(self, code, password):
        """The first visit: sets the admin's password and stays logged in."""
        body = json.dumps({"code": code, "password": password})
        status, headers, answer = self.ask("POST", "/api/setup", body, ANSWER_S_MAX)
        if status != 204:
            raise Failed(f"setting up: {status} {answer.decode(errors='replace')}")
        self.cookie = headers["Set-Cookie"].split(";")[0]

    def json(self, path):
        """What the API says; waits only for a box that does not answer at all."""
        status, body = until(path, lambda: (told := self.get(path))[0] and told)
        expect(status == 200, f"{path}: {status} {body.decode(errors='replace')}")
        return json.loads(body)

    def send(self, method, path, content):
        """JSON to the API, which must take it; its answer."""
        status, _, answer = self.ask(method, path, json.dumps(content), ANSWER_S_MAX, {"Content-Type": "application/json"})
        if not 200 <= status < 300:
            raise Failed(f"{method} {path}: {status} {answer.decode(errors='replace')}")
        return json.loads(answer) if answer else None

    def upload(self, name, content):
        """A file into the library; waits until screens can show it, and returns its id."""
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(len(content)),
            "Upload-Metadata": "filename " + base64.b64encode(name.encode()).decode(),
            "Content-Type": "application/offset+octet-stream",
        }
        status, told, answer = self.ask("POST", "/api/uploads", content, ANSWER_S_MAX, headers)
        if status != 201:
            raise Failed(f"uploading {name}: {status} {answer.decode(errors='replace')}")
        asset = told["Marquee-Asset"]

        def ready():
            jobs = self.json(f"/api/assets/{asset}")["jobs"]
            failed = [job for job in jobs if job["state"] == "failed"]
            if failed:
                raise Failed(f"{name}: {failed}")
            return all(job["state"] == "done" for job in jobs)

        until(f"{name} to be ready", ready, BOOT_S_MAX)
        return int(asset)

    def wait_up(self):
        """Waits for HTTP 200; returns the seconds since power-on."""
        try:
            # QEMU takes connections before the box does: one that was made too early is given up soon.
            until("HTTP 200", lambda: self.get("/login", timeout_s=2)[0] == 200, BOOT_S_MAX)
        except Failed as failed:
            raise Failed(f"{failed}; the console ended with:\n{self.console()[-3000:]}") from None
        return time.monotonic() - self.started

    def console(self):
        """What the box wrote to its console since it was powered on."""
        try:
            with open(self.serial, "rb") as file:
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def look_for_faults(self):
        """Notes what the console tells of faults since the last look."""
        told = self.console()
        # Of the last line more may come.
        end = told.rfind("\n") + 1
        self.faulty += filter(FAULTS.search, told[self.looked : end].splitlines())
        self.looked = end

    def take_faults(self):
        """The lines that tell of faults since this was asked last, over all starts."""
        self.look_for_faults()
        taken, self.faulty = self.faulty, []
        return taken

    def sh(self, script, check=True):
        """Runs a script in the box as root; returns what it printed."""
        if self.agent is None:
            self.agent = until("the tests' shell", self.open_agent, BOOT_S_MAX)
        with self.talk():
            self.agent.write(base64.b64encode(script.encode()) + b"\n")
            self.agent.flush()
            answer = self.agent.readline()
            if not answer:
                raise ConnectionError("the tests' shell went away")
        code, _, text = answer.decode().rstrip("\n").partition(" ")
        text = base64.b64decode(text).decode(errors="replace")
        if check and code != "0":
            raise Failed(f"`{script.splitlines()[0]}` in the box ended with {code or 'nothing'}: {text}")
        return text

    def sh_last(self, script):
        """Runs a script that the box does not survive, and waits for the shell of the next boot."""
        self.agent.write(base64.b64encode(script.encode()) + b"\n")
        self.agent.flush()
        self.wait_agent(self.agent)

    @staticmethod
    def wait_agent(agent):
        """Waits for the line a new agent begins with; what an earlier one left unread comes first, and on a UART some
        signs from when it was set up."""
        while not (line := agent.readline()).endswith(b"ready\n"):
            if not line:
                raise Failed("the box went away")

    def open_agent(self, begins=True):
        """The tests' shell; `begins`: it tells first that it is there."""
        self.alive()
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(self.socket)
        except OSError:
            return None
        connection.settimeout(BOOT_S_MAX)
        agent = connection.makefile("rwb")
        if begins:
            self.wait_agent(agent)
        return agent
