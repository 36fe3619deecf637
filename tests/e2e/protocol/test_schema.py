"""The daemon's description of the protocol is true of all that it sends.

Nothing else may be in a result: the schemas are closed for these tests.
"""

import hashlib
import json
import time
from pathlib import Path

import pytest

from helpers.protocol.raw_client import RawClient
from helpers.protocol.scenarios import LATER_KEY, open_world
from helpers.protocol.transcripts import complete, files, sent_frames
from helpers.protocol.validation import Description

TOPICS = ["auth", "provider", "attempt", "usage", "config", "models", "confirm"]
ASK = {"messages": [{"role": "user", "content": "one two"}]}


@pytest.fixture(scope="module")
def world():
    """A daemon with simulated providers."""
    with open_world() as opened:
        opened.set_up("rate-limited")
        # Under a limit in USD, nothing is asked whose price is not known.
        file = opened.home.config_file
        limit = "requests = 99\nwarn_at = 0.01\n"
        file.write_text(file.read_text().replace("usd = 5\n", limit))
        with opened.home.client() as client:
            client.call("config.reload")
        yield opened


def asking(text: str, model: str = "work/gpt-5.5") -> dict[str, object]:
    """Return a chat in which the simulated server draws, speaks or searches."""
    return {"model": model, "messages": [{"role": "user", "content": text}]}


class Caller:
    """Calls methods, and keeps every frame that comes with the method that was asked."""

    def __init__(self, client: RawClient) -> None:
        self._client = client
        self.seen: list[tuple[str, list[object]]] = []

    def call(self, method: str, **params: object) -> dict:
        """Return the result, or the data of the error."""
        self._client.send([0, 1, method, [params]])
        while True:
            frame = self._client.receive()
            self.seen.append((method, frame))
            is_end = frame[0] == 1 or frame[1] == "chat.done"
            if is_end and (method != "chat.start" or frame[0] == 2 or frame[2]):
                return frame[2][0] if frame[0] == 2 else frame[3] or (frame[2] or {}).get("data")

    def next_event(self, topic: str) -> dict:
        """Return the next event of a topic."""
        while True:
            frame = self._client.receive()
            self.seen.append(("events.subscribe", frame))
            if frame[2][0].get("topic") == topic:
                return frame[2][0]


def proven(caller: Caller, method: str, **params: object) -> dict:
    """Call a method that needs a proof."""
    asked = caller.call(method, **params)
    return caller.call(method, **params, proof=Path(asked["file"]).read_text())


@pytest.fixture(scope="module")
def described(world):
    """The description as the daemon returns it."""
    with world.home.client() as client:
        return Description(json.loads(client.call("protocol.schema")["schema"]))


def test_transcripts_follow_the_description(described):
    """Requests, results, errors, deltas and events of all that were recorded."""
    for file in files():
        transcript = complete(json.loads(file.read_text(encoding="utf-8")))
        if "made" in transcript:
            continue
        asked: dict[str, str] = {}
        for step in transcript["steps"]:
            frame = step.get("daemon_gets", [None])
            if frame[0] == 0:
                asked[frame[1]] = frame[2]
                is_wrong_on_purpose = frame[2] not in described.document["methods"]
                params = frame[3][0]
                if not is_wrong_on_purpose and "nonsense" not in params:
                    assert described.params(frame[2], params) == [], file.stem
            for sent in sent_frames([step]):
                numbered = json.loads(json.dumps(sent).replace('"#a"', "1"))
                found = described.frame(numbered, asked.get(sent[1]))
                assert found == [], file.stem


def test_every_method_answers_as_it_is_described(world, described):
    """All methods of a real daemon, with what makes their results long; all deltas and topics."""
    with RawClient(world.home.socket) as client:
        caller = Caller(client)
        everything(caller, world)
        question(caller, world)

    wrong = [each for method, frame in caller.seen for each in described.frame(frame, method)]
    assert wrong == []
    answered = {method for method, frame in caller.seen if frame[0] == 1 and frame[2] is None}
    # The shutdown is a transcript; a fleet's are in tests/e2e/fleet.
    of_fleets = {"fleet.report", "fleet.forget"}
    assert set(described.document["methods"]) - answered == {"shutdown", *of_fleets}
    sent = [(frame[1], frame[2][0]) for _, frame in caller.seen if frame[0] == 2]
    topics = {params["topic"] for method, params in sent if method == "event"}
    assert topics == set(described.document["events"]) - {"lagged", "shared"}
    # A tool call is a transcript.
    outcomes = [params.get("outcome") for _, params in sent if params.get("topic") == "confirm"]
    assert outcomes == [None, "allowed"]
    deltas = {params["type"] for method, params in sent if method == "chat.delta"}
    assert deltas == set(described.document["deltas"]) - {"tool_call"}


def everything(caller: Caller, world) -> None:
    """Call each method, most of them in a state in which there is something to say."""
    caller.call("hello", client={"name": "schema"}, project="/home/ann/site")
    caller.call("ping")
    caller.call("protocol.schema")
    caller.call("events.subscribe", topics=TOPICS)
    caller.call("chat.start", **ASK, conversation="a", task=None)
    caller.call("chat", **ASK, model="spare/claude-sonnet-5", reasoning="low")
    caller.call("chat", **ASK, model="later/gpt-5.5")
    caller.call("chat", **ASK, model="absent/nothing")
    caller.call(
        "chat", **asking("search it", "spare/claude-sonnet-5"), tools=[{"type": "web_search"}]
    )
    caller.call("auth.login", provider="later", key="wrong-0123456789abcdef")
    caller.call("auth.login", provider="later", key=LATER_KEY, label="own")
    caller.call("auth.login", provider="later", key=LATER_KEY, label="own", replace=False)
    caller.call("auth.import", variables={"WORK_KEY": "canary-work-0123456789abcdef", "X": "y"})
    caller.call("auth.test", provider="work")
    caller.call("auth.status")
    caller.call("status", clients=True)
    caller.call("models.refresh", provider="ollama")
    caller.call("models.refresh", provider="work")
    caller.call("models.list", all=True)
    caller.call("models.list", model="work/gpt-5.5")
    caller.call("models.use", model="work/gpt-5")
    caller.call("route.explain", **ASK)
    caller.call("route.explain", model="anthropic/claude-sonnet-5")
    caller.call("usage.report", by=["day", "provider", "model", "key", "client", "project"])
    caller.call("usage.report", since=1.0, until=time.time(), by=["outcome"])
    caller.call("attempts.list", limit=1)
    caller.call("attempts.list", since=1.0)
    caller.call("limits.status")
    caller.call("cooldowns.clear")
    caller.call("chat", **asking("draw a cat"), modalities=["text", "image"])
    caller.call("chat", **asking("speak to me"), modalities=["audio"])
    caller.call("diagnose", salt="s", variables={"WORK_KEY": "0" * 32})
    configuration(caller, world)
    caller.call("token.create", name="zed", limits=[{"per": "day", "usd": "1"}], models=["*"])
    caller.call("http.open", name="aider", project="/home/ann/site")
    caller.call("token.list")
    caller.call("token.revoke", name="zed")
    caller.call("token.revoke", name="zed")
    caller.call("auth.lock", seconds=60.0)
    caller.call("status")
    caller.call("auth.status")
    proven(caller, "auth.unlock")
    caller.call("auth.logout", provider="later")
    caller.call("confirm.list")
    caller.call("audit.list")


def configuration(caller: Caller, world) -> None:
    """Call what is about the configuration; an unknown model in a limit is a warning."""
    text = world.home.config_file.read_text() + '\n[[limits]]\nmodel = "work/gtp"\nrequests = 9\n'
    text += 'per = "hour"\n'
    caller.call("config.check")
    caller.call("config.check", text=text)
    caller.call("config.check", text="x = ")
    base = hashlib.sha256(world.home.config_file.read_bytes()).hexdigest()
    proven(caller, "config.write", text=text, base=base)
    caller.call("limits.status")
    proven(
        caller,
        "config.set",
        entries=[{"path": "usage.keep_days", "value": 90}],
        unset=["default_modell"],
    )
    caller.call("config.reload")
    caller.call("config.show", all=True)
    caller.call("config.schema")


def test_the_command_prints_what_the_daemon_says(world, described):
    """For people, and for programs."""
    shown = world.home.cli("protocol", "models.list")
    whole = world.home.cli("protocol", "--json")

    assert (shown.returncode, whole.returncode) == (0, 0), shown.stderr + whole.stderr
    assert "Return models and their metadata." in shown.stdout
    assert json.loads(whole.stdout) == described.document


def question(caller: Caller, world) -> None:
    """Answer a question of another client: `[protect]` wants a word of the user for it."""
    proven(caller, "config.set", entries=[{"path": "protect.sign_out", "value": "confirm"}])
    caller.call("auth.login", provider="later", key=LATER_KEY)
    other = world.home.popen("auth", "logout", "later")
    asked = caller.next_event("confirm")
    proven(caller, "confirm.answer", number=asked["number"], allow=True)
    other.wait(20)
    caller.call("events.unsubscribe")
