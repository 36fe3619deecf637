"""Which of a client's variables are keys, and for whom."""

import msgspec

from aircherd.auth.importing import ImportOutcome, import_keys, plan_import
from aircherd.errors import KeyRejected, KeyringLocked
from helpers.auth import config, provider


def test_variables_go_to_the_providers_that_name_them():
    """One may serve several."""
    shared = provider("shared", env=("OPENAI_API_KEY",))
    plan = plan_import(config(shared), {"OPENAI_API_KEY": "x", "ANTHROPIC_API_KEY": "y"})
    assert [(name, who.name) for name, who in plan.wanted] == [
        ("ANTHROPIC_API_KEY", "anthropic"),
        ("OPENAI_API_KEY", "openai"),
        ("OPENAI_API_KEY", "shared"),
    ]
    assert plan.settled == []


def test_a_variable_nobody_names_is_unknown():
    """Also one that only a provider without key names."""
    local = provider("local", env=("LOCAL_KEY",), needs_key=False)
    plan = plan_import(config(local), {"HOME": "/", "LOCAL_KEY": "x"})
    assert plan.wanted == []
    assert plan.settled == [
        ImportOutcome(variable="HOME", outcome="unknown"),
        ImportOutcome(variable="LOCAL_KEY", outcome="unknown"),
    ]


def test_a_providers_first_variable_is_taken_and_the_second_is_said():
    """The one that it would use itself."""
    work = provider(env=("NEW_KEY", "OLD_KEY"))
    plan = plan_import(config(work), {"OLD_KEY": "x", "NEW_KEY": "y"})
    assert [name for name, _ in plan.wanted] == ["NEW_KEY"]
    (second,) = plan.settled
    assert (second.variable, second.provider, second.outcome) == ("OLD_KEY", "work", "failed")
    assert "NEW_KEY" in second.message


async def test_each_key_has_its_outcome_and_none_stops_the_next():
    """Stored, already there, refused, not a key, not storable."""
    names = ("stored", "already", "refused", "spaced", "locked")
    providers = [provider(name, env=(name.upper(),)) for name in names]
    variables = {name.upper(): f"canary-{name}" for name in names} | {"SPACED": "canary two"}
    errors = {"refused": KeyRejected("refused the key"), "locked": KeyringLocked("it is locked")}
    stored = []

    async def is_stored(who, _secret):
        return who.name == "already"

    async def store(who, secret):
        if error := errors.get(who.name):
            raise error
        stored.append((who.name, secret.reveal()))

    plan = plan_import(config(*providers), variables)
    outcomes = await import_keys(plan, variables, is_stored=is_stored, store=store)
    assert [(o.provider, o.outcome, o.message) for o in outcomes] == [
        ("stored", "stored", None),
        ("already", "already", None),
        ("refused", "refused", "refused the key"),
        (
            "spaced",
            "failed",
            "that is not a key: there is white space inside; was more than the key pasted?",
        ),
        ("locked", "failed", "it is locked"),
    ]
    assert stored == [("stored", "canary-stored")]


def test_an_outcome_travels_without_what_is_not_known():
    """A key without a value is left out on the wire."""
    assert msgspec.to_builtins(ImportOutcome(variable="HOME", outcome="unknown")) == {
        "variable": "HOME",
        "outcome": "unknown",
    }
