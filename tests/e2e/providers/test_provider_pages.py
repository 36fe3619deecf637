"""docs/providers.md and the pages about signing in match the program."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from aircherd.config.load import parse_config
from aircherd.vocabulary.builtin_providers import VENDORS
from helpers.providers.contract_apis import APIS

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "providers.md").read_text()
PAGES = [PAGE, *(page.read_text() for page in sorted((DOCS / "sign-in").glob("*.md")))]
BLOCKS = [
    dedent(text) for page in PAGES for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
]
# The page is wrapped.
TEXT = " ".join(PAGE.split())


@pytest.mark.parametrize("text", BLOCKS)
def test_every_configuration_is_valid(text: str) -> None:
    """It can be pasted as it is, and each of its providers exists."""
    config = parse_config(text, file="config.toml")
    for name in re.findall(r"\[providers\.([a-z0-9-]+)\]", text):
        provider = config.providers[name]
        assert (provider.socket_path or provider.base_url) in text or name in VENDORS


def test_there_are_configurations() -> None:
    """The pages are found, and have configurations."""
    assert len(BLOCKS) > 5


@pytest.mark.parametrize("name", APIS)
def test_every_refusal_is_documented(name: str) -> None:
    """The page has each message with which the contract suite sees something refused."""
    lacks = [*APIS[name].lacks.values(), *APIS[name].lacks_parts.values()]
    assert [
        required for required in lacks if required.removeprefix("messages[0]: ") not in TEXT
    ] == []


@pytest.mark.parametrize("name", VENDORS)
def test_every_key_source_is_documented(name: str) -> None:
    """The provider's own page has the URL for keys, and each environment variable."""
    vendor = VENDORS[name]
    page = (DOCS / "sign-in" / f"{name}.md").read_text()
    required = (*vendor.env, *([vendor.keys_page] if vendor.keys_page else []))
    assert [each for each in required if each not in page] == []
