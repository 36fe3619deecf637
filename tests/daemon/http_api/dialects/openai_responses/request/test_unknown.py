"""Fields that are not known here."""

import pytest

from helpers.http_api.responses_api import QUESTION, chat_of, read, unsaid


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"brand_new": 1}, "brand_new"),
        ({"text": {"tone": "dry"}}, "text.tone"),
        ({"reasoning": {"budget": 3}}, "reasoning.budget"),
        ({"input": [{**QUESTION, "mood": "good"}]}, "input[0].mood"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_text", "text": "a", "x": 1}]}]},
            "input[0].content[0].x",
        ),
    ],
)
def test_a_new_field_is_for_openai_alone(fields: dict[str, object], sent: str) -> None:
    """It is named, and the request goes only where it may be known."""
    assert unsaid(**fields) == sent


@pytest.mark.parametrize("nothing", [None, [], {}])
def test_a_new_field_that_says_nothing_does_not_matter(nothing: object) -> None:
    """SDKs may send null."""
    assert unsaid(brand_new=nothing, input=[{**QUESTION, "mood": nothing}]) is None


def test_the_rest_is_read_all_the_same() -> None:
    """The price and the size of the request depend on it."""
    chat = read(brand_new=1, instructions="Be brief.").chat
    assert (chat.system, len(chat.messages)) == ("Be brief.", 1)


def test_an_address_may_be_nested_as_in_chat_completions() -> None:
    """Some tools mix the two."""
    image = {"type": "input_image", "image_url": {"url": "https://example.org/a.png"}}
    chat = chat_of({"role": "user", "content": [image]})
    (part,) = chat.messages[1].content
    assert part.url == "https://example.org/a.png"  # type: ignore[union-attr]


def test_the_inside_of_other_items_does_not_matter() -> None:
    """They are left out, or noted, as a whole."""
    past = {"type": "web_search_call", "id": "ws_1", "action": {"type": "search", "query": "x"}}
    picture = {"type": "image_generation_call", "id": "ig_1", "size": "1x1", "result": None}
    assert unsaid(input=[QUESTION, past, picture]) is None
    assert unsaid(input=[QUESTION, {"type": "brand_new", "x": 1}]) == 'input[1].type "brand_new"'
