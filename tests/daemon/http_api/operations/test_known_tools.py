"""What each tool gets once nothing is left to try."""

import json

import pytest

from aircherd.http_api.dialects import anthropic, gemini, openai_chat, openai_responses
from aircherd.http_api.operations.known_tools import STOPS, final_answer, reworded, tool_of
from aircherd.http_api.problem import Problem

UNKNOWN = Problem(kind="not_found", status=404, code="unknown_model", message="no model 'x'")
BUSY = Problem(kind="rate_limit", status=429, code="rate_limited", message="openai: rate limit")
USED = Problem(kind="usage_limit", status=429, code="limit_reached", message="5 USD a day")
DOWN = Problem(
    kind="unavailable", status=502, code="network", message="a: Connection refused; b: HTTP 503"
)
NO_KEY = Problem(kind="not_signed_in", status=401, code="not_authenticated", message="no key")
LONG = Problem(kind="context_length", status=400, code="context_too_long", message="too long")
CHAT, RESPONSES = openai_chat.DIALECT, openai_responses.DIALECT
MESSAGES, GEMINI = anthropic.DIALECT, gemini.DIALECT


@pytest.mark.parametrize(
    ("tool", "dialect", "statuses"),
    [
        ("codex", RESPONSES, (400, 400, 400, 400, 400, 400)),
        ("claude", MESSAGES, (400, 429, 402, 502, 403, 400)),
        ("goose", CHAT, (403, 403, 403, 403, 401, 400)),
        ("goose", MESSAGES, (403, 403, 403, 403, 403, 400)),
        ("qwen", CHAT, (404, 400, 402, 424, 401, 400)),
        ("cn", CHAT, (404, 400, 402, 424, 401, 400)),
        ("cline", CHAT, (404, 400, 402, 424, 401, 400)),
        ("opencode", CHAT, (404, 400, 402, 424, 401, 400)),
        ("opencode", MESSAGES, (404, 400, 402, 400, 403, 400)),
        ("aider", CHAT, (404, 400, 400, 400, 401, 400)),
        ("gemini", GEMINI, (404, 429, 429, 424, 401, 400)),
        (None, CHAT, (404, 429, 402, 424, 401, 400)),
        (None, RESPONSES, (404, 429, 429, 424, 401, 400)),
        (None, MESSAGES, (404, 429, 402, 502, 403, 400)),
    ],
)
def test_a_tool_gets_the_status_at_which_it_stops(tool, dialect, statuses):
    """Counted with each of them; SDKs and what is unknown get the status that it is."""
    known = tool if tool in STOPS else None
    found = []
    for problem in (UNKNOWN, BUSY, USED, DOWN, NO_KEY, LONG):
        status, body = final_answer(problem, known, *dialect.error(reworded(problem, known)))
        json.loads(body)
        found.append(status)
    assert tuple(found) == statuses


@pytest.mark.parametrize("tool", STOPS)
def test_what_may_be_asked_again_stays_so(tool):
    """A daemon that is busy, or stops, is there again in a moment."""
    problem = Problem(
        kind="overloaded", status=503, code="busy", message="overloaded", may_retry=True
    )
    assert reworded(problem, tool) is problem
    answer = CHAT.error(problem)
    assert final_answer(problem, tool, *answer) == answer


@pytest.mark.parametrize("tool", ["aider", "opencode"])
@pytest.mark.parametrize("dialect", [CHAT, RESPONSES, MESSAGES])
@pytest.mark.parametrize("problem", [BUSY, DOWN])
def test_those_that_look_for_words_find_none(tool, dialect, problem):
    """One in the bytes and the message, the other in what it decoded. People read the same."""
    _, plain = dialect.error(problem)
    _, body = final_answer(problem, tool, *dialect.error(reworded(problem, tool)))
    given, found = json.loads(plain), json.loads(body)
    shown = json.dumps(found, ensure_ascii=False)
    for text in (body.decode(), shown):
        for word in ("rate limit", "rate_limit", "connection refused", "503", "overloaded"):
            assert word not in text.lower()
    assert found != given
    assert json.loads(shown.replace("\u2060", "")) == given


@pytest.mark.parametrize(
    ("client", "agent", "tool"),
    [
        ("codex_exec", "codex_exec/0.171.0 (Debian 12.0.0; x86_64) dumb", "codex"),
        ("claude-cli", "claude-cli/2.1.197 (external, sdk-cli)", "claude"),
        ("opencode", "opencode/1.18.33 ai-sdk/provider-utils/4.0.23", "opencode"),
        ("QwenCode", "QwenCode/0.15.10 (linux; x64)", "qwen"),
        ("goose", None, "goose"),
        ("cn", "OpenAI/JS 5.23.2", "cn"),
        ("work", "codex_exec/0.171.0", "codex"),
        ("openai-python", "OpenAI/Python 3.57.0", None),
        (None, None, None),
    ],
)
def test_tools_are_known_by_their_token_or_their_user_agent(client, agent, tool):
    """`run` names the token after the tool."""
    assert tool_of(client, agent) == tool
