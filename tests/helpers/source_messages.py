"""The messages in the source code, to find out whether the documentation quotes them correctly."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("daemon", "clients")
GAP = "…"
"""What stands for a value, in a page and in a message with a placeholder."""

SHORTEST = 6
"""Characters of a part of a quotation that has to be in the source; shorter ones prove nothing."""


@cache
def source_messages() -> tuple[str, ...]:
    """Return every string of the source, with `…` in the place of each value in it."""
    found: dict[str, None] = {}
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            found |= dict.fromkeys(_strings(ast.parse(file.read_text())))
    return tuple(found)


def missing_parts(quotation: str) -> list[str]:
    """Return the parts of a quotation, between its gaps, that no message of the source has."""
    messages = source_messages()
    parts = [part.strip() for part in quotation.split(GAP)]
    return [
        part
        for part in parts
        if len(part) >= SHORTEST and not any(part in message for message in messages)
    ]


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            texts = [v.value if isinstance(v, ast.Constant) else GAP for v in node.values]
            yield "".join(map(str, texts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.sub(r"\{[a-z_]*(?::[a-z]+)?\}", GAP, node.value)
