"""Notices: what `hello` reports to every client."""

from types import SimpleNamespace

import pytest

from aircherd.api.notices import current_notices
from aircherd.errors import ConfigInvalid


def services(problem=None, *, has_good=True):
    """Services with a configuration of this state."""
    return SimpleNamespace(config=SimpleNamespace(problem=problem, has_good=has_good))


def test_a_valid_config_needs_no_notice():
    """Without a condition to report the list is empty."""
    assert current_notices(services()) == []


@pytest.mark.parametrize(
    ("has_good", "in_use"),
    [(True, "the last valid one stays in use"), (False, "no provider is asked until it is fixed")],
)
def test_an_invalid_config_is_reported_with_what_is_in_use(has_good, in_use):
    """The notice has the problem with its file and line, and says what is in use instead."""
    problem = ConfigInvalid(
        "config.toml, line 3: limits: is wrong", problems=[], file="config.toml"
    )
    (notice,) = current_notices(services(problem, has_good=has_good))
    assert notice["code"] == "config_invalid"
    assert notice["message"] == (
        f"the configuration is invalid: config.toml, line 3: limits: is wrong; {in_use}"
    )
