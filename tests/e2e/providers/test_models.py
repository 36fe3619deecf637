"""Models end to end: the list that a client gets, the default that it sets, a chat's cost."""

import json
import re
import shlex
from pathlib import Path

import pytest

from aircher_client import DaemonError
from helpers.daemon.real_daemon import wait_until

KEY = "canary-work-0123456789abcdef"

OWN = """\
[catalog."work/gpt-5.5"]
input_price = 2
output_price = "10"
cached_price = 0.2

[network]
models_dev = "{url}/no-such-file.json"
"""


@pytest.fixture
def daemon(home, sim):
    """A daemon with configured prices, and an Ollama that runs."""
    text = home.config_file.read_text().replace("http://127.0.0.1:1", f"{sim.url}/ollama")
    home.write_config(f"{text}\n{OWN.format(url=sim.url)}")
    home.start()
    return home


def models_of(client, **params):
    return {
        f"{m['provider']}/{m['model']}": m for m in client.call("models.list", params)["models"]
    }


def test_only_ollama_is_contacted_without_keys(daemon, sim):
    """Its models are the default."""
    with daemon.client() as client:
        wait_until(lambda: client.call("status")["default"]["candidates"], "ollama is found")
        answer = client.call("models.list", {"provider": "ollama"})
        assert answer["models"][0]["is_default"]
        assert answer["default"].startswith("ollama/")
    assert {r.path for r in sim.requests} == {"/ollama/api/tags"}


def test_a_login_brings_the_providers_models(daemon, sim):
    """With configured prices; the built-in ones are for the vendor's own servers."""
    daemon.login("work", KEY)
    with daemon.client() as client:
        found = models_of(client)
        assert found["work/gpt-5.5"]["prices"] == {"input": "2", "output": "10", "cached": "0.2"}
        assert found["work/gpt-5.5"]["source"] == ["provider", "config"]
        assert "prices" not in found["work/o4-mini"]
        assert not any(name.startswith("anthropic/") for name in found)
        everything = models_of(client, all=True)
        assert everything["anthropic/claude-sonnet-5"]["prices"]["output"] != "0"
        assert everything["anthropic/claude-sonnet-5"]["state"] == "not_configured"


def test_a_list_survives_a_restart(daemon, sim):
    """It is not requested again within a day."""
    daemon.login("work", KEY)
    with daemon.client() as client:
        assert "work/gpt-5.5" in models_of(client)
    daemon.stop()
    sim.requests.clear()
    daemon.start()
    with daemon.client() as client:
        assert "work/o4-mini" in models_of(client, provider="work")
    assert "/v1/models" not in {r.path for r in sim.requests}


def test_the_default_is_written_into_the_users_file(daemon):
    """It is used from then on, also by its bare name."""
    daemon.login("work", KEY)
    before = daemon.config_file.read_text()
    with daemon.client() as client:
        models_of(client)
        answer = client.call("models.use", {"model": "o4-mini"})
        assert answer == {"model": "work/o4-mini", "file": str(daemon.config_file)}
        misspelt = client.call("models.use", {"model": "work/o4-minni"})
        assert (misspelt["unlisted"], misspelt["nearest"]) == (True, "work/o4-mini")
        client.call("models.use", {"model": "o4-mini"})
    assert daemon.config_file.read_text() == f'default_model = "work/o4-mini"\n\n{before}'
    done = json.loads(daemon.cli("ask", "--json", "hi").stdout)
    assert (done["provider"], done["model"]) == ("work", "o4-mini")


def test_a_chat_has_a_cost_where_the_prices_are_known(daemon):
    """Exact; and none where they are unknown."""
    daemon.login("work", KEY)
    priced = json.loads(daemon.cli("ask", "--json", "-m", "work/gpt-5.5", "one two").stdout)
    usage = priced["usage"]
    micro = 2 * usage["input_tokens"] + 10 * usage["output_tokens"]
    assert usage["cached_tokens"] == 0
    assert priced["cost"] == f"{micro / 1_000_000:.6f}".rstrip("0")
    unpriced = json.loads(daemon.cli("ask", "--json", "-m", "work/o4-mini", "hi").stdout)
    assert unpriced["cost"] is None


def test_refresh_reports_its_results(daemon):
    """For the provider's list, and for models.dev, which is unreachable."""
    daemon.login("work", KEY)
    with daemon.client() as client:
        answer = client.call("models.refresh", {})
        fetched = {row["provider"] for row in answer["lists"] if "fetched_at" in row}
        assert fetched == {"work", "ollama"}
        assert answer["models_dev"] == {"error": "there is no such file (HTTP 404)"}
        alone = client.call("models.refresh", {"provider": "spare"})
        (row,) = alone["lists"]
        assert "auth login spare" in row["error"]
        assert "models_dev" not in alone


README = Path(__file__).parents[3] / "README.md"


@pytest.mark.parametrize(
    "message", re.findall(r"aircher-cli (models list[^#\n]*)", README.read_text())
)
def test_the_examples_find_models(daemon, message):
    """The README's examples find something."""
    done = daemon.cli(*shlex.split(message), "--json")
    assert json.loads(done.stdout)["models"]


def test_a_model_that_its_provider_does_not_list_is_shown(daemon):
    """It would be requested all the same, at the known price."""
    daemon.login("work", KEY)
    done = daemon.cli("models", "show", "work/gpt-5.5-old")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "work/gpt-5.5-old")
    assert "work does not list it (did you mean work/gpt-5.5?)" in done.stderr


def test_extra_cannot_replace_what_a_request_decides(daemon, sim):
    """Nothing is sent, because the cost would differ from the one allowed."""
    daemon.login("work", KEY)
    chat = {"model": "work/m", "messages": [{"role": "user", "content": "hi"}]}
    with daemon.client() as client:
        for extra in ({"max_tokens": 9}, {"n": 2}, {"model": "gpt-5.5"}):
            with pytest.raises(DaemonError, match="is not allowed in extra"):
                client.chat({**chat, "extra": extra})
        assert not [each for each in sim.requests if each.endpoint == "chat"]
        client.chat({**chat, "extra": {"seed": 7}})
    assert sim.requests[-1].json["seed"] == 7
