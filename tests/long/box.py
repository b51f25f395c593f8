"""The program as the long tests run it: started, asked, looked at from outside, ended; and how they tell what they saw."""

import base64
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import closing, suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUPPORT = HERE.parent / "support"
# Far above what anything takes on a busy machine: waiting ends with the level, not with this.
PATIENCE_S = 120
START_S_MAX = 300
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


class Wrong(Exception):
    """What was seen, in the words of the one who reads the log."""


def right(condition, otherwise):
    if not condition:
        raise Wrong(otherwise)


def say(*words):
    print(time.strftime("%H:%M:%S"), *words, flush=True)


class Tests:
    """Runs tests one after the other; ends with how many passed."""

    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], 0

    def run(self, name, test, *arguments):
        say("begins:", name)
        start = time.monotonic()
        try:
            test(*arguments)
        except Exception as error:
            if not isinstance(error, Wrong):
                traceback.print_exc()
            self.failed.append((name, repr(error) if not isinstance(error, Wrong) else error))
            print(f"FAILED {name} ({time.monotonic() - start:.1f} s): {error}", flush=True)
        else:
            self.passed += 1
            print(f"ok {name} ({time.monotonic() - start:.1f} s)", flush=True)

    def end(self):
        for name, error in self.failed:
            print(f"FAILED {name}: {error}")
        print(f"{self.passed} passed, {len(self.failed)} failed, {self.skipped} skipped")
        sys.exit(1 if self.failed else 0)


class Answer:
    def __init__(self, answer):
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.headers.items()}
        self.body = answer.read()

    def json(self):
        return json.loads(self.body)

    def text(self):
        return self.body.decode("utf-8", "replace")


class Box:
    """Marquee in a folder of its own, on a port that stays."""

    def __init__(self, config, folder=None, environment=None, arguments=("--open",)):
        self.own = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="marquee-long-"))
        self.environment = {**os.environ, **(environment or {})}
        self.arguments = arguments
        self.port = free_port()
        self.process = None
        (self.folder / "marquee.toml").write_text(config)
        self.start()

    def start(self):
        command = [os.environ["MARQUEE_BIN"], "run", *self.arguments, "--listen", f"127.0.0.1:{self.port}",
                   "--config", self.folder / "marquee.toml", "--data", self.folder / "data"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment)
        self.until("it answers", lambda: self.answers(), START_S_MAX)

    def answers(self):
        with suppress(OSError, http.client.HTTPException):
            return self.ask("GET", "/health").status in (200, 503)
        right(self.process.poll() is None, f"the program ended with {self.process.poll()}: {self.last_words()}")
        return False

    @property
    def pid(self):
        return self.process.pid

    @property
    def data(self):
        return self.folder / "data"

    def last_words(self, lines=15):
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-lines:])

    def is_up(self):
        right(self.process.poll() is None, f"the program ended with {self.process.poll()}: {self.last_words()}")

    def ask(self, method, path, body=None, headers=None, seconds=PATIENCE_S):
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        with closing(connection):
            try:
                connection.request(method, path, body, headers)
            except (BrokenPipeError, ConnectionResetError):
                # Refused before all of it was sent: the answer is there to be read.
                pass
            return Answer(connection.getresponse())

    def json(self, path):
        answer = self.ask("GET", path)
        right(answer.status == 200, f"{path}: {answer.status} {answer.text()}")
        return answer.json()

    def until(self, what, level, seconds=PATIENCE_S):
        end = time.monotonic() + seconds
        while not (seen := level()):
            right(time.monotonic() < end, f"not within {seconds} s: {what}")
            time.sleep(0.1)
        return seen

    def source(self, source):
        return self.json(f"/api/sources/{source}")

    def begin_upload(self, name, length, first=b"", tags=None):
        """The answer to the first request; with `first` as its bytes."""
        code = lambda text: base64.b64encode(text.encode()).decode()  # noqa: E731
        about = f"filename {code(name)}" + (f",tags {code(tags)}" if tags else "")
        headers = {**BYTES, "Upload-Length": str(length), "Upload-Metadata": about}
        return self.ask("POST", "/api/uploads", first, headers)

    def patch(self, upload, offset, content):
        return self.ask("PATCH", upload, content, {**BYTES, "Upload-Offset": str(offset)})

    def upload(self, name, content, tags=None):
        """Sends a file in two parts; its asset."""
        half = len(content) // 2
        begun = self.begin_upload(name, len(content), content[:half], tags)
        right(begun.status == 201, f"{name} was refused: {begun.status} {begun.text()}")
        whole = self.patch(begun.headers["location"], half, content[half:])
        right(whole.status == 204, f"the rest of {name} was refused: {whole.status} {whole.text()}")
        return int(whole.headers["marquee-asset"])

    def worked(self, asset):
        """The asset once nothing is left to do on it."""
        def level():
            found = self.json(f"/api/assets/{asset}")
            jobs = found["jobs"]
            return jobs and all(job["state"] in ("done", "failed", "cancelled") for job in jobs) and found
        return self.until(f"the work on asset {asset} ends", level)

    def figures(self):
        """What it uses now."""
        status = dict(line.split(":", 1) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines())
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()[1:]
        pss = next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        return {
            "rss_kib": int(status["VmRSS"].split()[0]),
            "pss_kib": pss,
            "fds": len(os.listdir(f"/proc/{self.pid}/fd")),
            "threads": int(status["Threads"]),
        }

    def no_panics(self):
        words = (self.folder / "log").read_text(errors="replace")
        found = [line for line in words.splitlines() if "panicked at" in line]
        right(not found, f"panics: {found[:3]}")

    def end(self):
        """Ends it as init does; it must end well."""
        self.is_up()
        self.process.terminate()
        status = self.process.wait(PATIENCE_S)
        right(status == 0, f"it ended with {status}: {self.last_words()}")

    def clean(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Cameras:
    """GStreamer's RTSP server with test cameras (tests/support/rtsp_server.py); may be killed and started again."""

    def __init__(self, *cameras):
        self.cameras, self.port, self.process = cameras, 0, None
        self.start()

    def start(self):
        # Debian's own Python: it has the bindings of GStreamer, others have not.
        command = ["/usr/bin/python3", SUPPORT / "rtsp_server.py", "--port", str(self.port), *self.cameras]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        right(words[:1] == ["ready"], f"the RTSP server said {words}")
        self.port = int(words[1])

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def make_video(folder, seconds=3):
    """A small MP4 that plays everywhere."""
    file = Path(folder) / "made.mp4"
    line = (f"videotestsrc num-buffers={25 * seconds} pattern=ball ! video/x-raw,format=I420,width=320,height=180,"
            f"framerate=25/1 ! x264enc speed-preset=ultrafast key-int-max=25 ! video/x-h264,profile=main ! h264parse "
            f"! mp4mux faststart=true ! filesink location={file}")
    subprocess.run(["gst-launch-1.0", "-q", *line.split()], check=True, timeout=PATIENCE_S)
    return file.read_bytes()


def another(video, number):
    """The same video as other content: with a box behind it that nobody reads."""
    return video + (16).to_bytes(4, "big") + b"free" + number.to_bytes(8, "big")


def slide(number):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="320" height="180"><rect x="{number % 300}" width="20" '
            f'height="20" fill="red"/><!--{number}--></svg>').encode()


def median(values):
    return statistics.median(values) if values else 0
