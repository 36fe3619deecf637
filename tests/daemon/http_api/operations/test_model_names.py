"""What names of models stand for."""

import json

import pytest

from aircherd.config.model import Alias, Config, Http, Route
from aircherd.errors import BadRequest
from aircherd.http_api.operations.model_names import (
    find_pattern,
    listed_names,
    names_in_tools,
    resolve_name,
)
from helpers.chat import A, B

MODELS = {
    "claude-haiku-5": "fast",
    "claude-opus-*": "a/deep",
    "claude-*": "sonnet",
    "*mini*": "b/small",
    "main": "other",
}
CONFIG = Config(
    providers={"a": A, "b": B},
    models={name: Alias(name, (Route("a", "m"),)) for name in ("claude-mine", "sonnet")},
    http=Http(models=MODELS),
)


@pytest.mark.parametrize(
    ("name", "stands_for"),
    [
        ("claude-haiku-5", "fast"),
        ("claude-haiku-5-5", "sonnet"),
        ("claude-opus-5", "a/deep"),
        ("claude-mine", "claude-mine"),  # an alias
        ("a/claude-x-mini", "a/claude-x-mini"),  # named with its provider
        ("x/gpt-mini", "b/small"),  # which is no provider
        ("a@work/mini", "a@work/mini"),
        ("main", "other"),
        ("gpt-5", "gpt-5"),
        ("claude-*", "sonnet"),
        ("", ""),
        (None, None),
    ],
)
def test_order(name, stands_for):
    """Names without a star, then what the user named, then the first pattern that matches."""
    assert resolve_name(name, CONFIG) == stands_for


def test_only_stars_are_special():
    """All other characters stand for themselves."""
    assert find_pattern("a.b", {"a.*": "x"}) == "x"
    assert find_pattern("axb", {"a.*": "x"}) is None
    assert find_pattern("a[b]c", {"*[b]*": "x"}) == "x"
    assert find_pattern("line\nbreak", {"*": "x"}) == "x"


def test_names_to_list():
    """Patterns are no names."""
    assert listed_names(CONFIG) == [("claude-haiku-5", "fast"), ("main", "other")]


SCHEMA = {"type": "object", "properties": {"model": {"default": "x"}}, "model": "x"}


@pytest.mark.parametrize(
    ("tools", "names"),
    [
        ([{"type": "advisor_20260301", "name": "advisor", "model": "big"}], ["big"]),
        ([{"type": "image_generation", "model": "pictures"}], ["pictures"]),
        ([{"type": "openrouter:subagent", "parameters": {"model": "big"}}], ["big"]),
        ([{"id": "fusion", "analysis_models": ["a", "b"]}], ["a", "b"]),
        ([{"type": "web_search"}], []),
        ([{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}], []),
        ([{"name": "f", "input_schema": SCHEMA}], []),
        ([{"type": "custom", "name": "f", "input_schema": SCHEMA}], []),
        ([7, None, [], {"type": "advisor_20260301", "model": "big"}], ["big"]),
        ({"model": "x"}, []),
        (None, []),
    ],
)
def test_models_that_the_tools_of_a_provider_ask(tools, names):
    """Not those in the schemas of the client's own tools."""
    assert list(names_in_tools(json.dumps(tools).encode())) == names


def test_tools_of_a_provider_that_are_too_large_are_refused():
    """Looking through them would keep all other clients waiting; those of the client may be."""
    many = [{"type": "advisor", "x": [{}] * 100} for _ in range(1000)]
    with pytest.raises(BadRequest, match="tools: those of a provider"):
        list(names_in_tools(json.dumps(many).encode()))
    own = [{"type": "function", "function": {"x": [{}] * 100}} for _ in range(1000)]
    assert not list(names_in_tools(json.dumps(own).encode()))
