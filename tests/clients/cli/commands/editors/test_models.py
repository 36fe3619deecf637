"""The models that an editor gets."""

import pytest

from aircher_cli.commands.editors.models import ASSUMED_WINDOW, models_for_editor
from aircher_cli.exit_codes import UsageError


def row(provider, model, **more):
    return {"provider": provider, "model": model, "state": "authenticated", **more}


BIG = row("work", "big", window=400_000, max_output=128_000, tools=True, images=True, name="Big")
SMALL = row("local", "small", window=32_000, max_output=4_000, tools=False, state="not_required")
CLOSED = row("other", "closed", state="not_configured", window=200_000)
EMBEDS = row("work", "embed", chats=False)
LISTED = {
    "models": [SMALL, BIG, CLOSED, EMBEDS],
    "aliases": [
        {"name": "chain", "routes": ["work/big", "local/small"]},
        {"name": "gone", "routes": ["other/closed"]},
    ],
    "default": "work/big",
}


def test_the_default_is_first_and_what_cannot_answer_is_left_out():
    """Then the aliases that can be answered, then the others."""
    assert [each.name for each in models_for_editor(LISTED)] == ["work/big", "chain", "local/small"]


def test_all_of_them():
    """But for those that do not chat."""
    names = [each.name for each in models_for_editor(LISTED, every=True)]
    assert names == ["work/big", "chain", "gone", "local/small", "other/closed"]


def test_an_alias_promises_what_all_of_its_models_can_do():
    """The smallest window, and no pictures if one cannot see them."""
    [chain] = models_for_editor(LISTED, ["chain"])
    assert (chain.window, chain.output) == (32_000, 4_000)
    assert (chain.tools, chain.images, chain.is_window_known) == (False, False, True)


def test_figures_of_a_model():
    """The question leaves room for the answer."""
    [big] = models_for_editor(LISTED, ["work/big"])
    assert (big.title, big.window, big.output, big.input) == ("Big", 400_000, 128_000, 272_000)


def test_what_is_not_known():
    """A window is assumed, and tools: most models can call them, and editors need a word."""
    [model] = models_for_editor({"models": [row("a", "b")]})
    assert (model.window, model.is_window_known) == (ASSUMED_WINDOW, False)
    assert (model.tools, model.images) == (True, False)


def test_a_name_that_is_none():
    """The closest one is suggested."""
    with pytest.raises(UsageError, match="did you mean chain"):
        models_for_editor(LISTED, ["chian"])


def test_models_of_the_same_title():
    """Their names tell them apart."""
    rows = [row("a", "m", name="M"), row("b", "m", name="M"), row("c", "n", name="N")]
    titles = [model.title for model in models_for_editor({"models": rows})]
    assert titles == ["a/m", "b/m", "N"]


def test_nothing():
    """A daemon without models."""
    assert models_for_editor({}) == []
