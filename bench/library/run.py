"""Measures the library's lists beside a stand-in of the old server, and prints one table. Called by scripts/bench."""

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import make

HERE = Path(__file__).resolve().parent
OLD_ASSETS = 333
# The database of a large library is checked at each start.
START_S_MAX = 120
# In a second.
IDLE_CPU_S = 0.05
IDLE_S_MAX = 120
# Caches and connections are there before anything is measured.
WARM_S = 1
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# Live sources would be measured with it.
QUIET = "[web]\nwebrtc_port = 0\n\n[test]\nenabled = false\n"


def main():
    arguments = read_arguments()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="marquee-bench-") as work:
        work = Path(work)
        paths = write_paths(work)
        begun = load()
        rows = []
        for count in arguments.assets:
            folder = library(arguments, count, work)
            with marquee(arguments.program, folder, work) as (process, port):
                rows += measure(f"Marquee, {count:,}", process.pid, port, paths, arguments.seconds)
        with old_server(work) as (process, port):
            rows += measure(f"stand-in, {OLD_ASSETS:,}", process.pid, port, paths, arguments.seconds)
    print_table(rows)
    print(f"\n{machine()}; load {begun} before, {load()} after; {arguments.build}; one connection, "
          f"{arguments.seconds} s for each line, pages of {make.PAGE}; memory is summed over a server's processes")


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--build", default="")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--assets", type=int, nargs="+", default=[333, 100_000])
    return parser.parse_args()


def write_paths(work):
    """A file of addresses for each kind of request."""
    files = {}
    for kind, addresses in make.requests().items():
        files[kind] = work / f"{kind}.txt"
        files[kind].write_text("\n".join(addresses) + "\n")
    return files


def library(arguments, count, work):
    """A data folder with so many assets: made once for each version of the tables and of make.py."""
    tables = subprocess.run(["cksum"], input=(HERE / "make.py").read_bytes() + schema(), capture_output=True,
                            check=True).stdout.split()[0].decode()
    folder = arguments.cache / f"library-{count}-{tables}"
    if not folder.exists():
        tell(f"Making a library of {count:,} assets")
        part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=arguments.cache))
        try:
            # The program makes its database.
            with marquee(arguments.program, part, work):
                pass
            make.make(part / "library" / "library.db", count)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return folder


def schema():
    return (HERE.parent.parent / "src" / "library" / "schema.rs").read_bytes()


@contextmanager
def marquee(program, folder, work):
    config = work / "quiet.toml"
    config.write_text(QUIET)
    port = free_port()
    command = [program, "run", "--open", "--data", folder, "--listen", f"127.0.0.1:{port}", "--config", config,
               "--log", "error"]
    with running(command, port, work) as process:
        yield process, port


@contextmanager
def old_server(work):
    folder = work / "old"
    folder.mkdir()
    make.old_records(folder, OLD_ASSETS)
    port = free_port()
    # Threads, since gunicorn's plain workers close the connection after each request, which would be measured.
    command = [sys.executable, "-m", "gunicorn", "--workers", "4", "--worker-class", "gthread", "--threads", "1",
               "--keep-alive", "60", "--bind", f"127.0.0.1:{port}", "--chdir", HERE, "--log-level", "error",
               "--worker-tmp-dir", work, "old_server:app"]
    with running(command, port, work, FOLDER=str(folder)) as process:
        yield process, port


@contextmanager
def running(command, port, work, **environment):
    log = work / "server.log"
    with log.open("w") as told:
        process = subprocess.Popen(command, stdout=told, stderr=told, env=os.environ | environment)
    try:
        wait_for(process, port, log)
        wait_idle(process.pid)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(process, port, log):
    end = time.monotonic() + START_S_MAX
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/api/assets", timeout=20):
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


def measure(name, pid, port, paths, seconds):
    """A row for each kind of request."""
    rows = []
    for kind, file in paths.items():
        tell(f"{name}: {kind}")
        wrk(kind, file, port, WARM_S)
        before = cpu_s(pid)
        told = wrk(kind, file, port, seconds)
        used = cpu_s(pid) - before
        rss, own = memory_mb(pid)
        rows.append([
            name, kind, f"{told['requests']:,}", f"{told['p50_us'] / 1000:.2f}", f"{told['p99_us'] / 1000:.2f}",
            f"{1000 * used / max(told['requests'], 1):.2f}", f"{rss:.0f}", f"{own:.0f}",
            str(told["refused"] + told["broken"]),
        ])
    return rows


def wrk(kind, file, port, seconds):
    done = subprocess.run(
        ["wrk", "--threads", "1", "--connections", "1", "--duration", f"{seconds}s", "--timeout", "10s",
         "--script", HERE / "requests.lua", f"http://127.0.0.1:{port}"],
        env=os.environ | {"PATHS": str(file), "NEXT": "1" if kind == "next" else ""},
        capture_output=True, text=True, check=True)
    # Before it, wrk prints words of its own.
    return json.loads(done.stdout.splitlines()[-1])


def family(pid):
    """The process and those it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [int(child) for child in children]


def cpu_s(pid):
    total = 0
    for one in family(pid):
        # Behind the name, which may have spaces: state is the third field, utime and stime are the 14th and 15th.
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_PER_S


def memory_mb(pid):
    """Resident, and the part of it that is no file (the database is read through a mapping); of all processes."""
    totals = {"VmRSS": 0, "RssAnon": 0}
    for one in family(pid):
        status = Path(f"/proc/{one}/status").read_text()
        for key in totals:
            totals[key] += int(re.search(rf"^{key}:\s+(\d+) kB", status, re.MULTILINE)[1])
    return totals["VmRSS"] / 1024, totals["RssAnon"] / 1024


def print_table(rows):
    heads = ["server, assets", "request", "requests", "p50 ms", "p99 ms", "CPU s per 1000", "VmRSS MB", "of it own MB",
             "errors"]
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    for row in [heads, ["-" * width for width in widths], *rows]:
        cells = [cell.ljust(width) if column < 2 else cell.rjust(width)
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


def tell(text):
    print(text, file=sys.stderr, flush=True)


main()
