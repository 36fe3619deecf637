"""The quirks of the known servers."""

from typing import get_args

import pytest

from aircherd.providers.openai_chat.adapter import OpenAIChat
from aircherd.providers.openai_chat.vendors import is_openai
from aircherd.vocabulary.chat import Effort
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import a_provider, a_request, built_request, sent_body

BOX = "http://gpu-box:8000/v1"
OFF = {"thinking": {"type": "disabled"}}


def effort_fields(base_url: str, effort: Effort, model: str = "m") -> dict[str, object]:
    """Return what a request with an effort has more than one without."""
    provider = a_provider(base_url=base_url)

    def body(**fields: object) -> dict[str, object]:
        call = built_request(OpenAIChat(), provider, a_request(**fields), Model(id=model), None)
        return sent_body(call)

    plain = body()
    return {
        name: value for name, value in body(reasoning=effort).items() if plain.get(name) != value
    }


@pytest.mark.parametrize(
    ("base_url", "model", "known"),
    [
        ("https://api.openai.com/v1", "m", "none minimal low medium high xhigh max"),
        (BOX, "m", "none low low medium high high high"),
        (BOX, "openai/gpt-oss-20b", "low low low medium high high high"),
        ("https://api.mistral.ai/v1", "m", "none none high high high high high"),
        ("https://api.groq.com/openai/v1", "m", "none low low medium high high high"),
        (
            "https://api.groq.com/openai/v1",
            "openai/gpt-oss-120b",
            "low low low medium high high high",
        ),
        (
            "https://api.groq.com/openai/v1",
            "qwen/qwen3-32b",
            "none default default default default default default",
        ),
        ("https://api.cerebras.ai/v1", "m", "none low low medium high high high"),
        ("https://api.x.ai/v1", "grok-4.3", "none low low medium high high high"),
        (
            "https://generativelanguage.googleapis.com/v1beta/openai",
            "gemini-2.5-flash",
            "none minimal low medium high high high",
        ),
    ],
)
def test_an_effort_becomes_the_nearest_that_the_server_knows(
    base_url: str, model: str, known: str
) -> None:
    """`none` stays `none` where thinking can be turned off."""
    sent = [
        effort_fields(base_url, effort, model)["reasoning_effort"] for effort in get_args(Effort)
    ]
    assert known.split() == sent


@pytest.mark.parametrize(
    ("base_url", "fields"),
    [
        ("https://api.deepseek.com/v1", OFF),
        ("https://api.z.ai/api/paas/v4", OFF),
        ("https://open.bigmodel.cn/api/paas/v4", OFF),
        ("https://api.moonshot.ai/v1", OFF),
        ("https://api.moonshot.cn/v1", OFF),
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", {"enable_thinking": False}),
        ("https://api.together.ai/v1", {"reasoning": {"enabled": False}}),
        ("https://api.together.xyz/v1", {"reasoning": {"enabled": False}}),
    ],
)
def test_some_vendors_turn_thinking_off_by_a_field_of_their_own(
    base_url: str, fields: dict[str, object]
) -> None:
    """Any other effort is an effort there too, and so is `none` for a model that always thinks."""
    assert effort_fields(base_url, "none") == fields
    assert effort_fields(base_url, "high") == {"reasoning_effort": "high"}
    assert effort_fields(base_url, "none", "gpt-oss-20b") == {"reasoning_effort": "low"}


def test_deepseek_has_three_steps() -> None:
    """They are those of its documentation."""
    url = "https://api.deepseek.com/v1"
    sent = [effort_fields(url, effort)["reasoning_effort"] for effort in get_args(Effort)[1:]]
    assert sent == ["low", "low", "high", "high", "max", "max"]


@pytest.mark.parametrize(
    ("base_url", "is_it"),
    [
        ("https://api.openai.com/v1", True),
        ("https://API.OpenAI.com:443/v1", True),
        ("https://eu.api.openai.com/v1", True),
        ("https://api.openai.com.example.org/v1", False),
        ("https://notapi.openai.com/v1", False),
        (BOX, False),
    ],
)
def test_is_openai(base_url: str, is_it: bool) -> None:
    """OpenAI is recognised by its host, in every region."""
    assert is_it is is_openai(a_provider(base_url=base_url))
