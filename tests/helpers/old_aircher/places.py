"""Homes with the files of the earlier aircher, in each of its layouts."""

from collections.abc import Mapping
from pathlib import Path

from helpers.old_aircher.samples import FORM_A, FORM_B, MCP, PERMISSIONS, auth_json

Files = Mapping[str, str | bytes]

LAYOUTS: dict[str, Files] = {
    "home": {
        ".aircher/config.toml": FORM_A,
        ".aircher/auth.json": auth_json(),
        ".aircher/config/permissions.toml": PERMISSIONS,
        ".aircher/data/sessions.db": b"SQLite format 3\0",
        ".config/aircher/mcp.toml": MCP,
        ".config/aircher/presets/one.json": "{}",
    },
    "xdg": {
        ".config/aircher/config.toml": FORM_A,
        ".config/aircher/auth.json": auth_json(),
        ".config/aircher/permissions.toml": PERMISSIONS,
        ".local/share/aircher/sessions.db": b"SQLite format 3\0",
    },
    "first": {
        ".config/aircher/config.toml": FORM_B,
        ".aircher/sessions.db": b"SQLite format 3\0",
        ".aircher/model_registry.json": "{}",
    },
    "macos": {
        "Library/Application Support/aircher/config.toml": FORM_A,
        "Library/Caches/aircher/search_index/x": "",
        ".config/aircher/auth.json": auth_json(),
    },
    "plain keys in the new place": {".aircher/config.toml": FORM_B},
}
"""Layout -> its files, by their path in the home."""


def write_files(root: Path, files: Files, mode: int = 0o600) -> None:
    """Write files below a home."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)


def snapshot(root: Path, *places: str) -> dict[str, bytes]:
    """Return the files below some folders of a home, with their content."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for place in places
        for path in sorted((root / place).rglob("*"))
        if path.is_file()
    }
