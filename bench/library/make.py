"""Fills a new library with assets as a grown one has them: names, tags, ratings, views, lengths, files, finished work.

The database is the program's own, made by starting it once; every row goes through its triggers. No file of an asset is
there: lists, searches and tags never open one.
"""

import hashlib
import json
import random
from urllib.parse import quote

# Debian 12's own SQLite is too old for the search's table (contentless_delete, 3.43).
import apsw

DAY_S = 86_400
# 2026-01-01: nothing here may depend on the day it is made.
NEWEST_S = 1_767_225_600
YEARS = 5
# Assets in one commit.
BATCH = 5_000
# Of each kind; fewer would let the caches answer.
PATHS = 400
PAGE = 60

PLACES = """harbour lobby market station garden castle museum airport forest island bridge tower square stadium library
theatre hospital school factory kitchen office beach mountain river lake valley village city street tunnel""".split()
THINGS = """walk interview opening concert training safety welcome history sunrise traffic weather storm festival race
lecture tour review summary rehearsal dinner meeting repair lesson portrait winter summer autumn spring night""".split()
COLOURS = "red green blue white black golden silver quiet bright early late first last old new".split()
TAGS = [f"{first} {second}" for first in COLOURS for second in ("archive", "campaign", "season", "team")]
TAGS += ["loop", "entrance", "canteen", "reception", "training", "music", "english", "german"]


def make(database, count):
    """Inserts `count` assets."""
    chance = random.Random(count)
    connection = apsw.Connection(str(database))
    connection.setbusytimeout(5_000)
    # A crash means making it anew: nothing here has to survive one.
    connection.execute("PRAGMA synchronous = OFF")
    with connection:
        connection.executemany("INSERT INTO tags (id, name) VALUES (?, ?)", list(enumerate(TAGS, 1)))
    for start in range(1, count + 1, BATCH):
        ids = range(start, min(start + BATCH, count + 1))
        with connection:
            insert(connection, chance, ids, count)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def insert(connection, chance, ids, count):
    assets = [asset(chance, id, count) for id in ids]
    tags = {id: tags_of(chance) for id in ids}
    files = [(digest(id, part), ext, size, row["added"])
             for id, row in zip(ids, assets)
             for part, ext, size in (("file", row["ext"], row["bytes"]), ("thumbnail", "jpg", 20_000),
                                     ("preview", "jpg", 90_000))]
    connection.executemany("INSERT INTO files (hash, ext, bytes, added) VALUES (?, ?, ?, ?)", files)
    columns = [column for column in assets[0] if column not in ("ext", "bytes")]
    connection.executemany(
        f"INSERT INTO assets ({', '.join(columns)}) VALUES ({', '.join(':' + column for column in columns)})", assets)
    connection.executemany(
        "INSERT INTO asset_tags (asset, tag) VALUES (?, ?)", [(id, tag) for id in ids for tag in sorted(tags[id])])
    connection.executemany(
        "INSERT INTO search (rowid, name, tags) VALUES (?, ?, ?)",
        [(id, row["name"], " ".join(TAGS[tag - 1] for tag in sorted(tags[id]))) for id, row in zip(ids, assets)])
    connection.executemany(
        "INSERT INTO jobs (asset, step, state, changed) VALUES (?, ?, 'done', ?)",
        [(id, step, row["added"]) for id, row in zip(ids, assets) for step in steps(row["kind"])])


def asset(chance, id, count):
    video = chance.random() < 0.9
    name = f"{chance.choice(COLOURS)} {chance.choice(PLACES)} {chance.choice(THINGS)} {id}".capitalize()
    ext = chance.choice(["mp4", "mp4", "mp4", "mkv", "mov"]) if video else chance.choice(["jpg", "png", "pdf"])
    length_ms = chance.randint(5_000, 3_600_000) if video else 0
    views = int(chance.paretovariate(1.0)) - 1
    added = NEWEST_S - YEARS * 365 * DAY_S * (count - id) // count
    return {
        "id": id, "hash": digest(id, "file"), "kind": "video" if video else "slide", "name": name,
        "sort_name": sort_name(name), "file_name": f"{name}.{ext}", "added": added, "duration_ms": length_ms,
        "width": 1920, "height": 1080, "frames_per_s": 25.0 if video else 0.0,
        "bitrate_bps": 3_000_000 if video else 0, "container": "mp4" if video else "",
        "video_codec": "h264" if video else "", "audio_codec": "aac" if video else "",
        "plays_hdmi": 1, "plays_browser": 1, "plays_old_tv": 1,
        "thumbnail": digest(id, "thumbnail"), "preview": digest(id, "preview"), "preview_frames": 20,
        "favorite": int(chance.random() < 0.03), "rating": chance.choice([0, 0, 0, 1, 2, 3, 4, 5]),
        "views": min(views, 1_000_000), "last_watched": added + chance.randint(1, 30 * DAY_S) if views > 0 else 0,
        "position_ms": length_ms // 2 if chance.random() < 0.1 else 0,
        "ext": ext, "bytes": max(length_ms * 375, 200_000),
    }


def tags_of(chance):
    # Some tags are on a third of all assets, most on one in a hundred.
    weights = [1.0 / rank for rank in range(1, len(TAGS) + 1)]
    return set(chance.choices(range(1, len(TAGS) + 1), weights, k=chance.randint(0, 5)))


def steps(kind):
    return ("probe", "thumbnail", "preview", "subtitles") if kind == "video" else ("pages", "thumbnail")


def digest(id, part):
    return hashlib.sha256(f"{id} {part}".encode()).digest()


def sort_name(name):
    """As the program has it for these names: one number, at the end."""
    words, number = name.lower().rsplit(" ", 1)
    return f"{words} {int(number):012}"


def requests():
    """Addresses to be asked for, by kind of request: the same for every server and size."""
    chance = random.Random(1)
    orders = ["added", "name", "length", "rating", "views", "last_watched"]
    index = [f"/api/assets?limit={PAGE}&order={order}&direction={direction}"
             for order in orders for direction in ("asc", "desc")]
    return {
        "index": index,
        "search": [f"/api/assets?limit={PAGE}&q={quote(typed(chance))}" for _ in range(PATHS)],
        "tag": [f"/api/assets?limit={PAGE}&tag={quote(tag)}" for tag in TAGS],
        # The pages after it are found in each answer.
        "next": [f"/api/assets?limit={PAGE}"],
        "random": ["/api/assets/random"],
    }


def typed(chance):
    """What somebody has typed so far, searching for one or two words."""
    words = [chance.choice(chance.choice([PLACES, THINGS, COLOURS])) for _ in range(chance.randint(1, 2))]
    text = " ".join(words)
    return text[:chance.randint(1, len(text))]


def old_records(folder, count):
    """The old server's folder and JSON files, of the same names, tags, ratings and views."""
    chance = random.Random(count)
    ratings, views, tags, favorites = {}, {}, {}, []
    rows = [asset(chance, id, count) for id in range(1, count + 1)]
    for row in rows:
        name = row["file_name"].rsplit(".", 1)[0] + ".mp4"
        (folder / name).write_bytes(b"")
        ratings[name], views[name] = row["rating"], row["views"]
        tags[name] = [TAGS[tag - 1] for tag in sorted(tags_of(chance))]
        if row["favorite"]:
            favorites.append(name)
    for file, value in {"ratings": ratings, "views": views, "tags": tags, "favorites": favorites}.items():
        (folder / f"{file}.json").write_text(json.dumps(value))
