"""What of a client's body is refused, and what only the body says of a request's needs."""

import json

import pytest

from aircherd.chat.request.passages import check_passage, check_said, requirements_for
from aircherd.errors import BadRequest
from aircherd.providers.verbatim.passage import Passage
from aircherd.vocabulary.chat import ChatRequest, Message, Requirements
from aircherd.vocabulary.verbatim import VerbatimRequest


def passage_of(fields, **sent):
    body = json.dumps({"model": "m", **fields}).encode()
    return Passage(VerbatimRequest(**{"dialect": "openai_chat", "body": body} | sent))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"models": ["a", "b"]}, "models: .*alias"),
        ({"route": "fallback"}, "route"),
        ({"fallbacks": [{"model": "a"}]}, "fallbacks"),
        ({"Fallback_Models": ["a"]}, "Fallback_Models"),
        ({"preset": "mine"}, "preset"),
        ({"Model": "other"}, "Model: write model"),
        ({"n": 2}, "n: .*billed"),
        ({"best_of": 3}, "best_of"),
        ({"generationConfig": {"candidateCount": 2}}, "generationConfig.candidateCount"),
        ({"generation_config": {"candidate_count": 2}}, "generation_config.candidate_count"),
        ({"background": True}, "background"),
    ],
)
def test_what_is_the_daemons_to_decide_is_refused(fields, said):
    """Other models, several answers, a reply that is fetched later."""
    with pytest.raises(BadRequest, match=said):
        check_passage(passage_of(fields))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"models": [], "route": None, "n": 1, "background": False},
        {"provider": {"order": ["a"]}, "transforms": [], "novel": {"n": 2}},
        {"generationConfig": {"candidateCount": 1, "topK": 4}},
        {"metadata": {"model": "x"}, "tools": [{"model": "y"}]},
    ],
)
def test_all_else_is_the_clients(fields):
    """Fields that do not exist yet as well."""
    check_passage(passage_of(fields))


def test_what_no_provider_would_take_may_still_be_known_to_its_own():
    """It cannot be translated then, and the reason says why."""
    passage = passage_of({})
    check_said(passage, ChatRequest(messages=[]))
    assert "no question" in passage.request.unsaid
    passage = passage_of({}, unsaid="its own reason")
    check_said(passage, ChatRequest(messages=[]))
    assert passage.request.unsaid == "its own reason"
    passage = passage_of({})
    check_said(passage, ChatRequest(messages=[Message("user", "q")]))
    assert passage.request.unsaid is None


@pytest.mark.parametrize(
    ("fields", "unpriced"),
    [
        ({}, None),
        ({"service_tier": "auto"}, None),
        ({"service_tier": "priority"}, "service_tier"),
        ({"tools": [{"type": "web_search_20250305", "name": "w"}]}, "web_search_20250305"),
        ({"tools": [{"name": "f", "input_schema": {}}]}, None),
        ({"plugins": [{"id": "web"}]}, "plugins"),
        ({"prompt": "a question to Ollama"}, None),
        ({"prompt": {"id": "p"}}, "prompt"),
    ],
)
def test_prices_that_only_the_body_says(fields, unpriced):
    """They matter under limits; without them nothing is decoded."""
    known, passage = Requirements(input_tokens=3), passage_of(fields)
    assert requirements_for(passage, known, has_limits=False) is known
    found = requirements_for(passage, known, has_limits=True)
    assert found.input_tokens == 3
    assert (unpriced in found.unpriced) if unpriced else found.unpriced is None


@pytest.mark.parametrize("has_limits", [False, True])
def test_thinking_and_sampling_are_wishes(has_limits):
    """Tools ask for them whatever the model is; all else is required."""
    known = Requirements(abilities=("tools", "reasoning", "images", "sampling"), input_tokens=3)
    found = requirements_for(passage_of({}), known, has_limits=has_limits)
    assert found.abilities == ("tools", "images")


def test_embeddings_need_no_abilities():
    """They have no output to reserve for."""
    passage = passage_of({}, operation="embeddings")
    found = requirements_for(
        passage, Requirements(abilities=("tools",), input_tokens=3), has_limits=True
    )
    assert found == Requirements(input_tokens=3, output_tokens=1, embeds=True)
