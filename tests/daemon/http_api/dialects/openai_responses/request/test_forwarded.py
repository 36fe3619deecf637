"""What goes to a provider of the same API."""

import json

from aircherd.http_api.dialects.openai_responses.kept import keep_thinking
from helpers.http_api.responses_api import DIALECT, ORIGIN, QUESTION, a_call


def thought(kept: str | None) -> dict[str, object]:
    return {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": kept}


def test_a_body_goes_as_it_came() -> None:
    """Byte for byte, whatever is in it."""
    body = b'{ "model" : "gpt-6",\n "new": [0.10, "\\u00e4"], "input": "Hi" }'
    found = DIALECT.read_chat(a_call(body)).verbatim
    assert found.body is body
    assert (found.dialect, found.operation, found.unsaid) == ("openai_responses", "chat", "new")


def test_trap_14_what_other_models_need_back_never_goes_to_openai() -> None:
    """It would refuse the whole request; all else stays as it came."""
    theirs = '{"type":"reasoning",  "id":"rs_2","summary":[],"encrypted_content":"gAAA"}'
    ours = json.dumps(thought(keep_thinking(ORIGIN, "", "sig")))
    question = json.dumps(QUESTION)
    body = f'{{"model":"m", "input": [{question}, {ours}, {theirs}], "temperature" : 0.50}}'
    sent = DIALECT.read_chat(a_call(body.encode())).verbatim.body
    assert sent == f'{{"model":"m","input":[{question},{theirs}],"temperature":0.50}}'.encode()


def test_the_thinking_of_openais_models_goes_back() -> None:
    """It is theirs."""
    body = json.dumps({"input": [QUESTION, thought("gAAA"), thought(None)]}).encode()
    assert DIALECT.read_chat(a_call(body)).verbatim.body is body


def test_headers_with_a_meaning_go_along() -> None:
    """Those of the connection, of the client's account and of the client itself do not."""
    call = a_call(
        {"input": "Hi"},
        session_id="s",
        openai_beta="responses=v1",
        x_codex_turn_metadata="{}",
        originator="codex_exec",
        openai_organization="org-1",
        openai_project="proj_1",
        user_agent="codex",
        accept_encoding="gzip",
        content_length="5",
        x_aircher_project="p",
    )
    assert dict(DIALECT.read_chat(call).verbatim.headers) == {
        "session-id": "s",
        "openai-beta": "responses=v1",
        "x-codex-turn-metadata": "{}",
        "originator": "codex_exec",
    }
