"""Completion in real shells: bash, zsh and fish run the scripts that `completion` prints."""

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from argparse import Namespace
from importlib import import_module
from pathlib import Path

import pytest

from aircher_cli.completion import (
    COMPLETERS,
    account_names,
    full_parser,
    label_names,
    model_names,
    named_models,
    provider_names,
    setting_names,
    silent_machines,
)
from aircher_cli.exit_codes import HelpRequested
from aircher_cli.parser import Parser
from aircher_cli.registry import COMMANDS, GROUPS
from aircher_client import Client, NoAnswer
from aircher_client.conversations import ConversationStore
from aircher_client.conversations.names import file_name
from helpers.daemon.cli_daemon import CliDaemon
from helpers.required import missing

PROGRAMS = str(Path(sys.executable).parent)
TIMEOUT = 20.0
"""Seconds to wait for a shell."""

BASH = """
source <(aircher-cli completion bash)
COMP_LINE="$1" COMP_POINT=${#1} COMP_TYPE=9 COMP_WORDS=($1) COMP_CWORD=1
_python_argcomplete aircher-cli
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = "source (aircher-cli completion fish | psub); complete -C $argv[1]"


@pytest.fixture
def environ(daemon: CliDaemon) -> dict[str, str]:
    daemon.answers["status"] = {
        "providers": [{"provider": "openai"}, {"provider": "ollama"}],
        "tasks": [{"name": "review", "model": "sonnet"}, {"name": "rename"}],
    }
    daemon.answers["models.list"] = {
        "models": [{"provider": "ollama", "model": "qwen3:8b"}],
        "aliases": [{"name": "sonnet"}],
    }
    daemon.answers["events.subscribe"] = {
        "snapshot": {
            "auth": [
                {"provider": "openai", "key": "work", "state": "rejected"},
                {"provider": "openai", "key": "env:OPENAI_API_KEY", "state": "unverified"},
                {"provider": "ollama", "state": "not_required"},
                {"provider": "other", "key": "wide", "state": "authenticated"},
            ]
        }
    }
    daemon.answers["token.list"] = {"tokens": [{"name": "zed"}, {"name": "ci"}]}
    daemon.answers["config.show"] = {
        "rows": [
            {"path": "catalog.'a/b-1.5'.window", "value": 5, "source": "file"},
            {"path": "HOME", "value": "/", "source": "environment"},
        ]
    }
    flag, choice = {"type": "boolean"}, {"enum": ["priority", "cheapest", "fastest"]}
    properties = {
        "default_model": {"type": "string"},
        "fallback": {"properties": {"max_attempts": {}, "strategy": choice}},
        "limits": {"items": {}},
        "catalog": {"additionalProperties": {"properties": {"window": {}, "tools": flag}}},
    }
    described = {"methods": {"models.list": {}, "models.use": {}, "ping": {}}}
    daemon.answers["protocol.schema"] = {"schema": json.dumps(described)}
    daemon.answers["config.schema"] = {"schema": json.dumps({"properties": properties})}
    return {**daemon.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}", "TERM": "dumb"}


def shell(name: str) -> str:
    found = shutil.which(name)
    return found or missing(name, f"apt-get install {name}")


def complete_in(name: str, typed: str, environ: dict[str, str]) -> list[str]:
    command = {"bash": ["--norc", "-c", BASH, "bash"], "fish": ["--no-config", "-c", FISH]}[name]
    done = subprocess.run(
        [shell(name), *command, typed],
        env=environ,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    )
    return [line.split("\t")[0].strip() for line in done.stdout.splitlines() if line.strip()]


@pytest.mark.parametrize("name", ["bash", "fish"])
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("aircher-cli dem", {"demo"}),
        ("aircher-cli protocol mod", {"models.list", "models.use"}),
        ("aircher-cli auth lo", {"login", "logout", "lock"}),
        ("aircher-cli auth login o", {"openai", "ollama"}),
        ("aircher-cli completion f", {"fish"}),
        ("aircher-cli auth logout openai --label ", {"work"}),
        ("aircher-cli auth logout openai --label w", {"work"}),
        ("aircher-cli ask -t re", {"review", "rename"}),
        ("aircher-cli config set fallback.m", {"fallback.max_attempts"}),
        ("aircher-cli config set catalog.a/b-1.5.t", {"catalog.a/b-1.5.tools"}),
        ("aircher-cli config set fallback.strategy fa", {"fastest"}),
        ("aircher-cli config set fallback.strategy fastest default", {"default_model"}),
        ("aircher-cli config set catalog.a/b-1.5.tools t", {"true"}),
        ("aircher-cli config set default_model so", {"sonnet"}),
        ("aircher-cli config show catalog.a", {"catalog.a/b-1.5.tools", "catalog.a/b-1.5.window"}),
        ("aircher-cli config unset catalog.a", {"catalog.a/b-1.5.window", "catalog.a/b-1.5"}),
        ("aircher-cli providers remove o", {"openai", "ollama"}),
        ("aircher-cli ask --no-str", {"--no-stream", "--no-strict"}),
        ("aircher-cli run cl", {"claude", "cline"}),
        ("aircher-cli run --as gem", {"gemini"}),
        ("aircher-cli token revoke z", {"zed"}),
        ("aircher-cli editors ze", {"zed"}),
        ("aircher-cli editors zed --agent co", {"codex", "copilot"}),
    ],
)
def test_tab(name: str, typed: str, expected: set[str], environ: dict[str, str]) -> None:
    """Commands, options and the daemon's names are completed."""
    assert set(complete_in(name, typed, environ)) == expected


def test_a_stopped_daemon_is_waited_for_once(
    daemon: CliDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only for a moment, though a setting needs several of its answers."""
    waits: list[float | None] = []

    def call(_client: Client, method: str, *_: object, timeout: float | None = None) -> object:
        waits.append(timeout)
        raise NoAnswer(f"no answer to {method}")

    for name, value in daemon.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Client, "call", call)
    assert (setting_names(), model_names(), provider_names()) == ([], [], [])
    assert waits == [0.3]


def test_a_model_is_completed_in_fish(environ: dict[str, str]) -> None:
    """Bash splits words at colons, which argcomplete handles; so fish is tested."""
    assert complete_in("fish", "aircher-cli ask -m olla", environ) == ["ollama/qwen3:8b"]


def test_tab_in_zsh(environ: dict[str, str]) -> None:
    """A line typed into an interactive zsh is completed."""
    ready = 'autoload -U compinit; compinit -u -D; eval "$(aircher-cli completion zsh)"; print OK\n'
    control, shells_end = pty.openpty()
    with subprocess.Popen(
        [shell("zsh"), "-f", "-i"],
        env={**environ, "TERM": "xterm"},
        stdin=shells_end,
        stdout=shells_end,
        stderr=shells_end,
        start_new_session=True,
    ) as process:
        os.close(shells_end)
        os.write(control, ready.encode())
        read_until(control, b"\nOK")
        os.write(control, b"aircher-cli daem\t")
        assert b"aircher-cli daemon" in read_until(control, b"daemon")
        process.kill()
    os.close(control)


def test_shells_show_what_a_command_does() -> None:
    """Zsh and fish show it beside the word; argcomplete would show None."""
    first = full_parser()._subparsers
    assert first is not None
    (words,) = first._group_actions
    choices = list(words._get_subactions())
    for group in GROUPS:
        below = words.choices[group]._subparsers._group_actions[0]
        choices += below._get_subactions()
    assert len(choices) == len(COMMANDS) + len(GROUPS)
    assert [each.dest for each in choices if not each.help] == []


def read_until(control: int, expected: bytes) -> bytes:
    seen = b""
    deadline = time.monotonic() + TIMEOUT
    while expected not in seen.replace(b"\r", b""):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([control], [], [], left)[0]:
            pytest.fail(f"zsh printed {seen!r}")
        seen += os.read(control, 4096)
    return seen


def test_a_tab_without_a_daemon_is_no_error(environ: dict[str, str], tmp_path: Path) -> None:
    """No daemon is started, and nothing is printed into the line."""
    alone = {**environ, "XDG_RUNTIME_DIR": str(tmp_path), "AIRCHER_SOCKET": str(tmp_path / "s")}
    assert complete_in("fish", "aircher-cli auth login o", alone) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_known(command: str) -> None:
    """The parser has every command of the table."""
    with pytest.raises(HelpRequested):
        full_parser().parse_args([*command.split(), "--help"])


def test_a_fleet_has_names(daemon: CliDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its engine is signed in to like a provider; only what is silent can be forgotten."""
    for name, value in daemon.environ.items():
        monkeypatch.setenv(name, value)
    daemon.answers["status"] = {"providers": [{"provider": "openai"}]}
    assert account_names() == provider_names() == ["openai"]
    daemon.answers["status"] = {"providers": [{"provider": "openai"}], "shared": {"state": "ok"}}
    assert (account_names(), provider_names()) == (["openai", "shared"], ["openai"])
    machines = [("old", "1", False), ("ci", "2", False), ("ci", "3", True), ("server", "4", True)]
    daemon.answers["fleet.report"] = {
        "machines": [
            {"label": label, "machine": id_, "live": live} for label, id_, live in machines
        ]
    }
    assert silent_machines() == ["old", "2"]


def test_only_plain_names_reach_a_shell(
    environ: dict[str, str], daemon: CliDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names with white space, escapes or shell syntax are not completed; servers choose them."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    unsafe = [
        "a b",
        "a\nb",
        "\x1b[2J",
        "$(id)",
        "`id`",
        "a;b",
        "a'b",
        "~",
        "a*",
        "a\x0bb",
        "a\u202eb",
    ]
    plain = ["qwen3:8b", "maker/model:free", "llama-3.1_x@2", "模型"]
    names = [*unsafe, *plain]
    daemon.answers["models.list"] = {
        "models": [{"provider": "ollama", "model": name} for name in names]
    }
    assert model_names() == [f"ollama/{name}" for name in plain]


def test_conversations_are_completed_without_a_daemon(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By every option and argument that takes one; names that a shell interprets are left out."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("XDG_STATE_HOME", "AIRCHER_HOME"):
        monkeypatch.delenv(variable, raising=False)
    store = ConversationStore.of(os.environ)
    Path(store.folder).mkdir(parents=True)
    for name in ("tea/green", "$(id)", "Té"):
        (Path(store.folder) / file_name(name)).touch()
    for command, dest in (("ask", "conversation"), ("chats show", "chat"), ("chats rm", "chats")):
        actions = [action for action in command_parser(command)._actions if action.dest == dest]
        assert [set(COMPLETERS[action.dest]()) for action in actions] == [{"tea/green", "Té"}]
    monkeypatch.setattr(os, "scandir", _refuse)
    assert COMPLETERS["chat"]() == []


def command_parser(command: str) -> Parser:
    module = import_module(f"aircher_cli.commands.{COMMANDS[command][0]}")
    parser: Parser = module.build_parser()
    return parser


def _refuse(_path: str) -> None:
    raise PermissionError(13, "Permission denied")


def test_labels_of_keys(daemon: CliDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """After `provider@` in a model, and for --label and --key."""
    for name, value in daemon.environ.items():
        monkeypatch.setenv(name, value)
    rows = [("openai", "default"), ("openai", "work"), ("gemini", "work"), ("ollama", None)]
    daemon.answers["events.subscribe"] = {
        "snapshot": {"auth": [{"provider": provider, "key": key} for provider, key in rows]}
    }
    daemon.answers["models.list"] = {"models": [{"provider": "openai", "model": "gpt-5.5"}]}
    assert label_names(Namespace(provider=[])) == ["default", "work"]
    assert label_names(Namespace(provider="gemini")) == ["work"]
    assert named_models("open") == ["openai/gpt-5.5"]
    assert named_models("openai@") == ["openai@default/", "openai@work/"]
    assert named_models("openai@work/g") == ["openai@work/gpt-5.5"]
