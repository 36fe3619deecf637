"""Which of a client's variables are keys, and for which provider."""

import msgspec

from aircherd.auth.importing import ImportOutcome, import_keys, plan_import
from aircherd.errors import KeyRejected, KeyringLocked
from helpers.auth import config, provider


def test_variables_are_imported_for_the_providers_that_name_them():
    """One variable may be for several providers."""
    shared = provider("shared", env=("OPENAI_API_KEY",))
    plan = plan_import(config(shared), {"OPENAI_API_KEY": "x", "ANTHROPIC_API_KEY": "y"})
    assert [(name, found.name) for name, found in plan.to_import] == [
        ("ANTHROPIC_API_KEY", "anthropic"),
        ("OPENAI_API_KEY", "openai"),
        ("OPENAI_API_KEY", "shared"),
    ]
    assert plan.other_outcomes == []


def test_variable_that_no_provider_names_is_unknown():
    """So is one that only a provider without keys names."""
    local = provider("local", env=("LOCAL_KEY",), needs_key=False)
    plan = plan_import(config(local), {"HOME": "/", "LOCAL_KEY": "x"})
    assert plan.to_import == []
    assert plan.other_outcomes == [
        ImportOutcome(variable="HOME", outcome="unknown"),
        ImportOutcome(variable="LOCAL_KEY", outcome="unknown"),
    ]


def test_only_the_first_variable_of_a_provider_is_imported():
    """The outcome of the second names the first."""
    work = provider(env=("NEW_KEY", "OLD_KEY"))
    plan = plan_import(config(work), {"OLD_KEY": "x", "NEW_KEY": "y"})
    assert [name for name, _ in plan.to_import] == ["NEW_KEY"]
    (second,) = plan.other_outcomes
    assert (second.variable, second.provider, second.outcome) == ("OLD_KEY", "work", "failed")
    assert "NEW_KEY" in second.message


async def test_each_key_has_an_outcome_and_a_failure_does_not_stop_the_rest():
    """Stored, already stored, refused, not a key, not storable."""
    names = ("stored", "already", "refused", "spaced", "locked")
    providers = [provider(name, env=(name.upper(),)) for name in names]
    variables = {name.upper(): f"canary-{name}" for name in names} | {"SPACED": "canary two"}
    errors = {"refused": KeyRejected("refused the key"), "locked": KeyringLocked("it is locked")}
    stored = []

    async def is_stored(provider, _secret):
        return provider.name == "already"

    async def store(provider, secret):
        if error := errors.get(provider.name):
            raise error
        stored.append((provider.name, secret.reveal()))

    plan = plan_import(config(*providers), variables)
    outcomes = await import_keys(plan, variables, is_stored=is_stored, store=store)
    assert [(o.provider, o.outcome, o.message) for o in outcomes] == [
        ("stored", "stored", None),
        ("already", "already", None),
        ("refused", "refused", "refused the key"),
        (
            "spaced",
            "failed",
            "that is not a key: it contains white space; was more than the key pasted?",
        ),
        ("locked", "failed", "it is locked"),
    ]
    assert stored == [("stored", "canary-stored")]


def test_unset_fields_of_an_outcome_are_left_out():
    """The map for the wire has only known values."""
    assert msgspec.to_builtins(ImportOutcome(variable="HOME", outcome="unknown")) == {
        "variable": "HOME",
        "outcome": "unknown",
    }
