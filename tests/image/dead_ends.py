"""What an appliance without a shell must find its way out of: damaged logins, a damaged library, data that is full, can't be
written or has vanished. The TV has its picture all the time, and the browser has the way out."""

import json
import re

import kept
from box import ANSWER_S_MAX, expect, until
from screens import ONE, is_test_picture, moves, slide
from tv import Tv

CONFIG = f'[test]\nenabled = true\nsize = "320x180"\nfps = 10\nsound = false\n{ONE}'
PASSWORDS = ("open sesame", "another sesame")


def picture_goes_on(box):
    moves(box.tv, "the test picture", is_test_picture)


def log_in(box, password):
    """Status and answer; the session stays the box's if there is one."""
    body = json.dumps({"password": password})
    status, headers, answer = box.ask("POST", "/api/session", body, ANSWER_S_MAX, {"Content-Type": "application/json"})
    if status < 300:
        box.cookie = headers["Set-Cookie"].split(";")[0]
    return status, answer.decode(errors="replace")


def code(box):
    """The newest one in the log, which is the one on the TV."""
    return until("a code", lambda: re.findall(r"code (\d{8})", box.sh("journalctl -b -u marquee --output=cat")))[-1]


def restarted(box, script):
    box.sh(f"systemctl stop marquee.socket marquee.service\n{script}\nsystemctl start marquee.socket marquee.service")
    box.wait_up()


def logins(box):
    """damaged logins: the picture goes on, the reason is told, and a code sets a new password"""
    kept.wake(box, *Tv.arguments(box))
    box.tv = Tv(box, 0)
    box.tv.plug()
    kept.go_on(box, box.sample(CONFIG).replace("login = false\n", ""))
    box.set_up(code(box), PASSWORDS[0])
    picture_goes_on(box)
    first = code(box)
    restarted(box, "echo '[garbage' > /data/marquee/access.toml")
    picture_goes_on(box)
    box.cookie = None
    status, told = log_in(box, PASSWORDS[0])
    expect(status == 503 and "can't be read" in told, f"a login is answered {status} {told}")
    until("a new code", lambda: code(box) != first)
    box.set_up(code(box), PASSWORDS[1])
    expect(box.get("/api/status")[0] == 200, "still nobody can enter")
    picture_goes_on(box)


def library(box):
    """a damaged library: the picture goes on, and what can be read is rescued in the browser"""
    box.asset = slide(box, "yellow")
    restarted(box, "dd if=/dev/urandom of=/data/marquee/library/library.db bs=4096 count=4 conv=notrunc,fsync; rm -f /data/marquee/library/library.db-wal")
    picture_goes_on(box)
    until("it is told", lambda: "library_damaged" in [problem["code"] for problem in box.json("/api/status")["problems"]])
    expect(box.get("/health")[0] == 503, "well without a library")
    status, _, told = box.ask("POST", "/api/library/rescue", "", ANSWER_S_MAX)
    if status >= 300:
        status, _, told = box.ask("POST", "/api/library/start-empty", "", ANSWER_S_MAX)
    expect(status < 300, f"no way out: {status} {told.decode(errors='replace')}")
    until("a library", lambda: box.get("/api/library")[0] == 200)
    until("/health", lambda: box.get("/health")[0] == 200)
    picture_goes_on(box)


def full(box):
    """full data: whoever logs in can delete, uploads are refused in MB, the picture goes on"""
    box.asset = slide(box, "blue")
    box.sh("dd if=/dev/zero of=/data/fill bs=1M 2>/dev/null; dd if=/dev/zero of=/data/fill2 bs=1k 2>/dev/null; sync", check=False)
    box.cookie = None
    status, told = log_in(box, PASSWORDS[1])
    expect(status < 300, f"nobody can log in: {status} {told}")
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(50 << 20), "Upload-Metadata": "filename YS5wbmc="}
    status, _, told = box.ask("POST", "/api/uploads", None, ANSWER_S_MAX, headers)
    expect(status in (413, 507) and b"MB" in told, f"an upload: {status} {told}")
    ids = {"ids": [box.asset]}
    box.send("POST", "/api/assets/bin", ids)
    box.send("POST", "/api/assets/purge", ids)
    expect(box.get(f"/api/assets/{box.asset}")[0] == 404, "it is still there")
    picture_goes_on(box)
    box.sh("rm /data/fill /data/fill2")


def read_only(box):
    """data that can't be written: whoever has the password enters, it is told, the picture goes on"""
    box.sh("mount -o remount,errors=remount-ro /data && echo test > /sys/fs/ext4/vda7/trigger_fs_error")
    # It is not called `ro` then.
    until("read-only", lambda: "no" in box.sh("touch /data/try 2>/dev/null || echo no"))
    box.cookie = None
    status, told = log_in(box, PASSWORDS[1])
    expect(status < 300, f"nobody can log in: {status} {told}")
    told = until("it is told", lambda: [p["code"] for p in box.json("/api/status")["problems"] if p["code"].startswith("library_")])
    status, _, _ = box.ask("DELETE", "/api/session", None, ANSWER_S_MAX)
    expect(status < 300, f"logging out: {status}")
    picture_goes_on(box)
    return ", ".join(told)


def vanished(box):
    """data that has vanished: it is told, the picture goes on, and a restart of the box is the way out"""
    # As the program sees it: it has mounts of its own, and a folder of its own that it may write to.
    box.sh("nsenter -t $(pidof marquee) -m sh -c 'umount -l /data/marquee; umount -l /data'")
    until("/health tells", lambda: box.get("/health")[0] == 503)
    picture_goes_on(box)


TESTS = [logins, library, full, read_only, vanished]
