"""A real daemon on a real Redis with TLS and a user of its own, and what can go wrong with it."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from helpers.daemon.real_daemon import wait_until
from helpers.engines import HTTP, Engine, Proxy, proxy, redis, talker
from helpers.fleet.machines import Machine, limit, open_machines
from helpers.fleet.upstream import open_upstream

CANARY = "canary-31c5aa"
USER = f"user aircher on >{CANARY} ~{{proof}}:* &{{proof}}:* +@all -@admin -@dangerous +info"
SECONDS = 30.0


class One(NamedTuple):
    """A machine, its engine, and the file with the password that it reads."""

    machine: Machine
    engine: Engine
    password: Path


@pytest.fixture(scope="module")
def one() -> Iterator[One]:
    """Return a machine that may make a thousand requests a day."""
    with redis(tls=True, acl=["user default off ~* &* +@all", USER], user="aircher") as engine:
        password = engine.folder / "password"
        password.write_text(CANARY)
        more = f'ca_file = "{engine.ca_file}"\nkey_command = ["cat", "{password}"]\n'
        limits = limit(requests=1000)
        with (
            open_upstream() as upstream,
            open_machines(1, upstream, engine.url, more + limits) as machines,
        ):
            yield One(machines[0], engine, password)


def ask(one: One) -> None:
    """Send a request: whatever the engine does, it is answered."""
    messages = [{"role": "user", "content": "use 1 1"}]
    one.machine.call("chat", {"model": "work/m", "messages": messages, "stream": False})


def wait_for(one: One, state: str) -> str:
    """Ask until the engine is in that state; return why."""
    until = time.monotonic() + SECONDS
    while True:
        ask(one)
        found = one.machine.call("status")["shared"]
        if found["state"] == state:
            return str(found.get("reason", ""))
        assert time.monotonic() < until, found
        time.sleep(0.05)


def check_counted(one: One) -> None:
    """The engine has what the ledger has, no request more or less."""
    until = time.monotonic() + SECONDS
    while (found := counted(one)) != (row := ledger_row(one))["requests"]:
        assert time.monotonic() < until, (found, row)
        time.sleep(0.05)


def ledger_row(one: One) -> dict[str, object]:
    """Return what the machine used."""
    [row] = one.machine.call("usage.report", {"by": ["client"]})["rows"]
    return row


def counted(one: One) -> int | None:
    """Return what the engine has of all machines; None if it has no counter."""
    names = one.engine.command("KEYS", "{proof}:c:*")
    if not names:
        return None
    fields = one.engine.command("HGETALL", *names)
    totals = dict(zip(fields[::2], fields[1::2], strict=True))
    return sum(int(total) for field, total in totals.items() if field.startswith("t:"))


def test_it_is_used_with_its_password_and_certificate(one: One) -> None:
    """The daemon connects by itself, and what it uses is counted there."""
    wait_for(one, "ok")
    check_counted(one)


def test_it_is_full(one: One) -> None:
    """Requests go on, and are counted there once it has room."""
    wait_for(one, "ok")
    one.engine.fill()
    assert "is full and takes no reports" in wait_for(one, "away")
    one.engine.empty()
    wait_for(one, "ok")
    check_counted(one)


def test_it_is_a_replica(one: One) -> None:
    """As after a failover, until there is a primary."""
    wait_for(one, "ok")
    one.engine.demote()
    assert "it is a replica" in wait_for(one, "away")
    one.engine.promote()
    wait_for(one, "ok")
    check_counted(one)


def test_it_is_frozen(one: One) -> None:
    """It takes connections and answers nothing; no request waits long."""
    wait_for(one, "ok")
    one.engine.freeze()
    try:
        assert "did not answer within" in wait_for(one, "away")
    finally:
        one.engine.thaw()
    wait_for(one, "ok")
    check_counted(one)


def test_it_is_flushed_while_requests_run(one: One) -> None:
    """The daemon reports all that its ledger has."""
    wait_for(one, "ok")
    one.engine.command("SCRIPT", "FLUSH")
    one.engine.command("FLUSHALL")
    ask(one)
    wait_for(one, "ok")
    check_counted(one)


def test_it_is_restarted_and_has_lost_everything(one: One) -> None:
    """The same, with another connection."""
    wait_for(one, "ok")
    one.engine.restart()
    wait_for(one, "ok")
    check_counted(one)


def test_its_access_control_list_becomes_too_short(one: One) -> None:
    """The message names the page that has the line."""
    wait_for(one, "ok")
    one.engine.command("ACL", "SETUSER", "aircher", "-time")
    reason = wait_for(one, "refused")
    assert "does not let this user do what is needed: docs/fleet.md" in reason
    one.engine.command("ACL", "SETUSER", "aircher", "+time")
    wait_for(one, "ok")
    check_counted(one)


def test_it_gets_another_password(one: One) -> None:
    """The old one is refused, so it is read again: nothing is restarted, and nothing shown."""
    wait_for(one, "ok")
    one.password.write_text(f"other-{CANARY}")
    one.engine.command("ACL", "SETUSER", "aircher", "resetpass", f">other-{CANARY}")
    one.engine.command("CLIENT", "KILL", "USER", "aircher")
    ask(one)
    wait_for(one, "ok")
    check_counted(one)
    assert CANARY not in f"{one.machine.call('status')} {one.machine.home.everything_written()}"


@pytest.fixture
def slow(one: One) -> Iterator[Proxy]:
    """Yield what stands between the daemon and its engine for one test."""
    right = one.machine.home.config_file.read_text()
    with proxy(one.engine) as between:
        one.machine.home.write_config(right.replace(f":{one.engine.port}", f":{between.port}"))
        try:
            wait_until(lambda: between.is_used, "the daemon uses the other address")
            yield between
        finally:
            one.machine.home.write_config(right)


def test_it_takes_two_seconds_for_each_command(one: One, slow: Proxy) -> None:
    """It is away, and no request waits for it; late answers change nothing."""
    wait_for(one, "ok")
    slow.delay = 2.0
    assert wait_for(one, "away")
    slow.delay = 0.0
    wait_for(one, "ok")
    check_counted(one)


def test_the_address_leads_to_something_else(one: One) -> None:
    """A changed address is used at once, and so is the right one afterwards."""
    right = one.machine.home.config_file.read_text()
    with talker(HTTP) as url:
        lines = right.replace(one.engine.url, url).splitlines(keepends=True)
        one.machine.home.write_config("".join(line for line in lines if "ca_file" not in line))
        assert "is no Valkey or Redis" in wait_for(one, "refused")
    one.machine.home.write_config(right)
    wait_for(one, "ok")
    check_counted(one)
