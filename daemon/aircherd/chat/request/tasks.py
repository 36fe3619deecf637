"""Completes requests by the presets of the configuration: pure."""

from typing import TypeVar

import msgspec

from aircherd.config.model import Config, Task
from aircherd.errors import BadRequest
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.suggestions import suggestion

Request = TypeVar("Request", bound=ChatRequest)

_FIELDS = ("model", "system", "temperature", "max_tokens", "reasoning")
"""Fields that a request and a task have in common; None if they are not set."""


def with_task(request: Request, config: Config) -> Request:
    """Return the request with what it does not set itself taken from its task.

    Raises:
        BadRequest: there is no such task.
        ConfigInvalid: the task is refused, as its entry is invalid.
    """
    assert request.task is not None
    task = _find_task(request.task, config)
    changes = {field: getattr(task, field) for field in _FIELDS if getattr(request, field) is None}
    if task.tools and not request.tools:
        changes["tools"] = [Tool(type=name) for name in task.tools]
    return msgspec.structs.replace(request, **changes)


def _find_task(name: str, config: Config) -> Task:
    if task := config.tasks.get(name):
        return task
    if entry := config.refused.tasks.get(name):
        raise entry.error(f"the task {name!r}")
    if not config.tasks:
        raise BadRequest(f"task: there is no task {name!r}: the configuration has no [tasks.NAME]")
    known = ", ".join(config.tasks)
    meant = suggestion(name, config.tasks)
    raise BadRequest(f"task: there is no task {name!r}{meant}; known: {known}")
