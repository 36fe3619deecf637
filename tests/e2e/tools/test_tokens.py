"""Tokens of programs that come over HTTP: what they allow, and what ends them."""

import http.client
import json

import pytest

from aircherd.testing.simulator import Fault


def message(body):
    return body["error"]["message"]


def test_a_token_is_a_client_of_its_own(world):
    """In usage, and in the list of tokens."""
    token = world.create("editor", "--project", "acme")
    status, body = world.chat(token)
    assert (status, body["choices"][0]["message"]["content"]) == (200, "hi")
    assert world.usage()["editor"] == 1
    [row] = [row for row in tokens(world) if row["name"] == "editor"]
    assert row["used_at"] >= row["created_at"]
    with world.client() as client:
        rows = client.call("usage.report", {"by": ["project"]})["rows"]
    assert "acme" in [row.get("project") for row in rows]


def tokens(world):
    return json.loads(world.cli("token", "list", "--json").stdout)["tokens"]


def test_a_token_that_is_none_is_refused_with_what_to_do(world):
    """In the form of the API's errors; it is not repeated."""
    status, body = world.chat("ak-air-" + "x" * 32)
    assert status == 401
    assert "aircher-cli token create" in message(body)
    assert "xxxx" not in json.dumps(body)


def test_what_a_token_may_use(world):
    """Models by the names that the program sends, and providers."""
    by_model = world.create("by-model", "--model", "chain")
    assert world.chat(by_model)[0] == 200
    status, body = world.chat(by_model, model="work/gpt-5.5")
    assert status == 403
    assert "token 'by-model' may not use the model work/gpt-5.5" in message(body)
    by_provider = world.create("by-provider", "--provider", "ollama")
    status, body = world.chat(by_provider)
    assert status in (400, 403)
    assert world.usage().get("by-provider", 0) == 0


@pytest.mark.parametrize(
    ("amount", "text", "most"), [("--usd", "20/day", 10), ("--requests", "1/day", 1)]
)
def test_a_limit_of_a_token_refuses_what_is_too_much_also_after_a_restart(
    world, amount, text, most
):
    """Each answer costs 2 USD. The refusal is one that programs do not repeat."""
    name = f"limited{amount}"
    token = world.create(name, amount, text)
    answered = 0
    while world.chat(token)[0] == 200:
        answered += 1
    assert 1 <= answered <= most
    for _ in range(2):
        with world.open_chat(token) as response:
            assert response.status == 402
            assert response.getheader("x-should-retry") == "false"
            assert f"client {name}" in message(json.loads(response.read()))
        assert f"client {name}: " in world.cli("limits").stdout
        world.restart()
    other = world.create(f"free{amount}")
    assert world.chat(other)[0] == 200
    assert world.usage()[name] == answered


ASKED = [{"role": "user", "content": "hi"}]
DIALECTS = {
    "/v1/messages": ({"model": "chain", "max_tokens": 1, "messages": ASKED}, "error", "message"),
    "/v1/responses": ({"model": "chain", "input": "hi"}, "error", "message"),
    "/v1beta/models/chain:generateContent": ({"contents": [{"parts": [{"text": "hi"}]}]}, "error"),
    "/api/chat": ({"model": "chain", "messages": ASKED}, "error"),
}
"""Path -> a request, and where its API has the message of an error."""


def test_a_limit_that_is_used_up_is_an_error_of_each_api(world):
    """In its own form, with the limit that is meant."""
    token = world.create("nothing", "--tokens", "0/hour")
    for path, (body, *where) in DIALECTS.items():
        with world.post(path, token, body) as response:
            found = json.loads(response.read())
            assert 400 <= response.status < 500, path
        for name in where:
            found = found[name]
        assert "client nothing: 0 tokens an hour" in str(found), path


def test_a_reload_of_the_configuration_keeps_the_limits_of_tokens(world):
    """They are not in the file."""
    token = world.create("kept", "--requests", "0/hour")
    assert world.cli("config", "reload").returncode == 0
    assert world.chat(token)[0] == 402
    assert world.cli("token", "revoke", "kept").returncode == 0
    assert "client kept" not in world.cli("limits").stdout


def test_revoking_a_token_ends_a_stream_at_once(world):
    """And lets nothing more in."""
    token = world.create("streaming")
    world.sim.faults.add(Fault(kind="stall", after=1))
    with world.open_chat(
        token, stream=True, messages=[{"role": "user", "content": "a b c d"}]
    ) as r:
        assert r.status == 200
        assert r.readline().startswith(b"data: ")
        assert world.cli("token", "revoke", "streaming").returncode == 0
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            r.read()
    assert world.chat(token)[0] == 401


def test_an_expired_token_says_so(world):
    """The time is in the list, too."""
    token = world.create("brief", "--expires", "1h")
    file = world.data / "tokens.json"
    found = json.loads(file.read_text())
    for row in found["tokens"]:
        if row["name"] == "brief":
            row["expires_at"] = row["created_at"]
    file.write_text(json.dumps(found))
    assert next(row for row in tokens(world) if row["name"] == "brief")["expired"] is True
    status, body = world.chat(token)
    assert status == 401
    assert "'brief' has expired" in message(body)


def test_a_damaged_file_lets_no_token_in_and_says_why(world):
    """Nothing is lost: it is used again when it was repaired."""
    token = world.create("waiting")
    file = world.data / "tokens.json"
    good = file.read_bytes()
    file.write_bytes(good[:-9])
    listed = world.cli("token", "list")
    assert "is damaged" in listed.stderr
    status, body = world.chat(token)
    assert (status, "is damaged" in message(body)) == (401, True)
    assert "is damaged" in world.cli("token", "create", "more").stderr
    file.write_bytes(good)
    assert world.cli("token", "list").stderr == ""
    assert world.chat(token)[0] == 200


def test_no_token_is_in_a_file_or_in_the_log(world):
    """Nor in the output of any command but the one that creates it."""
    token = world.create("canary")
    assert world.chat(token)[0] == 200
    assert world.chat(token, model="no such model")[0] == 404
    world.cli("token", "revoke", token)
    shown = [world.cli(*words) for words in (("status",), ("token",), ("audit",), ("usage",))]
    written = world.everything_written() + "".join(done.stdout + done.stderr for done in shown)
    assert token not in written
    assert token.removeprefix("ak-air-") not in written
    assert "token_create" in shown[2].stdout
