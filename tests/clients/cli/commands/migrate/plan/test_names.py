"""Names that the new configuration accepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.commands.migrate.plan.names import (
    alias_name,
    is_task,
    is_variable,
    provider_names,
)
from aircherd.config.sections.providers import _name_problem


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["claude", "google", "openai"], ["anthropic", "gemini", "openai"]),
        (["My Server/é"], ["my-server-e"]),
        (["OpenAI"], ["openai"]),
        (["my server", "my-server"], ["my-server-2", "my-server"]),
        (["é", "ü!"], ["e", "u"]),
        (["漢字", "!!"], ["provider", "provider-2"]),
        (["sk-canary-0123456789abcdef"], ["provider"]),
    ],
)
def test_provider_names(old, new):
    """A name is kept if it can be, and otherwise simplified; two never become one."""
    names = provider_names(old)
    assert [names[name] for name in old] == new


@given(st.lists(st.text(max_size=80), unique=True, max_size=6))
def test_every_name_becomes_a_valid_one(old):
    """The daemon accepts each name, and different providers stay different."""
    names = provider_names(old)
    for name in names.values():
        assert _name_problem(name, {}) is None
    different = {name.strip().lower() for name in old}
    assert len(set(names.values())) >= len(
        {"anthropic" if n == "claude" else "gemini" if n == "google" else n for n in different}
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("gpt-4o", "gpt-4o"),
        ("anthropic/claude-3.5-sonnet", "claude-3.5-sonnet"),
        ("my model", "my-model"),
        ("taken", None),
        ("", None),
        ("x" * 65, None),
        ("sk-canary-0123456789", None),
    ],
)
def test_alias_names(old, new):
    """An alias has no slash and no space, and no name twice."""
    assert alias_name(old, {"taken"}) == new


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("WORK_KEY", True),
        ("not a variable name", False),
        ("sk-canary-0123456789", False),
        ("AIzaCanary0123456789", False),
        ("", False),
    ],
)
def test_variables(name, expected):
    """A key in the place of a variable's name is not one."""
    assert is_variable(name) is expected


def test_tasks():
    """Names of presets are plain words."""
    assert is_task("code_review")
    assert not is_task("a b")
