"""Findings about the configuration, the ledger, file events and memory."""

import time

from aircherd.api.diagnosis.state import (
    EDIT,
    MORE_INOTIFY,
    MORE_MEMORY,
    config_findings,
    file_findings,
    http_findings,
    ledger_findings,
    memory_findings,
)
from aircherd.memory.budget import MEGABYTE


def shown(findings):
    return [(each.status, each.message, each.cure) for each in findings]


def test_valid_configuration_and_none():
    """Both are fine."""
    assert shown(config_findings("/c", exists=True, problems=None)) == [("ok", "/c is valid", None)]
    (found,) = config_findings("/c", exists=False, problems=None)
    assert (found.status, found.message) == ("ok", "there is no /c; the defaults are used")


def test_each_problem_of_the_configuration_has_its_line():
    """Line 0 is the file as a whole."""
    problems = [
        {"file": "/c", "line": 3, "path": "a.b", "message": "is wrong", "hint": "write x"},
        {"file": "/c", "line": 0, "message": "cannot be read"},
    ]
    assert shown(config_findings("/c", exists=True, problems=problems)) == [
        ("problem", "/c, line 3: a.b: is wrong (write x)", EDIT),
        ("problem", "/c: cannot be read", EDIT),
    ]


def test_configuration_of_the_earlier_program_is_migrated():
    """Editing it would be much work."""
    problem = {"file": "/c", "message": "is old", "hint": "carry it over: aircher-cli migrate"}
    (found,) = config_findings("/c", exists=True, problems=[problem])
    assert found.cure == "aircher-cli migrate"


def test_state_of_the_ledger():
    """Lost usage is a warning, usage that cannot be written a problem."""
    assert [each.status for each in ledger_findings("ok", None)] == ["ok"]
    (found,) = ledger_findings("ok", "the file was damaged.")
    assert (found.status, found.cure) == ("warning", "aircher-cli limits")
    assert "the file was damaged; " in found.message
    (found,) = ledger_findings("degraded", "the disk is full")
    assert (found.status, "the disk is full" in found.message) == ("problem", True)
    assert "refuse" not in found.message
    (found,) = ledger_findings("degraded", "the disk is full", refuses=True)
    assert found.message.endswith('limits refuse requests ([usage] on_failure = "refuse")')
    (found,) = ledger_findings("ok", "the file was damaged.", refuses=True)
    assert found.message.endswith("; limits refuse requests until they reset")


def test_files_without_events():
    """Changes are still noticed, a little later."""
    assert [each.status for each in file_findings(None)] == ["ok"]
    (found,) = file_findings("too many open files")
    assert (found.status, found.cure) == ("warning", MORE_INOTIFY)


def test_memory_was_always_enough():
    """The budget is named, so that it can be compared with the machine's memory."""
    message = "no request was refused for lack of memory (256 MB)"
    assert shown(memory_findings(256 * MEGABYTE, 0, None)) == [("ok", message, None)]


def test_refusals_for_lack_of_memory_are_a_warning():
    """The cure is twice as much."""
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime(86_400.0))
    (found,) = memory_findings(64 * MEGABYTE, 3, 86_400.0)
    assert (found.status, found.cure) == ("warning", MORE_MEMORY.format(128))
    assert found.message == (
        "3 requests or frames were refused as busy since the start, the last at "
        f"{at}: clients asked for more than 64 MB at once"
    )


def test_each_door_for_http_that_is_not_open_is_a_problem_with_its_cure():
    """Else the finding says where tools can connect."""
    doors = {"socket": "/run/http.sock", "connections": 0}
    (found,) = http_findings(doors)
    assert (found.status, found.message) == ("ok", "tools can connect at /run/http.sock")
    (found,) = http_findings({**doors, "ports": [4141]})
    assert found.message.endswith(" and at port 4141")
    (found,) = http_findings({**doors, "port_problem": "port 4141 is in use: end the other"})
    assert (found.status, found.message, found.cure) == (
        "problem",
        "port 4141 is in use",
        "end the other",
    )


def test_tokens_that_let_nothing_in_are_a_problem():
    """With the reason that a program gets, and what to do."""
    reason = "/d/tokens.json is damaged, so none of its tokens is let in: restore it"
    (found,) = http_findings({"socket": "/run/http.sock"}, reason)
    assert (found.status, found.cure) == ("problem", "restore it")
