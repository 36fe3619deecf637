import pytest

from aircher_cli.picker.view.listing.release_order import (
    by_version,
    estimated_days,
    family_and_version,
)


@pytest.mark.parametrize(
    ("model", "words", "version"),
    [
        ("claude-opus-4-5", ("claude", "opus"), (4, 5)),
        ("claude-3-opus-latest", ("claude", "opus"), (3,)),
        ("anthropic/claude-3.5-sonnet", ("claude", "sonnet"), (3, 5)),
        ("gpt-4o-2024-05-13", ("gpt", "o"), (4,)),
        ("gpt-3.5-turbo-0613", ("gpt", "turbo"), (3, 5)),
        ("meta-llama/Llama-3.3-70B-Instruct", ("llama", "instruct"), (3, 3)),
        ("mixtral-8x7b", ("mixtral",), ()),
        ("gemini-2.5-pro-preview", ("gemini", "pro"), (2, 5)),
        ("", (), ()),
        ("漢字", (), ()),
    ],
)
def test_families_and_versions(model, words, version):
    """Dates and sizes are no versions, and the organisation is not a part of the family."""
    assert family_and_version(model) == (words, version)


def test_larger_versions_come_first_under_the_first_word():
    """A version that goes on is larger; the same version is ordered by name."""
    models = ["o1", "gpt-5-mini", "gpt-5", "gpt-5.4", "gpt-10", "gpt-5.4-pro"]
    assert sorted(models, key=by_version) == [
        "gpt-10", "gpt-5.4", "gpt-5.4-pro", "gpt-5", "gpt-5-mini", "o1",
    ]  # fmt: skip


DATED = {"claude-haiku-4-5": 100, "claude-opus-4-8": 300, "claude-opus-4-1": 50}


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("claude-haiku-5-5", 100.5),  # after its own family
        ("claude-opus-4-5", 50.5),  # between two versions
        ("claude-opus-3", 49.5),  # before all of them
        ("claude-mythos-5", 300.5),  # a new family: after all with the same first word
        ("claude-2", 49.5),
    ],
)
def test_a_release_is_estimated_from_the_family(model, day):
    """Newer than lower versions, older than higher ones."""
    assert estimated_days(DATED, [model]) == {model: day}


@pytest.mark.parametrize("model", ["gemma-3", "4711", ""])
def test_nothing_is_estimated_without_relatives(model):
    """Then the order is by name."""
    assert estimated_days(DATED, [model]) == {}
