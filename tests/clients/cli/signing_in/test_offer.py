"""What is offered after an error about keys; the dialogue is tested end to end."""

from contextlib import nullcontext

import pytest

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.signing_in import offer as module
from aircher_cli.signing_in.offer import list_choices, offer, open_terminal, with_local_models
from aircher_client import Client, DaemonError
from aircher_client.sign_in import ProviderSignIn, SignIn
from helpers.daemon.cli import Stream
from helpers.daemon.cli_daemon import CliDaemon, Map

WORK = ProviderSignIn("work", "not_configured", is_needed=True, unseen=("WORK_KEY",))
SPARE = ProviderSignIn("spare", "not_configured", is_needed=True)
REJECTED = ProviderSignIn(
    "old", "rejected", is_needed=True, key="a", hint="use 'aircher-cli auth login old --label a'"
)
LOCKED = ProviderSignIn("shut", "locked", is_needed=True, key="default", hint="unlock it")
READY = ProviderSignIn("ready", "authenticated", key="default", model="ready/m")
OWN = ProviderSignIn("own", "authenticated", key="default")
LOCAL = ProviderSignIn("ollama", "not_required", model="ollama/q", has_list=True)
MANY = tuple(SPARE._replace(provider=f"p{n}") for n in range(20))


@pytest.mark.parametrize(
    ("providers", "expected"),
    [
        (
            (SPARE, WORK),
            ["use the key in WORK_KEY, found in this shell", "sign in to spare", "sign in to work"],
        ),
        ((SPARE, READY, OWN), ["sign in to spare", "ask ready/m instead"]),
        ((SPARE, LOCAL), ["sign in to spare", "ask ollama/q instead"]),
        ((REJECTED, SPARE), ["replace the key of old", "sign in to spare"]),
        ((LOCKED, READY), ["ask ready/m instead"]),
        ((LOCKED,), []),
        (MANY, [f"sign in to p{n}" for n in range(9)]),
    ],
)
def test_choices(providers: tuple[ProviderSignIn, ...], expected: list[str]) -> None:
    """Nothing is offered that would not help, such as signing in with a locked keyring."""
    unseen = tuple(name for each in providers for name in each.unseen)
    choices = list_choices(SignIn(providers, unseen), {"WORK_KEY": "k"})
    assert [choice.title for choice in choices] == expected


@pytest.mark.parametrize(
    ("stdin", "err_is_terminal", "environ"),
    [
        (Stream(terminal=True), True, {}),
        (Stream(terminal=True), False, {}),
        (Stream(terminal=True), True, {"CI": "true"}),
        (Stream(b"piped"), True, {}),
        (None, True, {}),
    ],
)
def test_without_a_person(
    stdin: Stream | None, err_is_terminal: bool, environ: dict[str, str]
) -> None:
    """There is no question in CI, in pipes, or without a descriptor to read from."""
    console = Console(Stream(terminal=True), Stream(terminal=err_is_terminal), environ)
    with open_terminal(Context(console, environ, stdin)) as terminal:
        assert terminal is None


UNKNOWN = ProviderSignIn("ollama", "not_required")
FETCHED = [{"provider": "ollama", "fetched_at": 1.0}]
EMBEDDER = {"model": "e", "chats": False}


@pytest.mark.parametrize(
    ("server", "models", "lists", "expected"),
    [
        (UNKNOWN, [EMBEDDER, {"model": "q"}], FETCHED, "ollama/q"),
        (UNKNOWN, [EMBEDDER], FETCHED, ""),
        (UNKNOWN, [], FETCHED, ""),
        (UNKNOWN, [{"model": "q"}], [], ""),
        (UNKNOWN, [{"model": "q"}], [{**FETCHED[0], "error": "down"}], ""),
        (UNKNOWN._replace(reason="down"), [{"model": "q"}], FETCHED, ""),
        (READY, [{"model": "q"}], FETCHED, "ready/m"),
    ],
)
def test_local_models(
    daemon: CliDaemon, server: ProviderSignIn, models: list[Map], lists: list[Map], expected: str
) -> None:
    """A local server is asked for its models if nothing is known of it."""
    daemon.answers["models.list"] = {"models": models, "lists": lists}
    with Client.connect(daemon.environ) as client:
        (found,) = with_local_models(client, SignIn((server,), ())).providers
    assert found.model == expected
    assert daemon.methods == (["models.list"] if server is UNKNOWN else [])


@pytest.mark.parametrize("data", [{}, {"sign_in": {"providers": [], "environment": []}}])
def test_an_error_that_signing_in_does_not_help(daemon: CliDaemon, data: dict[str, object]) -> None:
    """The daemon is not called."""
    context = Context(Console(None, None, {}), daemon.environ, None)
    with Client.connect(daemon.environ) as client:
        assert offer(context, client, DaemonError("not_authenticated", "no", data)) is None
    assert daemon.methods == []


def test_a_daemon_on_another_machine_takes_no_key(
    daemon: CliDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So none is asked for where it should never be typed."""
    monkeypatch.setattr(module, "open_terminal", lambda _: nullcontext(object()))
    needed = {"provider": "spare", "state": "not_configured", "needed": True}
    refused = {"message": "keys are stored elsewhere", "elsewhere": True}
    found = {"providers": [needed], "environment": [], "refused": refused}
    data: dict[str, object] = {"sign_in": found}
    context = Context(Console(None, None, {}), daemon.environ, None)
    with Client.connect(daemon.environ) as client:
        assert offer(context, client, DaemonError("not_authenticated", "no", data)) is None
    assert daemon.methods == []
