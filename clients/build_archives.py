"""Makes the archives from which editors install aircher, for a release.

    python clients/build_archives.py                     # all three, in dist/
    python clients/build_archives.py neovim emacs --to /tmp

    neovim   aircher.nvim-VERSION.tar.gz   a folder for `pack/*/start`
    emacs    aircher-VERSION.tar           what `package-install-file` takes
    vscode   aircher-VERSION.vsix          needs node, and packages from npm

The first two need Python alone. The same files always give the same bytes.
"""

import argparse
import gzip
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

CLIENTS = Path(__file__).resolve().parent
ROOT = CLIENTS.parent

MADE = re.compile(r"^\.|~$|\.elc$|-autoloads\.el$|-pkg\.el$|^tags$")
"""Names of files that an editor makes or that one would not give away."""

TIME = 1_577_836_800
"""The time of every file, 2020-01-01: when an archive was made is not part of it."""


def main() -> None:
    """Make the archives that were named, or all."""
    parser = argparse.ArgumentParser(description="Makes the archives that editors install.")
    parser.add_argument("editors", nargs="*", metavar="EDITOR", help=", ".join(BUILDERS))
    parser.add_argument("--to", type=Path, default=ROOT / "dist", metavar="FOLDER")
    options = parser.parse_args()
    if unknown := set(options.editors) - set(BUILDERS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(BUILDERS)}")
    options.to.mkdir(parents=True, exist_ok=True)
    for editor in options.editors or BUILDERS:
        print(BUILDERS[editor](options.to))


def read_version() -> str:
    """Return the version of this checkout."""
    return _find(ROOT / "daemon/aircher_wire/version.py", r'^__version__ = "(.+)"$')


def build_neovim(folder: Path) -> Path:
    """Make the archive of the plugin for Neovim."""
    version = _same_version(CLIENTS / "nvim/lua/aircher/wire/version.lua", r'^return "(.+)"$')
    files = _files(CLIENTS / "nvim") | {"LICENSE": _read(ROOT / "LICENSE")}
    # Otherwise gzip writes the present time.
    packed = gzip.compress(_tar("aircher.nvim", files), mtime=0)
    return _write(folder / f"aircher.nvim-{version}.tar.gz", packed)


def build_emacs(folder: Path) -> Path:
    """Make the package for Emacs, as `package-install-file` and package archives take it."""
    entry = CLIENTS / "emacs/aircher.el"
    version = _same_version(entry, r"^;; Version: (.+)$")
    files = _files(CLIENTS / "emacs") | {
        "LICENSE": _read(ROOT / "LICENSE"),
        "aircher-pkg.el": _describe(entry, version).encode(),
    }
    return _write(folder / f"aircher-{version}.tar", _tar(f"aircher-{version}", files))


def build_vscode(folder: Path) -> Path:
    """Make the extension for VS Code."""
    version = _same_version(CLIENTS / "vscode/package.json", r'^  "version": "(.+)",$')
    target = folder.resolve() / f"aircher-{version}.vsix"
    folders = (CLIENTS / "vscode", ROOT)
    found = [each / "node_modules/@vscode/vsce/vsce" for each in folders]
    vsce = next((each for each in found if each.exists()), None)
    if vsce is None:
        sys.exit("vsce is not installed: cd clients/vscode && npm install")
    with tempfile.TemporaryDirectory() as built:
        _node(CLIENTS / "vscode/build.mjs", built)
        options = ("--no-dependencies", "--allow-missing-repository", "--out", str(target))
        # vsce writes this time into the archive, as it is in the zone.
        clock = {"SOURCE_DATE_EPOCH": str(TIME), "TZ": "UTC"}
        _node(vsce, "package", *options, cwd=built, environ=clock)
    return target


BUILDERS: dict[str, Callable[[Path], Path]] = {
    "neovim": build_neovim,
    "emacs": build_emacs,
    "vscode": build_vscode,
}
"""Editor -> what makes its archive in a folder, and returns it."""


def _files(folder: Path) -> dict[str, bytes]:
    """Return the files of a client by their path in it."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in found}
    return {
        name: _read(path)
        for name, path in named.items()
        if not any(MADE.search(part) for part in name.split("/"))
    }


def _tar(top: str, files: Mapping[str, bytes]) -> bytes:
    """Return an archive of files in a folder `top`, without anything of this machine."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for folder in _folders(top, files):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, 0o755, TIME
            archive.addfile(entry)
        for name in sorted(files):
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size, entry.mode, entry.mtime = len(files[name]), 0o644, TIME
            archive.addfile(entry, io.BytesIO(files[name]))
    return out.getvalue()


def _folders(top: str, files: Iterable[str]) -> list[str]:
    """Return the folders that the files are in, outer ones first."""
    parents = {str(folder) for name in files for folder in Path(top, name).parents}
    return sorted(parents - {"."})


def _describe(entry: Path, version: str) -> str:
    """Return aircher-pkg.el, made of the header of the package's main file."""
    summary = _find(entry, r"^;;; aircher\.el --- (.+?) *(?:-\*-.*)?$")
    needs = _find(entry, r"^;; Package-Requires: (.+)$")
    keywords = " ".join(f'"{word}"' for word in _find(entry, r"^;; Keywords: (.+)$").split(", "))
    url = _find(entry, r"^;; URL: (.+)$")
    return (
        f'(define-package "aircher" "{version}" "{summary}"\n'
        f"  '{needs}\n"
        f'  :url "{url}"\n'
        f"  :keywords '({keywords}))\n"
    )


def _same_version(file: Path, pattern: str) -> str:
    """Return the version that a client says it has; it must be that of the checkout."""
    version = _find(file, pattern)
    if version != read_version():
        sys.exit(f"{file.relative_to(ROOT)} has version {version}, and aircher {read_version()}")
    return version


def _find(file: Path, pattern: str) -> str:
    found = re.search(pattern, file.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        sys.exit(f"{file.relative_to(ROOT)} has no line like {pattern}")
    return found[1]


def _read(file: Path) -> bytes:
    return file.read_bytes()


def _write(file: Path, data: bytes) -> Path:
    file.write_bytes(data)
    return file


def _node(
    *arguments: str | Path, cwd: str | None = None, environ: Mapping[str, str] | None = None
) -> None:
    command = ["node", *map(str, arguments)]
    env = {**os.environ, **(environ or {})}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
