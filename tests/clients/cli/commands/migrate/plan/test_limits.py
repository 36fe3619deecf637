"""Budgets become limits if they were chosen."""

import pytest

from aircher_cli.commands.migrate.old_files.configs import read_old_config
from aircher_cli.commands.migrate.plan.limits import plan_limits
from aircher_cli.commands.migrate.plan.providers import plan_providers


def limits(text):
    config = read_old_config(f"[cost]\n{text}".encode(), "old.toml")
    notes = []
    sections = plan_limits(config, plan_providers(config, set()), notes)
    return [{e.name: e.value for e in section.entries} for section in sections], notes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("monthly_budget = 55.0\n", [{"usd": 55.0, "per": "month"}]),
        ("daily_limit = 3\n", [{"usd": 3.0, "per": "day"}]),
        (
            "[cost.provider_limits]\nclaude = 4.5\n",
            [{"provider": "anthropic", "usd": 4.5, "per": "day"}],
        ),
        (
            "daily_limit = 9.0\nalert_threshold = 0.6\n",
            [{"usd": 9.0, "per": "day", "warn_at": 0.6}],
        ),
        ("daily_limit = 9.0\nalert_threshold = 0.8\n", [{"usd": 9.0, "per": "day"}]),
    ],
)
def test_chosen_budgets(text, expected):
    """A budget that differs from the default is a limit."""
    assert limits(text) == (expected, [])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("monthly_budget = 30.0\n", "default"),
        ("daily_limit = 2.0\n", "default"),
        ("[cost.provider_limits]\nclaude = 3.0\n", "default"),
        ("[cost.provider_limits]\nopenai = 5.0\n", "default"),
        ("[cost.provider_limits]\ngemini = 2.0\n", "default"),
        ("[cost.provider_limits]\nollama = 0.0\n", "no_counterpart"),
        ("monthly_budget = 0\n", "no_counterpart"),
        ("monthly_budget = -1.0\n", "problem"),
        ("monthly_budget = 1.00000000001\n", "problem"),
        ("[cost.provider_limits]\nmistral = 1.0\n", "problem"),
        ("alert_threshold = 0.6\n", "no_counterpart"),
        ("daily_limit = 2.0\nalert_threshold = 7.0\n", "default"),
    ],
)
def test_budgets_that_are_not_carried_over(text, kind):
    """Defaults that were not chosen, zero, and what is impossible are listed."""
    found, notes = limits(text)
    assert found == []
    assert notes[0].kind == kind


def test_two_limits_of_one_provider():
    """The new configuration refuses two limits on the same, so the first is carried over."""
    found, notes = limits("[cost.provider_limits]\nclaude = 4.0\nanthropic = 5.0\n")
    assert found == [{"provider": "anthropic", "usd": 4.0, "per": "day"}]
    assert [note.kind for note in notes] == ["problem"]
