"""What another daemon answers arrives whole: through two real daemons."""

import json
import re
from decimal import Decimal

import pytest

from aircher_cli.picker.view.states.key_state import explain_key
from aircherd.testing.simulator import Fault
from aircherd.testing.simulator.script import PICTURE, SOUND
from helpers.daemon.ipc_requests import chats
from helpers.daemon.real_daemon import wait_until

MODEL = "spare/claude-sonnet-5"
TOOL = {"name": "look", "description": "look it up", "parameters": '{"type": "object"}'}


def chat(client, model, prompt, **fields):
    """Return the result of a chat, and its deltas without their numbers."""
    deltas = []
    request = {"model": model, "messages": [{"role": "user", "content": prompt}], **fields}
    result = client.chat(request, deltas.append)
    return result, [{k: v for k, v in d.items() if k not in ("id", "seq")} for d in deltas]


def renamed(value):
    """Return what `back` said as `front` says it: origins with its own name before."""
    if isinstance(value, list):
        return [renamed(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: renamed(each) for key, each in value.items()}
    if "origin" in found:
        found["origin"] = f"laptop/{found['origin']}"
    return found


def plain(value):
    """Return what a daemon said without seals, and with the same ids for calls in each answer."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        sealed = value.get("type") == "other"
        return {k: plain(v) for k, v in value.items() if not (sealed and k == "signature")}
    return re.sub(r"(toolu_01)\d+(\d\d)", r"\1\2", value) if isinstance(value, str) else value


CASES = {
    "text": ("one two three", {}),
    "thinking": ("one two three", {"reasoning": "high", "max_tokens": 8000}),
    "tools": ('say let me see; call look {"q": 1} and look {"q": 2}', {"tools": [TOOL]}),
    "thinking and tools": (
        'call look {"q": 1}',
        {"tools": [TOOL], "reasoning": "high", "max_tokens": 8000},
    ),
    "a search with sources": ("search the answer", {"tools": [{"type": "web_search"}]}),
    "a refusal": ("refuse this", {}),
    "a limit": ("one two three four five", {"max_tokens": 2}),
}


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_an_answer_is_the_same_as_from_the_daemon_itself(client, direct, case, streamed):
    """Parts, signatures, calls and their ids, ending, usage and cost; and every delta."""
    prompt, fields = CASES[case]
    fields = {**fields, "stream": streamed}
    there, their_deltas = chat(direct, MODEL, prompt, **fields)
    here, deltas = chat(client, f"laptop/{MODEL}", prompt, **fields)
    assert plain(here["message"]) == plain(renamed(there["message"]))
    for key in ("finish", "usage", "cost"):
        assert (key, here[key]) == (key, there[key])
    assert (here["provider"], here["model"]) == ("laptop", MODEL)
    assert here["answered_by"] == MODEL

    def joined(found):
        """Return the text of each kind: pieces may be cut elsewhere."""
        rest = [d for d in found if d["type"] not in ("attempt", "usage", "text", "reasoning")]
        words = {
            kind: "".join(d["text"] for d in found if d["type"] == kind)
            for kind in ("text", "reasoning")
        }
        return [rest, words]

    assert plain(joined(deltas)) == plain(joined(their_deltas))
    ids = [part["id"] for part in here["message"]["content"] if part["type"] == "tool_call"]
    assert [d["call_id"] for d in deltas if d.get("call_id")] == (ids if streamed else [])


@pytest.mark.parametrize(
    ("prompt", "modality", "data"), [("draw a dot", "image", PICTURE), ("speak up", "audio", SOUND)]
)
def test_pictures_and_sound_arrive(client, prompt, modality, data):
    """Whole, with what the model said."""
    model = "draws/gemini-3.8-flash" if modality == "image" else "work/gpt-audio"
    extra = {} if modality == "image" else {"audio": {"voice": "alloy", "format": "pcm16"}}
    fields = {"modalities": ["text", modality], "extra": extra}
    result, _ = chat(client, f"laptop/{model}", prompt, **fields)
    assert [part["data"] for part in result["message"]["content"] if "data" in part] == [data]


def test_images_and_files_are_passed_on(pair, client):
    """Those of the prompt, as they were."""
    content = [
        {"type": "text", "text": "what is this"},
        {"type": "image", "media_type": "image/png", "data": PICTURE},
        {"type": "document", "media_type": "text/plain", "data": "aGVsbG8=", "name": "a.txt"},
    ]
    request = {"model": f"laptop/{MODEL}", "messages": [{"role": "user", "content": content}]}
    result = client.chat(request)
    assert "I see 2" in result["message"]["content"][-1]["text"]
    assert PICTURE in json.dumps(chats(pair.sim)[-1].json)


def test_a_conversation_goes_back_with_its_signatures(pair, client):
    """Thinking and calls come back to the model that made them, as it made them."""
    first = {"role": "user", "content": 'call look {"q": 1}'}
    fields = {
        "model": f"laptop/{MODEL}",
        "tools": [TOOL],
        "reasoning": "high",
        "max_tokens": 8000,
    }
    answer = client.chat({"messages": [first], **fields})["message"]
    kinds = [part["type"] for part in answer["content"]]
    assert kinds == ["reasoning", "tool_call"]
    made = {"type": "tool_result", "id": answer["content"][1]["id"], "content": "42"}
    messages = [first, answer, {"role": "user", "content": [made]}]
    result = client.chat({"messages": messages, **fields})
    assert "The tools answered: 42" in result["message"]["content"][-1]["text"]
    sent = chats(pair.sim)[-1].json["messages"][1]["content"]
    assert sent[0]["signature"] == answer["content"][0]["signature"]


def test_opaque_parts_go_back(pair, client):
    """What has no word of ours is sealed with its origin, and sealed again on its way."""
    first = {"role": "user", "content": "search the answer"}
    fields = {"model": f"laptop/{MODEL}", "tools": [{"type": "web_search"}]}
    answer = client.chat({"messages": [first], **fields})["message"]
    assert "other" in {part["type"] for part in answer["content"]}
    messages = [first, answer, {"role": "user", "content": "and now"}]
    client.chat({"messages": messages, **fields})
    sent = chats(pair.sim)[-1].json["messages"][1]["content"]
    assert {"server_tool_use", "web_search_tool_result"} <= {part["type"] for part in sent}


def test_both_ledgers_have_the_request(pair, client):
    """There under the name of this daemon, here under the client's; with the same cost."""
    result, _ = chat(client, f"laptop/{MODEL}", "count 7")

    def newest(home):
        with home.client() as connected:
            return connected.call("attempts.list", {"limit": 1})["rows"][0]

    wait_until(lambda: newest(pair.front)["model"] == MODEL, "the ledger has it")
    here, there = newest(pair.front), newest(pair.back)
    assert Decimal(here["cost"]) == Decimal(there["cost"]) == Decimal(result["cost"]) > 0
    assert (here["provider"], there["provider"]) == ("laptop", "spare")
    assert there["client"] == "aircherd"
    assert here["output_tokens"] == there["output_tokens"] == 7


def test_what_answered_there_after_a_fallback_is_named(pair, client):
    """Its attempts come as they happen, and the result names the one that answered."""
    pair.sim.keys.revoke("openai")
    try:
        result, deltas = chat(client, "laptop/chain", "one two")
    finally:
        pair.sim.keys.accept("openai", "canary-work-0123456789abcdef")
    assert result["answered_by"] == "spare/claude-sonnet-5"
    assert result["message"]["content"] == [{"type": "text", "text": "one two"}]
    attempts = [(d["model"], d["outcome"]) for d in deltas if d["type"] == "attempt"]
    assert attempts == [("chain", "trying"), ("work/gpt-5.5", "auth_rejected")]
    with pair.back.client() as direct:
        direct.call("auth.test", {"provider": "work"})


def test_its_models_are_listed_with_prices_and_abilities(client, direct):
    """Under `provider/model`, with its own names for models, and without those it has from us."""
    there = direct.call("models.list", {})["models"]
    listed = client.call("models.list", {"provider": "laptop"})["models"]
    found = {row["model"]: row for row in listed}
    known = {f"{row['provider']}/{row['model']}": row for row in there}
    assert found.keys() == {
        *(name for name, row in known.items() if row["provider"] != "front"),
        "chain",
    }
    for key in ("window", "prices", "images", "reasoning"):
        assert found[MODEL].get(key) == known[MODEL].get(key)
    assert found[MODEL]["prices"]["output"] == "15"
    assert "NO_SUCH_KEY" not in str(found)


def test_no_key_is_needed_here_and_auth_status_says_where_they_are(pair, client):
    """In words, and in the row."""
    rows = client.call("auth.status", {})["rows"]
    row = next(each for each in rows if each["provider"] == "laptop")
    assert row["state"] == "not_required"
    assert row["source"] == f"the daemon at {pair.back.socket} has the keys"
    shown = pair.front.cli("auth", "status").stdout
    assert "needs no key" in shown
    assert f"the daemon at {pair.back.socket} has the keys" in shown
    assert explain_key(row).why == "another daemon answers, and has the keys", "in the picker"


def test_cancelling_closes_the_request_at_the_provider(pair, client):
    """A client of this daemon that leaves is noticed by the provider behind the other one."""
    pair.sim.faults.add(Fault("stall", after=1))
    request = {"model": f"laptop/{MODEL}", "messages": [{"role": "user", "content": "one two"}]}
    before = len(chats(pair.sim))
    with pair.front.client() as leaving:
        leaving.call("chat.start", request)
        wait_until(lambda: len(chats(pair.sim)) > before, "it is asked")
    wait_until(chats(pair.sim)[-1].disconnected.is_set, "the provider sees the client leave")
    assert chat(client, f"laptop/{MODEL}", "again")[0]["finish"] == "stop"
