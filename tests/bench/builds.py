"""Installs this tree and any commit, each in its own virtual environment.

Both are installed as a user's would be, not editable: where modules lie, and whether their bytecode
is there, counts for a start. Dependencies are those of the Python that runs this. They lie in
`$XDG_CACHE_HOME/aircher-bench`; a commit's is built once, this tree's is renewed every time. Where
a commit's has other versions by now, remove its folder.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import distributions
from pathlib import Path

from processes import HERE, own_environ

ROOT = HERE.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aircher-bench"
DONE = "built"
LIST = """\
import json
from importlib.metadata import distributions
print(json.dumps({d.metadata["name"].lower(): d.version for d in distributions()}))
"""
WHERE = "import aircherd; print(aircherd.__file__)"


def build_commit(commit: str) -> Path:
    """Return the Python of a commit's install; build it if it does not exist."""
    name = _git("rev-parse", "--verify", f"{commit}^{{commit}}").decode().strip()
    folder = CACHE / name
    if not (folder / DONE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        with tempfile.TemporaryDirectory() as source:
            packed = io.BytesIO(_git("archive", "--format=tar", name))
            with tarfile.open(fileobj=packed) as tar:
                tar.extractall(source, filter="data")
            _install(folder, Path(source), f"commit {name[:10]}")
        (folder / DONE).touch()
    return _python(folder)


def build_here(extra: str = "") -> Path:
    """Return the Python of a new install of this tree, with what an `extra` of it needs."""
    name = hashlib.sha256(str(ROOT).encode()).hexdigest()[:10]
    folder = CACHE / f"here-{name}{extra and f'-{extra}'}"
    _install(folder, ROOT, "this tree", extra)
    return _python(folder)


def different_versions(one: Path, other: Path) -> list[str]:
    """Return the dependencies that both installs have in different versions."""
    old, new = (json.loads(_run([str(python), "-c", LIST])) for python in (one, other))
    names = sorted({*old} & {*new} - {"pip", "setuptools", "aircher"})
    return [f"{name} {old[name]} / {new[name]}" for name in names if old[name] != new[name]]


def check_install(python: Path) -> None:
    """Check that this Python imports its own daemon and not one from a folder on the path."""
    found = Path(_run([str(python), "-c", WHERE]).decode().strip())
    if python.parent.parent not in found.parents:
        raise SystemExit(f"{python} runs {found}")


def _install(folder: Path, source: Path, what: str, extra: str = "") -> None:
    print(f"installing {what} in {folder}", file=sys.stderr, flush=True)
    python = _python(folder)
    if not python.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _run([sys.executable, "-m", "venv", str(folder)])
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as same:
        for found in distributions():
            if found.metadata["name"] != "aircher":
                same.write(f"{found.metadata['name']}=={found.version}\n")
        same.flush()
        options = ("--quiet", "--disable-pip-version-check", "--constraint", same.name)
        _run([str(python), "-m", "pip", "install", *options, f"{source}{extra and f'[{extra}]'}"])


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _git(*arguments: str) -> bytes:
    return _run(["git", "-C", str(ROOT), *arguments])


def _run(command: list[str]) -> bytes:
    done = subprocess.run(command, env=own_environ(), capture_output=True, cwd=HERE, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')}")
    return done.stdout
