"""A daemon that knows a provider for each report, and asks one of them."""

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from aircher_client import Client, DaemonError
from helpers.daemon.real_daemon import Home, home
from helpers.field.case import FINE, PATHS, Case, Outcome
from helpers.providers.byte_server import ByteServer, open_byte_server

TOOLS = [
    {"name": name, "parameters": '{"type":"object","properties":{"at":{"type":"string"}}}'}
    for name in ("look", "listen")
]


class Field:
    """The daemon and its providers."""

    def __init__(self, home: Home, client: Client, server: ByteServer) -> None:
        self._home = home
        self._client = client
        self.server = server

    def ask(self, case: Case) -> Outcome:
        """Ask the provider of a case; the next one always answers "fine"."""
        request = {
            "model": f"{case.name}-chain",
            "messages": [{"role": "user", "content": "hello"}],
            **({"tools": TOOLS} if case.calls is not None else {}),
            **case.request,
        }
        try:
            result, error = self._client.chat(request), None
        except DaemonError as failure:
            result, error = failure.data, failure.code
        with self._home.client() as watcher:
            watched = watcher.call("events.subscribe", {"topics": ["provider"]})
        rows = watched["snapshot"]["provider"]
        self._client.call("cooldowns.clear")
        return Outcome(result, error, [row for row in rows if row["provider"] == case.name])


def check(case: Case, outcome: Outcome) -> None:
    """Check everything that a case says."""
    if case.outcome is not None:
        assert outcome.result.get("provider") == "fine", outcome
        assert outcome.attempt["outcome"] == case.outcome, outcome.attempt
    if case.said:
        assert case.said in outcome.attempt["message"], outcome.attempt
    if case.cools:
        until = [row["until"] - time.time() for row in outcome.cooldowns if row.get("until")]
        # Midnight may be near.
        least = 0.0 if any(b"midnight" in part for part in case.reply) else case.cools
        assert max(until, default=0.0) > least, outcome.cooldowns
    if case.code is not None:
        assert outcome.error == case.code, outcome
    if case.not_whole:
        assert outcome.attempt["outcome"] != "ok", outcome
    if case.text is not None:
        assert (outcome.text, outcome.result.get("provider")) == (case.text, case.name), outcome
    if case.finish is not None:
        assert outcome.result.get("finish") == case.finish, outcome
    if case.calls is not None:
        assert outcome.calls == case.calls, outcome
    if case.usage is not None:
        usage = outcome.result["usage"]
        assert (usage["input_tokens"], usage["output_tokens"]) == case.usage, usage
    if case.cost is not None:
        assert outcome.result["cost"] == case.cost, outcome


class Fields:
    """Several daemons: a configuration has room for some hundred providers."""

    SIZE = 250

    def __init__(self, cases: Iterable[Case], stack: ExitStack) -> None:
        listed = list(cases)
        self._by_name: dict[str, Field] = {}
        for start in range(0, len(listed), self.SIZE):
            batch = listed[start : start + self.SIZE]
            opened = stack.enter_context(open_field(batch))
            self._by_name |= dict.fromkeys((case.name for case in batch), opened)

    def ask(self, case: Case) -> Outcome:
        """Ask the provider of a case."""
        return self._by_name[case.name].ask(case)


@contextmanager
def open_field(cases: Iterable[Case]) -> Iterator[Field]:
    """Run a daemon with a provider for each case."""
    listed = list(cases)
    answers = {case.name: case.reply for case in listed} | {"fine": FINE}
    assert len(answers) == len(listed) + 1, "two cases of one name"
    with open_byte_server(answers) as server, home({"FIELD_KEY": "canary-0123456789"}) as made:
        made.write_config(
            "\n".join([_section(_NEXT, server), *(_section(c, server) for c in listed)])
        )
        made.start(log_level="info")
        with made.client() as client:
            yield Field(made, client, server)


_NEXT = Case(name="fine", reply=FINE, lines=('[catalog."fine/m"]', "window = 4_000_000"))


def _section(case: Case, server: ByteServer) -> str:
    path = PATHS.get(case.kind, "") if case.path is None else case.path
    lines = [
        f"[providers.{case.name}]",
        f'kind = "{case.kind}"',
        f'base_url = "{server.url(case.name)}{path}"',
        'env = "FIELD_KEY"',
        *case.lines,
    ]
    if case is not _NEXT:
        lines += [f"[models.{case.name}-chain]", f'routes = ["{case.name}/m", "fine/m"]']
    return "\n".join(lines) + "\n"
