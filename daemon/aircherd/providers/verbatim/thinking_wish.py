"""Thinking as an HTTP client asks for it: where the model can, and without it where it cannot.

Tools ask for it whatever the model is: Claude Code with every request, and its model may be a
small one on this machine. On the socket it is a condition instead: another model is asked.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from aircherd.errors import ProviderFailed
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model

T = TypeVar("T")


def build_as_wished(build: Callable[[ChatRequest], T], request: ChatRequest, model: Model) -> T:
    """Return what `build` makes of a translated request, with its thinking if that can be had.

    Raises:
        ProviderFailed: neither can be built.
    """
    if request.reasoning is None or request.reasoning == "none":
        return build(request)
    plain = msgspec.structs.replace(request, reasoning=None)
    if model.reasoning is False:
        return build(plain)
    try:
        return build(request)
    except ProviderFailed as error:
        if error.failure.kind is not FailureClass.UNSUPPORTED:
            raise
    # If it was not the thinking, it fails for the same reason again.
    return build(plain)
