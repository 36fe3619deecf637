"""A start with invalid entries in the configuration: what does not depend on them serves."""

import pytest

from aircher_client import DaemonError
from helpers.daemon.ipc_requests import KEYS, ask, attempt_outcomes, chats, refusal, skip_reasons

BROKEN = """
[providers.broken]
kind = "opnai"
base_url = "{url}/v1"

[models.mixed]
routes = ["broken/gpt-5.5", "spare/claude-sonnet-5"]

[models.useless]
routes = ["broken/gpt-5.5"]

[models.bad]
routes = ["nowhere/gpt-5.5"]

[catalog."work/gpt-5-mini"]
window = "big"
"""


def start(home, more, before=""):
    """Start a daemon whose configuration has further entries; return a client."""
    home.write_config(before + home.config_file.read_text() + more)
    home.start(KEYS)
    return home.client()


def reload_error(client):
    """Return the error of a reload that must be refused."""
    with pytest.raises(DaemonError) as caught:
        client.call("config.reload")
    return caught.value


@pytest.fixture
def client(home, sim):
    """A client of a daemon that was started with invalid entries, and never had a good file."""
    before = 'default_model = "chain"\n'
    with start(home, BROKEN.format(url=sim.url), before) as connected:
        yield connected


def test_requests_that_do_not_need_them_are_served(client, sim):
    """By alias, by provider/model, and without a model."""
    for model in ("chain", "spare/claude-sonnet-5", None):
        assert ask(client, model=model)["skipped"] == []
    assert len(chats(sim)) == 3


def test_a_broken_provider_is_skipped_within_a_chain(client, sim):
    """The next route serves, and the skip has the file and the line."""
    answer = ask(client, model="mixed")
    assert attempt_outcomes(answer) == [("spare", "ok")]
    assert skip_reasons(answer) == [("broken", "config_invalid")]
    (skipped,) = answer["skipped"]
    assert skipped["message"].startswith("broken is refused: ")
    assert "config.toml, line " in skipped["message"]
    assert "providers.broken.kind: must be one of" in skipped["message"]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("broken/gpt-5.5", "broken is refused: "),
        ("useless", "broken is refused: "),
        ("bad", "the alias 'bad' is refused: "),
        ("work/gpt-5-mini", "work/gpt-5-mini is refused: "),
    ],
)
def test_a_request_that_needs_nothing_else_is_refused(client, sim, model, expected):
    """With the problem, and without a call."""
    error = refusal(client, model=model)
    assert error.code == "config_invalid"
    assert error.message.startswith(expected)
    assert "config.toml, line " in error.message
    assert chats(sim) == []


def test_state_and_notices_say_what_is_refused(client, home):
    """`status` has the entries, `auth.status` and `models.list` the provider and its problem."""
    status = client.call("status")
    assert status["config"]["in_use"] == "the valid entries"
    assert status["config"]["refused"] == [
        "providers.broken",
        "models.bad",
        "catalog.'work/gpt-5-mini'",
    ]
    (row,) = (each for each in status["providers"] if each["provider"] == "broken")
    assert row["state"] == "refused"
    assert "line " in row["reason"]
    (row,) = (each for each in client.call("auth.status")["rows"] if each["provider"] == "broken")
    assert (row["state"], "line " in row["reason"]) == ("refused", True)
    (row,) = (each for each in client.call("models.list")["lists"] if each["provider"] == "broken")
    assert row["error"].startswith("refused: ")
    (notice,) = client.notices
    assert notice["message"].endswith(
        "everything except providers.broken, models.bad, catalog.'work/gpt-5-mini' is in use"
    )
    done = home.cli("route", "-m", "mixed")
    assert "broken is refused" in done.stdout


@pytest.mark.parametrize("method", ["auth.login", "auth.logout", "auth.test", "cooldowns.clear"])
def test_calls_for_a_broken_provider_are_refused(client, method):
    """Its address is unknown, so no key may be stored for it or sent to it."""
    params = {"provider": "broken", **({"key": "k" * 20} if method == "auth.login" else {})}
    with pytest.raises(DaemonError, match=r"^broken is refused: .*line ") as caught:
        client.call(method, params)
    assert caught.value.code == "config_invalid"


@pytest.mark.parametrize("model", ["broken/gpt-5.5", "bad"])
def test_a_refused_model_cannot_become_the_default(client, home, model):
    """The file stays as it is."""
    before = home.config_file.read_text()
    with pytest.raises(DaemonError) as caught:
        client.call("models.use", {"model": model})
    assert caught.value.code == "config_invalid"
    assert home.config_file.read_text() == before


def test_fixing_the_file_ends_it(client, home):
    """One entry after the other: each takes effect when it is valid, the last ends the state."""
    text = home.config_file.read_text()
    home.config_file.write_text(text.replace("opnai", "openai").replace("nowhere", "broken"))
    assert "window" in reload_error(client).message
    assert client.call("status")["config"]["refused"] == ["catalog.'work/gpt-5-mini'"]
    home.config_file.write_text(text.partition("[providers.broken]")[0])
    client.call("config.reload")
    state = client.call("status")["config"]
    assert state["ok"]
    assert "refused" not in state
    with home.client() as another:
        another.call("ping")
        assert another.notices == []


def test_a_worse_change_keeps_what_is_in_use(client, home):
    """A file with a syntax error takes no effect, and requests are served as before."""
    home.config_file.write_text("[providers.work\n")
    reload_error(client)
    assert client.call("status")["config"]["in_use"] == "the valid entries of an earlier one"
    assert ask(client, model="chain")["provider"] == "work"


@pytest.mark.parametrize(
    "more",
    [
        '\n[[limits]]\nprovider = "wrok"\nusd = 5\nper = "day"\n',
        "\n[network]\nidle = 5\n",
        "\n[fallback]\nmax_attempts = 0\n",
        "\n[nonsense]\n",
    ],
)
def test_a_problem_outside_of_entries_refuses_every_chat(home, sim, more):
    """Without a limit or the network settings, requests would do what the user does not want."""
    with start(home, more) as client:
        error = refusal(client, model="spare/claude-sonnet-5")
        assert error.code == "config_invalid"
        assert client.call("status")["config"]["in_use"] == "none"
    assert chats(sim) == []


def test_a_stored_key_can_be_removed_whatever_the_configuration_is(home):
    """A stolen key cannot wait until the file is repaired; nothing is asked for that.

    A command that repairs it names what it changed, and not the providers that are built in.
    """
    home.start(KEYS)
    home.login("spare", "sk-ant-0123456789-spare", "--no-verify")
    home.stop()
    with start(home, "\n[fallback]\nmax_attempts = 0\n") as client:
        assert client.call("status")["config"]["in_use"] == "none"
        assert client.call("auth.logout", {"provider": "spare"})["removed"] == 1
        with pytest.raises(DaemonError) as caught:
            client.call("auth.logout", {"provider": "spare"})
        assert caught.value.code == "config_invalid"
    repaired = home.cli("config", "set", "fallback.max_attempts", "3").stdout
    assert ("providers.spare" in repaired, "providers.gemini" in repaired) == (True, False)


def test_an_invalid_default_refuses_requests_without_a_model(home, sim):
    """Named models serve."""
    with start(home, "", before='default_model = "wrok/gpt-5.5"\n') as client:
        error = refusal(client, model=None)
        assert error.code == "config_invalid"
        assert error.message.startswith("the default model is refused: ")
        assert ask(client, model="chain")["provider"] == "work"


def test_a_key_in_a_provider_refuses_that_provider(home, sim):
    """The key is in no output, and the other providers serve."""
    key = "sk-ant-api03-CANARYcanary0123456789"
    with start(home, f'\n[providers.openrouter]\napi_key = "{key}"\n') as client:
        assert ask(client, model="chain")["provider"] == "work"
        error = refusal(client, model="openrouter/x")
        assert "auth login openrouter" in error.message
        assert "CANARY" not in f"{error.message}{error.data}{client.call('status')}{home.log()}"


def test_a_bad_change_while_running_takes_no_effect(daemon, sim):
    """The last good configuration stays as a whole, the entry that is now broken included."""
    daemon.stop()
    daemon.start(KEYS)
    with daemon.client() as client:
        daemon.config_file.write_text(daemon.config_file.read_text().replace('"openai"', '"opnai"'))
        reload_error(client)
        assert ask(client, model="chain")["provider"] == "work"
        assert client.call("status")["config"]["in_use"] == "the last good one"


def test_a_vendor_without_another_is_refused_by_default(home):
    """A request without a model says that the only provider of the user is refused, and why."""
    with start(home, '\n[providers.openai]\nbse_url = "http://proxy"\n') as client:
        error = refusal(client, model=None)
    assert error.code == "config_invalid"
    assert error.message.startswith("openai is refused: ")
