"""Starts the program, gives it a small library, and lets Schemathesis ask. See run."""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
import xml.etree.ElementTree
from pathlib import Path

HERE = Path(__file__).parent
PASSWORD = "open sesame"
CONFIG = f'[web]\nwebrtc_port = 0\nadmin_password = "{PASSWORD}"\n'
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Without end, or the end of what the others ask of.
LEFT_OUT = r"^/api/(events|screens/events|restore)$|/(mjpeg|mse|whep)(/|$)"
# Of each operation, besides the edges that are always tried, also with --quick.
EXAMPLES = 10
EXAMPLES_QUICK = 2
# The program is slower on a machine under load, but an answer that takes so long is none.
ANSWER_S_MAX = 20
# Far above what it takes; a hang ends here.
ALL_S_MAX = 300
SLIDES = 6
# Each is gone after the first bytes that are no slide.
UPLOADS = 40


def request(base, method, path, headers, body=b""):
    call = urllib.request.Request(base + path, data=body, method=method, headers=headers)
    with urllib.request.urlopen(call, timeout=ANSWER_S_MAX) as answer:
        return answer.headers, answer.read()


def log_in(base):
    """Returns a token: it outlives the sessions that the questions end."""
    body = json.dumps({"password": PASSWORD}).encode()
    headers, _ = request(base, "POST", "/api/session", {}, body)
    cookie = {"Cookie": headers["Set-Cookie"].split(";")[0]}
    body = json.dumps({"name": "questions", "right": "admin"}).encode()
    _, answer = request(base, "POST", "/api/tokens", cookie, body)
    return json.loads(answer)["token"]


def fill(base, login):
    """Slides 1 to SLIDES, and uploads that nobody finishes. Returns the slides' files and the uploads' ids."""
    name = base64.b64encode(b"slide.svg").decode()
    common = {"Tus-Resumable": "1.0.0", "Upload-Metadata": f"filename {name},tags {base64.b64encode(b'a,b').decode()}"}
    files, uploads = [], []
    for number in range(SLIDES):
        slide = f'<svg xmlns="http://www.w3.org/2000/svg" width="16" height="9"><g id="n{number}"/></svg>'.encode()
        sent = {"Upload-Length": str(len(slide)), "Content-Type": "application/offset+octet-stream"}
        headers, _ = request(base, "POST", "/api/uploads", login | common | sent, slide)
        assert headers["Marquee-Asset"] == str(number + 1), headers
        _, asset = request(base, "GET", f"/api/assets/{number + 1}", login)
        files.append(json.loads(asset)["original"]["url"].rsplit("/", 1)[1])
    for _ in range(UPLOADS):
        headers, _ = request(base, "POST", "/api/uploads", login | common | {"Upload-Length": "99"})
        uploads.append(headers["Location"].rsplit("/", 1)[1])
    return files, uploads


def configure(folder, files, uploads):
    text = (HERE / "schemathesis.toml").read_text()
    known = {"FILES": json.dumps(files), "UPLOADS": json.dumps(uploads), "HOOKS": str(HERE / "hooks.py")}
    for name, value in known.items():
        text = text.replace(f"@{name}@", value)
    (folder / "schemathesis.toml").write_text(text)


def ask(base, login, folder, words, examples):
    report = folder / "report.xml"
    only = [argument for word in words for argument in ("--include-path-regex", re.escape(word))]
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        *("--config-file", str(folder / "schemathesis.toml")),
        *("run", base + "/api/openapi.json", "--url", base, "--no-color"),
        *("--header", f"Authorization:{login['Authorization']}"),
        *("--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples)),
        *("--exclude-path-regex", LEFT_OUT, *only),
        *("--seed", os.environ.get("MARQUEE_API_SEED", "1"), "--generation-database", "none"),
        *("--suppress-health-check", "all", "--warnings", "off"),
        *("--request-timeout", str(ANSWER_S_MAX), "--continue-on-failure"),
        *("--report", "junit", "--report-junit-path", str(report)),
    ]
    status = subprocess.run(command, cwd=folder, timeout=ALL_S_MAX, check=False).returncode
    return status, report


def told(report):
    """Of each operation its name, outcome and seconds."""
    cases = xml.etree.ElementTree.parse(report).iter("testcase")
    found = {}
    for case in cases:
        wrong = case.find("failure") is not None or case.find("error") is not None
        outcome = "failed" if wrong else "skipped" if case.find("skipped") is not None else "passed"
        before, seconds = found.get(case.get("name"), ("skipped", 0))
        # One that was asked in one phase and left out in another was asked.
        order = ["skipped", "passed", "failed"]
        found[case.get("name")] = (max(before, outcome, key=order.index), seconds + float(case.get("time") or 0))
    return [(name, *how) for name, how in sorted(found.items())]


def main():
    quick, words = sys.argv[1] == "--quick", sys.argv[2:]
    examples = EXAMPLES_QUICK if quick else EXAMPLES
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "marquee.toml").write_text(CONFIG)
        command = [os.environ["MARQUEE_BIN"], "run", "--listen", "127.0.0.1:0"]
        command += ["--config", folder / "marquee.toml", "--data", folder / "data"]
        log = open(folder / "log", "wb")
        with log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as program:
            try:
                base = program.stdout.readline().decode().split()[-1].rstrip("/")
                login = {"Authorization": f"Bearer {log_in(base)}"}
                configure(folder, *fill(base, login))
                status, report = ask(base, login, folder, words, examples)
                alive = program.poll() is None
            finally:
                program.kill()
        text = (folder / "log").read_text(errors="replace")
        panics = [line for line in text.splitlines() if "panicked" in line or " ERROR " in line]
        operations = told(report) if report.exists() else []
    for name, outcome, seconds in operations:
        print(f"{name} ... {outcome} ({seconds:.1f} s)")
    print("".join(f"{line}\n" for line in panics), end="")
    passed, failed, skipped = (
        sum(how == outcome for _, how, _ in operations) for outcome in ("passed", "failed", "skipped")
    )
    # What Schemathesis could not do at all, and what the answers alone do not tell.
    if not alive or panics or (status != 0 and failed == 0) or passed + failed == 0:
        failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
