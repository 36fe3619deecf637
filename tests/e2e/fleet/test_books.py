"""What the books of a fleet say: each machine's ledger is the truth, and the engine agrees with it.

Two real daemons on a real engine; the clock of the second is an hour ahead. Every request uses 3
tokens, at a thousandth of a dollar each.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from aircher_client.errors import ClientError
from helpers.daemon.cli import run_program
from helpers.daemon.real_daemon import wait_until
from helpers.engines import Engine, valkey
from helpers.fleet.machines import Machine, limit, open_machines
from helpers.fleet.upstream import Upstream, open_upstream
from helpers.protocol.raw_client import RawClient
from helpers.protocol.validation import Description

LIMITS = limit("month", requests=100_000) + limit("month", usd=1000)
CHAT = {"model": "work/m", "messages": [{"role": "user", "content": "use 1 2"}], "stream": False}
PASSWORD = "canary-engine-0123456789abcdef"
TOKENS, USD = 3, Decimal("0.003")


class Fleet(NamedTuple):
    """Two machines, their engine, and their provider."""

    machines: list[Machine]
    engine: Engine
    upstream: Upstream

    def ask(self, number: int, times: int) -> list[str]:
        """Ask `times` times at one machine, eight at once; return how each ended."""
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda _: _ask(self.machines[number]), range(times)))

    def report(self, number: int = 0) -> dict[str, Any]:
        """Return the report of the fleet, as one machine has it."""
        return self.machines[number].call("fleet.report")

    def of_limits(self, number: int = 0) -> list[dict[str, Any]]:
        """Return the rows of the limits, as one machine has them."""
        return self.machines[number].call("limits.status")["limits"]

    def state(self, number: int = 0) -> dict[str, Any]:
        """Return what one machine knows of the engine."""
        return self.machines[number].call("status")["shared"]

    def booked(self) -> dict[str, tuple[int, Decimal]]:
        """Return the requests and the cost that each ledger has, with what it counts as a margin.

        All of it was made this month.
        """
        found = {}
        for machine in self.machines:
            totals = machine.call("usage.report")["totals"]
            requests, usd = machine.call("limits.status")["limits"]
            found[machine.label] = (
                totals["requests"] + requests.get("margin", 0),
                Decimal(totals["cost"]) + Decimal(usd.get("margin", 0)),
            )
        return found

    def in_engine(self) -> dict[str, tuple[int, Decimal]]:
        """Return the same as the engine has it."""
        requests, usd = self.of_limits()
        costs = {each["label"]: Decimal(each["used"]) for each in usd["machines"]}
        return {
            each["label"]: (each["used"], costs.get(each["label"], Decimal()))
            for each in requests["machines"]
        }

    def wait_until_they_agree(self) -> None:
        """Wait until the engine has what the ledgers have."""
        wait_until(
            lambda: (
                all(machine.call("status")["shared"]["state"] == "ok" for machine in self.machines)
                and self.in_engine() == self.booked()
            ),
            "the engine to have what the ledgers have",
        )


def _ask(machine: Machine) -> str:
    try:
        machine.call("chat", CHAT)
    except ClientError as error:
        return str(error)
    return "ok"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two machines that have asked: `m0` five times, `m1` three times."""
    file = tmp_path_factory.mktemp("secret") / "password"
    file.write_text(PASSWORD)
    settings = f'key_command = ["cat", "{file}"]\n{LIMITS}'
    with (
        valkey(password=PASSWORD) as engine,
        open_upstream() as upstream,
        open_machines(2, upstream, engine.url, settings, ahead=(0.0, 3600.0)) as machines,
    ):
        fleet = Fleet(machines, engine, upstream)
        fleet.ask(0, 5)
        fleet.ask(1, 3)
        fleet.wait_until_they_agree()
        yield fleet


def test_each_machine_and_the_sum(fleet: Fleet) -> None:
    """As the ledgers have them; this machine's is the first row."""
    wait_until(lambda: fleet.report()["totals"]["requests"] >= 8, "the days of both machines")
    report = fleet.report()
    booked = fleet.booked()
    assert [each["label"] for each in report["machines"]] == ["m0", "m1"]
    assert [each.get("this", False) for each in report["machines"]] == [True, False]
    for machine in report["machines"]:
        requests, cost = booked[machine["label"]]
        assert (machine["requests"], Decimal(machine["cost"])) == (requests, cost)
        assert machine["tokens"] == TOKENS * requests
    assert Decimal(report["totals"]["cost"]) == USD * report["totals"]["requests"]
    wait_until(
        lambda: fleet.report(1)["totals"] == report["totals"], "the other machine to see the same"
    )


def test_the_command_line_shows_them(fleet: Fleet) -> None:
    """In a table, below limits, and in the status."""
    environ = fleet.machines[0].home.environ
    usage = run_program(environ, "usage", "--fleet").stdout.decode()
    assert "m0 (this one)" in usage
    assert "total" in usage
    limits = run_program(environ, "limits").stdout.decode()
    assert limits.count("m1") == 2
    status = run_program(environ, "status").stdout.decode()
    assert "2 machines now" in status
    doctor = run_program(environ, "doctor").stdout.decode()
    assert "answers in" in doctor
    assert PASSWORD not in usage + limits + status + doctor


def test_a_killed_machine_is_booked_once(fleet: Fleet) -> None:
    """What it had in flight is unknown, and counts; what its ledger may lack counts as a margin.

    What it held is held no more: it counts as used where its ledger does not have it. It is started
    in another time zone, where it may be another day: the fleet's months are the same.
    """
    fleet.upstream.hold()
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(fleet.ask, 1, 6)
        try:
            wait_until(lambda: fleet.upstream.by_machine()["m1"].open >= 6, "six requests wait")
            fleet.machines[1].call("usage.report")  # after which its ledger has them
            fleet.machines[1].kill()
            asking.result()
        finally:
            fleet.upstream.release()
    fleet.machines[1].home.environ["TZ"] = "Pacific/Kiritimati"
    fleet.machines[1].start()
    fleet.wait_until_they_agree()
    arrived = fleet.upstream.by_machine()["m1"].requests
    requests, _ = fleet.booked()["m1"]
    assert requests >= arrived
    wait_until(lambda: _held(fleet, "m1") == 0, "what was leased to be given back")


def _held(fleet: Fleet, label: str) -> int:
    rows = fleet.of_limits()[0]["machines"]
    return next(each["held"] for each in rows if each["label"] == label)


def test_an_engine_that_lost_everything_is_filled_again(fleet: Fleet) -> None:
    """From the ledgers, also with what was used meanwhile."""
    before = fleet.booked()
    fleet.engine.command("FLUSHALL")
    assert fleet.ask(0, 4) == ["ok"] * 4
    fleet.wait_until_they_agree()
    after = fleet.booked()
    assert after["m0"][0] == before["m0"][0] + 4
    assert after["m1"] == before["m1"]
    wait_until(
        lambda: fleet.report(1)["totals"]["requests"] == sum(each[0] for each in _days(fleet)),
        "the days of both machines",
    )


def _days(fleet: Fleet) -> list[tuple[int, str]]:
    totals = [machine.call("usage.report")["totals"] for machine in fleet.machines]
    return [(each["requests"], each["cost"]) for each in totals]


def test_without_the_engine_there_is_what_was_seen_last(fleet: Fleet) -> None:
    """It is said everywhere, and that it is back; what was used meanwhile is booked once."""
    schema = fleet.machines[0].call("protocol.schema")["schema"]
    description = Description(json.loads(schema))
    before = fleet.in_engine()
    with RawClient(fleet.machines[0].home.socket) as client:
        client.send([0, 1, "events.subscribe", [{"topics": ["shared"]}]])
        snapshot = client.receive()[3]["snapshot"]["shared"]
        assert [each["state"] for each in snapshot] == ["ok"]
        fleet.engine.freeze()
        assert fleet.ask(0, 3) == ["ok"] * 3
        event = _next(client, "away")
        assert event["reason"]
        assert fleet.state()["state"] == "away"
        status = fleet.machines[0].call("limits.status")
        assert status["shared"]["problem"]
        assert status["shared"]["age_s"] >= 0
        assert {each["label"] for each in status["limits"][0]["machines"]} == set(before)
        booked = _days(fleet)[0][0]
        wait_until(lambda: fleet.report()["machines"][0]["requests"] == booked, "its own days")
        report = fleet.report()
        assert report["problem"]
        findings = fleet.machines[0].call("diagnose")["findings"]
        (found,) = [each for each in findings if each["check"] == "shared state"]
        assert found["status"] == "problem"
        fleet.engine.thaw()
        _next(client, "ok")
    fleet.wait_until_they_agree()
    assert description.result("limits.status", status) == []
    assert description.result("fleet.report", report) == []
    assert description.notification("event", event) == []


def _next(client: RawClient, state: str) -> dict[str, Any]:
    """Return the next event with a state."""
    while True:
        frame = client.receive()
        if frame[0] == 2 and frame[2][0].get("state") == state:
            return frame[2][0]


def test_another_fleet_in_the_namespace_is_noticed(fleet: Fleet) -> None:
    """By its limits, which is said; by its time zone, which would mix up days: it is refused."""
    other = fleet.machines[1]
    file, as_it_was = other.home.config_file, other.home.config_file.read_text()
    file.write_text(as_it_was.replace("requests = 100000", "requests = 99999"))
    other.call("config.reload")
    wait_until(lambda: fleet.state().get("differing") == ["m1"], "m0 to see other limits")
    assert (
        "m1 has other limits"
        in run_program(fleet.machines[0].home.environ, "status").stdout.decode()
    )
    warnings = [
        each["message"]
        for each in fleet.machines[0].call("diagnose")["findings"]
        if (each["check"], each["status"]) == ("shared state", "warning")
    ]
    assert [each for each in warnings if "other machines have other limits: m1" in each]
    file.write_text(as_it_was.replace("[shared]", '[shared]\ntime_zone = "Asia/Tokyo"'))
    other.call("config.reload")
    wait_until(lambda: fleet.state(1)["state"] == "refused", "m1 to be refused")
    assert "Asia/Tokyo" in fleet.state(1)["reason"]
    file.write_text(as_it_was)
    other.call("config.reload")
    fleet.wait_until_they_agree()
    wait_until(lambda: "differing" not in fleet.state(), "m0 to see the same limits")


def test_a_machine_that_reports_is_not_forgotten(fleet: Fleet) -> None:
    """It would be known again at once; the message of an unknown one has those that are known."""
    for machine in fleet.machines:
        assert PASSWORD not in machine.home.log()
    for name, expected in (("m1", "still reports"), ("m0", "still reports"), ("x", "m0, m1")):
        with pytest.raises(ClientError, match=expected):
            fleet.machines[0].call("fleet.forget", {"machine": name})
