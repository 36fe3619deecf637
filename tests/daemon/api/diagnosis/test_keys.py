"""Findings about the environment file, the keyring and the list of stored keys."""

import pytest

from aircherd.api.diagnosis.keys import (
    REACH_KEYRING,
    START_KEYRING,
    UNLOCK_KEYRING,
    environment_findings,
    index_findings,
    keyring_findings,
    sealing_findings,
)
from aircherd.auth.stores.base import FileProtection, StoreHealth, StoreState
from aircherd.auth.stores.keyring_store import KeyringDetails
from aircherd.auth.variables.environment_file import LineProblem

AGE = '[auth] encrypt_with = "age"'
FILE = "~/.aircher/environment"
BUS = "unix:path=/run/user/1000/bus"


def shown(findings):
    return [(each.status, each.message, each.cure) for each in findings]


def test_environment_file_that_is_used():
    """And none: then there is nothing to say."""
    found = environment_findings(FILE, exists=True, refusal=None, problems=())
    assert shown(found) == [("ok", f"{FILE} is used", None)]
    assert environment_findings(FILE, exists=False, refusal=None, problems=()) == []


def test_refused_environment_file_has_its_command():
    """It says nothing about lines."""
    refusal = "/h/environment is open to other users (mode 0644): chmod 600 /h/environment"
    found = environment_findings(
        FILE, exists=True, refusal=refusal, problems=[LineProblem(1, "is wrong")]
    )
    assert shown(found) == [
        (
            "problem",
            "/h/environment is open to other users (mode 0644)",
            "chmod 600 /h/environment",
        )
    ]


def test_ignored_lines_are_named():
    """One finding each."""
    problems = [LineProblem(2, "is not NAME=value"), LineProblem(5, "is wrong")]
    found = environment_findings(FILE, exists=True, refusal=None, problems=problems)
    assert [(each.status, each.message) for each in found] == [
        ("warning", f"{FILE}, line 2: is not NAME=value"),
        ("warning", f"{FILE}, line 5: is wrong"),
    ]


@pytest.mark.parametrize(
    ("health", "reason", "stored", "expected"),
    [
        (StoreHealth.USABLE, None, 2, ("ok", f"it can be used (SecretService, bus {BUS})", None)),
        (
            StoreHealth.LOCKED,
            "it is locked; unlock it",
            1,
            ("problem", f"it is locked (SecretService, bus {BUS}); 1 key is in it", UNLOCK_KEYRING),
        ),
        (
            StoreHealth.LOCKED,
            "it is locked; unlock it",
            0,
            ("warning", f"it is locked (SecretService, bus {BUS})", UNLOCK_KEYRING),
        ),
        (
            StoreHealth.UNAVAILABLE,
            "no service",
            2,
            (
                "problem",
                f"no service (SecretService, bus {BUS}); 2 keys are in it",
                START_KEYRING,
            ),
        ),
        (
            StoreHealth.UNAVAILABLE,
            "no service",
            0,
            (
                "warning",
                (
                    f"no service (SecretService, bus {BUS}); new keys go to a file that is not "
                    "encrypted"
                ),
                START_KEYRING,
            ),
        ),
    ],
)
def test_keyring_by_its_state_and_the_keys_in_it(health, reason, stored, expected):
    """It is a problem only if keys cannot be reached."""
    details = KeyringDetails(StoreState(health, reason), "SecretService", BUS)
    assert shown(keyring_findings(details, stored)) == [expected]


@pytest.mark.parametrize(
    ("details", "reason", "text"),
    [
        ({"bus": BUS}, f"it leads to {BUS}, where no bus answers", "where no bus answers; new"),
        ({"bus": BUS}, "no Secret Service", f"no Secret Service (bus {BUS}); new"),
        ({"bus": None, "backend": "macOS"}, "no keyring", "no keyring (macOS); new"),
    ],
)
def test_bus_without_a_keyring_is_named_once(details, reason, text):
    """That is why there is no keyring."""
    state = StoreState(StoreHealth.UNAVAILABLE, reason)
    (found,) = keyring_findings(KeyringDetails(state, **details), 0)
    assert found.message.count(details["bus"] or "macOS") == 1
    assert text in found.message


@pytest.mark.parametrize(("stored", "status"), [(0, "warning"), (1, "problem")])
def test_keyring_that_failed_may_be_tried_again(stored, status):
    """It is not known to be absent."""
    state = StoreState(StoreHealth.UNREACHABLE, "it did not answer")
    (found,) = keyring_findings(KeyringDetails(state, bus=BUS), stored)
    assert (found.status, found.cure) == (status, REACH_KEYRING)
    assert "--store file" in found.cure


def test_problem_of_the_list_of_keys():
    """None without a problem."""
    assert index_findings(None) == []
    (found,) = index_findings("it is damaged: repair it")
    assert (found.status, found.cure) == ("problem", "repair it")


@pytest.mark.parametrize(("stored", "status"), [(0, "ok"), (1, "problem")])
def test_a_server_without_a_keyring_is_healthy(stored, status):
    """Unless keys are in one."""
    state = StoreState(StoreHealth.UNAVAILABLE, "there is no session bus: it is not set")
    (found,) = keyring_findings(KeyringDetails(state), stored)
    assert found.status == status
    assert found.message.startswith("there is no session bus: it is not set")


@pytest.mark.parametrize(
    ("wanted", "file", "stored", "expected"),
    [
        (None, FileProtection(), 1, None),
        ("", FileProtection(), 1, None),
        ("age", FileProtection("age"), 1, ("ok", "the file of keys is encrypted with age")),
        ("age", FileProtection(), 0, ("ok", f"{AGE}: no key is in the file yet")),
        (
            "age",
            FileProtection("", "age is not installed"),
            1,
            (
                "problem",
                f"{AGE} is not in force, the file of keys is not encrypted: age is not installed",
            ),
        ),
        (
            "age",
            FileProtection("systemd-creds", "no TPM"),
            1,
            (
                "problem",
                f"{AGE} is not in force, the file of keys is encrypted with systemd-creds: no TPM",
            ),
        ),
    ],
)
def test_the_encryption_that_is_configured(wanted, file, stored, expected):
    """It is in force, has nothing to encrypt yet, or is a problem."""
    found = [(each.status, each.message) for each in sealing_findings(wanted, file, stored)]
    assert found == ([expected] if expected else [])
