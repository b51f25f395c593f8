"""Marquee, and what stands beside it: gunicorn with a stand-in of the old server for the playlist, nginx for the files."""

import json
import os
import shutil
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Awaitable, Callable

import media
from connection import Connection
from shared import free_port, marquee, running

HERE = Path(__file__).resolve().parent
ALL_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass
class Served:
    """What TVs ask, and who is measured."""

    # Process ids by name.
    processes: dict[str, int]
    port: int
    media_port: int
    # (path, bytes)
    files: list[tuple[str, int]]
    # Gives the playlist this name and another order.
    change: Callable[[str], Awaitable[None]]


@contextmanager
def new_server(arguments, folder, work):
    """Marquee, with a playlist of all videos that every screen plays."""
    # On the same file system, so that the videos need not be copied.
    data = Path(tempfile.mkdtemp(prefix="signage-run.", dir=arguments.cache))
    try:
        media.copy(folder, data / "data")
        with marquee(arguments.program, data / "data", work) as (process, port):
            videos = media.videos(port)
            items = [{"kind": "asset", "asset": id} for id, _ in videos]
            playlist = send(port, "/api/playlists", {"name": "Change 0", "items": items})["id"]
            send(port, "/api/windows", {"playlist": playlist, "everywhere": True, "days": ALL_DAYS})
            asking = Connection(port, "127.0.0.1")

            async def change(name):
                items.append(items.pop(0))
                body = {"name": name, "items": items}
                status, _, _ = await asking.ask("PUT", f"/api/playlists/{playlist}", body)
                if status != 200:
                    raise OSError(f"PUT of the playlist: {status}")

            files = [(path, media.VIDEO_BYTES) for _, path in videos]
            yield Served({"Marquee": process.pid}, port, port, files, change)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def send(port, path, body):
    call = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=json.dumps(body).encode(),
                                  headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(call, timeout=20) as answer:
        return json.load(answer)


@contextmanager
def old_server(arguments, folder, work):
    """The playlist by gunicorn and Flask, the same files by nginx."""
    store = folder / "library" / "files"
    paths = sorted(f"/{file.relative_to(store)}" for file in store.glob("*/*.mp4"))
    items = [{"name": f"Video {number}", "type": "video", "duration": media.VIDEO_S, "url": path}
             for number, path in enumerate(paths)]

    def write(name):
        part = work / "playlist.json.part"
        part.write_text(json.dumps({"name": name, "items": items}))
        part.rename(work / "playlist.json")

    async def change(name):
        items.append(items.pop(0))
        write(name)

    write("Change 0")
    files = [(path, media.VIDEO_BYTES) for path in paths]
    with gunicorn(work) as (flask, port), nginx(arguments.nginx, store, paths[0], work) as (files_server, media_port):
        processes = {"gunicorn": flask.pid, "nginx": files_server.pid}
        yield Served(processes, port, media_port, files, change)


@contextmanager
def gunicorn(work):
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--workers", "4", "--bind", f"127.0.0.1:{port}", "--chdir", HERE,
               "--log-level", "error", "--worker-tmp-dir", work, "old_server:app"]
    with running(command, f"http://127.0.0.1:{port}/api/playlist", work, FOLDER=str(work)) as process:
        yield process, port


@contextmanager
def nginx(program, store, path, work):
    """As Debian sets it up, but for its places."""
    port = free_port()
    config = work / "nginx.conf"
    config.write_text(f"""
        daemon off;
        worker_processes auto;
        pid {work}/nginx.pid;
        # Who starts it may read the files.
        {"user root;" if os.geteuid() == 0 else ""}
        events {{ worker_connections 2048; }}
        http {{
            sendfile on;
            tcp_nopush on;
            access_log off;
            types {{ video/mp4 mp4; }}
            client_body_temp_path {work}/body;
            proxy_temp_path {work}/proxy;
            fastcgi_temp_path {work}/fastcgi;
            uwsgi_temp_path {work}/uwsgi;
            scgi_temp_path {work}/scgi;
            server {{
                listen 127.0.0.1:{port} backlog=1024;
                root {store};
                expires max;
            }}
        }}
    """)
    command = [program, "-e", "stderr", "-p", work, "-c", config]
    with running(command, f"http://127.0.0.1:{port}{path}", work) as process:
        yield process, port
