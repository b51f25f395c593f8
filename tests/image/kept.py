"""A box that is up, kept: it is booted once and saved by QEMU, memory and card, and whoever does not test booting goes on
from there. The next run finds it below ~/.cache/marquee, as long as the image, QEMU and what starts it are the same."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time

import box as boxes
from box import ROOT, Box, Failed, expect, until
from tv import qmp

CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "marquee", "boxes")
# Of other images and branches; each is half a gigabyte.
OTHERS_MAX = 2
# QEMU up to 10.0 reads the version of its graphics card's second head from beside it (scanout_vmstate_after_v2): what it
# finds there at each of its starts is chance. Seldom it is another than when the box was saved, and QEMU ends so.
MISREAD = "Missing section footer for 0000:00:03.0/virtio-gpu"
STARTS_MAX, MAKES_MAX = 10, 3
# No limit worth the name: the box stands still meanwhile.
BYTES_PER_S = 1 << 40


def key(box):
    """What makes two kept boxes the same. The folders of image and guest are named by their content."""
    version = subprocess.run(["qemu-system-aarch64", "--version"], check=True, stdout=subprocess.PIPE).stdout
    known = hashlib.sha256(version)
    for path in (box.image, os.path.dirname(box.guest)):
        known.update(os.path.basename(path).encode())
    for path in (os.path.join(ROOT, "scripts", "qemu"), __file__, boxes.__file__):
        with open(path, "rb") as file:
            known.update(file.read())
    return known.hexdigest()[:16]


@contextlib.contextmanager
def folder_of(box):
    """The folder of the kept box, which may not be there yet. Two runs at once make one: the other waits."""
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, ".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield os.path.join(CACHE, key(box))


def find(box):
    """The folder of the kept box; made if there is none yet."""
    with folder_of(box) as folder:
        for _ in range(MAKES_MAX):
            if os.path.exists(folder):
                break
            with tempfile.TemporaryDirectory(dir=CACHE, prefix="new-") as work:
                with contextlib.closing(Box(box.image, box.guest, work, "kept")) as fresh:
                    fresh.start()
                    fresh.wait_up()
                    save(fresh, folder)
        expect(os.path.exists(folder), f"QEMU misread {MAKES_MAX} boxes that it had saved")
        os.utime(folder)
        forget(folder)
    return folder


def keep(box):
    """Keeps a box that a fresh card has just come up in, if none is kept yet; it goes on."""
    with folder_of(box) as folder:
        if not os.path.exists(folder):
            try:
                save(box, folder)
            finally:
                qmp(box, "cont")
            forget(folder)


def forget(used):
    """Removes those that were not used for the longest time, and what a run that was cut off left."""
    others = [os.path.join(CACHE, name) for name in os.listdir(CACHE) if name != ".lock"]
    others = sorted((path for path in others if path != used), key=os.path.getmtime, reverse=True)
    unfinished = [path for path in others if os.path.basename(path).startswith("new-")]
    for path in unfinished + [path for path in others if path not in unfinished][OTHERS_MAX:]:
        shutil.rmtree(path)


def save(box, folder):
    """Saves a box in that folder once it has nothing more to do, if it can be gone on with; it stands still then."""
    state = box.sh("systemctl is-system-running --wait; true").strip()
    if state != "running":
        raise Failed(f"the box to be kept is {state}: {box.sh('systemctl --no-legend --plain --failed')}")
    until("/health", lambda: box.get("/health")[0] == 200)
    # What can be read again need not be kept.
    box.sh("sync; echo 3 > /proc/sys/vm/drop_caches")
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="new-") as work:
        made = f"{work}/box"
        os.mkdir(made)
        qmp(box, "stop")
        qmp(box, "migrate-set-parameters", **{"max-bandwidth": BYTES_PER_S})
        qmp(box, "migrate", uri=f"file:{made}/memory")
        until("the box being saved", lambda: saved(box))
        copy(box.card, f"{made}/card.img")
        if starts(Box(box.image, box.guest, work, "check"), made):
            os.rename(made, folder)


def saved(box):
    told = qmp(box, "query-migrate")
    if told["status"] in ("failed", "cancelled"):
        raise Failed(f"QEMU can't save the box: {told}")
    return told["status"] == "completed"


def put_card(box):
    """Puts the kept box's card in, as if its power had been cut."""
    copy(os.path.join(find(box), "card.img"), box.card)


def copy(card, to):
    subprocess.run(["cp", "--reflink=auto", "--sparse=always", card, to], check=True)


def start(box, folder, *qemu):
    """Starts QEMU with what was saved; False if it misread that."""
    box.start(*qemu, "-incoming", "defer")
    # It was saved with a shell that somebody listened to, and would else be told that nobody does.
    box.agent = until("the tests' shell", lambda: box.open_agent(begins=False))
    try:
        qmp(box, "migrate-incoming", uri=f"file:{folder}/memory")
        until("the kept box", lambda: qmp(box, "query-status")["status"] == "paused")
    except Failed as failed:
        if MISREAD in str(failed):
            return False
        raise
    return True


def starts(box, folder):
    """Whether it can be gone on with: not if it was chance that QEMU saved it otherwise than it mostly reads it."""
    with contextlib.closing(box):
        copy(f"{folder}/card.img", box.card)
        box.toml = None
        return sum(start(box, folder) for _ in range(3)) >= 2


def wake(box, *qemu):
    """The kept box goes on in `box`, on a copy of its card, at today's time. It still has the kept box's marquee.toml."""
    folder = find(box)
    put_card(box)
    # It is in the kept box already, and its boot partition must not change behind its back.
    box.toml = None
    expect(any(start(box, folder, *qemu) for _ in range(STARTS_MAX)), f"QEMU did not read {folder} once in {STARTS_MAX} starts")
    qmp(box, "cont")
    box.sh(f"date -u -s @{round(time.time())}")


def go_on(box, text):
    """Has the box that was woken take up this marquee.toml, or that there is none, as it would at a start."""
    if text is None:
        box.change_boot("rm /boot/marquee.toml")
    else:
        box.edit(text)
    box.sh("systemctl restart marquee-system.service marquee.service")
    box.wait_up()


def resume(box, text=None):
    wake(box)
    go_on(box, text or box.sample())
