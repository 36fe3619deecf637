"""The cases of `addresses.json` and `directories.json`, with their files made and names filled in.

    python -m helpers.protocol.cases FOLDER

makes the files in FOLDER, and writes FOLDER/addresses.json and FOLDER/directories.json for a test
in any language: with real paths, and without a case that cannot be made here.
"""

import hashlib
import json
import os
import pwd
import sys
from pathlib import Path
from typing import Any

from helpers.protocol.transcripts import FOLDER

Case = dict[str, Any]

UID = 1000
"""The user of a case that names none."""
HOST = "localhost.example"
"""Likewise."""


def addresses(root: Path) -> list[Case]:
    """Return `{about, environ, uid, hostname, private, socket}` for each case."""
    cases = json.loads((FOLDER / "addresses.json").read_text(encoding="utf-8"))
    return [_address(case, root / f"address-{number}") for number, case in enumerate(cases)]


def directories(root: Path) -> list[Case]:
    """Return `{about, directory, result, above}` for each case; owners need root."""
    cases = json.loads((FOLDER / "directories.json").read_text(encoding="utf-8"))
    made = []
    for number, case in enumerate(cases):
        if os.getuid() and any("owner" in each for each in case["make"]):
            continue
        place = root / f"directory-{number}"
        _make(place, case["make"])
        made.append(
            {
                "about": case["about"],
                "directory": str(place / case["directory"]),
                "result": case["result"],
                "above": case.get("above", False),
            }
        )
    return made


def _address(case: Case, root: Path) -> Case:
    _make(root, case.get("make", []))
    host = case.get("hostname", HOST)
    words = {
        "$ROOT": os.path.realpath(root),
        "$HOST": _hash(host),
        "$PASSWD_HOME": pwd.getpwuid(os.getuid()).pw_dir.rstrip("/"),
    }
    words["$HOME8"] = _hash(_filled(case.get("home", ""), words))
    return {
        "about": case["about"],
        "environ": {name: _filled(value, words) for name, value in case["environ"].items()},
        "uid": os.getuid() if case.get("uid") == "$UID" else UID,
        "hostname": host,
        "private": case.get("private", []),
        "socket": _filled(case["socket"], words),
    }


def _filled(text: str, words: dict[str, str]) -> str:
    for name, value in words.items():
        text = text.replace(name, value)
    return text


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _make(root: Path, entries: list[Case]) -> None:
    """Make directories, files and symlinks; modes and owners last, the deepest first."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for entry in entries:
        path = root / entry["path"]
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if "symlink" in entry:
            path.symlink_to(entry["symlink"])
        elif entry.get("file"):
            path.touch()
        else:
            path.mkdir(mode=0o700, exist_ok=True)
    for entry in sorted(entries, key=lambda each: -len(each["path"])):
        if "mode" in entry:
            (root / entry["path"]).chmod(int(entry["mode"], 8))
        if "owner" in entry:
            os.chown(root / entry["path"], entry["owner"], entry["owner"])


def main(folder: Path) -> None:
    """Write both files: see the top.

    Raises:
        SystemExit: there is something in the folder.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise SystemExit(f"{folder} is not empty: name a folder that is not there yet")
    for name, cases in (("addresses", addresses(folder)), ("directories", directories(folder))):
        (folder / f"{name}.json").write_text(json.dumps(cases), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m helpers.protocol.cases FOLDER")
    main(Path(sys.argv[1]))
