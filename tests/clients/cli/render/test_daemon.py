"""The answer to `status` as text."""

import pytest

from aircher_cli.render.daemon import STARTED_BY, headline, status_lines

STATUS: dict[str, object] = {
    "version": "0.1.0",
    "pid": 7,
    "started_by": "client",
    "socket": "/run/user/1/aircher/aircher.sock",
    "data": "/home/a/.local/share/aircher",
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
    """What runs, where, who is signed in, and who answers."""
    assert shown(STATUS) == [
        "aircherd 0.1.0 is running (process 7, up 1 min)",
        f"started   {STARTED_BY['client']}",
        "requests  2 active, 40 in total; 1 client connected",
        "socket    /run/user/1/aircher/aircher.sock",
        "config    ~/.aircher/config.toml (does not exist; defaults are used)",
        "data      ~/.local/share/aircher",
        "keyring   usable",
        "",
        "✓ openai  authenticated  https://api.openai.com/v1",
        "",
        "without -m  openai/gpt-5.5 → ollama/x",
    ]


def test_a_bad_configuration_is_told_with_file_and_line() -> None:
    """`status` is where people look when nothing works."""
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
def test_what_ails_the_ledger(state: str) -> None:
    """In words, and what to do; what was lost for good too."""
    ledger = {"state": state, "reason": "/l.db: the disk is full"}
    lines = shown({**STATUS, "ledger": ledger}, 300)
    assert f"ledger    {LEDGERS[state]}" in lines


def test_a_ledger_that_is_well_is_not_told() -> None:
    """Nothing ails it."""
    assert shown({**STATUS, "ledger": {"state": "ok"}}) == shown(STATUS)


def test_nobody_answers_by_default() -> None:
    """Who is signed in is told how to ask there all the same."""
    line = " ".join(shown({**STATUS, "default": {}}, 200)[-1:])
    assert line.startswith("You are signed in to openai, but there is no default model")


def test_a_default_that_does_not_hold() -> None:
    """The daemon's reason is shown where the answer would stand."""
    default = {"candidates": [], "problem": "nobody knows the model 'x'"}
    assert shown({**STATUS, "default": default})[-1] == "without -m  nobody knows the model 'x'"


def test_what_ails_a_provider() -> None:
    """A provider that is not well says why; an old reason of one that is well is not shown."""
    ill = {"provider": "ollama", "state": "not_required", "health": "unreachable"}
    well = {"provider": "work", "state": "unverified", "health": "ok"}
    providers = [{**ill, "health_reason": "nobody listens"}, {**well, "health_reason": "old"}]
    assert shown({**STATUS, "providers": providers})[8:11] == [
        "! ollama  not required, unreachable",
        "    nobody listens",
        "? work    unverified",
    ]


NARROW = {
    "provider": "a-server-in-the-cellar",
    "state": "not_required",
    "health": "unreachable",
    "health_reason": "nobody listens on 127.0.0.1:11434",
}


@pytest.mark.parametrize("width", [30, 40, 45, 80])
def test_it_fits(width: int) -> None:
    """No line is wider than the terminal, unless a single word is; then no word is broken."""
    status = {**STATUS, "providers": [NARROW], "default": {}}
    lines = [*shown(STATUS, width), *shown(status, width)]
    wide = [line for line in lines if len(line) >= width]
    assert [line for line in wide if len(line.split()) > 2] == []
    assert "unreachable" in " ".join(lines).split()


def test_a_status_of_another_version_does_not_fail() -> None:
    """What is missing is left out."""
    assert shown({})[0] == "aircherd  is running (process , up 0 s)"
    assert headline({"version": "2", "pid": 1}) == "aircherd 2 is running (process 1, up 0 s)"
