"""What is known before signing in or out."""

import pytest

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.here import Here
from aircher_cli.picker.view.sign_in.key_facts import (
    SignInFacts,
    SignOutChoice,
    other_vendor,
    sign_in_facts,
    sign_out_choices,
    sign_out_note,
)

STORED = {"key": "default", "source": "keyring", "masked": "…cdef"}


def facts(state, config=None, **fields):
    row = {"provider": "work", "state": state, **fields}
    return sign_in_facts(DaemonView(keys=(row,), config=config or {}), "work")


@pytest.mark.parametrize(
    ("state", "fields", "note"),
    [
        ("not_configured", {}, ""),
        (
            "authenticated",
            STORED,
            ("Signed in with key default (…cdef, keyring). A new key that works replaces it."),
        ),
        (
            "unverified",
            {"key": "env:WORK_KEY"},
            (
                "Signed in with the key from the environment variable WORK_KEY. A key "
                "stored here comes first."
            ),
        ),
        (
            "rejected",
            {"key": "env:WORK_KEY", "reason": "401", "hint": "set it."},
            (
                "The key from the environment variable WORK_KEY was refused: 401; set it. A "
                "key stored here comes first."
            ),
        ),
        (
            "authenticated",
            {"key": "command"},
            "Signed in with the key from its key_command. A key stored here comes first.",
        ),
        (
            "locked",
            {"key": "command", "reason": "it exited 1", "hint": "run it yourself"},
            (
                "The key from its key_command could not be read: it exited 1; run it yourself. "
                "A key stored here comes first."
            ),
        ),
        (
            "locked",
            {**STORED, "masked": None, "reason": "it is locked", "hint": "unlock the keyring"},
            "Stored, but locked: key default (keyring): it is locked; unlock the keyring.",
        ),
        (
            "locked",
            {**STORED, "masked": None, "reason": "it is locked; unlock it", "hint": "unlock it"},
            "Stored, but locked: key default (keyring): it is locked; unlock it.",
        ),
        (
            "locked",
            {"reason": "the list cannot be read", "hint": "fix it"},
            "Keys cannot be read now: the list cannot be read; fix it.",
        ),
        (
            "rejected",
            {**STORED, "reason": "401 invalid key.", "hint": "sign in again with X"},
            "Stored, but refused: key default (…cdef, keyring): 401 invalid key.",
        ),
    ],
)
def test_the_dialog_says_what_is_the_case_before_it_asks(state, fields, note):
    """Each state and source of a key has its sentence."""
    shown = facts(state, **fields)
    assert (shown.notes, shown.blocked) == ((note,) if note else (), "")


@pytest.mark.parametrize(
    ("state", "fields", "blocked"),
    [
        ("refused", {"reason": "/c.toml, line 2: base_url is no URL"}, "line 2: base_url"),
        ("not_required", {}, "work needs no key."),
    ],
)
def test_where_no_key_can_be_stored_the_reason_is_said(state, fields, blocked):
    """An entry that is invalid, and a server without keys."""
    assert blocked in facts(state, **fields).blocked


def test_a_client_that_may_not_sign_in_is_not_asked_for_a_key():
    """The daemon would refuse it after it was typed."""
    view = DaemonView(
        keys=({"provider": "work", "state": "rejected"},),
        keys_refused="[protect] sign_in allows nvim",
    )
    assert sign_in_facts(view, "work").blocked == (
        "No key can be stored from here: [protect] sign_in allows nvim."
    )


def test_a_provider_that_is_not_known_is_explained():
    """It was removed meanwhile, or the whole configuration is invalid."""
    broken = DaemonView(config={"in_use": "none", "problem": {"message": "/c.toml:2: bad"}})
    assert "/c.toml:2: bad" in sign_in_facts(broken, "work").blocked
    assert "no provider work" in sign_in_facts(DaemonView(), "work").blocked


@pytest.mark.parametrize(
    ("provider", "page", "key", "vendor"),
    [
        ("openai", "https://x", "sk-ant-1", "anthropic"),
        ("openai", "https://x", "sk-or-v1-1", "openrouter"),
        ("openai", "https://x", "AIza1", "gemini"),
        ("openai", "https://x", "sk-proj-1", ""),
        ("anthropic", "https://x", "sk-ant-1", ""),
        ("work", "", "sk-ant-1", ""),
    ],
)
def test_a_key_of_another_vendor_is_recognized(provider, page, key, vendor):
    """A server of the user's own takes any key."""
    assert other_vendor(SignInFacts(provider, keys_page=page), key.startswith) == vendor


def test_the_page_and_the_labels_are_those_of_the_provider():
    """Keys from elsewhere have no label."""
    rows = (
        {"provider": "work", "key": "a", "keys_page": "https://keys.example.com"},
        {"provider": "work", "key": "env:X"},
        {"provider": "work", "key": "command"},
        {"provider": "other", "key": "b"},
    )
    shown = sign_in_facts(DaemonView(keys=rows), "work")
    assert (shown.keys_page, shown.labels) == ("https://keys.example.com", ("a",))


def test_one_key_or_all_can_be_removed():
    """With several keys each is a choice, and all of them together."""
    one = {"provider": "work", **STORED}
    two = {"provider": "work", "key": "second", "source": "keyring"}
    first = SignOutChoice("Remove key default (…cdef, keyring)", "default")
    assert sign_out_choices(DaemonView(keys=(one,)), "work") == (first,)
    assert sign_out_choices(DaemonView(keys=(one, two)), "work") == (
        first,
        SignOutChoice("Remove key second (keyring)", "second"),
        SignOutChoice("Remove all 2 keys of work", None),
    )


@pytest.mark.parametrize(
    ("names", "note"),
    [
        ((), "No key of work is stored."),
        (
            ("env:X",),
            (
                "No key of work is stored. Its key comes from the environment variable X: "
                "remove it there."
            ),
        ),
        (("default",), ""),
        (
            ("default", "env:X", "command"),
            (
                "Not removed, and used afterwards: the key from the environment variable X, "
                "its key_command."
            ),
        ),
    ],
)
def test_what_signing_out_leaves_is_said(names, note):
    """Keys from the environment or a command are not the daemon's to remove."""
    rows = tuple({"provider": "work", "key": name} for name in names)
    assert sign_out_note(DaemonView(keys=rows), "work") == note


def test_a_key_is_stored_under_the_label_that_is_wanted():
    """That of the route or the folder, or of a key that was refused; else the usual one."""
    rows = ({"provider": "work", "state": "authenticated", **STORED},)
    refused = {"provider": "work", "state": "rejected", "key": "second", "source": "keyring"}
    view = DaemonView(keys=rows)
    assert sign_in_facts(view, "work").label == ""
    assert sign_in_facts(view, "work", "own").label == "own"
    assert sign_in_facts(DaemonView(keys=(*rows, refused)), "work").label == "second"
    here = Here(key="acme", key_from="[projects]")
    facts = sign_in_facts(DaemonView(keys=(*rows, refused), here=here), "work")
    assert facts.label == "acme"
    assert facts.notes[0] == "Signed in with key default (…cdef, keyring)."


def test_the_name_of_a_variable_is_no_label():
    """A stored key cannot have it."""
    assert sign_in_facts(DaemonView(), "work", "env:WORK_KEY").label == ""
