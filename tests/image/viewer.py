"""A viewer outside of the box: Chromium, which joins a source by WHEP, decodes what comes and tells what it sees and hears.

It is driven through its pipe of the DevTools protocol: nothing need be installed but the browser.
"""

import json
import math
import os
import shutil
import subprocess
import tempfile
import threading
from urllib.parse import urljoin

from box import Failed, expect, until

# What a busy machine may take to start a browser, and an emulated box to get a picture through; neither is a measure.
ANSWER_S_MAX = 300
PROGRAMS = ("chromium-headless-shell", "chromium")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-pipe",
)  # fmt: skip
# Pictures are compared as so many fields of one colour: text and noise are lost, what is shown is not.
ACROSS, DOWN = 16, 9

JOIN = """
async (address) => {
  const connection = new RTCPeerConnection();
  const video = Object.assign(document.createElement('video'), { autoplay: true, muted: true });
  const stream = new MediaStream();
  const viewer = window.viewer = { connection, video, stream, states: [] };
  connection.addEventListener('track', (event) => {
    stream.addTrack(event.track);
    video.srcObject = stream;
  });
  connection.addEventListener('connectionstatechange', () => viewer.states.push(connection.connectionState));
  document.body.append(video);
  connection.addTransceiver('video', { direction: 'recvonly' });
  connection.addTransceiver('audio', { direction: 'recvonly' });
  await connection.setLocalDescription(await connection.createOffer());
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: connection.localDescription.sdp,
  });
  if (answer.status !== 201) {
    throw new Error(`${answer.status} ${await answer.text()}`);
  }
  await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
}
"""

LOOK = """
async ([across, down]) => {
  const { connection, video, states } = window.viewer;
  const reports = [...(await connection.getStats()).values()].filter((report) => report.type === 'inbound-rtp');
  const figures = (kind) => reports.find((report) => report.kind === kind) || {};
  const canvas = new OffscreenCanvas(across, down).getContext('2d', { willReadFrequently: true });
  canvas.imageSmoothingQuality = 'high';
  canvas.drawImage(video, 0, 0, across, down);
  const { framesDecoded = 0, frameWidth = 0, frameHeight = 0, codecId = '' } = figures('video');
  return {
    states,
    frames: framesDecoded,
    size: `${frameWidth}x${frameHeight}`,
    codec: codecId,
    packets: figures('audio').packetsReceived || 0,
    picture: [...canvas.getImageData(0, 0, across, down).data].filter((_, at) => at % 4 !== 3),
  };
}
"""

# The loudest tone: its frequency in Hz and how far it stands out above the middle of all of them, in dB.
LISTEN = """
async () => {
  const { viewer } = window;
  if (!viewer.analyser) {
    const context = new AudioContext({ sampleRate: 48000 });
    viewer.analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 });
    new MediaStreamAudioSourceNode(context, { mediaStream: viewer.stream }).connect(viewer.analyser);
    await context.resume();
  }
  const { analyser } = viewer;
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  const sorted = [...levels].sort((one, other) => one - other);
  const loudest = sorted[sorted.length - 1];
  const level = (value) => Math.max(value, -200);
  return {
    hz: (levels.indexOf(loudest) * 24000) / levels.length,
    above_db: level(loudest) - level(sorted[sorted.length / 2]),
  };
}
"""


class Browser:
    """One page of a Chromium of its own, which ends with `close`."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="marquee-viewer-")
        self.asked, self.answers = 0, {}
        self.came, self.gone = threading.Condition(), False
        program = os.environ.get("CHROMIUM_HEADLESS") or next(filter(None, map(shutil.which, PROGRAMS)), PROGRAMS[-1])
        reads, self.to = os.pipe()
        self.from_, writes = os.pipe()
        # The protocol's pipes are descriptors 3 and 4 of the browser; a shell puts them there.
        command = ["bash", "-c", f'exec "$0" "$@" 3<&{reads} 4>&{writes}', program]
        command += [*FLAGS, f"--user-data-dir={self.profile}", "about:blank"]
        self.process = subprocess.Popen(
            command, pass_fds=(reads, writes), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(reads)
        os.close(writes)
        threading.Thread(target=self.receive, daemon=True).start()
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def open(self, url):
        """Goes to an address, and waits until its page is there."""
        self.ask("Page.navigate", self.session, url=url)
        until(url, lambda: self.is_at(url), ANSWER_S_MAX)

    def is_at(self, url):
        try:
            return self.run("async () => document.readyState === 'complete' && location.href") == url
        except Failed:
            # The page before it went away in the middle of the question.
            self.alive()
            return False

    def alive(self):
        if self.gone:
            raise Failed("the browser has ended")

    def receive(self):
        """Takes messages, each ended by a zero byte, until the browser is gone."""
        with open(self.from_, "rb") as stream:
            rest = b""
            while more := stream.read1(1 << 16):
                *messages, rest = (rest + more).split(b"\0")
                answers = [message for message in map(json.loads, messages) if "id" in message]
                with self.came:
                    self.answers.update((answer["id"], answer) for answer in answers)
                    self.came.notify_all()
        with self.came:
            self.gone = True
            self.came.notify_all()

    def ask(self, method, session=None, **parameters):
        self.asked += 1
        number = self.asked
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self.to, json.dumps(message).encode() + b"\0")
        with self.came:
            self.came.wait_for(lambda: number in self.answers or self.gone, ANSWER_S_MAX)
            answer = self.answers.pop(number, None)
        if answer is None or "error" in answer:
            raise Failed(f"the browser, asked for {method}: {answer or 'no answer'}")
        return answer["result"]

    def run(self, function, argument=None):
        """Calls an async JavaScript function with a value, returns its value."""
        expression = f"({function})({json.dumps(argument)})"
        given = self.ask("Runtime.evaluate", self.session, expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in given:
            raise Failed(f"in the browser: {given['exceptionDetails'].get('exception', {}).get('description')}")
        return given["result"].get("value")

    def close(self):
        self.process.terminate()
        self.process.wait()
        os.close(self.to)
        shutil.rmtree(self.profile, ignore_errors=True)


class Viewer:
    """A viewer of one source, from its joining to `leave`."""

    def __init__(self, address):
        self.browser = Browser()
        try:
            # From a page of the box: those of other servers may not watch.
            self.browser.open(urljoin(address, "/health"))
            self.browser.run(JOIN, address)
            state = until("an answer to the viewer", self.settled, ANSWER_S_MAX)
            expect(state == "connected", f"the viewer's connection is {state}")
        except Failed:
            self.leave()
            raise

    def settled(self):
        states = self.browser.run("async () => window.viewer.states")
        return states and states[-1] != "connecting" and states[-1]

    def leave(self):
        self.browser.close()

    def look(self):
        """What there is now, on the one connection it ever had."""
        seen = self.browser.run(LOOK, [ACROSS, DOWN])
        # "disconnected" is a busy box that answers late, and mends itself; a connection that is over does not.
        if {"failed", "closed"} & set(seen["states"]):
            raise Failed(f"the viewer's connection did not stay: {seen['states']}")
        return seen

    def wait_frames(self, count, seconds_max=ANSWER_S_MAX):
        """Waits for so many more decoded frames; returns what is seen then."""
        wanted = self.look()["frames"] + count
        return until(f"{count} more frames", lambda: (seen := self.look())["frames"] >= wanted and seen, seconds_max)

    def wait_picture(self, what, fits, seconds_max=ANSWER_S_MAX):
        """Waits for a picture of which `fits` is true."""
        return until(what, lambda: fits(picture := self.look()["picture"]) and picture, seconds_max)

    def wait_tone(self, hz, seconds_max=ANSWER_S_MAX):
        """Waits until one tone stands out, and is this one."""
        def hears():
            heard = self.browser.run(LISTEN)
            return heard["above_db"] > 30 and abs(heard["hz"] - hz) < 0.03 * hz and heard
        return until(f"a tone of {hz} Hz", hears, seconds_max)


def difference(one, other):
    """How different two pictures are: root of the mean square over all colours, 0 to 255."""
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(one, other)) / len(one))
