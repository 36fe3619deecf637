"""What `ask` adds when nobody answered."""

import pytest

from aircher_cli.commands.ask_failed import first_steps, newcomer_note, rest_of_text
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_client import Client, DaemonError
from helpers.cli_daemon import CliDaemon, Map, refuses


@pytest.mark.parametrize(
    ("data", "shown", "expected"),
    [
        ({"text": "half an answer"}, "half ", "an answer"),
        ({"text": "half"}, "half", ""),
        ({"text": "half"}, "", "half"),
        ({"text": "something else"}, "half", ""),
        ({}, "half", ""),
    ],
)
def test_rest_of_text(data: Map, shown: str, expected: str) -> None:
    """Nothing is shown twice, and nothing that came is lost."""
    assert expected == rest_of_text(DaemonError("truncated", "cut", data), shown)


NO_KEY = {"skipped": [{"provider": "a", "reason": "not_authenticated"}]}
REFUSED = {"skipped": [{"provider": "a", "reason": "auth_rejected"}]}


@pytest.mark.parametrize(
    ("code", "data", "model", "expected"),
    [
        ("not_authenticated", {}, None, True),
        ("all_failed", NO_KEY, None, True),
        ("all_failed", NO_KEY, "openai/x", False),
        ("all_failed", REFUSED, None, False),
        ("network", {}, None, False),
    ],
)
def test_who_is_a_newcomer(
    daemon: CliDaemon, code: str, data: Map, model: str | None, expected: bool
) -> None:
    """Somebody who named no model, and has no key anywhere."""
    daemon.answers["auth.status"] = {"rows": [], "environment": []}
    context = Context(Console(None, None, {}), daemon.environ, None)
    with Client.connect(daemon.environ) as client:
        note = newcomer_note(context, client, DaemonError(code, "no", data), model)
    assert expected == note.startswith("Nobody is signed in yet")


def test_a_second_error_does_not_hide_the_first(daemon: CliDaemon) -> None:
    """When the daemon cannot even say which variables it wants, the steps stand without them."""
    daemon.answers["auth.status"] = refuses("internal", "oh")
    context = Context(Console(None, None, {}), daemon.environ, None)
    with Client.connect(daemon.environ) as client:
        note = newcomer_note(context, client, DaemonError("not_authenticated", "no", {}), None)
    assert note == first_steps([])
