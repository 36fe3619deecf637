"""What differs between servers of chat completions: efforts and ids."""

import re

import pytest

from aircherd.providers.chat_completions.quirks import (
    ANY_ID,
    EVERY_EFFORT,
    Quirks,
    effort_of,
    nearest_efforts,
    openai_effort,
    safe_id,
)
from aircherd.vocabulary.chat import Effort
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import a_request

QUIRKS = Quirks(name="it", efforts=EVERY_EFFORT)
MODEL = Model(id="m")
_NINE = re.compile(r"[A-Za-z0-9]{9}")


@pytest.mark.parametrize(
    ("requested", "can_think", "sent"),
    [
        (None, None, None),
        ("low", None, "low"),
        ("low", False, "low"),
        ("none", None, "none"),
        ("none", True, "none"),
        ("none", False, None),
    ],
)
def test_effort(requested: Effort | None, can_think: bool | None, sent: str | None) -> None:
    """An effort becomes the server's; models that cannot think get none."""
    model = Model(id="m", reasoning=can_think)
    assert sent == effort_of(a_request(reasoning=requested), model, QUIRKS)


def test_safe_ids() -> None:
    """A matching id stays; any other becomes the same nine letters and digits every time."""
    odd = "call:1\ud800"
    assert odd == safe_id(odd, ANY_ID)
    nine = safe_id(odd, _NINE)
    assert _NINE.fullmatch(nine)
    assert nine == safe_id(odd, _NINE) != safe_id("call:2", _NINE)
    assert nine == safe_id(nine, _NINE)


@pytest.mark.parametrize(
    ("model", "effort", "sent"),
    [
        ("o3", "none", "low"),
        ("o4-mini", "max", "high"),
        ("gpt-5", "none", "minimal"),
        ("gpt-5-mini", "xhigh", "high"),
        ("gpt-5.1", "minimal", "none"),
        ("gpt-5.5", "max", "max"),
        ("openai/o3", "xhigh", "high"),
        ("brand-new", "xhigh", "xhigh"),
    ],
)
def test_an_older_model_gets_the_nearest_effort_it_knows(model, effort, sent):
    """It would answer 400 to any other."""
    assert openai_effort(model, effort) == sent


@pytest.mark.parametrize(
    ("efforts", "expected"),
    [
        (nearest_efforts("none", "low", "high"), "none low low low high high high"),
        (nearest_efforts("low", "high"), "low low low low high high high"),
        (nearest_efforts("none", every="on"), "none on on on on on on"),
        (nearest_efforts("none", "high", minimal="none"), "none none high high high high high"),
    ],
)
def test_the_nearest_effort_never_turns_thinking_off(
    efforts: dict[Effort, str], expected: str
) -> None:
    """Unless nothing but that was asked for, or an exception says so."""
    assert list(efforts.values()) == expected.split()
