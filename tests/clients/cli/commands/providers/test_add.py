"""`aircher-cli providers add`."""

import json

import pytest

from aircher_cli.commands.providers import add
from aircherd.vocabulary.builtin_providers import KINDS
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, refuses

OWN = [
    {"path": "providers.work.kind", "value": "openai", "source": "file"},
    {"path": "providers.work.base_url", "value": "http://h/v1", "source": "file"},
]
BUILTIN = [{"path": "providers.ollama.kind", "value": "ollama", "source": "default"}]
ARGUMENTS = ("work", "--kind", "openai", "--base-url", "http://h/v1")


@pytest.fixture(autouse=True)
def answers(daemon: CliDaemon) -> None:
    daemon.answers["config.show"] = {"rows": BUILTIN}
    daemon.answers["config.set"] = {"file": "/f", "changed": True, "changes": []}
    daemon.answers["status"] = {"providers": [{"provider": "work", "state": "not_required"}]}
    daemon.answers["models.refresh"] = {"lists": [{"provider": "work", "fetched_at": 1.0}]}
    models = [{"provider": "work", "model": name} for name in ("a", "b", "c", "d")]
    daemon.answers["models.list"] = {"models": models}


def test_a_provider_is_added_and_answers(daemon: CliDaemon) -> None:
    """All arguments are in one entry; the models are counted."""
    outcome = run_cli(
        daemon.environ,
        "providers",
        "add",
        *ARGUMENTS,
        *("--env", "A", "--env", "B", "--key-command", "pass show 'a b'"),
        *("--header", "X-A=b=c", "--fallback", "openai", "--fallback", "gemini"),
        *("--api", "chat", "--num-ctx", "8192"),
    )
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "✓ saved /f; what is in effect stays the same",
        "✓ it answers and lists 4 models, such as a, b and c",
        "next: aircher-cli ask -m work/a hello",
    ]
    value = {
        "kind": "openai",
        "base_url": "http://h/v1",
        "env": ["A", "B"],
        "key_command": ["pass", "show", "a b"],
        "headers": {"X-A": "b=c"},
        "api": "chat",
        "num_ctx": 8192,
        "fallback": ["openai", "gemini"],
    }
    entries = [{"path": "providers.work", "value": value}]
    assert daemon.params_of("config.set") == {"entries": entries, "unset": []}


def test_a_provider_without_a_key_is_not_asked(daemon: CliDaemon) -> None:
    """The next step is to sign in."""
    daemon.answers["status"] = {"providers": [{"provider": "work", "state": "not_configured"}]}
    outcome = run_cli(daemon.environ, "providers", "add", *ARGUMENTS)
    assert outcome.out.splitlines()[1:] == [
        "work needs a key, which is not stored yet",
        "next: aircher-cli auth login work",
    ]
    assert "models.refresh" not in daemon.methods


def test_a_provider_that_does_not_answer_is_added_nevertheless(daemon: CliDaemon) -> None:
    """It may be down; the reason is printed."""
    lists = [{"provider": "work", "error": "connection refused"}]
    daemon.answers["models.refresh"] = {"lists": lists}
    outcome = run_cli(daemon.environ, "providers", "add", *ARGUMENTS)
    assert outcome.code == 0
    assert "! it does not answer as expected: connection refused\n" in outcome.out


def test_no_check(daemon: CliDaemon) -> None:
    """Nothing but the file is changed."""
    run_cli(daemon.environ, "providers", "add", *ARGUMENTS, "--no-check")
    assert daemon.methods == ["config.show", "config.set"]


def test_a_built_in_provider_needs_no_kind(daemon: CliDaemon) -> None:
    """Only where it is changes."""
    words = ("ollama", "--base-url", "http://gpu:11434/")
    assert run_cli(daemon.environ, "providers", "add", *words).code == 0
    entry = {"path": "providers.ollama", "value": {"base_url": "http://gpu:11434"}}
    assert daemon.params_of("config.set")["entries"] == [entry]


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        ((), "needs --kind and --base-url"),
        (("--kind", "openai"), "needs --base-url"),
        (("--base-url", "http://h"), "needs --kind"),
    ],
)
def test_a_server_of_ones_own_needs_both(
    daemon: CliDaemon, words: tuple[str, ...], missing: str
) -> None:
    """The message says which option is missing."""
    outcome = run_cli(daemon.environ, "providers", "add", "work", *words)
    assert outcome.code == 2
    assert missing in outcome.err
    assert "config.set" not in daemon.methods


def test_an_existing_provider(daemon: CliDaemon) -> None:
    """The same entry is no error, another one needs `--replace`."""
    daemon.answers["config.show"] = {"rows": OWN}
    assert run_cli(daemon.environ, "providers", "add", *ARGUMENTS).code == 0
    more = ("--auth", "none")
    outcome = run_cli(daemon.environ, "providers", "add", *ARGUMENTS, *more)
    assert outcome.code == 1
    assert "work is in the configuration already: replace it with --replace" in outcome.err
    assert run_cli(daemon.environ, "providers", "add", *ARGUMENTS, *more, "--replace").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("sk-ant-0123456789",),
        ("work", "--env", "sk-ant-0123456789"),
        ("work", "--header", "X-A"),
        ("work", "--header", "=b"),
        ("work", "--kind", "opnai"),
        ("work", "--key-command", "pass 'x", "--kind", "openai", "--base-url", "http://h"),
        ("work", "--num-ctx", "0"),
    ],
)
def test_bad_arguments(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """Nothing is changed, and a key is not repeated."""
    outcome = run_cli(daemon.environ, "providers", "add", *words)
    assert outcome.code == 2
    assert "0123456789" not in outcome.err
    assert "config.set" not in daemon.methods


def test_a_refused_entry(daemon: CliDaemon) -> None:
    """The daemon knows what is valid."""
    problem = {"path": "providers.work.base_url", "message": "must begin with http:// or https://"}
    daemon.answers["config.set"] = refuses("config_invalid", "no", problems=[problem])
    outcome = run_cli(daemon.environ, "providers", "add", *ARGUMENTS)
    assert outcome.code == 1
    assert "nothing was changed:\n  providers.work.base_url: must begin with" in outcome.err


def test_json(daemon: CliDaemon) -> None:
    """The change, and what the server said."""
    outcome = run_cli(daemon.environ, "providers", "add", *ARGUMENTS, "--json")
    assert json.loads(outcome.out) == {
        "file": "/f",
        "changed": True,
        "changes": [],
        "provider": "work",
        "state": "not_required",
        "models": ["a", "b", "c", "d"],
    }


def test_every_kind_of_the_daemon_can_be_added() -> None:
    """The command cannot import the daemon's table, so it has one of its own."""
    assert add.KINDS == KINDS
