"""Fields that `extra` must not contain, because the request itself decides them."""

import pytest

from aircherd.chat.request.extra_fields import check_extra
from aircherd.errors import BadRequest


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"model": "other"}, "extra.model: is not allowed in extra: use model"),
        ({"models": ["a", "b"]}, "extra.models: is not allowed in extra: use model"),
        ({"MODEL": "other"}, "extra.MODEL: is not allowed in extra: use model"),
        ({"me\u017f\u017fages": []}, "extra.me\u017f\u017fages: is not allowed in extra: use"),
        ({"bac\u212aground": True}, "extra.bac\u212aground: is not allowed in extra: leave it out"),
        ({"prompt": "x"}, "extra.prompt: is not allowed in extra: use messages"),
        ({"prompt": ["x"]}, "extra.prompt: "),
        ({"n": True}, "extra.n: "),
        ({"stream": False}, "extra.stream: is not allowed in extra: use stream"),
        ({"stream_options": {}}, "extra.stream_options: is not allowed in extra: leave it out"),
        ({"background": True}, "extra.background: is not allowed in extra: leave it out"),
        ({"n": 4}, "extra.n: is not allowed in extra: leave it out: only one answer is read"),
        ({"max_tokens": 9}, "extra.max_tokens: is not allowed in extra: use max_tokens"),
        ({"max_completion_tokens": 9}, "extra.max_completion_tokens: "),
        ({"max_output_tokens": 9}, "extra.max_output_tokens: "),
        ({"messages": []}, "extra.messages: is not allowed in extra: use messages"),
        ({"input": "x"}, "extra.input: "),
        ({"contents": []}, "extra.contents: "),
        ({"previous_response_id": "r"}, "extra.previous_response_id: "),
        ({"generationConfig": {"maxOutputTokens": 9}}, "extra.generationConfig.maxOutputTokens: "),
        ({"generation_config": {"candidate_count": 2}}, "extra.generation_config.candidate_count"),
        (
            {"options": {"num_predict": -1}},
            "extra.options.num_predict: is not allowed in extra: use",
        ),
        ({"seed": 1, "num_predict": 3}, "extra.num_predict: "),
    ],
)
def test_fields_of_the_request_are_refused(extra, expected):
    """All spellings that vendors accept count, and the message says what to use instead."""
    with pytest.raises(BadRequest) as caught:
        check_extra(extra)
    assert caught.value.message.startswith(expected)


@pytest.mark.parametrize(
    "extra",
    [
        {"seed": 1, "top_k": 3, "metadata": {"model": "m", "n": 1}},
        {"tools": [{"type": "web_search", "max_tokens": 3}], "system": [{"text": "x"}]},
        {"generationConfig": {"seed": 7, "topK": 1, "model": "m"}},
        {"options": {"num_ctx": 4096, "stream": 1}, "keep_alive": 0},
        {"options": "fast", "generationConfig": None},
        {"provider": {"order": ["a"]}, "service_tier": "flex", "store": True},
        {"prompt": {"id": "pmpt_1", "version": "2"}},
        {"n": 1, "best_of": 1, "generationConfig": {"candidateCount": 1}},
    ],
)
def test_other_fields_are_accepted(extra):
    """The same names may mean something else, or have a harmless value."""
    check_extra(extra)
