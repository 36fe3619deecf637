"""Which keys a provider has, what they hide, and what forbids their use."""

import msgspec
import pytest

from aircherd.auth.key_sources import (
    check_label,
    find_provider,
    forbidden_reason,
    plain_http,
    shadowed,
    sources_of,
    stored_source,
)
from aircherd.auth.stores.index import IndexEntry, SourceBlock
from aircherd.errors import BadRequest
from helpers.auth import config, provider

ORIGIN = "https://work.example.com:443"
COMMAND = {"key_command": ("op", "read", "x")}
ENV = {"env": ("WORK_KEY", "OLD_KEY")}


def stored(*labels, store="keyring", origin=ORIGIN):
    return [
        IndexEntry(provider="work", label=label, origin=origin, store=store, stored_at=0)
        for label in labels
    ]


@pytest.mark.parametrize(
    ("fields", "labels", "environ", "names", "hidden"),
    [
        ({}, [], {}, [], []),
        ({}, ["default", "b"], {}, ["default", "b"], []),
        (ENV, [], {"WORK_KEY": "x"}, ["env:WORK_KEY"], []),
        (ENV, [], {"OLD_KEY": "x"}, ["env:OLD_KEY"], []),
        (ENV, [], {"WORK_KEY": " \n", "OLD_KEY": ""}, [], []),
        (
            ENV,
            [],
            {"WORK_KEY": "x", "OLD_KEY": "y"},
            ["env:WORK_KEY"],
            ["environment variable OLD_KEY"],
        ),
        (ENV, ["b"], {"WORK_KEY": "x"}, ["b"], ["environment variable WORK_KEY"]),
        (COMMAND, [], {"WORK_KEY": "x"}, ["command"], []),
        (
            COMMAND | ENV,
            [],
            {"WORK_KEY": "x"},
            ["command"],
            ["environment variable WORK_KEY"],
        ),
        (
            COMMAND | ENV,
            ["default"],
            {"WORK_KEY": "x"},
            ["default"],
            ["command op", "environment variable WORK_KEY"],
        ),
        ({"needs_key": False} | ENV, ["default"], {"WORK_KEY": "x"}, [], []),
    ],
)
def test_the_order_of_sources(fields, labels, environ, names, hidden):
    """Stored, else the command, else the environment; the rest is shadowed."""
    work = provider(**fields)
    slots = sources_of(work, stored(*labels), environ)
    assert [slot.name for slot in slots] == names
    assert shadowed(work, slots, environ) == hidden


BARRIER = SourceBlock("damaged", "the list is damaged")


def test_a_barrier_stands_before_the_source_that_would_serve_and_no_other():
    """What is stored is known; and a barrier makes no source."""
    work, environ = provider(**COMMAND, **ENV), {"WORK_KEY": "x"}
    (slot,) = sources_of(work, [], environ, BARRIER)
    assert (slot.name, slot.barrier) == ("command", BARRIER)
    assert forbidden_reason(work, slot) == BARRIER.reason
    assert shadowed(work, [slot], environ) == ["environment variable WORK_KEY"]
    (slot,) = sources_of(work, stored("default"), environ, BARRIER)
    assert (slot.name, slot.barrier) == ("default", None)
    assert sources_of(provider(), [], {}, BARRIER) == []


def test_a_stored_key_of_an_unfinished_login_is_behind_a_barrier():
    """Also for the origin it was meant for."""
    (known,) = stored("default")
    slot = stored_source(msgspec.structs.replace(known, is_pending=True))
    assert slot.barrier.kind == "unfinished"
    assert "cut short" in forbidden_reason(provider(), slot)
    assert slot != stored_source(known)


def test_a_slot_says_where_its_key_comes_from():
    """A command's arguments are not told: they may name vaults and people."""
    sources = [
        stored_source(stored("default")[0]),
        stored_source(stored("default", store="file")[0]),
        *sources_of(provider(**COMMAND), [], {}),
        *sources_of(provider(**ENV), [], {"WORK_KEY": "x"}),
    ]
    assert [slot.source_text for slot in sources] == [
        "keyring",
        "file, not encrypted",
        "command op",
        "environment variable WORK_KEY",
    ]
    assert [slot.is_stored for slot in sources] == [True, True, False, False]


def test_another_command_or_origin_is_another_slot():
    """What was read from the one is not used for the other."""
    first, *others = [
        sources_of(provider(**fields), [], {})[0]
        for fields in (
            COMMAND,
            {"key_command": ("op", "read", "y")},
            COMMAND | {"base_url": "https://elsewhere.example.com"},
        )
    ]
    assert first not in others


def test_a_stored_key_may_go_to_its_origin_only():
    """Scheme, host and port; the path may change."""
    (slot,) = sources_of(provider(), stored("default"), {})
    assert forbidden_reason(provider(base_url="https://work.example.com/v2"), slot) is None
    for url in ("https://other.example.com/v1", "https://work.example.com:8443/v1"):
        told = forbidden_reason(provider(base_url=url), slot)
        assert "stored for https://work.example.com:443" in told


@pytest.mark.parametrize(
    ("url", "is_fine"),
    [
        ("https://example.com", True),
        ("http://localhost:8000", True),
        ("http://LOCALHOST", True),
        ("http://127.0.0.1:8000", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8000", True),
        ("http://example.com", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0:8000", False),
        ("http://[::]", False),
    ],
)
def test_no_key_over_plain_http_except_to_this_machine(url, is_fine):
    """Names that merely look local are not."""
    told = plain_http(provider(base_url=url))
    assert (told is None) is is_fine
    assert is_fine or "use https" in told


def test_a_provider_is_found_by_name():
    """Built in or the user's own."""
    assert find_provider(config(provider()), "work") == provider()


@pytest.mark.parametrize(
    ("name", "said"), [("antropic", "did you mean 'anthropic'?"), ("zzz", "known: anthropic")]
)
def test_an_unknown_provider_is_said_with_the_nearest_and_all(name, said):
    """So that the next try succeeds."""
    with pytest.raises(BadRequest) as caught:
        find_provider(config(), name)
    assert said in caught.value.message
    assert "known: anthropic, openai, gemini, openrouter, ollama" in caught.value.message


@pytest.mark.parametrize("label", ["default", "work-2", "a.b_c", "9", "x" * 64])
def test_a_good_label(label):
    """Letters, digits and a few signs."""
    assert check_label(label) == label


@pytest.mark.parametrize(
    "label", ["", "command", "env:X", "a b", "a/b", "-a", ".a", "ü", "a\n", "x" * 65]
)
def test_a_bad_label(label):
    """Nothing that could be mistaken for another source, or for a path."""
    with pytest.raises(BadRequest, match="cannot be a label"):
        check_label(label)
