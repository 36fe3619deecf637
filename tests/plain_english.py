"""Checks the language of every text file: no word that a native engineer would not write here.

The words below made earlier prose stilted; each comes with what to write instead. They are looked
for in comments, docstrings, messages, documentation and names (`a_word_in_a_name` is four words).
Quotations of others, such as vendors' error messages, are exceptions, each with its reason.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = (".ci", "clients", "daemon", "docs", "systemd", "tests")
TOP_LEVEL = ("README.md", "CHANGELOG.md", "pyproject.toml")
SUFFIXES = {".el", ".lua", ".md", ".py", ".service", ".sh", ".socket", ".toml", ".ts", ""}

INSTEAD = {
    "anew": "again",
    "anybody": "any provider, anyone",
    "at hand": "available",
    "everybody": "all clients, everyone",
    "for ever": "forever, for good",
    "he": "it, they",
    "him": "it, them",
    "himself": "itself, themselves",
    "his": "its, their",
    "mend": "fix",
    "mended": "fixed",
    "mends": "fixes",
    "naught": "zero",
    "nobody": "no provider, no client, no one",
    "nought": "zero",
    "of late": "recently",
    "she": "it, they",
    "somebody": "a provider, a client, someone",
    "thereof": "of it",
    "told": "reported, passed, given, known; or name what it is",
    "whence": "from where",
    "whoever": "the caller, the client, what",
    "whom": "that, which",
}
"""A word that does not belong -> what to write instead."""

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("tests/plain_english.py", "*"): "this list",
    ("tests/test_plain_english.py", "*"): "what it is tested with",
    ("daemon/aircherd/providers/health/persistence.py", "told"): "a field of the saved file",
    ("tests/daemon/providers/health/test_persistence.py", "told"): "a field of the saved file",
}
"""(path, word) -> why it may stand there; "*" is any word."""

_PATTERN = re.compile(
    r"(?<![a-z])(?:" + "|".join(map(re.escape, INSTEAD)) + r")(?![a-z])", re.IGNORECASE
)


def find_words(text: str) -> Iterator[tuple[int, str]]:
    """Give the line (from 1) and the word of everything in `text` that does not belong."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in _PATTERN.finditer(line):
            yield number, found[0].lower()


def problems(root: Path) -> list[str]:
    """Return `path:line: word (instead)` for each word, and each exception that is not needed."""
    lines, used = [], set()
    for path in _text_files(root):
        name = path.relative_to(root).as_posix()
        for line, word in find_words(path.read_text(encoding="utf-8")):
            if exception := next((e for e in ((name, word), (name, "*")) if e in EXCEPTIONS), None):
                used.add(exception)
            else:
                lines.append(f"{name}:{line}: {word!r} (write {INSTEAD[word]})")
    stale = EXCEPTIONS.keys() - used
    return lines + [f"{name}: an exception for {word!r} is not needed" for name, word in stale]


def _text_files(root: Path) -> Iterator[Path]:
    yield from (root / name for name in TOP_LEVEL)
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix in SUFFIXES and "__pycache__" not in path.parts:
                yield path


if __name__ == "__main__":
    found_problems = problems(ROOT)
    print("\n".join(found_problems) or "plain English throughout")  # noqa: T201 - a script
    sys.exit(bool(found_problems))
