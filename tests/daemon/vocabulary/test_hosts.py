"""Which hosts are this machine, and which are addresses."""

import pytest

from aircherd.vocabulary.hosts import (
    host_of,
    host_to_resolve,
    is_ip_address,
    is_loopback,
    is_one_of,
    is_pattern,
    pattern_problem,
    patterns_for,
)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("api.localhost", True),
        ("a.b.LocalHost", True),
        ("127.0.0.1", True),
        ("127.3.2.1", True),
        ("::1", True),
        ("192.168.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address in test data
        ("127.1", False),
        ("localhost.example.com", False),
        ("mylocalhost", False),
        ("", False),
    ],
)
def test_loopback_is_decided_without_a_name_server(host: str, expected: bool) -> None:
    """An ambiguous notation of an address does not count."""
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [("10.0.0.1", True), ("fe80::1", True), ("1.2.3.999", False), ("example.com", False)],
)
def test_addresses_are_distinguished_from_names(host: str, expected: bool) -> None:
    """IPv4 and IPv6."""
    assert is_ip_address(host) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("api.localhost", "localhost"),
        ("localhost", "localhost"),
        ("localhost.test", "localhost.test"),
    ],
)
def test_names_below_localhost_are_not_looked_up(host: str, expected: str) -> None:
    """A resolver that asks the DNS for them could return another machine."""
    assert host_to_resolve(host) == expected


# ------------------------------------------------------------------ clients at other hosts


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("vim@buildbox", "buildbox"),
        ("a@b@buildbox", "buildbox"),
        ("vim", None),
        ("vim@", None),
        ("@buildbox", None),
        ("", None),
    ],
)
def test_the_host_is_what_follows_the_last_at(name: str, host: str | None) -> None:
    """A client may have one in its own name."""
    assert host_of(name) == host


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("vim", {"vim"}),
        ("vim@buildbox", {"vim@buildbox"}),
        ("*@buildbox", {"vim@buildbox", "emacs@buildbox", "a@b@buildbox"}),
        ("*@*", {"vim@buildbox", "emacs@buildbox", "a@b@buildbox", "vim@other"}),
        ("*", set()),
    ],
)
def test_which_clients_a_name_stands_for(wanted: str, names: set[str]) -> None:
    """Of those here, only the one that it names."""
    known = {"vim", "vim@buildbox", "emacs@buildbox", "a@b@buildbox", "vim@other", "box@"}
    assert {name for name in known if is_one_of(name, wanted)} == names


def test_the_most_exact_pattern_is_the_first() -> None:
    """So that it decides."""
    assert patterns_for("buildbox") == ("*@buildbox", "*@*")
    assert all(map(is_pattern, patterns_for("buildbox")))
    assert not is_pattern("vim@buildbox")


@pytest.mark.parametrize(
    "name", ["*", "*@*", "*@buildbox", "*@10.0.0.7", "*@fd00::1", "vim@buildbox", "a b", "*vim"]
)
def test_names_that_can_be_meant(name: str) -> None:
    """Also those of clients here with odd names."""
    assert pattern_problem(name) is None


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("vim@*", '"*@*"'),
        ("v*@buildbox", '"*@buildbox"'),
        ("*@BuildBox", '"*@buildbox"'),
        ("*@build*", "lower-case"),
        ("*@", "lower-case"),
        ("*@a b", "lower-case"),
    ],
)
def test_patterns_that_no_client_would_match(name: str, cure: str) -> None:
    """They would protect nothing, so they are refused with what to write."""
    problem = pattern_problem(name)
    assert problem is not None
    assert cure in problem[1]
