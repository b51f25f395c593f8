#!/usr/bin/env python3
"""An RTSP server with test cameras, for the tests: GStreamer's own, so that Marquee meets a foreign one.

    rtsp_server.py [--port PORT] [--user NAME --password TEXT] CAMERA...

CAMERA is PATH=CODEC[,WIDTHxHEIGHT][,FPS][,SOUND], such as  /cam0=h264,1280x720,25,pcma
CODEC: h264, h265, mjpeg, or none (sound only). SOUND: pcmu, pcma, aac, opus.
Prints "ready PORT" once it accepts. SIGUSR1 stops all pictures while connections stay; SIGUSR2 lets them on again.
"""

import argparse
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

# A key frame each second, as cameras are usually set up. The picture's clock makes each frame another.
VIDEO = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate=1500 key-int-max={fps}"
    " ! video/x-h264,profile=main ! rtph264pay name=pay0 pt=96 config-interval=0",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast bitrate=1500 key-int-max={fps}"
    " ! h265parse ! rtph265pay name=pay0 pt=96 config-interval=0",
    "mjpeg": "jpegenc quality=70 ! rtpjpegpay name=pay0 pt=26",
}
SOUND = {
    "pcmu": "audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay1 pt=0",
    "pcma": "audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=8",
    "aac": "audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! rtpmp4gpay name=pay1 pt=97",
    "opus": "audio/x-raw,rate=48000,channels=2 ! opusenc ! rtpopuspay name=pay1 pt=98",
}


def launch_line(codec, size, fps, sound):
    width, height = size.split("x")
    parts = []
    if codec != "none":
        parts.append(
            f"videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width={width},height={height},"
            f"framerate={fps}/1 ! timeoverlay ! valve name=gate ! " + VIDEO[codec].format(fps=fps)
        )
    if sound:
        name = "pay1" if codec != "none" else "pay0"
        line = "audiotestsrc is-live=true wave=ticks ! audioconvert ! audioresample ! " + SOUND[sound]
        parts.append(line.replace("pay1", name))
    return "( " + " ".join(parts) + " )"


def parse_camera(text):
    path, _, options = text.partition("=")
    codec, size, fps, sound = "h264", "640x360", 25, None
    for option in options.split(","):
        if option in VIDEO or option == "none":
            codec = option
        elif option in SOUND:
            sound = option
        elif "x" in option:
            size = option
        elif option:
            fps = int(option)
    return path, launch_line(codec, size, fps, sound)


class Server:
    def __init__(self, arguments):
        self.medias = []
        self.stalled = False
        self.server = GstRtspServer.RTSPServer()
        self.server.set_address("127.0.0.1")
        self.server.set_service(str(arguments.port))
        if arguments.user:
            self.require_login(arguments.user, arguments.password)
        for camera in arguments.cameras:
            self.add(*parse_camera(camera), arguments.user)
        if self.server.attach(None) == 0:
            sys.exit(f"port {arguments.port} can't be used")

    def require_login(self, user, password):
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", user)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
        self.server.set_auth(auth)

    def add(self, path, line, user):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(line)
        factory.set_shared(True)
        if user:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role(user, "media.factory.access", True)
            permissions.add_permission_for_role(user, "media.factory.construct", True)
            factory.set_permissions(permissions)
        factory.connect("media-configure", self.configured)
        self.server.get_mount_points().add_factory(path, factory)

    def configured(self, _factory, media):
        self.medias.append(media)
        media.connect("prepared", lambda media: self.gate(media))

    def gate(self, media):
        valve = media.get_element().get_by_name("gate")
        if valve:
            valve.set_property("drop", self.stalled)

    def stall(self, stalled):
        self.stalled = stalled
        for media in self.medias:
            if media.get_element():
                self.gate(media)
        return GLib.SOURCE_CONTINUE


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    parser.add_argument("cameras", nargs="+", metavar="CAMERA")
    arguments = parser.parse_args()
    Gst.init(None)
    server = Server(arguments)
    loop = GLib.MainLoop()
    GLib.unix_signal_add(GLib.PRIORITY_HIGH, signal.SIGUSR1, server.stall, True)
    GLib.unix_signal_add(GLib.PRIORITY_HIGH, signal.SIGUSR2, server.stall, False)
    GLib.unix_signal_add(GLib.PRIORITY_HIGH, signal.SIGTERM, loop.quit)
    print("ready", server.server.get_bound_port(), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
