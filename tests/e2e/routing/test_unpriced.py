"""Under a limit in USD, what has a price that is not known is not sent."""

from decimal import Decimal

import pytest

from helpers.daemon.ipc_requests import KEYS, ask, chats, refusal, skip_reasons

CONFIG = """
[catalog."work/gpt-5.5"]
input_price = 1
output_price = 2

[providers.routed]
kind = "openrouter"
base_url = "{url}/api/v1"
env = "ROUTED_KEY"

[catalog."routed/a/b"]
input_price = 1
output_price = 2

[[limits]]
provider = "work"
usd = 5
per = "day"
"""
ROUTED_KEY = "canary-routed-0123456789abcdef"
PRIORITY = {"service_tier": "priority"}
OPTIONS = {
    "a tier": ({"extra": PRIORITY}, "extra.service_tier (priority)"),
    "plugins": ({"extra": {"plugins": [{"id": "web"}]}}, "extra.plugins"),
    "a search": ({"extra": {"web_search_options": {}}}, "extra.web_search_options"),
    "a tool": ({"tools": [{"type": "web_search"}]}, "the tool web_search"),
    "a tool in extra": (
        {"extra": {"tools": [{"type": "code_interpreter"}]}},
        "the tool code_interpreter in extra.tools",
    ),
}


@pytest.fixture
def started(sim, home):
    """Start the daemon with these limits more, and return a client."""
    clients = []
    sim.keys.accept("openrouter", ROUTED_KEY)

    def start(more=""):
        config = home.config_file.read_text() + CONFIG.format(url=sim.url) + more
        home.write_config(config)
        home.start({**KEYS, "ROUTED_KEY": ROUTED_KEY})
        clients.append(home.client())
        return clients[-1]

    yield start
    for client in clients:
        client.close()


def test_what_has_an_unknown_price_does_not_pass_a_limit_in_usd(sim, started):
    """Nothing is sent; the error names the option, the limit and what to do."""
    client = started()
    for fields, name in OPTIONS.values():
        error = refusal(client, model="work/gpt-5.5", **fields)
        assert error.code == "price_unknown"
        assert (
            f"under a limit in USD (work: 5.00 USD a day), and what {name} costs" in error.message
        )
        assert "leave it out" in error.message
    assert chats(sim) == []
    assert ask(client, model="work/gpt-5.5", extra={"service_tier": "flex"})["cost"] != "0"


def test_the_next_candidate_without_such_a_limit_answers(sim, started):
    """The skip has the reason, in the answer and in the explanation of the plan."""
    client = started()
    result = ask(client, extra={"service_tier": "priority"})
    assert (result["provider"], skip_reasons(result)) == ("spare", [("work", "price_unknown")])
    (plan,) = client.call("route.explain", {"model": "chain", "extra": PRIORITY})["skipped"]
    assert (plan["provider"], plan["reason"]) == ("work", "price_unknown")
    assert chats(sim, "openai") == []


def test_other_limits_let_it_through(sim, started):
    """A limit in tokens or requests counts what it knows; the provider's own cost is recorded."""
    client = started('\n[[limits]]\nprovider = "routed"\nrequests = 5\nper = "day"\n')
    result = ask(client, model="routed/a/b", extra={"plugins": [{"id": "web"}]})
    assert Decimal(result["cost"]) == Decimal("0.0001")
