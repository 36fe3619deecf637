"""Whatever a provider does, every request ends in an answer or in a correct error."""

import json

import pytest

from aircherd.testing.simulator import Fault

KEY = "canary-work-0123456789abcdef"
SPARE = "canary-spare-0123456789abcdef"

BEFORE_OUTPUT = {
    "html": (Fault("html"), "provider_error"),
    "html as 200": (Fault("html", status=200), "provider_error"),
    "empty 200": (Fault("empty"), "provider_error"),
    "wrong content type": (
        Fault("answer", content_type="text/plain", body="hello"),
        "provider_error",
    ),
    "not json": (Fault("malformed", after=0), "provider_error"),
    # Twice, because a call is sent again if a reused connection ends without a byte.
    "reset": (Fault("reset", vendor="openai", times=2), "network"),
    "closed": (Fault("cut", vendor="openai", times=2), "network"),
    "overloaded": (Fault("error", error="overloaded"), "overloaded"),
    "rate": (Fault("error", error="rate_limit"), "rate_limited"),
    "quota": (Fault("error", error="quota"), "quota_exhausted"),
    "server": (Fault("error", error="server"), "provider_error"),
    "error in the stream": (Fault("stream_error", after=0), "provider_error"),
    "ends at once": (Fault("truncate", after=0), "truncated"),
}


@pytest.fixture(scope="module")
def signed_in(shared_daemon):
    """The shared daemon with both keys."""
    shared_daemon.login("work", KEY)
    shared_daemon.login("spare", SPARE)
    return shared_daemon


@pytest.fixture
def asked(signed_in, used_daemon):
    """It, without what the fault before has left."""
    return used_daemon


@pytest.mark.parametrize("name", BEFORE_OUTPUT)
def test_a_fault_before_the_first_output_falls_back(asked, used_sim, name):
    """The next provider answers, and the attempt says what happened."""
    fault, code = BEFORE_OUTPUT[name]
    used_sim.faults.add(fault)
    done = asked.cli("ask", "--json", "-m", "chain", "hello")
    answer = json.loads(done.stdout)
    assert done.returncode == 0, answer
    assert (answer["text"], answer["provider"]) == ("hello", "spare")
    assert [a["outcome"] for a in answer["attempts"]] == [code, "ok"]
    assert answer["attempts"][0]["message"]


@pytest.mark.parametrize("name", BEFORE_OUTPUT)
def test_without_a_fallback_the_error_is_the_providers_own(asked, used_sim, name):
    """Its code, message and exit code."""
    fault, code = BEFORE_OUTPUT[name]
    used_sim.faults.add(fault)
    done = asked.cli("ask", "--json", "-m", "work/m", "hello")
    error = json.loads(done.stdout)["error"]
    assert (error["code"], done.returncode) == (code, 5)


def test_an_unreachable_provider_falls_back(daemon, sim):
    """Its health is `unreachable`, and recovers with the next response."""
    text = daemon.config_file.read_text().replace(f"{sim.url}/v1", "http://127.0.0.1:9/v1")
    daemon.config_file.write_text(text)
    assert daemon.cli("config", "reload").returncode == 0
    daemon.login("work", KEY, "--no-verify")
    daemon.login("spare", SPARE)
    answer = json.loads(daemon.cli("ask", "--json", "-m", "chain", "hi").stdout)
    assert [(a["provider"], a["outcome"]) for a in answer["attempts"]] == [
        ("work", "network"),
        ("spare", "ok"),
    ]
    status = json.loads(daemon.cli("status", "--json").stdout)
    health = {row["provider"]: row["health"] for row in status["providers"]}
    assert (health["work"], health["spare"]) == ("unreachable", "ok")


def test_a_proxy_of_the_daemons_environment_is_named(home):
    """The shell that asks may have another; the command that the message names takes that."""
    url = 'base_url = "http://api.test.invalid/v1"'
    home.write_config(f'[providers.far]\nkind = "openai"\n{url}\nauth = "none"\n')
    home.start(environ={"HTTP_PROXY": "http://127.0.0.1:9"})
    failed = home.cli("ask", "-m", "far/m", "hi").stderr
    assert "(by the proxy 127.0.0.1:9)" in failed
    assert "the proxy is HTTP_PROXY of the daemon's environment" in failed
    assert "'aircher-cli daemon restart'" in failed
    own = {"HTTP_PROXY": "http://127.0.0.1:7"}
    assert home.cli("daemon", "restart", environ=own).returncode == 0
    assert "(by the proxy 127.0.0.1:7)" in home.cli("ask", "-m", "far/m", "hi").stderr


def test_a_refusal_without_a_reason_goes_to_the_next_provider(daemon, sim):
    """It rules out the provider that said it; if all of them do, the request is at fault."""
    daemon.login("work", KEY)
    daemon.login("spare", SPARE)
    sim.faults.add(Fault("error", error="bad_request"))
    answer = json.loads(daemon.cli("ask", "--json", "-m", "chain", "hello").stdout)
    assert [a["outcome"] for a in answer["attempts"]] == ["bad_request", "ok"]
    for _ in range(2):
        sim.faults.add(Fault("error", error="bad_request"))
    done = daemon.cli("ask", "--json", "-m", "chain", "hello")
    assert json.loads(done.stdout)["error"]["code"] == "bad_request"
    assert done.returncode == 1


def test_an_error_in_mid_stream_keeps_the_text_and_is_not_retried(daemon, sim):
    """After the first output there is no retry."""
    daemon.login("work", KEY)
    daemon.login("spare", SPARE)
    sim.faults.add(Fault("stream_error", error="overloaded", after=2))
    done = daemon.cli("ask", "--json", "-m", "chain", "one two three")
    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["data"]["text"]) == ("overloaded", "one two")
    assert [r.vendor for r in sim.requests if r.endpoint == "chat"] == ["openai"]


@pytest.mark.parametrize(
    ("fault", "setting", "code"),
    [
        (Fault("stall"), "first_byte_timeout", "timeout"),
        (Fault("stall", after=1), "idle_timeout", "truncated"),
        (Fault("slow_head", seconds=0.2), "first_byte_timeout", "timeout"),
        (Fault("stall"), "request_timeout", "timeout"),
    ],
)
def test_every_wait_has_a_deadline(home, sim, fault, setting, code):
    """For the first byte, within the stream, for slow headers, for the whole request."""
    home.config_file.write_text(home.config_file.read_text() + f"[network]\n{setting} = 0.5\n")
    home.start()
    home.login("work", KEY)
    sim.faults.add(fault)
    done = home.cli("ask", "--json", "-m", "work/m", "one two three")
    assert json.loads(done.stdout)["error"]["code"] == code


def test_usage_with_cached_and_reasoning_tokens_arrives(daemon, sim):
    """Normalised, from both vendors."""
    sim.behave(cached_tokens=3, reasoning_tokens=5)
    daemon.login("work", KEY)
    daemon.login("spare", SPARE)
    for model in ("work/m", "spare/m"):
        answer = json.loads(
            daemon.cli("ask", "--json", "-m", model, "one two three four five").stdout
        )
        usage = answer["usage"]
        assert (usage["cached_tokens"], usage["reasoning_tokens"]) == (3, 5), model
        assert usage["output_tokens"] == 10, model
        assert usage["input_tokens"] >= 5, model


def test_stop_sequences_and_length_are_reported(daemon):
    """`stop` ends the text before the sequence; `--max-tokens` finishes with `length`."""
    daemon.login("work", KEY)
    daemon.login("spare", SPARE)
    for model in ("work/m", "spare/m"):
        stopped = json.loads(
            daemon.cli("ask", "--json", "-m", model, "--stop", " three", "one two three").stdout
        )
        assert (stopped["text"], stopped["finish"]) == ("one two", "stop")
        short = json.loads(
            daemon.cli("ask", "--json", "-m", model, "--max-tokens", "2", "one two three").stdout
        )
        assert (short["text"], short["finish"]) == ("one two", "length")
