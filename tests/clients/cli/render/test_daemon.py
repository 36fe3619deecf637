"""The result of `status` as text."""

import pytest

from aircher_cli.render.daemon import STARTED_BY, headline, status_lines

STATUS: dict[str, object] = {
    "version": "0.1.0",
    "pid": 7,
    "started_by": "client",
    "socket": "/run/user/1/aircher/aircher.sock",
    "data": "/home/a/.local/share/aircher",
    "log": "/home/a/.local/state/aircher/aircherd.log",
    "uptime_s": 61.5,
    "clients": 1,
    "requests": {"active": 2, "total": 40},
    "config": {"file": "/home/a/.aircher/config.toml", "exists": False, "ok": True},
    "keyring": {"state": "usable"},
    "providers": [
        {"provider": "openai", "base_url": "https://api.openai.com/v1", "state": "authenticated"}
    ],
    "default": {"candidates": ["openai/gpt-5.5", "ollama/x"]},
}


def shown(status: dict[str, object], width: int = 80) -> list[str]:
    lines = status_lines(status, width=width, home="/home/a")
    return ["".join(text for text, _ in line) for line in lines]


def test_everything_on_one_screen() -> None:
    """It shows the process, the paths, the keys, and the candidates without `-m`."""
    assert shown(STATUS) == [
        "aircherd 0.1.0 is running (process 7, up 1 min)",
        f"started   {STARTED_BY['client']}",
        "requests  2 active, 40 in total; 1 client connected",
        "socket    /run/user/1/aircher/aircher.sock",
        "config    ~/.aircher/config.toml (does not exist; defaults are used)",
        "data      ~/.local/share/aircher",
        "log       ~/.local/state/aircher/aircherd.log",
        "keyring   usable",
        "",
        "✓ openai  authenticated  https://api.openai.com/v1",
        "",
        "without -m  openai/gpt-5.5 → ollama/x",
    ]


def test_rescans_instead_of_events_are_mentioned() -> None:
    """A change takes effect a little later then, and the reason can be fixed."""
    config = {"file": "/c.toml", "exists": True, "ok": True, "watch_problem": "watch limit reached"}
    [line] = [line for line in shown({**STATUS, "config": config}, 200) if "c.toml" in line]
    assert line.endswith("of files (watch limit reached): it is read at intervals)")


def test_an_invalid_configuration_is_shown_with_file_and_line() -> None:
    """`status` is the first command users run when nothing works."""
    problem = {"file": "/home/a/.aircher/config.toml", "line": 2, "message": "unknown key x"}
    config = {
        "file": "/home/a/.aircher/config.toml",
        "exists": True,
        "ok": False,
        "problem": {"message": "invalid", "problems": [problem]},
    }
    lines = shown({**STATUS, "config": config})
    assert "config    ~/.aircher/config.toml (INVALID, see below)" in lines
    assert "  ~/.aircher/config.toml:2: unknown key x" in lines


LEDGERS = {
    "degraded": "cannot be written: /l.db: the disk is full. Requests are still served, and their "
    "usage is kept in memory: fix this before the daemon stops, or that usage is lost",
    "ok": "usage was lost: /l.db: the disk is full. Limits may count too little until they reset: "
    "see 'aircher-cli limits'",
}


@pytest.mark.parametrize("state", LEDGERS)
def test_a_problem_of_the_ledger_is_shown(state: str) -> None:
    """The line says what happened, also to usage that is lost, and what to do."""
    ledger = {"state": state, "reason": "/l.db: the disk is full"}
    lines = shown({**STATUS, "ledger": ledger}, 300)
    assert f"ledger    {LEDGERS[state]}" in lines


def test_a_complete_ledger_is_not_shown() -> None:
    """It has no line of its own."""
    assert shown({**STATUS, "ledger": {"state": "ok"}}) == shown(STATUS)


def test_without_a_default_a_model_is_suggested() -> None:
    """With a key but no default model, the advice is to choose a model."""
    line = " ".join(shown({**STATUS, "default": {}}, 200)[-1:])
    assert line.startswith("You are signed in to openai, but there is no default model")


def test_an_invalid_default_is_explained() -> None:
    """The daemon's reason replaces the list of candidates."""
    default = {"candidates": [], "problem": "no provider has the model 'x'"}
    assert shown({**STATUS, "default": default})[-1] == "without -m  no provider has the model 'x'"


def test_an_unhealthy_provider_has_a_reason() -> None:
    """The reason of an unhealthy provider is shown; an old one of a healthy provider is not."""
    unhealthy = {"provider": "ollama", "state": "not_required", "health": "unreachable"}
    healthy = {"provider": "work", "state": "unverified", "health": "ok"}
    providers = [
        {**unhealthy, "health_reason": "no server listens"},
        {**healthy, "health_reason": "old"},
    ]
    assert shown({**STATUS, "providers": providers})[9:12] == [
        "! ollama  not required, unreachable",
        "    no server listens",
        "? work    unverified",
    ]


NARROW = {
    "provider": "a-server-in-the-cellar",
    "state": "not_required",
    "health": "unreachable",
    "health_reason": "no server listens on 127.0.0.1:11434",
}


@pytest.mark.parametrize("width", [30, 40, 45, 80])
def test_lines_fit_the_terminal(width: int) -> None:
    """No line is wider than the terminal, except for single words; words are not broken."""
    status = {**STATUS, "providers": [NARROW], "default": {}}
    lines = [*shown(STATUS, width), *shown(status, width)]
    wide = [line for line in lines if len(line) >= width]
    assert [line for line in wide if len(line.split()) > 2] == []
    assert "unreachable" in " ".join(lines).split()


def test_a_status_of_another_version_does_not_fail() -> None:
    """What is missing is left out."""
    assert shown({})[0] == "aircherd  is running (process , up 0 s)"
    assert headline({"version": "2", "pid": 1}) == "aircherd 2 is running (process 1, up 0 s)"


def test_tasks_are_listed() -> None:
    """By their names, which `ask -t` takes."""
    lines = shown({**STATUS, "tasks": [{"name": "review", "model": "m"}, {"name": "brief"}]}, 300)
    assert any(line.split() == ["tasks", "review,", "brief"] for line in lines)
