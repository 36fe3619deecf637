"""Problems of a configuration as lines."""

import pytest

from aircher_cli.render.config.problems import config_notice, config_problems, problem_lines


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        ({"file": "c", "line": 3, "message": "m", "hint": "h"}, "c:3: m (h)"),
        ({"file": "c", "message": "m"}, "c: m"),
        ({"message": "m"}, "m"),
        (
            {"file": "c", "line": 1, "message": "m, did you mean x?", "hint": "x"},
            "c:1: m, did you mean x?",
        ),
        ({}, "is invalid"),
    ],
)
def test_problem_line(problem: dict[str, object], expected: str) -> None:
    """The format is file:line: message (hint), without missing parts and repetitions."""
    assert problem_lines([problem]) == [expected]


PROBLEM = {
    "message": "two problems",
    "problems": [{"file": "/home/a/c.toml", "line": 2, "message": "m"}, {"message": "n"}],
}


@pytest.mark.parametrize(
    ("in_use", "headline"),
    [
        ("none", "the configuration is invalid; no provider is asked until it is fixed:"),
        (
            "the last good one",
            "the configuration is invalid; the last valid one stays in use:",
        ),
        (None, "the configuration is invalid:"),
    ],
)
def test_config_problems(in_use: str | None, headline: str) -> None:
    """The headline says which configuration is in use; each problem has a line."""
    config = {"ok": False, "in_use": in_use, "problem": PROBLEM}
    assert config_problems(config, "/home/a") == [headline, "  ~/c.toml:2: m", "  n"]


def test_earlier_roles_that_stay_in_use_are_named() -> None:
    """The file may look as if it protected something already."""
    config = {
        "ok": False,
        "in_use": "the last good one",
        "keeps_roles": True,
        "problem": {"message": "m"},
    }
    assert config_problems(config, "")[0] == (
        "the configuration is invalid; the last valid one stays in use, also for what clients may "
        "do:"
    )


def test_a_configuration_without_single_problems() -> None:
    """The message is shown instead."""
    config = {"ok": False, "problem": {"message": "cannot be read"}}
    assert config_problems(config, "")[1:] == ["  cannot be read"]


@pytest.mark.parametrize("config", [{}, {"ok": True}, {"ok": True, "problem": PROBLEM}])
def test_a_valid_configuration_has_no_lines(config: dict[str, object]) -> None:
    """Missing fields count as valid."""
    assert config_problems(config, "") == []


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"ok": True}, ""),
        ({"ok": False}, ""),
        (
            {"ok": False, "problem": PROBLEM, "in_use": "none"},
            "the configuration is invalid: two problems; no provider is asked until it is fixed",
        ),
        (
            {"ok": False, "problem": PROBLEM, "in_use": "of a later version"},
            "the configuration is invalid: two problems",
        ),
    ],
)
def test_notice_says_what_is_wrong_and_what_is_in_use(
    config: dict[str, object], expected: str
) -> None:
    """One sentence, and none if all is valid."""
    assert expected == config_notice(config)
