"""Settings as text."""

import pytest

from aircher_cli.render.config.settings import setting_lines, value_text
from aircher_cli.values import Map

FILE = "/home/me/.aircher/config.toml"
ROWS: list[Map] = [
    {"path": "default_model", "value": "sonnet", "source": "file", "line": 3},
    {"path": "fallback.max_attempts", "value": 4, "source": "default"},
    {"path": "models.m.routes", "value": ["a/b", "c/d"], "source": "file"},
    {"path": "HTTPS_PROXY", "value": "http://proxy:3128", "source": "environment"},
    {"path": "WORK_KEY", "value": "set", "source": "environment", "file": "~/.aircher/environment"},
]


def lines_of(width: int) -> list[str]:
    return [
        "".join(text for text, _ in line) for line in setting_lines(ROWS, FILE, width, "/home/me")
    ]


def test_sources_are_in_a_column() -> None:
    """With the line of the file, if it is known."""
    assert lines_of(80) == [
        'default_model = "sonnet"          # ~/.aircher/config.toml:3',
        "fallback.max_attempts = 4         # default",
        'models.m.routes = ["a/b", "c/d"]  # ~/.aircher/config.toml',
        "HTTPS_PROXY = http://proxy:3128   # environment",
        "WORK_KEY = set                    # ~/.aircher/environment",
    ]


@pytest.mark.parametrize("width", [40, 50, 60, 100])
def test_lines_fit(width: int) -> None:
    """On a narrow terminal the source is in a line of its own."""
    assert max(map(len, lines_of(width))) < width
    assert lines_of(40)[:2] == ['default_model = "sonnet"', "    # ~/.aircher/config.toml:3"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", '"a"'),
        ('ä"\\', '"ä\\"\\\\"'),
        (True, "true"),
        (2.5, "2.5"),
        (["a", 1], '["a", 1]'),
        ([], "[]"),
    ],
)
def test_values_are_toml(value: object, expected: str) -> None:
    """So that they can be copied."""
    assert value_text(value) == expected
