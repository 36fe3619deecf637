"""Which steps help a request that failed because of keys."""

import pytest

from aircher_cli.signing_in.steps import (
    helping_steps,
    is_newcomer,
    needed_label,
    other_steps,
    usable_models,
    view_of,
)
from aircher_client.sign_in import ProviderSignIn, SignIn

WORK = ProviderSignIn("work", "not_configured", is_needed=True, unseen=("WORK_KEY",))
SPARE = ProviderSignIn("spare", "not_configured", is_needed=True)
LOCKED = ProviderSignIn("shut", "locked", is_needed=True, key="default", hint="unlock it")
OTHER = ProviderSignIn("other", "not_configured", unseen=("OTHER_KEY",))
READY = ProviderSignIn("ready", "authenticated", key="default", model="ready/m")
LOCAL = ProviderSignIn("ollama", "not_required", kind="ollama", model="ollama/q", has_list=True)
DOWN = LOCAL._replace(reason="it does not run")
ENVIRON = {"WORK_KEY": "k", "OTHER_KEY": "k"}


def found(*providers: ProviderSignIn) -> SignIn:
    return SignIn(providers, tuple(name for each in providers for name in each.unseen))


@pytest.mark.parametrize(
    ("providers", "expected"),
    [
        ((SPARE, WORK), ["import ", "sign_in spare", "sign_in work"]),
        ((SPARE, OTHER), ["sign_in spare"]),
        ((SPARE, LOCKED), ["fix shut", "sign_in spare"]),
        ((WORK, LOCKED._replace(reason="it is locked; unlock it")), ["fix shut"]),
        ((LOCKED, READY), ["fix shut"]),
        ((SPARE, LOCAL), ["sign_in spare"]),
    ],
)
def test_steps_that_help(providers: tuple[ProviderSignIn, ...], expected: list[str]) -> None:
    """Keys that exist come first, then variables of needed providers, then signing in."""
    steps = helping_steps(found(*providers), ENVIRON)
    assert [f"{step.kind} {step.provider}" for step in steps] == expected


@pytest.mark.parametrize(
    ("providers", "expected"),
    [
        ((SPARE, READY), ["ready/m"]),
        ((SPARE, READY._replace(model="")), ["ready/MODEL"]),
        ((SPARE, LOCAL), ["ollama/q"]),
        ((SPARE, LOCAL._replace(model="")), []),
        ((SPARE, DOWN), []),
        ((SPARE, OTHER, LOCKED), []),
    ],
)
def test_models_that_can_be_asked_instead(
    providers: tuple[ProviderSignIn, ...], expected: list[str]
) -> None:
    """Those of providers with a usable key, and of local servers that are not down."""
    assert usable_models(found(*providers)) == expected


@pytest.mark.parametrize(
    ("providers", "expected"),
    [
        ((SPARE, OTHER, DOWN), True),
        ((SPARE, READY), False),
        ((SPARE, LOCKED), False),
        ((SPARE, LOCAL), False),
    ],
)
def test_newcomers(providers: tuple[ProviderSignIn, ...], expected: bool) -> None:
    """A newcomer has no key at all, and no local model; the demo is for newcomers."""
    assert is_newcomer(found(*providers)) is expected
    kinds = [step.kind for step in other_steps(found(*providers), {})]
    assert ("demo" in kinds) is expected


def test_view_of_a_server_that_is_down() -> None:
    """It is unreachable, so that no model of it is suggested."""
    (row,) = view_of(found(DOWN)).keys
    assert row["health"] == "unreachable"


def test_a_label_that_no_key_has() -> None:
    """Its command stores it, and the user is no newcomer; two labels have no common name."""
    one = SPARE._replace(command="aircher-cli auth login spare --label acme")
    two = WORK._replace(command="aircher-cli auth login work --label acme")
    assert (needed_label(found(one, two)), is_newcomer(found(one, two))) == ("acme", False)
    assert [step.command for step in helping_steps(found(one), {})] == [one.command]
    assert needed_label(found(one, SPARE._replace(provider="x"))) == ""
