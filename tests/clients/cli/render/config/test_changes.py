"""What a new configuration changed."""

import pytest

from aircher_cli.render.config.changes import HIDDEN, change_lines, describe_change

NEW = {"path": "providers.new", "before": None, "after": "openai at https://host/v1"}
MOVED = {"path": "providers.work.base_url", "before": "http://a/v1", "after": "http://b/v1"}
SECRET = {"path": "providers.work.headers.X-Org", "before": HIDDEN, "after": HIDDEN}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (NEW, "+ providers.new openai at https://host/v1"),
        (MOVED, "~ providers.work.base_url http://a/v1 → http://b/v1"),
        (SECRET, "~ providers.work.headers.X-Org"),
        ({"path": "a", "before": None, "after": HIDDEN}, "+ a"),
        ({"path": "a", "before": ["x", "y"], "after": None}, "- a was x, y"),
        ({"path": "a", "before": True, "after": False}, "~ a true → false"),
        ({"path": "a", "before": [], "after": ["x"]}, "~ a none → x"),
        ({"path": "a", "before": 60.0, "after": 5}, "~ a 60.0 → 5"),
        ({}, "+"),
    ],
)
def test_a_change_is_described_in_one_line(change, expected):
    """With what it was and is; a value that may be secret is left out."""
    assert describe_change(change) == expected


def shown(changes, width, **more):
    """Return the lines as text."""
    lines = change_lines({"changes": changes, **more}, width)
    return ["".join(text for text, _ in line) for line in lines]


def test_wide_output_is_aligned():
    """One line for each change."""
    assert shown([NEW, MOVED, SECRET], 100) == [
        "+ providers.new                 openai at https://host/v1",
        "~ providers.work.base_url       http://a/v1 → http://b/v1",
        "~ providers.work.headers.X-Org",
    ]


def test_narrow_output_has_the_values_below():
    """A URL is never broken, so that it can be copied."""
    assert shown([NEW, MOVED, SECRET], 40, more=3) == [
        "+ providers.new",
        "    openai at https://host/v1",
        "~ providers.work.base_url",
        "    http://a/v1 → http://b/v1",
        "~ providers.work.headers.X-Org",
        "  and 3 more",
    ]


def test_a_daemon_without_changes_in_its_answer_is_no_error():
    """An earlier version does not send them."""
    assert change_lines({"changed": True}, 80) == []
