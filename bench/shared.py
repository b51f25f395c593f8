"""What the measurements share: servers as processes, what they use of the machine, and tables."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

# The database of a large library is checked at each start.
START_S_MAX = 120
# In a second.
IDLE_CPU_S = 0.05
IDLE_S_MAX = 120
# Live sources would be measured with it.
QUIET = "[web]\nwebrtc_port = 0\n\n[test]\nenabled = false\n"


@contextmanager
def marquee(program, data, work):
    config = work / "quiet.toml"
    config.write_text(QUIET)
    port = free_port()
    command = [program, "run", "--open", "--data", data, "--listen", f"127.0.0.1:{port}", "--config", config,
               "--log", "error"]
    with running(command, f"http://127.0.0.1:{port}/api/assets", work) as process:
        yield process, port


@contextmanager
def running(command, ready, work, **environment):
    """A server, once the address `ready` answers and nothing else is to be done in it."""
    log = work / "server.log"
    with log.open("w") as told:
        process = subprocess.Popen(command, stdout=told, stderr=told, env=os.environ | environment)
    try:
        wait_for(process, ready, log)
        wait_idle(process.pid)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(process, ready, log):
    end = time.monotonic() + START_S_MAX
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with suppress(OSError), urllib.request.urlopen(ready, timeout=20):
            return
        time.sleep(0.1)
    sys.exit(f"a server did not start:\n{log.read_text()}")


def wait_idle(pid):
    """What a server does once when it starts (ours compares its files with its database) is no part of a request."""
    end = time.monotonic() + IDLE_S_MAX
    while time.monotonic() < end:
        before = cpu_s(pid)
        time.sleep(1)
        if cpu_s(pid) - before < IDLE_CPU_S:
            return
    tell("the server is not idle; its figures have what it does beside")


def family(pid):
    """The process and those it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [int(child) for child in children]


def cpu_s(pid):
    """Of all threads, also of those that ended, by the kernel's own clock: ticks are too coarse for what costs little."""
    # As clock_getcpuclockid(3) makes it: the process and CPUCLOCK_SCHED.
    return sum(time.clock_gettime(~one << 3 | 2) for one in family(pid))


def memory_mb(pid):
    """Resident, and the part of it that is no file (the database is read through a mapping); of all processes."""
    totals = {"VmRSS": 0, "RssAnon": 0}
    for one in family(pid):
        status = Path(f"/proc/{one}/status").read_text()
        for key in totals:
            totals[key] += kilobytes(key, status)
    return totals["VmRSS"] / 1024, totals["RssAnon"] / 1024


def pss_mb(pid):
    """Resident, of all processes, with what they share counted once (proportional set size)."""
    return sum(kilobytes("Pss", Path(f"/proc/{one}/smaps_rollup").read_text()) for one in family(pid)) / 1024


def sockets_mb():
    """What lies in the buffers of all TCP sockets of this machine, pages of files included."""
    pages = re.search(r"^TCP: .* mem (\d+)$", Path("/proc/net/sockstat").read_text(), re.MULTILINE)[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def kilobytes(key, text):
    return int(re.search(rf"^{key}:\s+(\d+) kB", text, re.MULTILINE)[1])


def print_table(heads, rows, left=2):
    """The first `left` columns are words, the others figures."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    for row in [heads, ["-" * width for width in widths], *rows]:
        cells = [cell.ljust(width) if column < left else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        print(f"| {' | '.join(cells)} |")


def machine():
    with suppress(OSError):
        model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        return f"{os.cpu_count()} cores of {model[1] if model else os.uname().machine}"
    return f"{os.cpu_count()} cores"


def load():
    return f"{os.getloadavg()[0]:.1f}"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def checksum(*contents):
    """Names what was made by these."""
    told = subprocess.run(["cksum"], input=b"".join(contents), capture_output=True, check=True).stdout
    return told.split()[0].decode()


def tell(text):
    print(text, file=sys.stderr, flush=True)
