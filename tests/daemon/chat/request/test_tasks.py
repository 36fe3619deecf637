"""Requests that name a preset."""

import msgspec
import pytest

from aircherd.api.params import ExplainParams
from aircherd.chat.request.tasks import with_task
from aircherd.config.model import DEFAULT_CONFIG, Config, Refused, RefusedEntry, Task
from aircherd.config.problems import Problem
from aircherd.errors import BadRequest, ConfigInvalid
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.content.tools import Tool

REVIEW = Task(
    model="openai/gpt-5.5",
    system="You review code.",
    temperature=0.1,
    max_tokens=2000,
    reasoning="low",
    tools=("web_search",),
)


def config(**tasks: Task) -> Config:
    """Return the built-in configuration with these tasks."""
    return msgspec.structs.replace(DEFAULT_CONFIG, tasks=tasks)


def test_a_task_sets_what_the_request_leaves_out() -> None:
    """All of it, and nothing else."""
    request = with_task(ChatRequest(messages=[], task="review", top_p=0.5), config(review=REVIEW))
    assert request == ChatRequest(
        messages=[],
        task="review",
        top_p=0.5,
        model="openai/gpt-5.5",
        system="You review code.",
        temperature=0.1,
        max_tokens=2000,
        reasoning="low",
        tools=[Tool(type="web_search")],
    )


def test_what_the_request_sets_wins() -> None:
    """Even a value that is 0 or empty."""
    request = ChatRequest(
        messages=[],
        task="review",
        model="gemini/x",
        system="",
        temperature=0.0,
        max_tokens=1,
        reasoning="none",
        tools=[Tool(name="own")],
    )
    assert with_task(request, config(review=REVIEW)) == request


def test_an_empty_task_changes_nothing() -> None:
    """A request without a model then uses the default one."""
    request = ChatRequest(messages=[], task="t")
    assert with_task(request, config(t=Task())) == request


def test_a_request_to_be_explained_keeps_its_type() -> None:
    """So that its messages may be left out."""
    assert isinstance(with_task(ExplainParams(task="t"), config(t=REVIEW)), ExplainParams)


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ({}, "task: there is no task 'reveiw': the configuration has no [tasks.NAME]"),
        (
            {"review": REVIEW, "commit": REVIEW},
            "task: there is no task 'reveiw' (did you mean 'review'?); known: review, commit",
        ),
        ({"commit": REVIEW}, "task: there is no task 'reveiw'; known: commit"),
    ],
)
def test_an_unknown_task_gets_a_suggestion(tasks: dict[str, Task], message: str) -> None:
    """The error names the tasks that exist."""
    with pytest.raises(BadRequest) as caught:
        with_task(ChatRequest(messages=[], task="reveiw"), config(**tasks))
    assert caught.value.message == message


def test_a_refused_task_is_an_error() -> None:
    """With the problem and its line."""
    problem = Problem(file="f.toml", line=3, path="tasks.t.tools", message="is wrong")
    refused = Refused(tasks={"t": RefusedEntry("tasks.t", (problem,))})
    broken = msgspec.structs.replace(DEFAULT_CONFIG, refused=refused)
    with pytest.raises(ConfigInvalid, match=r"^the task 't' is refused: f\.toml, line 3: "):
        with_task(ChatRequest(messages=[], task="t"), broken)
