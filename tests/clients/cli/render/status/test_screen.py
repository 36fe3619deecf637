"""The status screen as text."""

import pytest

from aircher_cli.render.daemon import STARTED_BY
from aircher_cli.render.status.screen import has_countdown, status_lines
from aircher_cli.values import Map

NOW = 1_000_000.0
MIB = 1024 * 1024

STATUS: Map = {
    "version": "0.1.0",
    "pid": 7,
    "started_by": "client",
    "socket": "/run/user/1/aircher/aircher.sock",
    "log": "/home/a/.local/state/aircher/aircherd.log",
    "data": "/home/a/.local/share/aircher",
    "uptime_s": 61.5,
    "clients": 1,
    "requests": {"active": 2, "total": 40},
    "config": {"file": "/home/a/.aircher/config.toml", "exists": False, "ok": True},
    "keyring": {"state": "usable"},
    "swap": {"state": "no swap", "locked_bytes": 0},
    "providers": [
        {"provider": "openai", "state": "authenticated", "health": "ok", "builtin": True},
        {"provider": "gemini", "state": "not_configured", "builtin": True},
        {"provider": "ollama", "state": "not_required", "builtin": True, "absent": True},
    ],
    "default": {"model": "smart", "candidates": ["openai/gpt-5.5", "spare/x"]},
    "spend": {
        "today": {"requests": 3, "failed": 1, "cost": "0.0042"},
        "month": {"requests": 9, "failed": 1, "cost": "12.5"},
    },
    "limits": [],
    "cooling": [],
}


def shown(record: Map, width: int = 80, rows: int | None = None) -> list[str]:
    lines = status_lines(
        record,
        width=width,
        environ={"HOME": "/home/a"},
        now=NOW,
        draws=True,
        has_unicode=True,
        rows=rows,
    )
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def with_providers(*rows: Map, cooling: tuple[Map, ...] = ()) -> list[str]:
    """Return the lines about providers."""
    lines = shown({**STATUS, "providers": list(rows), "cooling": list(cooling)})
    return lines[2 : lines.index("", 2)]


def test_many_providers_without_a_key_are_folded() -> None:
    """Those of the configuration have a row each only while they are few."""
    own: list[Map] = [{"provider": f"p{at}", "state": "not_configured"} for at in range(9)]
    assert len(with_providers(*own[:8])) == 8
    names = ", ".join(f"p{at}" for at in range(9))
    assert with_providers(*own) == [
        f"○ not signed in: {names} (aircher-cli auth login",
        "  NAME)",
    ]


def test_everything_on_one_screen() -> None:
    """What matters, in the order of its importance; what is not configured in one line."""
    assert shown(STATUS) == [
        "aircherd 0.1.0 is running (process 7, up 1 min)",
        "",
        "✓ openai  ready",
        "○ not signed in: gemini (aircher-cli auth login NAME)",
        "○ not running: ollama",
        "",
        "default   smart: openai/gpt-5.5 → spare/x",
        "spend     $0.0042 today (3 requests, 1 failed), $12.50 this month",
        "requests  2 active, 40 since the start; 1 client connected",
        "",
        "keyring   usable",
        "swap      none on this machine, so keys in memory are not written to a disk",
        f"started   {STARTED_BY['client']}",
        "config    ~/.aircher/config.toml (does not exist; defaults are used)",
        "log       ~/.local/state/aircher/aircherd.log",
        "socket    /run/user/1/aircher/aircher.sock",
        "data      ~/.local/share/aircher",
    ]


def test_the_doors_for_http_are_shown_and_what_is_wrong_with_them() -> None:
    """A door that is not open is not shown as one."""
    record: Map = {"http": {"socket": "/run/http.sock", "ports": [4141, 5000], "connections": 0}}
    assert "http      /run/http.sock, port 4141, port 5000" in shown(record)
    problems = {"socket_problem": "no socket", "port_problem": "no port"}
    record = {"http": {"socket": "/run/http.sock", "connections": 0, **problems}}
    assert [line for line in shown(record) if "http" in line] == ["http      ⚠ no socket; no port"]


def test_a_cooling_provider_counts_down() -> None:
    """The state, when it ends, and why; its only key does not repeat that."""
    ill: Map = {"health": "cooling", "health_reason": "too many requests", "until": NOW + 42}
    row: Map = {"provider": "work", "state": "authenticated", **ill}
    assert with_providers(row, cooling=({"provider": "work", "key": "default", **ill},)) == [
        "⚠ work  cooling, available in 42 s",
        "    too many requests",
    ]


def test_a_provider_of_which_one_model_cools_is_ready() -> None:
    """Its other models can be asked, as the picker and `models list` say; the model is below it."""
    ill: Map = {"health": "cooling", "until": NOW + 42}
    row: Map = {"provider": "work", "state": "authenticated", **ill}
    row["health_reason"] = "big: too many requests"
    model: Map = {"provider": "work", "key": "default", "model": "big", **ill}
    model["health_reason"] = "too many requests"
    assert with_providers(row, cooling=(model,)) == [
        "✓ work  ready",
        "    ⚠ big, key default: cooling, available in 42 s",
        "        too many requests",
    ]


def test_a_cooling_key_of_a_provider_that_answers_is_shown_below_it() -> None:
    """With its reason: the other key answers meanwhile."""
    row: Map = {"provider": "work", "state": "authenticated", "health": "ok"}
    ill: Map = {"health": "quota_exhausted", "health_reason": "no credit", "until": NOW + 60}
    assert with_providers(row, cooling=({"provider": "work", "key": "old", **ill},)) == [
        "✓ work  ready",
        "    ⚠ key old: no credit, available in 1 min",
        "        no credit",
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {"state": "rejected", "reason": "HTTP 401"},
            ["✗ work  refused", "    HTTP 401", "    → sign in again: aircher-cli auth login work"],
        ),
        (
            {"state": "rejected", "key": "b"},
            ["✗ work  refused", "    → sign in again: aircher-cli auth login work --label b"],
        ),
        (
            {"state": "rejected", "key": "default"},
            ["✗ work  refused", "    → sign in again: aircher-cli auth login work"],
        ),
        (
            {"state": "rejected", "key": "env:WORK_KEY"},
            ["✗ work  refused", "    → find out what to do: aircher-cli auth status work"],
        ),
        (
            {"state": "authenticated", "health": "unreachable", "health_reason": "no route"},
            ["⚠ work  unreachable", "    no route", "    → find out why: aircher-cli doctor"],
        ),
        (
            {
                "state": "rejected",
                "last_failure": {"outcome": "auth_rejected", "message": "revoked"},
            },
            ["✗ work  refused", "    revoked", "    → sign in again: aircher-cli auth login work"],
        ),
        (
            {"state": "authenticated", "last_failure": {"outcome": "timeout", "message": "slow"}},
            ["✓ work  ready"],
        ),
        ({"state": "refused", "reason": "kind?"}, ["✗ work  invalid entry", "    kind?"]),
        ({"state": "authenticated", "health_reason": "old", "health": "ok"}, ["✓ work  ready"]),
        ({"state": "from_the_future"}, ["? work  from the future"]),
    ],
)
def test_a_problem_comes_with_what_to_do(row: Map, expected: list[str]) -> None:
    """An old reason of a healthy provider is not shown, an unknown state is."""
    assert with_providers({"provider": "work", **row}) == expected


def test_limits_have_bars() -> None:
    """As in `limits`."""
    limit: Map = {"limit": "all", "counted": "requests", "used": 1, "max": 4, "share": 0.25}
    lines = shown({**STATUS, "limits": [limit]}, 70)
    assert "✓ all  ████░░░░░░░░░░░░   25%  1 of 4" in lines


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
    assert "config    ~/.aircher/config.toml (INVALID, see above)" in lines
    assert "  ~/.aircher/config.toml:2: unknown key x" in lines


def test_rescans_instead_of_events_are_mentioned() -> None:
    """A change takes effect a little later then, and the reason can be fixed."""
    config = {"file": "/c.toml", "exists": True, "ok": True, "watch_problem": "watch limit reached"}
    [line] = [line for line in shown({**STATUS, "config": config}, 200) if "c.toml" in line]
    assert line.endswith("of files (watch limit reached): it is read at intervals)")


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
    assert f"ledger    ⚠ {LEDGERS[state]}" in lines


def test_that_limits_refuse_is_shown() -> None:
    """With `on_failure = "refuse"`."""
    ledger = {"state": "degraded", "reason": "the disk is full", "on_failure": "refuse"}
    lines = shown({**STATUS, "ledger": ledger}, 300)
    (line,) = [line for line in lines if line.startswith("ledger")]
    assert "Requests under a limit are refused; others are served" in line


def test_a_complete_ledger_is_not_shown() -> None:
    """It has no line of its own."""
    assert shown({**STATUS, "ledger": {"state": "ok"}}) == shown(STATUS)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("locked", "keys in it cannot be used until then"),
        ("unavailable", "keys are stored in a private file instead"),
    ],
)
def test_a_problem_of_the_keyring_is_shown(state: str, expected: str) -> None:
    """With what follows from it."""
    keyring = {"state": state, "reason": "there is no bus"}
    [line] = [line for line in shown({**STATUS, "keyring": keyring}, 300) if "bus" in line]
    assert line.startswith(f"keyring   {state}: there is no bus; ")
    assert expected in line


def test_what_cannot_be_read_does_not_hide_the_rest() -> None:
    """The reason is in its place."""
    record = {name: value for name, value in STATUS.items() if name not in {"spend", "limits"}}
    unavailable = {"spend": "the ledger cannot be read", "limits": "no answer within 3 s"}
    lines = shown({**record, "unavailable": unavailable})
    assert "spend     not known: the ledger cannot be read" in lines
    assert "limits    ⚠ not known: no answer within 3 s" in lines
    assert "✓ openai  ready" in lines


@pytest.mark.parametrize(
    ("sums", "expected"),
    [
        ({"cost": "0"}, "$0 today"),
        ({"cost": "0.00000042"}, "under $0.000001 today"),
        ({"cost": "0.0000123"}, "$0.000012 today"),
        ({"cost": "0.05"}, "$0.05 today"),
        ({"cost": "0.0999"}, "$0.10 today"),
        ({"cost": "1234.5", "estimated_cost": "1"}, "~$1,234.50 today"),
        ({"cost": "0.5", "unknown_cost": 2}, "$0.50+? today"),
        ({"cost": "0", "unknown_cost": 2}, "? today"),
        ({"cost": ["?"]}, "$0 today"),
    ],
)
def test_costs_are_short(sums: Map, expected: str) -> None:
    """As in `usage`: an estimate is marked, an unknown cost is not zero."""
    spend = {"today": sums, "month": sums}
    [line] = [line for line in shown({**STATUS, "spend": spend}) if line.startswith("spend")]
    assert line.startswith(f"spend     {expected}")


def test_without_a_default_a_model_is_suggested() -> None:
    """With a key but no default model, the advice is to choose a model."""
    lines = " ".join(shown({**STATUS, "default": {}}, 200))
    assert "You are signed in to openai, but there is no default model" in lines


def test_an_invalid_default_is_explained() -> None:
    """The daemon's reason replaces the list of candidates."""
    default = {"candidates": [], "problem": "no provider has the model 'x'"}
    assert "default   no provider has the model 'x'" in shown({**STATUS, "default": default})


NARROW: Map = {
    "provider": "a-server-in-the-cellar",
    "state": "not_required",
    "health": "unreachable",
    "health_reason": "no server listens on 127.0.0.1:11434",
}


@pytest.mark.parametrize("width", [40, 45, 80, 120])
def test_lines_fit_the_terminal(width: int) -> None:
    """No line is wider than the terminal, except for single words; words are not broken."""
    status = {**STATUS, "providers": [NARROW], "default": {}}
    lines = [*shown(STATUS, width), *shown(status, width)]
    wide = [line for line in lines if len(line) >= width]
    assert [line for line in wide if len(line.split()) > 2] == []
    assert "unreachable" in " ".join(lines).split()


@pytest.mark.parametrize(
    ("starter", "expected"),
    [
        ("systemd", "in the journal: journalctl --user -u aircherd"),
        ("systemd (socket)", "in the journal: journalctl --user -u aircherd"),
        ("user", "on the standard error of aircherd"),
    ],
)
def test_a_log_without_a_file_is_found(starter: str, expected: str) -> None:
    """The screen says how to read it."""
    record = {name: value for name, value in STATUS.items() if name != "log"}
    assert f"log       {expected}" in shown({**record, "started_by": starter})
    assert not [line for line in shown(record) if line.startswith("log")]


READY: Map = {"state": "authenticated", "health": "ok"}
COOLING: Map = {"health": "cooling", "health_reason": "HTTP 429: slow down", "until": NOW + 90}
LIMIT: Map = {"limit": "all", "counted": "requests", "used": 1, "max": 4, "share": 0.25}
EVERYTHING: Map = {
    **STATUS,
    "memory": {"total": 256 * MIB, "used": 0},
    "providers": [
        *({"provider": f"p{number}", **READY} for number in range(10)),
        {"provider": "slow", **READY, **COOLING},
        *STATUS["providers"][1:],
    ],
    "cooling": [{"provider": "slow", **COOLING}],
    "limits": [
        *([LIMIT] * 9),
        {**LIMIT, "limit": "openai: 4 a day", "provider": "openai", "used": 4, "share": 1.0},
    ],
}
"""More than fits a terminal of 24 rows."""


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("rows", [3, 5, 9, 14, 23, 31, 39, 60])
def test_one_screen_stays_one_screen(width: int, rows: int) -> None:
    """Whatever the terminal's size, the first line is seen; what is missing is counted."""
    lines, full = shown(EVERYTHING, width, rows), shown(EVERYTHING, width)
    assert len(lines) <= rows
    assert lines[0] == full[0]
    if sum(max(1, -(-len(line) // width)) for line in full) <= rows:
        assert lines == full
    else:
        shown_lines = len(lines) - 1
        assert lines[-1].startswith(f"… {len(full) - shown_lines} more lines")
        assert lines[-1].endswith(": aircher-cli status | less") == (width > 40)


def test_what_matters_least_is_folded_first() -> None:
    """Facts, then what is fine, then the vendors' words; what is wrong stays."""
    assert len(shown(EVERYTHING)) == 40
    assert [line.split()[0] for line in shown(EVERYTHING, rows=39)[-3:]] == ["config", "log", "…"]
    assert shown(EVERYTHING, rows=23) == [
        "aircherd 0.1.0 is running (process 7, up 1 min)",
        "",
        "⚠ slow  cooling, available in 1 min",
        "    HTTP 429: slow down",
        "✓ ready: p0, p1, p2, p3, p4, p5, p6, p7, p8, p9",
        "○ not signed in: gemini (aircher-cli auth login NAME)",
        "○ not running: ollama",
        "",
        "default   smart: openai/gpt-5.5 → spare/x",
        "spend     $0.0042 today (3 requests, 1 failed), $12.50 this month",
        "requests  2 active, 40 since the start; 1 client connected",
        "",
        "✗ openai: 4 a day  ████████████████  100%  4 of 4",
        "✓ 9 other limits below 80%",
        "",
        "config    ~/.aircher/config.toml (does not exist; defaults are used)",
        "log       ~/.local/state/aircher/aircherd.log",
        "… 23 more lines: aircher-cli status | less",
    ]
    assert shown(EVERYTHING, rows=9) == [
        "aircherd 0.1.0 is running (process 7, up 1 min)",
        "⚠ slow  cooling, available in 1 min",
        "default   smart: openai/gpt-5.5 → spare/x",
        "spend     $0.0042 today (3 requests, 1 failed), $12.50 this month",
        "requests  2 active, 40 since the start; 1 client connected",
        "✗ openai: 4 a day  ████████████████  100%  4 of 4",
        "✓ 9 other limits below 80%",
        "✓ ready: p0, p1, p2, p3, p4, p5, p6, p7, p8, p9",
        "… 32 more lines: aircher-cli status | less",
    ]


def test_folding_saves_rows() -> None:
    """A limit that takes one row keeps it; in a narrow terminal it takes two."""
    record = {**EVERYTHING, "limits": [LIMIT], "providers": STATUS["providers"], "cooling": []}
    assert "✓ all  ████░░░░░░░░░░░░   25%  1 of 4" in shown(record, rows=12)
    assert "✓ openai  ready" in shown(record, rows=12)
    limit = {**LIMIT, "limit": "client nightly: 4 requests a day"}
    assert "✓ 1 limit below 80%" in shown({**record, "limits": [limit]}, 40, rows=18)


def test_a_word_that_is_wider_than_the_terminal_takes_rows() -> None:
    """As a path does, which is not broken, so that it can be copied."""
    log = f"/var/{'x' * 200}"
    lines = shown({**STATUS, "log": log, "data": log}, 40, 30)
    assert sum(max(1, -(-len(line) // 40)) for line in lines) <= 30


def test_the_normal_case_fits_a_small_terminal() -> None:
    """Three providers and two limits on 24 rows."""
    limit: Map = {"limit": "all", "counted": "requests", "used": 1, "max": 4, "share": 0.25}
    ready: Map = {"state": "authenticated", "health": "ok"}
    providers: list[Map] = [{"provider": f"p{number}", **ready} for number in range(3)]
    assert len(shown({**STATUS, "providers": providers, "limits": [limit, limit]})) <= 22


def test_tasks_are_listed() -> None:
    """They are what `-t` takes."""
    lines = shown({**STATUS, "tasks": [{"name": "review"}, {"name": "brief", "model": "m"}]})
    assert "tasks     review, brief" in lines


def test_a_status_of_another_version_does_not_fail() -> None:
    """What is missing is left out."""
    assert shown({})[0] == "aircherd  is running (process , up 0 s)"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"cooling": [{"until": NOW + 5}]}, True),
        ({"providers": [{"until": NOW + 5}]}, True),
        ({"limits": [{"resets_at": NOW + 5}]}, True),
        ({"limits": [{"resets_at": NOW + 50_000}]}, False),
        ({"cooling": [{"until": NOW - 5}]}, False),
    ],
)
def test_a_countdown_is_a_time_within_an_hour(changes: Map, expected: bool) -> None:
    """Only then the screen has to be drawn each second."""
    assert has_countdown({**STATUS, **changes}, NOW) is expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("locked", "swap      keys in memory are locked, so they are not written to it"),
        ("partly locked", "swap      some keys in memory may be written to it (no room): encrypt "),
        ("not locked", "swap      keys in memory may be written to it (no room): encrypt the swap"),
    ],
)
def test_swap_says_whether_keys_may_be_on_a_disk(state: str, expected: str) -> None:
    """With the reason and what to do."""
    lines = shown({**STATUS, "swap": {"state": state, "reason": "no room"}}, 300)
    assert any(line.startswith(expected) for line in lines)


def test_an_older_daemon_says_nothing_about_swap() -> None:
    """The line is left out."""
    record = {name: value for name, value in STATUS.items() if name != "swap"}
    assert not any(line.startswith("swap") for line in shown(record, 300))


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        ({"total": 256 * MIB, "used": 12 * MIB, "refused": 0}, "12 of 256 MB in use{for}"),
        (
            {"total": 64 * MIB, "used": 0, "refused": 1},
            "0 of 64 MB in use{for}, 1 request{no}",
        ),
        (
            {"total": 64 * MIB, "used": 0, "refused": 7},
            "0 of 64 MB in use{for}, 7 requests{no}",
        ),
    ],
)
def test_memory_says_what_is_in_use_and_whether_it_was_enough(memory: Map, expected: str) -> None:
    """An earlier daemon has no budget, and no line."""
    words = {"for": " for prompts and replies", "no": " refused since the start"}
    lines = shown({**STATUS, "memory": memory}, 300)
    assert f"memory    {expected.format(**words)}" in lines
    assert not [line for line in shown(STATUS) if line.startswith("memory")]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ({}, "key file  not encrypted"),
        ({"encrypted_with": "age"}, "key file  encrypted with age"),
        (
            {"problem": "no identity"},
            "key file  not encrypted as [auth] encrypt_with says: no identity",
        ),
        # It may be encrypted as it should be, and cannot be decrypted.
        (
            {"encrypted_with": "age", "problem": "no identity"},
            "key file  encrypted with age; no identity",
        ),
    ],
)
def test_the_encryption_of_the_file_with_keys_is_shown(file: Map, expected: str) -> None:
    """Only where there are keys in it."""
    assert expected in shown({**STATUS, "key_file": file}, 300)


def test_the_desktop_is_no_advice_where_no_keyring_is_locked() -> None:
    """The key is in a file that cannot be decrypted, for example."""
    record: Map = {
        **STATUS,
        "keyring": {"state": "unavailable"},
        "providers": [{"provider": "openai", "state": "locked"}],
    }
    assert "    → find out why: aircher-cli auth status" in shown(record)
    record["keyring"] = {"state": "locked"}
    assert any("log in to the desktop" in line for line in shown(record))


SHARED: Map = {
    "state": "ok",
    "engine": "redis://db:6379",
    "namespace": "team",
    "on_outage": "local",
    "machines": 3,
}


def test_what_is_shared_is_a_fact() -> None:
    """By how many machines, and where."""
    assert "shared    team on redis://db:6379, 3 machines now" in shown(
        {**STATUS, "shared": SHARED}
    )


def test_an_engine_that_is_away_is_shown_above() -> None:
    """With why and what follows; so are machines with other limits."""
    away = {**SHARED, "state": "away", "reason": "connection refused", "differing": ["ci"]}
    lines = shown({**STATUS, "shared": away}, 60)
    text = " ".join(" ".join(lines).split())
    assert "the engine at redis://db:6379 is away: connection refused" in text
    assert "ci has other limits" in text
    assert all(len(line) < 60 for line in lines)
    assert not [line for line in lines if "team on" in line]


def test_a_daemon_on_another_machine() -> None:
    """Its process and its files are not of this machine; how its providers do is."""
    lines = shown({**STATUS, "socket": "", "tasks": [{"name": "review"}]})

    assert lines[0] == "aircherd 0.1.0 is running on another machine (up 1 min)"
    assert lines[-1] == "tasks     review"
    assert "process" not in "\n".join(lines)


def test_the_socket_for_other_machines_cannot_be_opened() -> None:
    """The line says why."""
    lines = shown({**STATUS, "forwarding": {"socket": "/a", "problem": "/a is in the way"}})
    assert "forward   ⚠ /a is in the way" in lines
