"""What a response repeats of its request."""

import json

from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.openai_responses.request.body import read_body
from aircherd.http_api.dialects.openai_responses.request.echo import echo_of


def echoed(**fields: object) -> dict[str, object]:
    echo = echo_of(read_body(json.dumps(fields, indent=1).encode(), Unsaid()))
    assert b"\n" not in echo  # it would end the event that it stands in
    sent = json.loads(b"{%b}" % echo)
    assert isinstance(sent, dict)
    return sent


def test_trap_09_every_field_of_a_response_is_there() -> None:
    """Clients with a schema refuse one without `text.format` and others."""
    sent = echoed()
    assert sent["text"] == {"format": {"type": "text"}, "verbosity": "medium"}
    assert sent["reasoning"] == {"effort": None, "summary": None}
    assert (sent["tool_choice"], sent["tools"], sent["metadata"]) == ("auto", [], {})
    assert (sent["store"], sent["truncation"], sent["parallel_tool_calls"]) == (
        False,
        "disabled",
        True,
    )


def test_what_was_asked_for_is_repeated() -> None:
    """As it came."""
    schema = {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}
    fields = {
        "instructions": "Be brief.",
        "max_output_tokens": 20,
        "metadata": {"a": "b"},
        "parallel_tool_calls": False,
        "prompt_cache_key": "k",
        "temperature": 0.5,
        "tool_choice": {"type": "function", "name": "f"},
    }
    sent = echoed(**fields, text={"format": schema}, reasoning={"effort": "high"})
    assert fields.items() <= sent.items()
    assert sent["text"] == {"format": {**schema, "description": None}, "verbosity": "medium"}
    assert sent["reasoning"] == {"effort": "high", "summary": None}


def test_a_function_has_all_its_fields() -> None:
    """Clients with a schema want them."""
    (tool,) = echoed(tools=[{"type": "function", "name": "f"}])["tools"]  # type: ignore[misc]
    assert tool == {
        "type": "function",
        "name": "f",
        "description": None,
        "parameters": None,
        "strict": False,
    }


def test_a_token_is_not_repeated() -> None:
    """OpenAI does not either."""
    mcp = {"type": "mcp", "server_label": "wiki", "authorization": "secret", "headers": {"x": "y"}}
    assert echoed(tools=[mcp])["tools"] == [{"type": "mcp", "server_label": "wiki"}]
