"""What to do where no provider can answer."""

import pytest

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.sign_in.first_steps import (
    CARRY_OVER,
    first_steps,
    is_invalid,
    local_models,
    needs_first_steps,
    shell_keys,
)

KEY = "canary-0123456789abcdef"


def key(provider, state="not_configured", **more):
    return {"provider": provider, "state": state, "health": "ok", "shadowed": [], **more}


CLOUD = (
    key("anthropic", keys_page="https://keys.example.com/a"),
    key("openai", keys_page="https://keys.example.com/o"),
)
OLLAMA = key("ollama", "not_required")
FETCHED = {"provider": "ollama", "fetched_at": 5.0}
QWEN = {"provider": "ollama", "model": "qwen3", "state": "not_required"}


def view(*keys, **more):
    return DaemonView(link="connected", has_models=True, keys=keys, **more)


def kinds(steps):
    return [step.kind for step in steps]


@pytest.mark.parametrize(
    ("shown", "needed"),
    [
        (view(*CLOUD, OLLAMA), True),
        (view(*CLOUD, key("work", "refused")), True),
        (view(*CLOUD, key("openai", "authenticated", key="default")), False),
        (view(*CLOUD, key("openai", "unverified", key="default")), False),
        (view(*CLOUD, key("openai", "locked", key="default")), False),
        (view(*CLOUD, key("openai", "rejected", key="default")), False),
        (view(OLLAMA, models=(QWEN,), lists=(FETCHED,)), False),
        (view(OLLAMA, lists=(FETCHED,)), True),
        (view(OLLAMA, models=(QWEN,), lists=({**FETCHED, "error": "refused"},)), True),
        (view(OLLAMA, models=(QWEN,), lists=({**FETCHED, "is_absent": True},)), True),
        (view(), False),
        (DaemonView(keys=CLOUD), False),
    ],
    ids=[
        "nothing",
        "an invalid entry",
        "signed in",
        "a key not checked",
        "a locked key",
        "a rejected key",
        "Ollama runs",
        "Ollama has no model",
        "Ollama fails",
        "Ollama does not run",
        "no provider is known",
        "still loading",
    ],
)
def test_first_steps_are_for_users_who_are_not_signed_in(shown, needed):
    """A key that exists, whatever its state, and a local server with a model belong to the list."""
    assert needs_first_steps(shown) is needed


def test_the_quickest_step_comes_first():
    """Keys of the shell, local models, signing in, and the demo at the end."""
    shown = view(*CLOUD, OLLAMA, environment=("OPENAI_API_KEY",), models=(QWEN,), lists=(FETCHED,))
    steps = first_steps(shown, {"OPENAI_API_KEY": KEY})
    assert kinds(steps) == ["import", "model", "sign_in", "sign_in", "demo"]
    assert [step.provider for step in steps] == ["", "ollama", "anthropic", "openai", ""]


def test_the_keys_of_the_shell_are_named_and_never_shown():
    """Only variables that the daemon knows and cannot see, by name."""
    shown = view(*CLOUD, environment=("OPENAI_API_KEY", "GEMINI_API_KEY"))
    environ = {"OPENAI_API_KEY": KEY, "GEMINI_API_KEY": " ", "OTHER_KEY": KEY}
    step = first_steps(shown, environ)[0]
    assert (step.variables, step.title) == (
        ("OPENAI_API_KEY",),
        "Use the key in OPENAI_API_KEY",
    )
    assert KEY not in repr(first_steps(shown, environ))
    seen = view(key("openai", "rejected", key="env:OPENAI_API_KEY"), environment=shown.environment)
    assert shell_keys(seen, environ) == ()


def test_several_keys_of_the_shell_are_one_step():
    """All are imported with one Enter."""
    names = ("OPENAI_API_KEY", "GEMINI_API_KEY")
    step = first_steps(view(*CLOUD, environment=names), dict.fromkeys(names, KEY))[0]
    assert (step.variables, step.title) == (names, f"Use the keys in {', '.join(names)}")


@pytest.mark.parametrize(
    ("lists", "title", "says"),
    [
        ((), "Run models on this machine", "https://ollama.com/download"),
        ((FETCHED,), "Get a model for Ollama", "ollama pull"),
    ],
)
def test_ollama_without_a_model_is_explained(lists, title, says):
    """How to get it where it does not run, how to get a model where it runs without one."""
    step = first_steps(view(*CLOUD, OLLAMA, lists=lists), {})[-2]
    assert (step.kind, step.title) == ("start_local", title)
    assert says in step.detail


def test_ollama_is_not_offered_where_the_configuration_has_none():
    """Nor where another local server already answers."""
    assert "start_local" not in kinds(first_steps(view(*CLOUD), {}))


def test_models_that_do_not_chat_are_no_step():
    """Nor those of a server whose latest health is unreachable."""
    embedding = {**QWEN, "model": "embed", "chats": False}
    shown = view(OLLAMA, models=(QWEN, embedding), lists=(FETCHED,))
    assert local_models(shown) == ["ollama/qwen3"]
    down = ({"provider": "ollama", "health": "unreachable"},)
    assert local_models(view(OLLAMA, models=(QWEN,), lists=(FETCHED,), health=down)) == []


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ("locked", "Unlock the key of work"),
        ("rejected", "Replace the key of work"),
        ("refused", "Fix the entry of work in the configuration"),
    ],
)
def test_what_exists_and_is_not_used_comes_first(state, title):
    """With its reason and what to do."""
    step = first_steps(view(key("work", state, reason="bad.", hint="do this")), {})[0]
    assert (step.kind, step.title, step.detail) == ("fix", title, "bad; do this")


def test_a_step_to_sign_in_says_where_keys_are_created():
    """A server of the user's own has no such page, and comes first."""
    steps = first_steps(view(*CLOUD[:1], key("work")), {})
    assert [(step.detail, step.keys_page, step.command) for step in steps[:2]] == [
        ("", "", "aircher-cli auth login work"),
        (
            "Keys are created at https://keys.example.com/a.",
            "https://keys.example.com/a",
            "aircher-cli auth login anthropic",
        ),
    ]


def test_a_configuration_that_is_invalid_as_a_whole_is_fixed_first():
    """Nothing answers before; one that is used in part needs no such step."""
    problem = {"message": "m", "problems": [{"file": "/c.toml", "line": 2, "message": "bad"}]}
    config = {"ok": False, "in_use": "none", "problem": problem}
    step = first_steps(view(*CLOUD, config=config), {})[0]
    assert (step.kind, step.title, step.provider) == ("fix", "Fix the configuration", "")
    assert step.detail == "No provider is asked until it is valid: /c.toml:2: bad"
    in_part = {**config, "in_use": "the valid entries"}
    assert kinds(first_steps(view(*CLOUD, config=in_part), {}))[0] == "sign_in"


def test_a_configuration_of_the_earlier_aircher_is_carried_over():
    """Correcting it by hand would be of no use."""
    problem = {"file": "/c.toml", "message": "is old", "hint": "carry it over: aircher-cli migrate"}
    config = {"ok": False, "in_use": "none", "problem": {"message": "m", "problems": [problem]}}
    step = first_steps(view(*CLOUD, config=config), {})[0]
    assert (step.title, step.command) == (CARRY_OVER, "aircher-cli migrate")
    assert "/c.toml: is old" in step.detail


def test_what_the_earlier_aircher_left_comes_first():
    """Also before keys of the shell: it may have a configuration, too."""
    step = first_steps(view(*CLOUD), {}, ["~/a", "~/b"])[0]
    assert (step.kind, step.title, step.command) == ("fix", CARRY_OVER, "aircher-cli migrate")
    assert step.detail == "Its configuration and keys, from ~/a and ~/b."


SOURCE = "the daemon at /run/laptop.sock has the keys"
LAPTOP = key("laptop", "not_required", source=SOURCE)


def test_another_daemon_that_has_no_model_is_a_step():
    """It is set up where it runs, or has to be reached first."""
    gone = ({"provider": "laptop", "is_absent": True},)
    first, *_ = first_steps(view(*CLOUD, LAPTOP), {})
    assert first.title == "Sign in where the daemon behind laptop runs"
    assert first.detail.startswith(f"{SOURCE}, and no provider is signed in there")
    first, *_ = first_steps(view(*CLOUD, LAPTOP, lists=gone), {})
    assert first.title == "Reach the daemon behind laptop"
    assert first.detail.startswith("the daemon at /run/laptop.sock cannot be reached: start it, or")
    assert first.command == "aircher-cli models refresh laptop"
    assert needs_first_steps(view(*CLOUD, LAPTOP, lists=gone))


def test_another_daemon_with_models_is_no_first_run_while_it_is_away():
    """The list says that it cannot be reached."""
    models = ({"provider": "laptop", "model": "work/m", "state": "not_required"},)
    gone = ({"provider": "laptop", "error": "there is no socket", "is_absent": True},)
    away = view(*CLOUD, {**LAPTOP, "health": "unreachable"}, models=models, lists=gone)
    assert not needs_first_steps(away)
    assert "Reach the daemon behind laptop" not in [step.title for step in first_steps(away, {})]


def test_a_configuration_that_cannot_be_used_is_known():
    """No key helps then."""
    assert is_invalid(view(*CLOUD, config={"ok": False, "in_use": "none"}))
    assert not is_invalid(view(*CLOUD, config={"ok": False, "in_use": "the last good one"}))


def test_a_daemon_on_another_machine():
    """It takes no keys from here: no step asks for one, and none is about this shell."""
    shown = view(*CLOUD, OLLAMA, config={"file": ""}, environment=("OPENAI_API_KEY",))
    steps = first_steps(shown, {"OPENAI_API_KEY": KEY})
    assert [(step.kind, step.command) for step in steps] == [
        ("elsewhere", "aircher-cli auth login anthropic"),
        ("demo", "aircher-cli demo"),
    ]
    assert "takes no keys" in steps[0].detail


def test_while_all_keys_are_locked_no_key_is_asked_for():
    """The daemon would refuse it; a variable of the shell cannot be imported, either."""
    view = DaemonView(keys=CLOUD, environment=("OPENAI_API_KEY",), lock={"reason": "locked"})
    steps = first_steps(view, {"OPENAI_API_KEY": KEY})
    assert [step.kind for step in steps] == ["unlock", "demo"]
    assert steps[0].detail == "locked; until then no key can be stored."
    assert "unlock" not in [step.kind for step in first_steps(DaemonView(keys=CLOUD), {})]
