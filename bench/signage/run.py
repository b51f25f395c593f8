"""Measures what hundreds of TVs cost, beside a stand-in of the old server, and prints two tables. Called by scripts/bench."""

import argparse
import asyncio
import resource
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

import media
import servers
from shared import cpu_s, load, machine, print_table, pss_mb, sockets_mb, tell
from tvs import OldTv, PollingTv, ToldTv, Wall

# Screens that one Marquee knows.
TVS_MAX = 500
# Connections and caches are there, and the first pieces on their way, before anything is measured.
WARM_S = 5
LOOK_EVERY_S = 1
# Of the playlist, while all TVs play.
CHANGES = 5
# An old TV has a change after its own pause and the cache's.
CHANGE_S_MAX = 20
# A TV's own are three connections, and there are two ends.
FILES_MAX = 8192

SIDES = [
    ("Marquee, told of changes", servers.new_server, ToldTv),
    ("Marquee, asked every 5 s", servers.new_server, PollingTv),
    ("gunicorn and nginx, asked every 5 s", servers.old_server, OldTv),
]
HEADS = ["server", "TVs", "Mbit/s each", "answers", "p50 ms", "p99 ms", "CPU s per GB", "% of a core", "PSS MB",
         "sockets MB", "errors", "client %"]
CHANGE_HEADS = ["server", "TVs", "told: median ms", "max", "has it: median ms", "max", "missing"]


def main():
    arguments = read_arguments()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= FILES_MAX:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES_MAX), hard))
    begun, rows, changes = load(), [], []
    with tempfile.TemporaryDirectory(prefix="marquee-bench-") as work:
        work = Path(work)
        folder = media.library(arguments, work)
        for count in arguments.tvs:
            for name, server, kind in SIDES:
                tell(f"{name}: {count} TVs")
                with server(arguments, folder, work) as served:
                    measured = asyncio.run(measure(served, kind, count, arguments.seconds))
                rows += rows_of(name, count, measured)
                changes.append([name, str(count), *measured["changes"]])
    print_table(HEADS, rows, 1)
    print()
    print_table(CHANGE_HEADS, changes, 1)
    print(f"\n{machine()}; load {begun} before, {load()} after; {arguments.build}; {arguments.seconds} s for each line; "
          f"PSS: the most of all processes together, what they share counted once; sockets: the most that lay in the kernel "
          f"for all TCP connections of this machine, also pages of files; {CHANGES} changes; over loopback")


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--nginx", type=Path, required=True)
    parser.add_argument("--build", default="")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--tvs", type=int, nargs="+", default=[15, 100, 500])
    arguments = parser.parse_args()
    if not all(1 <= count <= TVS_MAX for count in arguments.tvs):
        parser.error(f"--tvs: 1 to {TVS_MAX}")
    return arguments


async def measure(served, kind, count, seconds):
    """What the servers' processes used while the TVs played, what these saw, and how they heard of changes."""
    wall = Wall([kind(number, served.port) for number in range(count)])
    await wall.switch_on(served.media_port, served.files)
    try:
        await asyncio.sleep(WARM_S)
        errors = wall.errors()
        wall.forget()
        begun, taken, own = time.monotonic(), wall.taken_bytes(), time.process_time()
        before = {name: cpu_s(pid) for name, pid in served.processes.items()}
        memory, sockets = await most_memory(served.processes, begun + seconds)
        passed = time.monotonic() - begun
        return {
            "seconds": passed,
            "cpu_s": {name: cpu_s(pid) - before[name] for name, pid in served.processes.items()},
            "own_cpu_s": time.process_time() - own,
            "bytes": wall.taken_bytes() - taken,
            "memory_mb": memory,
            "sockets_mb": sockets,
            "answered_s": [answered for tv in wall.tvs for answered in tv.answered_s],
            "changes": await changes_of(wall, served),
            "errors": wall.errors() - errors,
            "late_s": wall.late_s,
        }
    finally:
        await wall.switch_off()


async def most_memory(processes, end):
    """Of each, and of the kernel's socket buffers at both ends; looked at now and then until `end`."""
    most, sockets = dict.fromkeys(processes, 0.0), 0.0
    while True:
        for name, pid in processes.items():
            most[name] = max(most[name], pss_mb(pid))
        sockets = max(sockets, sockets_mb())
        left = end - time.monotonic()
        if left <= 0:
            return most, sockets
        await asyncio.sleep(min(LOOK_EVERY_S, left))


async def changes_of(wall, served):
    """How long until the TVs are told of a change, and until they have the new playlist."""
    told, has, missing = [], [], 0
    for number in range(1, CHANGES + 1):
        name = f"Change {number}"
        for tv in wall.tvs:
            # As both servers write it.
            tv.awaited, tv.told, tv.has = f'"name":"{name}"'.encode(), None, None
        begun = time.monotonic()
        await served.change(name)
        while any(tv.awaited for tv in wall.tvs) and time.monotonic() < begun + CHANGE_S_MAX:
            await asyncio.sleep(0.05)
        missing += sum(tv.awaited is not None for tv in wall.tvs)
        told += [1000 * (tv.told - begun) for tv in wall.tvs if tv.told]
        has += [1000 * (tv.has - begun) for tv in wall.tvs if tv.has]
        # At no moment of its own: what is cached for 5 s is older or younger.
        await asyncio.sleep(1 + number * 0.37)
    figures = [f"{median(times):,.0f}" if times else "-" for times in (told, has)]
    mosts = [f"{max(times):,.0f}" if times else "-" for times in (told, has)]
    return [figures[0], mosts[0], figures[1], mosts[1], str(missing)]


def rows_of(name, count, measured):
    """One for all processes together; where there are two servers, one for each."""
    gigabytes, passed = measured["bytes"] / 1e9, measured["seconds"]
    answered = [1000 * answered for answered in measured["answered_s"]]
    p99 = f"{quantiles(answered, n=100)[98]:.1f}" if len(answered) > 1 else "-"

    def used(names):
        cpu = sum(measured["cpu_s"][name] for name in names)
        memory = sum(measured["memory_mb"][name] for name in names)
        return [f"{cpu / gigabytes:.3f}", f"{100 * cpu / passed:.1f}", f"{memory:.0f}"]

    names = list(measured["cpu_s"])
    rows = [[
        name, str(count), f"{8 * measured['bytes'] / passed / count / 1e6:.2f}", f"{len(answered):,}",
        f"{median(answered):.1f}" if answered else "-", p99, *used(names), f"{measured['sockets_mb']:.0f}",
        str(measured["errors"]), f"{100 * measured['own_cpu_s'] / passed:.0f}",
    ]]
    if len(names) > 1:
        rows += [[f"  of it {one}", "", "", "", "", "", *used([one]), "", "", ""] for one in names]
    return rows


main()
