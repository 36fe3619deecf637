"""Warnings about unknown names in limits."""

from types import SimpleNamespace

import pytest

from aircherd.api.limit_warnings import UnknownName, add_line_numbers, limit_warnings
from aircherd.catalog.catalog import Catalog
from aircherd.config.load import parse_config
from aircherd.vocabulary.keys import KeyChoice, KeyState

GOOD = KeyState.AUTHENTICATED


def found(limit, keys=("default", "work")):
    """Return the warnings about one limit."""
    config = parse_config(f"[[limits]]\nrequests = 5\nper = 'day'\n{limit}", file="f")
    choices = [KeyChoice(key, GOOD) for key in keys]
    services = SimpleNamespace(
        config=SimpleNamespace(current=config),
        catalog=Catalog(config=lambda: config),
        auth=SimpleNamespace(key_choices=lambda _: choices),
    )
    return limit_warnings(services, config.limits)


@pytest.mark.parametrize(
    "limit",
    [
        "",
        "provider = 'openai'",
        "model = 'openai/gpt-5.5'",
        "provider = 'openai'\nkey = 'work'",
        "client = 'any'",
        "project = '~/any'",
        "key = 'work'",
    ],
)
def test_known_names_give_no_warning(limit):
    """Client names are never checked: clients choose them."""
    assert found(limit) == []


def test_an_unknown_model_gives_a_warning():
    """It suggests a similar model."""
    (row,) = found("model = 'openai/gpt-5.55'")
    assert (row.what, row.name, row.limit) == ("model", "openai/gpt-5.55", 0)
    assert row.nearest.startswith("openai/gpt-5.5")


def test_a_model_of_a_server_without_a_list_gives_no_warning():
    """The server may have any model."""
    config = "[providers.mine]\nkind = 'openai'\nbase_url = 'http://localhost:1/v1'\n"
    assert found(f"model = 'mine/anything'\n{config}") == []


def test_an_unknown_key_gives_a_warning():
    """Unless the keys cannot be listed now."""
    (row,) = found("provider = 'openai'\nkey = 'wrok'")
    assert row == UnknownName(limit=0, what="key", name="wrok", nearest="work")
    assert found("provider = 'openai'\nkey = 'wrok'", keys=(None,)) == []
    assert found("key = 'wrok'") == [row]


def test_a_warning_has_the_line_of_its_entry():
    """As the problems of the configuration do."""
    text = "[[limits]]\nper = 'day'\nrequests = 5\nmodel = 'openai/x'\n"
    (row,) = add_line_numbers([UnknownName(limit=0, what="model", name="openai/x")], text, "f")
    assert (row.file, row.line) == ("f", 4)
    assert add_line_numbers([], text, "f") == []
