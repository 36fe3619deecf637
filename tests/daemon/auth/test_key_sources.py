"""The sources of a provider's keys, what they shadow, and what forbids using a key."""

import msgspec
import pytest

from aircherd.auth.key_sources import (
    check_label,
    find_provider,
    forbidden_reason,
    plain_http_reason,
    shadowed_sources,
    sources_of,
    stored_source,
)
from aircherd.auth.stores.index import IndexEntry, SourceBlock
from aircherd.auth.variables.key_variables import KeyVariables
from aircherd.config.accounts import engine_account
from aircherd.config.model import Config, Refused, RefusedEntry, Shared
from aircherd.config.problems import Problem
from aircherd.config.sections.shared.engine_url import read_engine_url
from aircherd.errors import BadRequest, ConfigInvalid
from helpers.auth import config, provider

ORIGIN = "https://work.example.com:443"
COMMAND = {"key_command": ("op", "read", "x")}
NO_VARIABLES = KeyVariables({})
ENV = {"env": ("WORK_KEY", "OLD_KEY")}


def stored(*labels, store="keyring", origin=ORIGIN):
    return [
        IndexEntry(provider="work", label=label, origin=origin, store=store, stored_at=0)
        for label in labels
    ]


@pytest.mark.parametrize(
    ("fields", "labels", "environ", "names", "shadowed"),
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
def test_order_of_sources(fields, labels, environ, names, shadowed):
    """Stored keys, else the command, else the environment; the rest is shadowed."""
    work, variables = provider(**fields), KeyVariables(environ)
    sources = sources_of(work, stored(*labels), variables)
    assert [source.name for source in sources] == names
    assert shadowed_sources(work, sources, variables) == shadowed


BLOCK = SourceBlock("damaged", "the list is damaged")


def test_block_applies_to_the_source_that_would_be_used():
    """Stored keys are listed and not blocked; a block alone creates no source."""
    work, variables = provider(**COMMAND, **ENV), KeyVariables({"WORK_KEY": "x"})
    (source,) = sources_of(work, [], variables, BLOCK)
    assert (source.name, source.block) == ("command", BLOCK)
    assert forbidden_reason(work, source) == BLOCK.reason
    assert shadowed_sources(work, [source], variables) == ["environment variable WORK_KEY"]
    (source,) = sources_of(work, stored("default"), variables, BLOCK)
    assert (source.name, source.block) == ("default", None)
    assert sources_of(provider(), [], NO_VARIABLES, BLOCK) == []


def test_stored_key_of_an_unfinished_login_is_blocked():
    """Even for the origin it was meant for."""
    (known,) = stored("default")
    source = stored_source(msgspec.structs.replace(known, is_pending=True))
    assert source.block.kind == "unfinished"
    assert "interrupted" in forbidden_reason(provider(), source)
    assert source != stored_source(known)


def test_description_of_a_source():
    """A command's arguments are left out: they may be private."""
    sources = [
        stored_source(stored("default")[0]),
        stored_source(stored("default", store="file")[0]),
        *sources_of(provider(**COMMAND), [], NO_VARIABLES),
        *sources_of(provider(**ENV), [], KeyVariables({"WORK_KEY": "x"})),
    ]
    assert [source.description for source in sources] == [
        "keyring",
        "file",
        "command op",
        "environment variable WORK_KEY",
    ]
    assert [source.is_stored for source in sources] == [True, True, False, False]


def test_another_command_or_origin_is_another_source():
    """A key read from one is not used for the other."""
    first, *others = [
        sources_of(provider(**fields), [], NO_VARIABLES)[0]
        for fields in (
            COMMAND,
            {"key_command": ("op", "read", "y")},
            COMMAND | {"base_url": "https://elsewhere.example.com"},
        )
    ]
    assert first not in others


def test_stored_key_may_only_go_to_its_origin():
    """Scheme, host and port must match; the path may change."""
    (source,) = sources_of(provider(), stored("default"), NO_VARIABLES)
    assert forbidden_reason(provider(base_url="https://work.example.com/v2"), source) is None
    for url in ("https://other.example.com/v1", "https://work.example.com:8443/v1"):
        reason = forbidden_reason(provider(base_url=url), source)
        assert "stored for https://work.example.com:443" in reason


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
    """Names that only look local are refused."""
    reason = plain_http_reason(provider(base_url=url))
    assert (reason is None) is is_fine
    assert is_fine or "use https" in reason


def test_provider_is_found_by_name():
    """Built in or the user's own."""
    assert find_provider(config(provider()), "work") == provider()


@pytest.mark.parametrize(
    ("name", "message"), [("antropic", "did you mean 'anthropic'?"), ("zzz", "known: anthropic")]
)
def test_unknown_provider_error_names_the_nearest_and_all(name, message):
    """So that the next attempt succeeds."""
    with pytest.raises(BadRequest) as caught:
        find_provider(config(), name)
    assert message in caught.value.message
    assert "known: anthropic, openai, gemini, openrouter, ollama" in caught.value.message


@pytest.mark.parametrize("label", ["default", "work-2", "a.b_c", "9", "x" * 64])
def test_valid_label(label):
    """Letters, digits and a few symbols."""
    assert check_label(label) == label


@pytest.mark.parametrize(
    "label", ["", "command", "env:X", "a b", "a/b", "-a", ".a", "ü", "a\n", "x" * 65]
)
def test_invalid_label(label):
    """Nothing that could be confused with another source, or with a path."""
    with pytest.raises(BadRequest, match="is not a valid label"):
        check_label(label)


def test_a_refused_provider_is_not_unknown():
    """The error is that its entry in the configuration is invalid, with the line."""
    problem = Problem(file="f.toml", line=3, path="providers.work.kind", message="is wrong")
    entry = RefusedEntry("providers.work", (problem,))
    made = Config(providers={}, refused=Refused(providers={"work": entry}))
    with pytest.raises(ConfigInvalid, match=r"^work is refused: f\.toml, line 3: "):
        find_provider(made, "work")


def test_a_password_may_only_go_to_its_engine():
    """Said in words of engines."""
    engines = [
        engine_account(Shared(address=read_engine_url(url)))
        for url in ("rediss://db", "rediss://other")
    ]
    entries = stored("default", origin="rediss://db:6379")
    (source, *_) = sources_of(engines[0], entries, NO_VARIABLES)
    assert forbidden_reason(engines[0], source) is None
    reason = "it was stored for rediss://db:6379, and the engine is now rediss://other:6379"
    assert forbidden_reason(engines[1], source) == reason
