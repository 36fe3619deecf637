"""`aircher-cli auth logout`."""

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon

LEFT = {"provider": "openai", "key": "env:OPENAI_API_KEY", "state": "unverified", "shadowed": []}


@pytest.mark.parametrize(
    ("words", "params"),
    [
        (("openai",), {"provider": "openai"}),
        (("openai", "--label", "work"), {"provider": "openai", "label": "work"}),
    ],
)
def test_logout_shows_what_is_left(
    daemon: CliDaemon, words: tuple[str, ...], params: dict[str, str]
) -> None:
    """If an environment variable now supplies the key, the output shows it."""
    daemon.answers["auth.logout"] = {"rows": [LEFT], "removed": 2}
    outcome = run_cli(daemon.environ, "auth", "logout", *words)
    assert daemon.params_of("auth.logout") == params
    assert outcome.out == "removed 2 keys of openai\n? openai  env:OPENAI_API_KEY  unverified\n"


@pytest.mark.parametrize("words", [("openai", "--label", ""), ("",)])
def test_an_empty_name_removes_nothing(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """An unset variable must not remove every key."""
    outcome = run_cli(daemon.environ, "auth", "logout", *words)
    assert (outcome.code, daemon.calls) == (2, [])


def test_nothing_to_remove_is_no_failure(daemon: CliDaemon) -> None:
    """Scripts may log out twice."""
    daemon.answers["auth.logout"] = {"rows": [], "removed": 0}
    outcome = run_cli(daemon.environ, "auth", "logout", "openai")
    assert (outcome.code, outcome.out) == (0, "removed 0 keys of openai\n")
