"""One model in full, and lists of models."""

from aircher_cli.render.layout import Line
from aircher_cli.render.models.details import detail_lines, list_lines

Map = dict[str, object]

SONNET: Map = {
    "provider": "anthropic",
    "model": "claude-sonnet-5",
    "name": "Claude Sonnet 5",
    "window": 1_000_000,
    "max_output": 64_000,
    "prices": {
        "input": "3",
        "output": "15",
        "cached": "0.3",
        "tiers": [{"above": 200_000, "input": "6", "output": "22.5"}],
    },
    "tools": True,
    "images": True,
    "documents": True,
    "reasoning": True,
    "json_schema": True,
    "sampling": False,
    "state": "authenticated",
    "is_default": True,
    "aliases": ["sonnet"],
    "source": ["shipped", "provider"],
}
LLAMA: Map = {"provider": "ollama", "model": "llama3.2", "state": "not_required"}


def plain(lines: list[Line]) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in lines]


def test_one_model_in_full() -> None:
    """It has all facts and every price."""
    assert plain(detail_lines(SONNET, 70)) == [
        "anthropic/claude-sonnet-5",
        "name         Claude Sonnet 5",
        "provider     signed in",
        "used as      the default, alias sonnet",
        "window       1,000,000 tokens",
        "output       64,000 tokens",
        "price        $3 input, $15 output, $0.30 cached input; per million",
        "             tokens",
        "over 200k    $6 input, $22.50 output; per million tokens",
        "tools        yes",
        "images       yes",
        "documents    yes",
        "sound        unknown",
        "reasoning    yes",
        "JSON schema  yes",
        "temperature  no",
        "known from   aircher's own catalogue and the provider's list",
    ]


def test_unknown_facts_are_shown_as_unknown() -> None:
    """Unknown is not the same as no."""
    lines = plain(detail_lines(LLAMA, 70))
    assert "tools        unknown" in lines
    assert "price        unknown" in lines
    assert "window       unknown" in lines


def test_what_is_known_of_few_models_is_left_out_if_unknown() -> None:
    """The date of release, the measured speed, and that a model is for something else."""
    model = {**LLAMA, "released": "2025-09", "latency_s": 0.84, "chats": False}
    text = "\n".join(plain(detail_lines(model, 80)))
    assert "used as      not for chats" in text
    assert "speed        0.8 s to the first output, in the last hour" in text
    assert "released     2025-09" in text
    assert "released" not in "\n".join(plain(detail_lines(LLAMA, 80)))


def test_list_lines() -> None:
    """Each list has its age; an error says which list stays in use."""
    lists: list[Map] = [
        {"provider": "anthropic", "fetched_at": 1000.0},
        {"provider": "work", "error": "no server listens", "fetched_at": 400.0},
        {"provider": "spare", "error": "the key was refused"},
    ]
    assert plain(list_lines(lists, 80, now=1001.0)) == [
        "✓ anthropic  fetched just now",
        "✗ work       no server listens; using the list fetched 10 min ago",
        "✗ spare      the key was refused",
    ]
