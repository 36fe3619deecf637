import pytest

from aircher_cli.picker.view.listing.model_facts import FactReader
from aircher_cli.picker.view.listing.ordering import SORTS, next_sort, sort_facts
from helpers.picker.views import a_model, a_view

MODELS = [
    a_model("a/unknown"),
    a_model("a/dear", prices={"input": "10", "output": "30"}, window=100, latency_s=0.5),
    a_model("a/cheap", prices={"input": "1", "output": "2"}, window=50, latency_s=2),
    a_model("a/free", prices={"input": "0", "output": "0"}, window=200, released="2026-01"),
    a_model("a/old", released="2024-05-06"),
]
FACTS, _ = FactReader().read(a_view(MODELS))


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("best", ["free", "old", "cheap", "dear", "unknown"]),
        ("price", ["free", "cheap", "dear", "old", "unknown"]),
        ("window", ["free", "dear", "cheap", "old", "unknown"]),
        ("speed", ["dear", "cheap", "free", "old", "unknown"]),
        ("something else", ["free", "old", "cheap", "dear", "unknown"]),
    ],
)
def test_rows_are_sorted_with_unknown_values_last(sort, names):
    """Newest, cheapest, largest or fastest first; others by their date, then by name."""
    assert [facts.model for facts in sort_facts(FACTS, sort)] == names


def test_a_key_steps_through_the_orders():
    """After the last one it begins again."""
    assert [next_sort(sort) for sort in (*SORTS, "what")] == [*SORTS[1:], SORTS[0], SORTS[0]]
