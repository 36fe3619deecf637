"""Notices: what `hello` reports to every client."""

from types import SimpleNamespace

import msgspec
import pytest

from aircherd.api.notices import current_notices, take_notices
from aircherd.api.services import OneTimeNotices
from aircherd.config.model import DEFAULT_CONFIG, Refused, RefusedEntry
from aircherd.errors import ConfigInvalid


def services(problem=None, *, in_use="the file", refused=()):
    """Services with a configuration of this state; `refused` are names of providers."""
    entries = {name: RefusedEntry(f"providers.{name}", ()) for name in refused}
    current = msgspec.structs.replace(DEFAULT_CONFIG, refused=Refused(providers=entries))
    return SimpleNamespace(config=SimpleNamespace(problem=problem, in_use=in_use, current=current))


def test_a_valid_config_needs_no_notice():
    """Without a condition to report the list is empty."""
    assert current_notices(services()) == []


@pytest.mark.parametrize(
    ("in_use", "refused", "expected"),
    [
        ("the last good one", (), "the last valid one stays in use"),
        ("none", (), "no provider is asked until it is fixed"),
        ("the valid entries", ("a",), "everything except providers.a is in use"),
        (
            "the valid entries",
            "abcde",
            "everything except providers.a, providers.b, providers.c and 2 more is in use",
        ),
        (
            "the valid entries of an earlier one",
            ("a",),
            "everything of an earlier one except providers.a is in use",
        ),
    ],
)
def test_an_invalid_config_is_reported_with_what_is_in_use(in_use, refused, expected):
    """The notice has the problem with its file and line, and says what is in use instead."""
    problem = ConfigInvalid("config.toml, line 3: limits: is wrong", problems=[], file="f")
    (notice,) = current_notices(services(problem, in_use=in_use, refused=refused))
    assert notice["code"] == "config_invalid"
    assert notice["message"] == (
        f"the configuration is invalid: config.toml, line 3: limits: is wrong; {expected}"
    )


async def test_a_notice_is_shown_once():
    """Clients get it until one has got it that shows notices; a file remembers that."""
    remembered = []
    found = services()
    found.one_time = OneTimeNotices(remembered.append, {"old_home": "there is something"})
    expected = [{"code": "old_home", "message": "there is something"}]
    assert await take_notices(found, are_shown=False) == expected
    assert await take_notices(found, are_shown=False) == expected
    assert remembered == []
    assert await take_notices(found, are_shown=True) == expected
    assert remembered == ["old_home"]
    assert await take_notices(found, are_shown=True) == []


async def test_a_notice_that_is_no_longer_true_is_not_shown():
    """It is checked again, and not remembered as shown."""
    remembered = []
    found = services()

    async def recheck():
        found.one_time.pending.clear()

    found.one_time = OneTimeNotices(remembered.append, {"old_home": "there is something"}, recheck)
    assert await take_notices(found, are_shown=True) == []
    assert remembered == []
