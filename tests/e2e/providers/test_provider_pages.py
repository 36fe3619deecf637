"""docs/providers.md and the program say the same."""

import re
from pathlib import Path

import pytest

from aircherd.config.load import parse_config
from aircherd.vocabulary.vendors import VENDORS
from helpers.providers.contract_apis import APIS

PAGE = (Path(__file__).parents[3] / "docs" / "providers.md").read_text()
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
# Two may share a line break, where the page is wrapped.
WORDS = " ".join(PAGE.split())


@pytest.mark.parametrize("text", BLOCKS)
def test_every_configuration_holds(text: str) -> None:
    """It can be pasted as it stands, and each of its providers is there."""
    config = parse_config(text, file="config.toml")
    for name in re.findall(r"\[providers\.([a-z0-9-]+)\]", text):
        assert config.providers[name].base_url in text or name in VENDORS


def test_there_are_configurations() -> None:
    """The page is found, and written as expected."""
    assert len(BLOCKS) > 5


@pytest.mark.parametrize("name", APIS)
def test_every_lack_is_told(name: str) -> None:
    """The sentence by which the contract suite sees something refused stands on the page."""
    lacks = APIS[name].lacks.values()
    assert [told for told in lacks if told.removeprefix("messages[0]: ") not in WORDS] == []


@pytest.mark.parametrize("name", VENDORS)
def test_every_way_to_sign_in_is_told(name: str) -> None:
    """The page where keys come from, and each variable that is read."""
    vendor = VENDORS[name]
    told = (*vendor.env, *([vendor.keys_page] if vendor.keys_page else []))
    assert [each for each in told if each not in PAGE] == []
