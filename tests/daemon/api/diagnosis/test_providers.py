"""Findings about providers and clocks."""

import pytest

from aircherd.api.diagnosis.providers import (
    SET_CLOCK,
    ProviderFacts,
    clock_findings,
    is_relevant,
    provider_findings,
)
from aircherd.vocabulary.keys import KeyState, KeyStatus


def row(state="authenticated", key="default", **fields):
    return KeyStatus(provider="work", key=key, state=KeyState(state), **fields)


def facts(*rows, name="work", **fields):
    return ProviderFacts(
        name=name, base_url="https://x.example/v1", rows=rows or (row(),), is_custom=True, **fields
    )


def shown(*found):
    return [(each.check, each.status, each.message, each.cure) for each in found]


@pytest.mark.parametrize(
    ("rows", "is_custom", "relevant"),
    [
        ([row("not_configured", None)], False, False),
        ([row("not_required", None)], False, False),
        ([row("rejected")], False, True),
        ([row("not_configured", None)], True, True),
    ],
)
def test_unused_provider_is_not_checked(rows, is_custom, relevant):
    """A built-in one without a key is not called."""
    assert is_relevant(rows, is_custom=is_custom) is relevant


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (facts(row(source="keyring"), ms=120), ("ok", "is signed in (keyring), answers in 120 ms")),
        (facts(row("unverified")), ("ok", "has a key that was not tried yet")),
        (facts(row("not_required", None), ms=3), ("ok", "needs no key, answers in 3 ms")),
        (facts(row("rejected"), row("authenticated", "b")), ("ok", "is signed in")),
    ],
)
def test_provider_that_works(about, expected):
    """One usable key is enough."""
    (found,) = provider_findings([about])
    assert (found.status, found.message, found.cure) == (*expected, None)


def test_provider_that_does_not_answer():
    """The cure shows what this machine gets."""
    found = provider_findings([facts(unreachable="cannot connect")])
    assert shown(*found) == [
        (
            "provider work",
            "problem",
            "does not answer: cannot connect",
            (
                "check the network, the proxy and base_url; what this machine gets: 'curl -sSI "
                "https://x.example/v1'"
            ),
        )
    ]


@pytest.mark.parametrize(
    ("key", "status", "message", "cure"),
    [
        (
            row("not_configured", None),
            "warning",
            "is not signed in",
            "aircher-cli auth login work",
        ),
        (
            row("locked", "env:WORK_KEY", reason="/e is open to other users: chmod 600 /e"),
            "problem",
            "its key 'env:WORK_KEY' cannot be used: /e is open to other users",
            "chmod 600 /e",
        ),
        (
            row("rejected", reason="refused", hint="sign in again"),
            "problem",
            "its key 'default' cannot be used: refused",
            "sign in again",
        ),
        (
            row("locked"),
            "problem",
            "its key 'default' cannot be used: locked",
            "aircher-cli auth test work",
        ),
    ],
)
def test_key_that_cannot_be_used(key, status, message, cure):
    """With the cure that `auth status` has."""
    found = provider_findings([facts(key), facts(name="other")])
    assert (found[0].status, found[0].message, found[0].cure) == (status, message, cure)


def test_provider_that_is_skipped():
    """It answers, but not to requests."""
    (found,) = provider_findings([facts(health="the quota is used up", ms=5)])
    assert shown(found) == [
        (
            "provider work",
            "warning",
            "is skipped now: the quota is used up, answers in 5 ms",
            "aircher-cli cooldowns clear work",
        )
    ]


def test_no_usable_key_at_all_is_a_problem():
    """A new user has none."""
    (found,) = provider_findings([])
    assert (found.status, found.cure) == ("problem", "aircher-cli auth login anthropic")


@pytest.mark.parametrize(
    ("skews", "expected"),
    [
        ([], None),
        ([None], None),
        ([0.0, 59.0], ("ok", "this machine's clock agrees with the providers'", None)),
        ([180.0], ("warning", "this machine's clock is 3 min behind that of p0", SET_CLOCK)),
        (
            [-7300.0, -7300.0],
            ("warning", "this machine's clock is 2 h ahead of that of p0", SET_CLOCK),
        ),
        (
            [0.0, 300_000.0],
            (
                "warning",
                "the clock of p1 is 3 days ahead, unlike those of the other providers",
                "nothing can be done on this machine: tell the operator of p1",
            ),
        ),
    ],
)
def test_clocks_that_differ_by_more_than_a_minute(skews, expected):
    """If all disagree, it is this machine's."""
    found = clock_findings([facts(name=f"p{n}", skew=skew) for n, skew in enumerate(skews)])
    assert [(each.status, each.message, each.cure) for each in found] == [expected] * bool(expected)


def test_signing_in_is_no_advice_while_all_keys_are_locked():
    """It would be refused; another finding has the command that unlocks them."""
    locked = facts(row("locked", reason="all keys are locked", hint="unlock them"))
    assert len(provider_findings([locked])) == 2
    assert len(provider_findings([locked], is_explained=True)) == 1
