import pytest

from aircherd.chat.request.requirements import requirements_of
from aircherd.chat.request.validation import check_request
from aircherd.http_api.dialects.openai_chat.fields import DROPPED
from aircherd.http_api.problem import RequestProblem
from helpers.http_api.chat_dialect import read


@pytest.mark.parametrize("name", sorted(DROPPED))
def test_hints_are_dropped(name: str) -> None:
    """What does not change the answer keeps no provider from answering."""
    assert read(**{name: "anything"}).verbatim.unsaid is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("audio", {"voice": "alloy", "format": "wav"}),
        ("frequency_penalty", 0.5),
        ("function_call", {"name": "weather"}),
        ("functions", [{"name": "weather"}]),
        ("logit_bias", {"50256": -100}),
        ("logprobs", True),
        ("moderation", {"model": "omni"}),
        ("plugins", [{"id": "web"}]),
        ("presence_penalty", -1),
        ("service_tier", "priority"),
        ("top_k", 40),
        ("top_logprobs", 3),
        ("web_search_options", {"search_context_size": "low"}),
        ("web_search_options", {}),  # searches as usual
    ],
)
def test_what_has_no_word_is_named(name: str, value: object) -> None:
    """What changes the answer and has no word of ours is for providers of this API."""
    assert read(**{name: value}).verbatim.unsaid == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("frequency_penalty", 0),
        ("presence_penalty", 0.0),
        ("logit_bias", {}),
        ("logprobs", False),
        ("top_logprobs", 0),
        ("functions", []),
        ("function_call", "none"),
        ("service_tier", "auto"),
        ("service_tier", "default"),
        ("web_search_options", None),
    ],
)
def test_what_does_nothing_is_not_named(name: str, value: object) -> None:
    """Some clients send every field, with the value that does nothing."""
    assert read(**{name: value}).verbatim.unsaid is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 2),
        ("n", 0),
        ("best_of", 3),
        ("models", ["a"]),
        ("fallbacks", [{"model": "a"}]),
        ("fallback_models", ["a"]),
    ],
)
def test_what_no_request_may_have(name: str, value: object) -> None:
    """Several answers, or another model than the one that was checked, are refused by name."""
    with pytest.raises(RequestProblem) as raised:
        read(**{name: value})
    assert raised.value.problem.param == name


def test_one_answer_is_what_all_give() -> None:
    """`n: 1` is not refused: LangChain and LibreChat send it."""
    assert read(n=1, best_of=1, models=[]).verbatim.unsaid is None


def test_what_has_a_price_of_its_own_is_known_to_the_limits() -> None:
    """A tier or a search makes the cost unknown, also where the body goes as it came."""
    chat = read(service_tier="priority", web_search_options={}, plugins=[{"id": "web"}]).chat
    assert chat.extra == {
        "plugins": '[{"id": "web"}]',
        "service_tier": "priority",
        "web_search_options": "{}",
    }
    assert requirements_of(chat).unpriced == "extra.plugins"
    assert requirements_of(read(service_tier="priority").chat).unpriced is not None
    assert requirements_of(read(service_tier="flex").chat).unpriced is None
    check_request(chat)
