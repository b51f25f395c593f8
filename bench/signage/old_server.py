"""A stand-in of the server that the signage replaces: its playlist is read at most every 5 s by each worker, and it counts
the TVs that asked within 60 s. The files are nginx's. FOLDER is in the environment.
"""

import json
import os
import time

from flask import Flask, jsonify, request

FOLDER = os.environ["FOLDER"]
CACHE_S = 5
ACTIVE_S = 60
app = Flask(__name__)
cache = {"until": 0.0, "playlist": None}
seen = {}


@app.get("/api/playlist")
def playlist():
    now = time.monotonic()
    seen[request.args.get("tv", request.remote_addr)] = now
    if cache["until"] <= now:
        with open(os.path.join(FOLDER, "playlist.json"), encoding="utf-8") as file:
            cache["playlist"] = json.load(file)
        cache["until"] = now + CACHE_S
    answer = jsonify(cache["playlist"])
    answer.headers["Cache-Control"] = f"max-age={CACHE_S}"
    return answer


@app.get("/api/status")
def status():
    now = time.monotonic()
    return jsonify(active=sum(now - at < ACTIVE_S for at in seen.values()))
