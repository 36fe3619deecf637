"""The models that pages name exist, so that a reader can copy their commands."""

import json
import re

import pytest

from helpers.docs.blocks import ROOT, pages, read

VENDORS = ("anthropic", "openai", "gemini", "openrouter")

NAME = re.compile(rf"(?<![\w./-])(?:{'|'.join(VENDORS)})/[a-z0-9][\w./:-]*[\w]")

UNWRITTEN = {"decisions.md"}
"""Pages about the past, which name what no longer exists."""

INVENTED = {
    "openai/gpt-5.55": "a misspelled name, and what the message about it says",
    "openai/our-model": "a model of the reader",
}

NOT_LISTED = {
    "gemini/gemini-2.5-flash-image": "draws, and the shipped catalogue has what chats",
    "openrouter/auto": "OpenRouter chooses a model",
}


def _known() -> frozenset[str]:
    file = ROOT / "daemon" / "aircherd" / "catalog" / "models.json"
    vendors = json.loads(file.read_text())["vendors"]
    return frozenset(f"{vendor}/{row['id']}" for vendor, rows in vendors.items() for row in rows)


@pytest.mark.parametrize("page", [page for page in pages() if page not in UNWRITTEN])
def test_a_named_model_exists(page: str) -> None:
    """Each is in the shipped catalogue, or is listed here with a reason."""
    named = set(NAME.findall(read(page)))
    assert named - _known() - set(INVENTED) - set(NOT_LISTED) == set()
