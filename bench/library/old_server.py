"""A stand-in of the server that the library replaces: it reads its four JSON files and lists its folder for each request.

It answers what scripts/bench asks, in the same shape as Marquee's API. FOLDER is in the environment.
"""

import json
import os
import random

from flask import Flask, jsonify, request

FOLDER = os.environ["FOLDER"]
app = Flask(__name__)


def read(name):
    with open(os.path.join(FOLDER, f"{name}.json"), encoding="utf-8") as file:
        return json.load(file)


def videos():
    ratings, views, tags, favorites = read("ratings"), read("views"), read("tags"), set(read("favorites"))
    found = []
    with os.scandir(FOLDER) as entries:
        for entry in entries:
            if not entry.name.endswith(".mp4"):
                continue
            status = entry.stat()
            found.append({
                "id": entry.name, "name": entry.name[:-4], "added": status.st_mtime, "length": status.st_size,
                "rating": ratings.get(entry.name, 0), "views": views.get(entry.name, 0),
                "tags": tags.get(entry.name, []), "favorite": entry.name in favorites, "last_watched": 0,
            })
    return found


def selected():
    words = request.args.get("q", "").lower().split()
    tag = request.args.get("tag")
    return [video for video in videos()
            if (tag is None or tag in video["tags"])
            and all(word in video["name"].lower() or any(word in tag for tag in video["tags"]) for word in words)]


@app.get("/api/assets")
def assets():
    order = request.args.get("order", "added")
    found = sorted(selected(), key=lambda video: (video[order], video["id"]),
                   reverse=request.args.get("direction") != "asc")
    start, limit = int(request.args.get("after", 0)), int(request.args.get("limit", 60))
    end = start + limit
    return jsonify(assets=found[start:end], next=str(end) if end < len(found) else None, total=len(found))


@app.get("/api/assets/random")
def random_asset():
    return jsonify(id=random.choice(videos())["id"])
