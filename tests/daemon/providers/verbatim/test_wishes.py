"""Thinking, sampling and bounds of searches of HTTP clients are wishes."""

import msgspec
import pytest

from aircherd.errors import ProviderFailed
from aircherd.providers.verbatim.wishes import build_as_wished
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.models import Model

REQUEST = ChatRequest(messages=[Message("user", "Hi")], reasoning="high")


class Builder:
    """Builds requests, and refuses some."""

    def __init__(self, refuses=(), kind=FailureClass.UNSUPPORTED):
        self.asked = []
        self._refuses = refuses
        self._kind = kind

    def __call__(self, request):
        self.asked.append(request.reasoning)
        if request.reasoning in self._refuses:
            raise ProviderFailed(Failure(kind=self._kind, message=f"no {request.reasoning}"))
        return request.reasoning


@pytest.mark.parametrize(
    ("reasoning", "can_think", "refuses", "asked"),
    [
        (None, False, (), [None]),
        ("none", False, (), ["none"]),
        ("high", None, (), ["high"]),
        ("high", True, (), ["high"]),
        ("high", False, (), [None]),
        ("high", None, ("high",), ["high", None]),
    ],
)
def test_thinking_is_left_out_where_it_cannot_be_had(reasoning, can_think, refuses, asked):
    """If the model is known not to think, or its adapter says so."""
    request = ChatRequest(messages=REQUEST.messages, reasoning=reasoning)
    build = Builder(refuses)

    assert build_as_wished(build, request, Model(id="m", reasoning=can_think)) == asked[-1]
    assert build.asked == asked


def test_another_reason_stays():
    """What was not for the thinking fails again, and says why."""
    build = Builder(("high", None))

    with pytest.raises(ProviderFailed, match="no None"):
        build_as_wished(build, REQUEST, Model(id="m"))


def test_a_request_that_is_wrong_is_built_once():
    """It would be wrong without thinking, too."""
    build = Builder(("high",), FailureClass.BAD_REQUEST)

    with pytest.raises(ProviderFailed, match="no high"):
        build_as_wished(build, REQUEST, Model(id="m"))
    assert build.asked == ["high"]


@pytest.mark.parametrize(
    ("model", "refused", "kept"),
    [
        (Model(id="m"), (), {"temperature", "top_p", "reasoning"}),
        (Model(id="m", sampling=False), (), {"reasoning"}),
        (Model(id="m", sampling=False, reasoning=False), (), set()),
        (Model(id="m", reasoning=False), (), {"temperature", "top_p"}),
        (Model(id="m"), ("temperature",), {"reasoning"}),
        (Model(id="m"), ("temperature", "reasoning"), set()),
    ],
)
def test_sampling_is_left_out_where_it_cannot_be_had(model, refused, kept):
    """If the model is known not to take it, or its adapter says so. Thinking matters more."""
    request = msgspec.structs.replace(REQUEST, temperature=0.7, top_p=0.5)

    def build(asked):
        found = {
            name
            for name in ("temperature", "top_p", "reasoning")
            if getattr(asked, name) is not None
        }
        if found & set(refused):
            failure = Failure(kind=FailureClass.UNSUPPORTED, message="no")
            raise ProviderFailed(failure)
        return found

    assert build_as_wished(build, request, model) == kept


SEARCH = Tool(type="web_search", max_uses=8, allowed_domains=["a.test"])
FREE = Tool(type="web_search", allowed_domains=["a.test"])
READ = Tool("read")


@pytest.mark.parametrize(
    ("tools", "choice", "least", "chosen"),
    [
        ([SEARCH], "required", [FREE], None),
        ([SEARCH], "none", [FREE], "none"),
        ([READ, SEARCH], "required", [READ, FREE], "required"),
    ],
)
def test_a_search_is_free_where_it_cannot_be_bounded(tools, choice, least, chosen):
    """Its bound and the order to search are wishes; where it may search is not."""
    request = msgspec.structs.replace(REQUEST, tools=tools, tool_choice=choice)
    asked = []

    def build(request):
        asked.append(request)
        if any(tool.max_uses for tool in request.tools):
            raise ProviderFailed(Failure(kind=FailureClass.UNSUPPORTED, message="no max_uses"))
        return request

    built = build_as_wished(build, request, Model(id="m"))

    assert (built.tools, built.tool_choice, built.reasoning) == (least, chosen, "high")
    assert asked == [request, built]


def test_tools_without_a_bound_are_built_once():
    """There is nothing to leave out."""
    request = ChatRequest(messages=REQUEST.messages, tools=[READ], tool_choice="required")
    build = Builder((None,))

    with pytest.raises(ProviderFailed):
        build_as_wished(build, request, Model(id="m"))
    assert build.asked == [None]
