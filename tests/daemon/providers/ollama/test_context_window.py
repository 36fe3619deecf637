"""The context window to request."""

import pytest

from aircherd.providers.ollama.context_window import (
    ANSWER_TOKENS,
    MIN_WINDOW,
    TOKENS_PER_IMAGE,
    estimated_tokens,
    window_for,
)
from aircherd.vocabulary.models import Model


def body(content: str, images: int = 0) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": content, "images": ["x" * 999_999] * images}]}


@pytest.mark.parametrize(
    ("letters", "max_tokens", "model_window", "window"),
    [
        (10, None, None, MIN_WINDOW),
        (10, 100, None, MIN_WINDOW),
        (10, 9000, None, 16_384),
        (30_000, None, None, 16_384),
        (30_000, 1, None, 16_384),
        (300_000, None, None, 131_072),
        (300_000, None, 40_960, 40_960),
        (10, None, 2048, 2048),
        (10, None, 131_072, MIN_WINDOW),
    ],
)
def test_window(
    letters: int, max_tokens: int | None, model_window: int | None, window: int
) -> None:
    """Powers of two from the minimum up to the model's maximum."""
    model = Model(id="m", window=model_window)
    assert window == window_for(body("x" * letters), max_tokens, model)


def test_a_full_step_is_not_doubled() -> None:
    """A prompt that fits exactly gets no larger window."""
    room = MIN_WINDOW - ANSWER_TOKENS
    fits = next(n for n in range(3 * room, 0, -1) if estimated_tokens(body("x" * n)) == room)
    assert window_for(body("x" * fits), None, Model(id="m")) == MIN_WINDOW
    assert window_for(body("x" * (fits + 3)), None, Model(id="m")) == 2 * MIN_WINDOW


def test_other_scripts_are_not_underestimated() -> None:
    """A character of three bytes counts as one token, as for most models."""
    assert estimated_tokens(body("\u6f22" * 3000)) >= 3000


def test_an_image_counts_a_fixed_number_of_tokens() -> None:
    """The size of its data does not matter."""
    assert estimated_tokens(body("x", 2)) - estimated_tokens(body("x")) == 2 * TOKENS_PER_IMAGE


def test_sound_counts_by_its_size() -> None:
    """A minute is more than a second."""
    sound = "UklGRiYAAABXQVZFZm10IBAAAAABAAEA" * 640
    message = {"role": "user", "content": "x", "images": [sound]}
    assert estimated_tokens({"messages": [message]}) - estimated_tokens(body("x")) == 20
