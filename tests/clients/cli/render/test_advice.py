"""What to do if no provider answers by default."""

from pathlib import Path

import pytest

from aircher_cli.render.advice import MAX_LINES, no_default_lines, sign_in_lines
from aircher_cli.render.layout import wrap_hanging
from aircher_client.sign_in import read_sign_in

Provider = dict[str, object]


def provider(name: str, state: str, kind: str = "openai") -> Provider:
    return {"provider": name, "state": state, "kind": kind}


OLLAMA = provider("ollama", "not_required", "ollama")
NO_KEY = provider("anthropic", "not_configured")
OPENAI = provider("openai", "not_configured")
WORK = provider("work", "authenticated")
LAB = provider("lab", "unverified")
SONNET = "the default model sonnet"
NAME_ONE = "choose a model with `-m"
CURE = "or set default_model in the configuration."


@pytest.mark.parametrize(
    ("providers", "model", "expected"),
    [
        (
            [NO_KEY, OLLAMA, WORK],
            None,
            (
                "You are signed in to work, but there is no default model: "
                f"{NAME_ONE} work/MODEL`, {CURE}"
            ),
        ),
        (
            [LAB, WORK],
            None,
            (
                "You are signed in to lab and work, but there is no default model: "
                f"{NAME_ONE} lab/MODEL`, {CURE}"
            ),
        ),
        (
            [NO_KEY, WORK],
            "sonnet",
            (
                f"You are signed in to work, but not to one that serves {SONNET}: "
                f"{NAME_ONE} work/MODEL`, {CURE}"
            ),
        ),
        (
            [NO_KEY, WORK],
            "work@a/m-1",
            (
                "The default model work@a/m-1 cannot be asked now: 'aircher-cli route' says why. "
                f"Choose another one with `-m work/MODEL`, {CURE}"
            ),
        ),
    ],
)
def test_with_a_key_a_model_is_missing(
    providers: list[Provider], model: str, expected: str
) -> None:
    """If a provider has a key, the advice is to choose a model, not to sign in."""
    status: dict[str, object] = {"providers": providers, "default": {"model": model}}
    assert no_default_lines(status, {}) == [expected]


def test_a_broken_key_of_an_own_provider_comes_first() -> None:
    """No request without a model needs it, but it is the key that the user has."""
    lab = {**provider("lab", "rejected"), "key": "default", "reason": "it was revoked"}
    lab["hint"] = "sign in again with 'aircher-cli auth login lab'"
    needed: list[Provider] = [{**NO_KEY, "needed": True}]
    status: dict[str, object] = {"sign_in": {"providers": [*needed, lab], "environment": []}}
    assert no_default_lines(status, {})[:2] == [
        "The key 'default' of lab was rejected: it was revoked. Run this first:",
        "  aircher-cli auth login lab",
    ]
    needed[0]["state"] = "locked"
    assert "anthropic" in no_default_lines(status, {})[0]


def test_without_any_key_one_command_comes_first() -> None:
    """Alternatives follow."""
    assert no_default_lines({"providers": [NO_KEY, OPENAI, OLLAMA]}, {}) == [
        "You are not signed in to any provider yet. Run this first:",
        "  aircher-cli auth login anthropic",
        "It prompts for your key",
        "Or another one: aircher-cli auth login openai",
        "Without a key: run Ollama with a model, see https://ollama.com/download",
        "To look around, without a key or a network: aircher-cli demo",
    ]


def test_a_server_of_ones_own_can_be_asked_before_its_models_are_known() -> None:
    """To sign in is no advice for a user who has a server; but the default model comes first."""
    own = provider("work", "not_required")
    status: dict[str, object] = {"providers": [NO_KEY, own, OLLAMA]}
    [line] = no_default_lines(status, {})
    assert line.startswith("Models of work are not known yet: choose one with `-m work/MODEL`, or ")
    for changes in ({"absent": True}, {"health": "unreachable"}, {"builtin": True}):
        status = {"providers": [NO_KEY, {**own, **changes}]}
        assert no_default_lines(status, {})[1] == "  aircher-cli auth login anthropic"
    status = {"providers": [NO_KEY, own], "default": {"model": "anthropic/x"}}
    assert no_default_lines(status, {})[1] == "  aircher-cli auth login anthropic"


def test_what_the_default_needs_comes_first() -> None:
    """As after a request without a model: a key for another provider would not help."""
    needed = {"state": "not_configured", "kind": "openai", "needed": True}
    rows = [
        {"provider": "anthropic", "state": "not_configured", "env": ["A_KEY"]},
        {"provider": "work", "env": ["WORK_KEY"], **needed},
    ]
    status: dict[str, object] = {
        "providers": [NO_KEY],
        "sign_in": {"providers": rows, "environment": ["A_KEY", "WORK_KEY"]},
    }
    assert no_default_lines(status, {})[1] == "  aircher-cli auth login work"
    lines = no_default_lines(status, {"WORK_KEY": "canary-0123456789abcdef"})
    assert lines[1:3] == [
        "  aircher-cli auth import",
        "It stores the key in WORK_KEY, which the daemon cannot see.",
    ]


def test_a_headline_that_was_shown_is_left_out() -> None:
    """The command is in the first line's sentence."""
    data = {"sign_in": {"providers": [{**NO_KEY, "needed": True}], "environment": []}}
    found = read_sign_in(data, {})
    assert found is not None
    lines = sign_in_lines(found, {}, has_headline=False)
    assert lines[:2] == ["Run this first:", "  aircher-cli auth login anthropic"]


def test_without_a_valid_configuration_signing_in_does_not_help() -> None:
    """The providers are unknown until the configuration is fixed."""
    status: dict[str, object] = {"providers": [NO_KEY], "config": {"ok": False, "in_use": "none"}}
    assert no_default_lines(status, {}) == [
        "No provider is asked until the configuration is fixed."
    ]


# ------------------------------------------------------------------ after an error

PAGE = "https://keys.example"


def row(name: str, state: str = "not_configured", **fields: object) -> Provider:
    env = [] if state == "not_required" else [f"{name.upper()}_KEY"]
    return {"provider": name, "state": state, "env": env, **fields}


def needed(name: str, state: str = "not_configured", **fields: object) -> Provider:
    return row(name, state, needed=True, **fields)


SPARE = needed("spare")
READY = row("open", "authenticated", key="default", model="open/m-1")
KEY_OF_WORK = {"WORK_KEY": "canary-0123456789abcdef"}
LOGIN_WORK = "sign in again with 'aircher-cli auth login work'"

LOCKED = "the keyring cannot be read: it is locked; unlock it"

CASES: dict[str, tuple[list[Provider], dict[str, str], list[str]]] = {
    "a newcomer": (
        [needed("work", keys_page=PAGE), SPARE, row("ollama", "not_required")],
        {},
        [
            "You are not signed in to any provider yet. Run this first:",
            "  aircher-cli auth login work",
            f"It prompts for your key; new keys: {PAGE}",
            "Or another one: aircher-cli auth login spare",
            "Without a key: run Ollama with a model, see https://ollama.com/download",
            "To look around, without a key or a network: aircher-cli demo",
        ],
    ),
    "a newcomer whose Ollama has no model": (
        [needed("work"), row("ollama", "not_required", models=0)],
        {},
        [
            "You are not signed in to any provider yet. Run this first:",
            "  aircher-cli auth login work",
            "It prompts for your key",
            "Without a key: ollama pull qwen3",
            "To look around, without a key or a network: aircher-cli demo",
        ],
    ),
    "a key in the shell": (
        [needed("spare"), needed("work"), READY],
        KEY_OF_WORK,
        [
            "You are not signed in to spare or work, which this request needs. Run this first:",
            "  aircher-cli auth import",
            "It stores the key in WORK_KEY, which the daemon cannot see.",
            "Or another one: aircher-cli auth login spare (or work)",
            "Or choose another model: -m open/m-1",
        ],
    ),
    "a key in the shell for another provider": (
        [needed("spare"), row("work")],
        KEY_OF_WORK,
        [
            "You are not signed in to any provider yet. Run this first:",
            "  aircher-cli auth login spare",
            "It prompts for your key",
            "This shell has WORK_KEY, for another provider: aircher-cli auth import",
            "To look around, without a key or a network: aircher-cli demo",
        ],
    ),
    "signed in elsewhere": (
        [needed("work"), READY, row("ollama", "not_required", model="ollama/qwen3", models=1)],
        {},
        [
            "You are not signed in to work, which this request needs. Run this first:",
            "  aircher-cli auth login work",
            "It prompts for your key",
            "Or choose another model: -m open/m-1 or -m ollama/qwen3",
        ],
    ),
    "signed in to a provider without known models": (
        [needed("work"), row("own", "unverified", key="default")],
        {},
        [
            "You are not signed in to work, which this request needs. Run this first:",
            "  aircher-cli auth login work",
            "It prompts for your key",
            "Or choose another model: -m own/MODEL",
        ],
    ),
    "a rejected key": (
        [
            needed(
                "work",
                "rejected",
                key="default",
                reason="it expired.",
                hint=LOGIN_WORK,
                keys_page=PAGE,
            ),
            READY,
        ],
        {},
        [
            "The key 'default' of work was rejected: it expired. Run this first:",
            "  aircher-cli auth login work",
            f"It prompts for another key; new keys: {PAGE}",
            "Or choose another model: -m open/m-1",
        ],
    ),
    "a rejected key that hides a variable": (
        [
            needed(
                "work",
                "rejected",
                key="default",
                reason="no",
                hint=LOGIN_WORK,
                shadowed=["WORK_KEY"],
            )
        ],
        {},
        [
            "The key 'default' of work was rejected: no. Run this first:",
            "  aircher-cli auth login work",
            "It prompts for another key",
            "The stored key hides WORK_KEY; to use that: aircher-cli auth logout work",
        ],
    ),
    "a rejected variable": (
        [needed("work", "rejected", key="env:WORK_KEY", reason="no", hint=LOGIN_WORK)],
        {},
        [
            "The key in WORK_KEY of work was rejected: no. Run this first:",
            "  aircher-cli auth login work",
            "It prompts for another key",
        ],
    ),
    "a rejected key of a command": (
        [
            needed(
                "work",
                "rejected",
                key="command",
                reason="no",
                hint="renew it there, then 'aircher-cli auth test work'",
            )
        ],
        {},
        [
            "The key from key_command of work was rejected: no.",
            "Renew it there, then run this:",
            "  aircher-cli auth test work",
        ],
    ),
    "a reason that ends with a question": (
        [needed("work", "locked", key="command", reason="it has spaces; was more pasted?")],
        {},
        [
            "The key from key_command of work cannot be read: it has spaces; was more pasted?",
            "Fix this, then run this:",
            "  aircher-cli auth status",
        ],
    ),
    "a locked keyring, and another provider": (
        [needed("work", "locked", key="default", reason="it is locked", hint="unlock it"), SPARE],
        {},
        [
            "The key 'default' of work cannot be read: the keyring is locked.",
            "Unlock it, then run this:",
            "  aircher-cli auth status",
        ],
    ),
    "a locked keyring": (
        [
            needed(
                "work", "locked", key="default", reason="it is locked", hint="unlock the keyring"
            ),
            READY,
        ],
        {},
        [
            "The key 'default' of work cannot be read: the keyring is locked.",
            "Unlock the keyring, then run this:",
            "  aircher-cli auth status",
            "Or choose another model: -m open/m-1",
        ],
    ),
    "a key that must not be sent": (
        [needed("work", "rejected", key="default", reason="http://work is plain http: use https")],
        {},
        [
            "The key 'default' of work was rejected: http://work is plain http: use https.",
            "Fix this, then run this:",
            "  aircher-cli auth status",
        ],
    ),
    "a refused entry": (
        [needed("work", "refused", reason="config.toml, line 3: kind: is unknown")],
        {},
        [
            "work is refused: config.toml, line 3: kind: is unknown.",
            "Fix this, then run this:",
            "  aircher-cli config edit",
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_advice_for_each_state(case: str) -> None:
    """The first line says what is missing, the second is the command to run first."""
    providers, environ, expected = CASES[case]
    names = [name for each in providers for name in each["env"]]  # type: ignore[attr-defined]
    data = {"sign_in": {"providers": providers, "environment": names}}
    found = read_sign_in(data, environ)
    assert found is not None
    lines = sign_in_lines(found, environ)
    assert lines == expected
    assert "canary" not in "".join(lines)


@pytest.mark.parametrize(
    ("reason", "environ", "unlocks"),
    [
        (LOCKED, {}, True),
        (LOCKED, {"DISPLAY": ":0"}, False),
        (LOCKED, {"WAYLAND_DISPLAY": "wayland-0"}, False),
        (LOCKED, {"PATH": "/nowhere"}, False),
        ("it did not answer within 3 s", {}, False),
    ],
)
def test_unlocking_without_a_desktop(
    tmp_path: Path, reason: str, environ: dict[str, str], unlocks: bool
) -> None:
    """There are commands for it, if GNOME's keyring is installed and there is no desktop."""
    program = tmp_path / "gnome-keyring-daemon"
    program.touch(0o700)
    row = needed("work", "locked", key="default", reason=reason, hint="unlock the keyring")
    found = read_sign_in({"sign_in": {"providers": [row], "environment": []}}, {})
    assert found is not None
    lines = sign_in_lines(found, {"PATH": str(tmp_path), **environ})
    shown = "the keyring is locked" if reason == LOCKED else reason
    assert lines[0] == f"The key 'default' of work cannot be read: {shown}."
    assert any("--unlock" in line for line in lines) is unlocks
    assert lines[-2:] == ["then run this:" if unlocks else lines[-2], "  aircher-cli auth status"]
    assert len(lines) <= MAX_LINES


@pytest.mark.parametrize("case", CASES)
def test_advice_is_short(case: str) -> None:
    """It has at most six lines at 80 columns."""
    providers, environ, _ = CASES[case]
    long = [{**each, "reason": "x" * 40 + " y" * 400} for each in providers]
    names = [name for each in providers for name in each["env"]]  # type: ignore[attr-defined]
    found = read_sign_in({"sign_in": {"providers": long, "environment": names}}, environ)
    assert found is not None
    shown = [wrap_hanging(line, 80) for line in sign_in_lines(found, environ)]
    assert len("\n".join(shown).splitlines()) <= MAX_LINES


def test_locked_keys_are_unlocked_by_one_command() -> None:
    """It is named once."""
    row = needed(
        "work",
        "locked",
        key="default",
        reason="all keys are locked (auth lock)",
        hint="unlock them with 'aircher-cli auth unlock'",
    )
    found = read_sign_in({"sign_in": {"providers": [row]}}, {})
    assert found is not None
    assert sign_in_lines(found, {})[1:] == ["Unlock them:", "  aircher-cli auth unlock"]


ROW = {"provider": "work", "state": "not_configured", "needed": True}
LOCKED_ROW = {
    "provider": "work",
    "state": "locked",
    "needed": True,
    "key": "default",
    "reason": "all keys are locked",
    "hint": "unlock them with 'aircher-cli auth unlock'",
}
UNLOCK = "aircher-cli auth unlock"


@pytest.mark.parametrize(
    ("row", "refused", "expected"),
    [
        (
            ROW,
            {"message": "elsewhere", "elsewhere": True},
            [
                (
                    "You are not signed in to any provider yet. "
                    "Run this where the daemon runs, on another machine:"
                ),
                "  aircher-cli auth login work",
            ],
        ),
        (
            ROW,
            {"message": "client 'x' may not"},
            [
                "You are not signed in to any provider yet.",
                "This program cannot sign in: client 'x' may not.",
            ],
        ),
        (
            ROW,
            {"message": "all keys are locked", "command": UNLOCK},
            [
                "You are not signed in to any provider yet.",
                "All keys are locked. Unlock them first:",
                "  aircher-cli auth unlock",
            ],
        ),
        (
            LOCKED_ROW,
            {"message": "elsewhere", "elsewhere": True, "command": UNLOCK},
            [
                "The key 'default' of work cannot be read: all keys are locked.",
                "Unlock them where the daemon runs, on another machine:",
                "  aircher-cli auth unlock",
            ],
        ),
    ],
)
def test_where_no_key_can_be_stored(
    row: Provider, refused: dict[str, object], expected: list[str]
) -> None:
    """No command is named that would be refused; the variables of this shell do not matter."""
    data: dict[str, object] = {
        "sign_in": {"providers": [row], "environment": [], "refused": refused}
    }
    found = read_sign_in(data, {"WORK_KEY": "k"})
    assert found is not None
    assert sign_in_lines(found, {"WORK_KEY": "k"}) == expected
