"""With random 429, 500, broken connections and malformed replies, nothing is lost or made up."""

import json
import urllib.request
from collections import Counter

import pytest

from helpers.daemon.ipc_requests import a_chat, run_concurrently
from helpers.daemon.real_daemon import home as open_home
from helpers.providers.aimock import HELLO, aimock

pytestmark = pytest.mark.aimock

CHAOS = {"rateLimitRate": 0.15, "dropRate": 0.15, "disconnectRate": 0.1, "malformedRate": 0.1}
OUTCOME = {
    None: "ok",
    "rateLimit": "rate_limited",
    "drop": "provider_error",
    "malformed": "provider_error",
    "disconnect": "network",
}
PROVIDER = {"/v1/chat/completions": "work", "/v1/messages": "spare", "/api/chat": "ollama"}

CONFIG = """\
[providers.work]
kind = "openai"
base_url = "{url}/v1"
auth = "none"

[providers.spare]
kind = "anthropic"
base_url = "{url}"
auth = "none"

[providers.ollama]
base_url = "{url}"

[models.chain]
routes = ["work/gpt-5.5", "spare/claude-sonnet-5", "ollama/llama3.2"]
"""


@pytest.fixture
def mocked():
    """A daemon whose three providers are aimock, and aimock's URL."""
    with open_home() as home, aimock(home.root) as url:
        home.write_config(CONFIG.format(url=url))
        home.start(log_level="info")
        yield home, url


def ask_aimock(url, path, body=None):
    """Call aimock's own API."""
    data = None if body is None else json.dumps(body).encode()
    called = urllib.request.Request(f"{url}/__aimock/{path}", data)  # noqa: S310 - on loopback
    with urllib.request.urlopen(called, timeout=20) as answer:  # noqa: S310 - likewise
        return json.loads(answer.read())


def its_own_account(url):
    """Return aimock's own log: a count for each provider and outcome."""
    entries = [each for each in ask_aimock(url, "journal?limit=5000") if each["method"] == "POST"]
    return Counter(
        (PROVIDER[entry["path"]], OUTCOME[entry["response"].get("chaosAction")])
        for entry in entries
    )


def check_end(end):
    """Check that an answer is complete, and that an error lists its attempts."""
    if "result" in end:
        assert end["result"]["message"]["content"] == [{"type": "text", "text": HELLO}]
        assert end["result"]["attempts"][-1]["outcome"] == "ok"
        return end["result"]["attempts"]
    data = end["error"]["data"]
    assert end["error"]["code"] in {"all_failed", *OUTCOME.values()} - {"ok"}
    assert "ok" not in {attempt["outcome"] for attempt in data["attempts"]}
    assert {each["provider"] for each in (*data["attempts"], *data["skipped"])} == set(
        PROVIDER.values()
    )
    return data["attempts"]


def test_every_request_ends_and_the_ledger_agrees_with_aimock(mocked):
    """Client, ledger and aimock report the same attempts."""
    home, url = mocked
    ask_aimock(url, "chaos", CHAOS)
    tried = Counter()
    with home.client() as client:
        for number in range(12):
            requests = [a_chat("hello", stream=bool((number + n) % 2)) for n in range(25)]
            for end in run_concurrently(client, requests):
                tried.update((a["provider"], a["outcome"]) for a in check_end(end))
            client.call("cooldowns.clear")  # to keep all three loaded
        rows = client.call("usage.report", {"by": ["provider", "outcome"]})["rows"]
    entered = {(row["provider"], row["outcome"]): row["requests"] for row in rows}
    assert entered == tried
    happened = its_own_account(url)
    assert {outcome for _, outcome in happened} == set(OUTCOME.values())
    for provider in PROVIDER.values():
        for outcome in ("ok", "rate_limited", "provider_error"):
            assert tried[provider, outcome] == happened[provider, outcome], (provider, outcome)
        # A call on a reused connection that ends without a byte is sent once more, in one attempt.
        assert tried[provider, "network"] <= happened[provider, "network"]
