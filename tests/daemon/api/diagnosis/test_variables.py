"""Findings about variables and proxies: what the daemon has, compared with a client's shell."""

import pytest

from aircherd.api.diagnosis.variables import (
    RESTART,
    KeyVariable,
    proxy_findings,
    relate,
    variable_findings,
)


def shown(findings):
    return [(each.status, each.message, each.cure) for each in findings]


@pytest.mark.parametrize(
    ("theirs", "own", "relation"),
    [
        (None, None, "absent"),
        ("a", None, "unseen"),
        (None, "a", "only in the daemon"),
        ("a", "a", "same"),
        ("a", "b", "differs"),
    ],
)
def test_relation_of_two_fingerprints(theirs, own, relation):
    """By equality alone."""
    assert relate(theirs, own) == relation


def test_variable_that_the_daemon_cannot_see_matters_if_a_provider_lacks_its_key():
    """A provider that has another key does not miss it."""
    unseen = KeyVariable("WORK_KEY", "unseen", missed_by=("work",))
    assert shown(variable_findings([unseen], "systemd")) == [
        (
            "warning",
            "the daemon cannot see WORK_KEY of this shell, and there is no key for work",
            "aircher-cli auth import",
        )
    ]
    (found,) = variable_findings([KeyVariable("WORK_KEY", "unseen")], "systemd")
    assert found.status == "ok"


@pytest.mark.parametrize(
    ("started_by", "file", "cure"),
    [
        ("client", None, RESTART),
        ("systemd (socket)", None, "aircher-cli auth import"),
        ("client", "~/.aircher/environment", "correct WORK_KEY in ~/.aircher/environment"),
    ],
)
def test_stale_variable_is_corrected_where_it_comes_from(started_by, file, cure):
    """A restart takes the shell's variables only if a client starts the daemon."""
    stale = KeyVariable("WORK_KEY", "differs", used_by=("work",), file=file)
    (found,) = variable_findings([stale], started_by)
    assert (found.status, found.cure) == ("warning", cure)
    assert "which work uses" in found.message


def test_stale_variable_that_no_provider_uses_is_fine():
    """A stored key comes first."""
    (found,) = variable_findings([KeyVariable("WORK_KEY", "differs")], "client")
    assert found.status == "ok"


def test_configured_proxy_makes_variables_irrelevant():
    """Its value is not shown."""
    (found,) = proxy_findings("http://me:canary@proxy", lambda _: "differs", [])
    assert (found.status, "canary" in found.message) == ("ok", False)


@pytest.mark.parametrize(
    ("name", "relation", "expected"),
    [
        (
            "HTTPS_PROXY",
            "unseen",
            (
                "the daemon does not have HTTPS_PROXY of this shell",
                'aircher-cli config set network.proxy "$HTTPS_PROXY"',
            ),
        ),
        ("no_proxy", "unseen", ("the daemon does not have no_proxy of this shell", RESTART)),
        ("ALL_PROXY", "differs", ("the daemon has another ALL_PROXY than this shell", RESTART)),
        (
            "http_proxy",
            "only in the daemon",
            ("the daemon has HTTP_PROXY, and this shell does not", RESTART),
        ),
    ],
)
def test_proxy_that_only_one_side_has(name, relation, expected):
    """Providers are then called in another way than by the shell's programs."""
    names = [] if relation == "only in the daemon" else [name]
    (found,) = proxy_findings(
        None, lambda each: relation if each == name.lower() else "absent", names
    )
    assert (found.status, found.message, found.cure) == ("warning", *expected)


def test_same_proxies_are_fine():
    """Also if there are none."""
    for relation in ("same", "absent"):
        (found,) = proxy_findings(None, lambda _, each=relation: each, [])
        assert found.status == "ok"
