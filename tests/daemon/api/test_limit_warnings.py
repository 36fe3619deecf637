"""What a limit names and nobody knows."""

from types import SimpleNamespace

import pytest

from aircherd.api.limit_warnings import UnknownName, unknown_names, with_lines
from aircherd.catalog.catalog import Catalog
from aircherd.config.load import parse_config
from aircherd.vocabulary.keys import KeyChoice, KeyState

GOOD = KeyState.AUTHENTICATED


def found(limit, keys=("default", "work")):
    """Return the rows for one limit."""
    config = parse_config(f"[[limits]]\nrequests = 5\nper = 'day'\n{limit}", file="f")
    choices = [KeyChoice(key, GOOD) for key in keys]
    services = SimpleNamespace(
        config=SimpleNamespace(current=config),
        catalog=Catalog(config=lambda: config),
        auth=SimpleNamespace(key_choices=lambda _: choices),
    )
    return unknown_names(services, config.limits)


@pytest.mark.parametrize(
    "limit",
    [
        "",
        "provider = 'openai'",
        "model = 'openai/gpt-5.5'",
        "provider = 'openai'\nkey = 'work'",
        "client = 'nobody'",
    ],
)
def test_what_is_known_is_no_news(limit):
    """Nor is a client, which names itself."""
    assert found(limit) == []


def test_a_model_that_nobody_knows():
    """With the one that may be meant."""
    (row,) = found("model = 'openai/gpt-5.55'")
    assert (row.what, row.name, row.limit) == ("model", "openai/gpt-5.55", 0)
    assert row.nearest.startswith("openai/gpt-5.5")


def test_a_model_of_a_server_that_has_not_said_what_it_has():
    """It may have any."""
    config = "[providers.mine]\nkind = 'openai'\nbase_url = 'http://localhost:1/v1'\n"
    assert found(f"model = 'mine/anything'\n{config}") == []


def test_a_key_that_is_not_there():
    """Not one that could not be seen now."""
    (row,) = found("provider = 'openai'\nkey = 'wrok'")
    assert row == UnknownName(limit=0, what="key", name="wrok", nearest="work")
    assert found("provider = 'openai'\nkey = 'wrok'", keys=(None,)) == []


def test_the_place_in_the_file():
    """Of the entry itself, as a problem has it."""
    text = "[[limits]]\nper = 'day'\nrequests = 5\nmodel = 'openai/x'\n"
    (row,) = with_lines([UnknownName(limit=0, what="model", name="openai/x")], text, "f")
    assert (row.file, row.line) == ("f", 4)
    assert with_lines([], text, "f") == []
