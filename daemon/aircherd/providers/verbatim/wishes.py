"""Thinking, sampling and how to search as an HTTP client asks for them: only where they can be had.

Tools ask for them whatever the model is: Claude Code and Gemini CLI for thinking with every
request, and its model may be a small one on this machine; LangChain sends Gemini's models a
temperature, which the newest models refuse. Claude Code's search of the web is a request with that
tool alone, forced, and at most eight times; Gemini and OpenRouter search, but take neither bound
nor order. On the socket these are conditions instead: another model is asked.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import msgspec

from aircherd.errors import ProviderFailed
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model

T = TypeVar("T")

WISHES: Final = ("reasoning", "sampling")
"""The abilities that requests of HTTP clients do not require."""


def build_as_wished(build: Callable[[ChatRequest], T], request: ChatRequest, model: Model) -> T:
    """Return what `build` makes of a translated request, with as much of its wishes as can be had.

    Raises:
        ProviderFailed: it cannot be built without them either.
    """
    if _thinks(request) and model.reasoning is False:
        request = _without_thinking(request)
    if _samples(request) and model.sampling is False:
        request = _without_sampling(request)
    for less in _with_less(request):
        try:
            return build(request)
        except ProviderFailed as error:
            if error.failure.kind is not FailureClass.UNSUPPORTED:
                raise
        request = less
    # If it was no wish, it fails for the same reason again.
    return build(request)


def _with_less(request: ChatRequest) -> Iterator[ChatRequest]:
    """Yield the request with one wish less, as long as it has any, what matters least first."""
    if (free := _with_free_search(request)) is not request:
        request = free
        yield request
    if _samples(request):
        request = _without_sampling(request)
        yield request
    if _thinks(request):
        yield _without_thinking(request)


def _thinks(request: ChatRequest) -> bool:
    return request.reasoning is not None and request.reasoning != "none"


def _samples(request: ChatRequest) -> bool:
    return request.temperature is not None or request.top_p is not None


def _without_thinking(request: ChatRequest) -> ChatRequest:
    return msgspec.structs.replace(request, reasoning=None)


def _without_sampling(request: ChatRequest) -> ChatRequest:
    return msgspec.structs.replace(request, temperature=None, top_p=None)


def _with_free_search(request: ChatRequest) -> ChatRequest:
    """Return the request without a bound of its searches, or an order to search; itself if none."""
    if not request.tools:
        return request
    if any(tool.max_uses is not None for tool in request.tools):
        tools = [
            tool if tool.max_uses is None else msgspec.structs.replace(tool, max_uses=None)
            for tool in request.tools
        ]
        request = msgspec.structs.replace(request, tools=tools)
    if request.tool_choice == "required" and all(tool.is_hosted for tool in request.tools):
        request = msgspec.structs.replace(request, tool_choice=None)
    return request
