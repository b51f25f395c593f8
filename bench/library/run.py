"""Measures the library's lists beside a stand-in of the old server, and prints one table. Called by scripts/bench."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import make
from shared import checksum, cpu_s, free_port, load, machine, marquee, memory_mb, print_table, running, tell

HERE = Path(__file__).resolve().parent
OLD_ASSETS = 333
# Caches and connections are there before anything is measured.
WARM_S = 1
HEADS = ["server, assets", "request", "requests", "p50 ms", "p99 ms", "CPU s per 1000", "VmRSS MB", "of it own MB",
         "errors"]


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
    print_table(HEADS, rows)
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
    tables = checksum((HERE / "make.py").read_bytes(), schema())
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
def old_server(work):
    folder = work / "old"
    folder.mkdir()
    make.old_records(folder, OLD_ASSETS)
    port = free_port()
    # Threads, since gunicorn's plain workers close the connection after each request, which would be measured.
    command = [sys.executable, "-m", "gunicorn", "--workers", "4", "--worker-class", "gthread", "--threads", "1",
               "--keep-alive", "60", "--bind", f"127.0.0.1:{port}", "--chdir", HERE, "--log-level", "error",
               "--worker-tmp-dir", work, "old_server:app"]
    with running(command, f"http://127.0.0.1:{port}/api/assets", work, FOLDER=str(folder)) as process:
        yield process, port


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


main()
