"""One connection to an engine, and what is said where there is none."""

import signal
import traceback
from contextlib import suppress
from pathlib import Path

import pytest
import trio
import trio.testing
import trustme

from aircherd.errors import KeyringLocked
from aircherd.shared_state.base import EngineAway, EngineRefused, SharedCooldown, SharedStateError
from aircherd.shared_state.engine import link, open_engine
from helpers.docs_commands import DOCS
from helpers.engines import HTTP, SILENCE, SSH, liar, proxy, redis, talker, valkey
from helpers.engines.liar import words
from helpers.engines.using import counter, day, password, report, settings

CANARY = "canary-5c9e77"
[USER] = [
    line.replace("A-LONG-RANDOM-PASSWORD", CANARY)
    for line in (DOCS / "fleet.md").read_text().splitlines()
    if line.startswith("user aircher ")
]
"""The line of an access control list that docs/fleet.md has."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch):
    """Give up what is silent soon, and try again soon."""
    monkeypatch.setattr(link, "SILENT_SECONDS", 0.3)
    monkeypatch.setattr(link, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(link, "LAST_PAUSE", 0.05)
    monkeypatch.setattr(link, "LAST_PAUSE_REFUSED", 0.05)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch):
    """Give up soon what cannot be connected to."""
    monkeypatch.setattr(link, "CONNECT_SECONDS", 0.7)


async def ask(engine, sequence=1, *, machine="a", seconds=10.0):
    """Report one request; return what the fleet has used."""
    asked = counter(day(), {"today": sequence}, least=1, most=1)
    view = await engine.sync(report(machine, sequence, asked), seconds)
    return view.counters[0].used


async def why(shared, read=None) -> SharedStateError:
    """Return why an engine cannot be used; it has to be said at once, at the second call."""
    async with open_engine(shared, read) as engine:
        with pytest.raises(SharedStateError):
            await ask(engine)
        with pytest.raises(SharedStateError) as refusal:
            await ask(engine)
    return refusal.value


async def until_it_works(engine, sequence=1):
    """Report until the engine answers."""
    with trio.fail_after(20):
        while True:
            with suppress(SharedStateError):
                return await ask(engine, sequence)
            await trio.sleep(0.01)


async def until_it_says(engine, words):
    """Report until that is the problem."""
    with trio.fail_after(20):
        while True:
            try:
                await ask(engine, seconds=0.01)
            except SharedStateError as problem:
                if words in problem.message:
                    return
            await trio.sleep(0.01)


async def expect_away(engine, words, sequence=2):
    with pytest.raises(EngineAway, match=words):
        await ask(engine, sequence)


def last_total(engine):
    """Return what the machine `a` has reported."""
    return engine.command("HGET", "{aircher}:c:requests", "u:a:today")


@pytest.fixture(scope="module")
def own_valkey():
    """An engine of this module; each test leaves it as it was."""
    with valkey() as engine:
        yield engine


# ------------------------------------------------------------------ what is no engine


async def test_what_speaks_http_is_no_engine():
    """Something else that answers is refused: trying again does not help."""
    with talker(HTTP) as url:
        problem = await why(settings(url))
    assert isinstance(problem, EngineRefused)
    assert "is no Valkey or Redis: something else has answered" in problem.message


async def test_what_speaks_first_is_no_engine():
    """Sshd greets before it is asked."""
    with talker(SSH) as url:
        problem = await why(settings(url))
    assert isinstance(problem, EngineRefused)
    assert "is no Valkey or Redis" in problem.message


async def test_what_says_nothing_is_given_up(impatient):
    """Connections have a deadline, also where coredis has none."""
    with talker(SILENCE) as url:
        problem = await why(settings(url))
    assert isinstance(problem, EngineAway)
    assert "could not be reached within 0.7 s" in problem.message


async def test_where_nothing_listens():
    """A port, a socket and a host that are not there."""
    with talker(SILENCE) as url:
        pass
    assert "refuses connections" in (await why(settings(url))).message
    assert "there is no such socket" in (await why(settings("unix:///run/no/engine"))).message
    unknown = await why(settings("redis://engine.invalid"))
    assert isinstance(unknown, EngineAway)
    assert "engine.invalid cannot be resolved" in unknown.message


# ------------------------------------------------------------------ passwords, users, certificates


async def test_a_wrong_password_is_refused_until_it_is_right():
    """The password is read for each connection, so a new one is used without a restart."""
    current = [f"wrong-{CANARY}"]

    async def read() -> str:
        return current[0]

    with valkey(password=CANARY) as running:
        async with open_engine(settings(running), read) as engine:
            with pytest.raises(EngineRefused, match="store it with `aircher-cli auth login") as no:
                await ask(engine)
            current[0] = CANARY
            engine.try_now()
            await until_it_works(engine)
            assert CANARY not in f"{engine!r} {''.join(traceback.format_exception(no.value))}"


async def test_an_engine_that_needs_a_password_says_how_to_store_it():
    """There is none yet, or it was removed."""
    with valkey(password=CANARY) as running:
        problems = [await why(settings(running))]
        named = running.url.replace("://", "://default@")
        problems.append(await why(settings(named)))
    for problem in problems:
        assert isinstance(problem, EngineRefused)
        assert "needs a password: store it with" in problem.message


async def test_a_locked_keyring_is_named(impatient):
    """Where the password cannot be read, the reason is that of the keyring."""

    async def read() -> str:
        raise KeyringLocked("the keyring is locked: unlock it")

    async def hang() -> str:
        await trio.sleep_forever()
        raise AssertionError

    with talker(SILENCE) as url:
        problem = await why(settings(url), read)
        hanging = await why(settings(url), hang)
    assert hanging.message.endswith("it could not be read within 0.7 s")
    assert isinstance(problem, EngineRefused)
    assert problem.message.startswith("no password for the engine at redis://127.0.0.1")
    assert problem.message.endswith("the keyring is locked: unlock it")


async def test_certificates_of_others_are_refused(tmp_path: Path):
    """One of an authority that is not trusted, and one for another name."""
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    with redis(tls=True) as running:
        problem = await why(settings(running, ca_file=str(tmp_path / "other.pem")))
        assert isinstance(problem, EngineRefused)
        assert "has a certificate that is not accepted: " in problem.message
        assert "write its file as ca_file in [shared]" in problem.message
        by_name = f"rediss://127.0.0.2:{running.port}"
        problem = await why(settings(by_name, ca_file=str(running.ca_file)))
        assert "127.0.0.2" in problem.message


async def test_an_engine_may_ask_for_a_certificate():
    """`cert_file` and `cert_key_file` are what it wants; without them, it is said."""
    with redis(tls=True, lines=["tls-auth-clients yes"]) as running:
        problem = await why(settings(running))
        assert "write cert_file and cert_key_file in [shared]" in problem.message
        files = {"cert_file": str(running.folder / "cert.pem")}
        files["cert_key_file"] = str(running.folder / "key.pem")
        async with open_engine(settings(running, **files)) as engine:
            assert await ask(engine) == 1


async def test_tls_where_there_is_none_and_none_where_it_is(impatient):
    """The hint says which scheme to write."""
    with valkey() as plain, redis(tls=True) as secure:
        address = f"rediss://127.0.0.1:{plain.port}"
        problem = await why(settings(address, ca_file=str(secure.ca_file)))
        assert "If it has no TLS, write redis://" in problem.message
        problem = await why(settings(f"redis://127.0.0.1:{secure.port}"))
        assert "If it has TLS, write rediss://" in problem.message


@pytest.mark.parametrize(
    "forbidden", ["-time", "-evalsha", "-eval -evalsha", "-zadd", "resetchannels", "resetkeys"]
)
async def test_an_access_control_list_that_is_too_short_is_named(own_valkey, forbidden):
    """Each command, key and channel that is needed; from within scripts, too."""
    own_valkey.command("ACL", "SETUSER", "short", "reset", "on", f">{CANARY}", "~*", "&*", "+@all")
    own_valkey.command("ACL", "SETUSER", "short", *forbidden.split())
    url = own_valkey.url.replace("://", "://short@")
    problem = await why(settings(url), password(CANARY))
    assert isinstance(problem, EngineRefused)
    assert "does not let this user do what is needed: docs/fleet.md" in problem.message


@pytest.mark.parametrize("start", [valkey, redis])
async def test_the_documented_access_control_list_suffices(start):
    """A user who may do no more than docs/fleet.md says can do all that is asked."""
    with start(acl=[USER], user="aircher") as running:
        async with open_engine(settings(running), password(CANARY)) as engine:
            assert await ask(engine) == 1
            async with engine.changes() as changes:
                await engine.cool(SharedCooldown(scope="key", left=30.0), "a")
                with trio.fail_after(10):
                    assert (await anext(changes)).machine == "a"
            assert len((await engine.cooldowns()).cooldowns) == 1
            assert await engine.claim_probe("key", "a", 60)
            await engine.release_probe("key", "a")
            assert await engine.secret(b"x") == b"x"
            assert len(await engine.rows([("requests", day())])) == 1
            assert await engine.forget("a")


# ------------------------------------------------------------------ engines that fail


async def test_a_socket_of_this_machine_is_an_engine(own_valkey):
    """`unix:///path` needs no network."""
    async with open_engine(settings(own_valkey.unix_url, namespace="unix")) as engine:
        assert await ask(engine) == 1


async def test_a_database_has_a_number(own_valkey):
    """`redis://HOST/3` is another one than `redis://HOST`; not all numbers exist."""
    async with open_engine(settings(f"{own_valkey.url}/3", namespace="third")) as engine:
        assert await ask(engine) == 1
    assert "db3:" in own_valkey.command("INFO", "keyspace")
    problem = await why(settings(f"{own_valkey.url}/99", namespace="none"))
    assert isinstance(problem, EngineRefused)
    assert "DB index is out of range" in problem.message


async def test_a_full_engine_is_away_until_it_has_room(own_valkey):
    """Scripts that write get `OOM`; what was reported before is kept."""
    async with open_engine(settings(own_valkey, namespace="full")) as engine:
        await ask(engine)
        own_valkey.fill()
        with pytest.raises(EngineAway, match="is full and takes no reports: raise its maxmemory"):
            await ask(engine, 2)
        own_valkey.empty()
        assert await ask(engine, 3) == 3


async def test_a_replica_is_away_until_it_is_the_primary(own_valkey):
    """After a failover the name may lead elsewhere, so it is resolved again."""
    async with open_engine(settings(own_valkey, namespace="replica")) as engine:
        await ask(engine)
        own_valkey.demote()
        with pytest.raises(EngineAway, match="can only be read: it is a replica"):
            await ask(engine, 2)
        own_valkey.promote()
        await until_it_works(engine, 3)


async def test_keys_of_something_else_are_refused(own_valkey):
    """Another program uses the same names."""
    own_valkey.command("SET", "{others}:meta", "theirs")
    problem = await why(settings(own_valkey, namespace="others"))
    assert isinstance(problem, EngineRefused)
    assert "choose another namespace in [shared]" in problem.message


async def test_a_flushed_engine_is_filled_again(own_valkey):
    """Scripts and data are gone: the script is sent again, and the machine's report is whole."""
    async with open_engine(settings(own_valkey, namespace="flushed")) as engine:
        first = await engine.sync(report("a", 1), 10)
        await ask(engine, 2)
        own_valkey.command("SCRIPT", "FLUSH")
        own_valkey.command("FLUSHALL")
        second = await engine.sync(report("a", 3), 10)
        assert first.epoch != second.epoch
        assert await ask(engine, 4) == 4


async def test_a_restarted_engine_is_used_again_by_itself():
    """With an append-only file it has kept all; calls wait, or say why not."""
    with valkey(persists=True) as running:
        async with open_engine(settings(running)) as engine, engine.changes() as changes:
            await ask(engine)
            await ask(engine, 1, machine="b")
            running.restart()
            await until_it_works(engine, 2)
            assert len(await engine.rows([])) == 2
            await engine.cool(SharedCooldown(scope="key", left=30.0), "a")
            with trio.fail_after(10):
                assert (await anext(changes)).machine == "a"


async def test_a_stopped_engine_is_away_at_once():
    """Who waits for an answer learns that there will be none."""
    with valkey() as running:
        async with open_engine(settings(running)) as engine:
            await ask(engine)
            running.freeze()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(expect_away, engine, "has ended the connection")
                await trio.testing.wait_all_tasks_blocked()
                running.stop(signal.SIGKILL)
            await expect_away(engine, "refuses connections")


async def test_a_frozen_engine_is_away_and_late_answers_do_no_harm(own_valkey):
    """After the first call that waits to its deadline, none waits until it has answered."""
    async with open_engine(settings(own_valkey, namespace="frozen")) as engine:
        await ask(engine)
        own_valkey.freeze()
        try:
            with pytest.raises(EngineAway, match=r"did not answer within 0\.05 s"):
                await ask(engine, 2, seconds=0.05)
            # A deadline of an hour, and yet it is said at once.
            with pytest.raises(EngineAway, match="did not answer within"):
                await ask(engine, 3, seconds=3600)
        finally:
            own_valkey.thaw()
        await until_it_works(engine, 4)
        assert await ask(engine, 5) == 5


async def test_a_connection_that_stays_silent_is_given_up(own_valkey, impatient):
    """Its host may be gone without a word. What arrives late by the old one is ignored."""
    async with open_engine(settings(own_valkey, namespace="silent")) as engine:
        await ask(engine)
        own_valkey.freeze()
        try:
            with pytest.raises(EngineAway):
                await ask(engine, 2, seconds=0.05)
            await until_it_says(engine, "could not be reached within 0.7 s")
        finally:
            own_valkey.thaw()
        await until_it_works(engine, 3)
        assert await ask(engine, 4) == 4


async def test_a_slow_engine_is_away_and_is_used_when_it_is_quick():
    """Each answer takes longer than is waited for."""
    with valkey() as running, proxy(running) as between:
        async with open_engine(settings(between.url)) as engine:
            await ask(engine)
            between.delay = 0.2
            with pytest.raises(EngineAway, match=r"did not answer within 0\.05 s"):
                await ask(engine, 2, seconds=0.05)
            with pytest.raises(EngineAway, match="did not answer within"):
                await ask(engine, 3, seconds=0.05)
            between.delay = 0.0
            await until_it_works(engine, 4)
            assert await ask(engine, 5) == 5


async def test_a_report_whose_answer_is_lost_counts_once():
    """It may have arrived, or not: the same totals are reported again."""
    with valkey() as running, proxy(running) as between:
        async with open_engine(settings(between.url)) as engine:
            await ask(engine)
            between.delay = 3600.0
            async with trio.open_nursery() as nursery:
                nursery.start_soon(expect_away, engine, "has ended the connection", 7)
                with trio.fail_after(10):
                    while last_total(running) != "7":  # noqa: ASYNC110 - in another process
                        await trio.sleep(0.01)
                between.delay = 0.0
                between.cut()
            await until_it_works(engine, 7)
            assert await ask(engine, 8) == 8


@pytest.mark.parametrize("words", [b":abc\r\n", b"#\r\n", b"-\xff\r\n", b"HTTP/1.1 200 OK\r\n"])
async def test_what_cannot_be_an_answer_ends_the_connection(own_valkey, words):
    """Something between the two has spoken: another connection is made."""
    with proxy(own_valkey) as between:
        async with open_engine(settings(between.url, namespace="garbled")) as engine:
            await until_it_works(engine)
            between.say(words)
            await until_it_works(engine, 2)
            between.delay = 3600.0
            async with trio.open_nursery() as nursery:
                nursery.start_soon(expect_away, engine, "what is no answer|has ended")
                await trio.testing.wait_all_tasks_blocked()
                between.say(words)
            between.delay = 0.0
            between.cut()
            await until_it_works(engine, 3)


async def test_as_many_clients_as_allowed(own_valkey):
    """The engine says so, and has room later."""
    allowed = own_valkey.command("CONFIG", "GET", "maxclients")[1]
    own_valkey.command("CONFIG", "SET", "maxclients", 1)
    try:
        async with open_engine(settings(own_valkey, namespace="many")) as first:
            await ask(first)
            problem = await why(settings(own_valkey, namespace="many"))
            assert isinstance(problem, EngineAway)
    finally:
        own_valkey.command("CONFIG", "SET", "maxclients", allowed)


@pytest.mark.parametrize("speech", [SILENCE, HTTP])
async def test_closing_does_not_wait_for_an_engine(speech):
    """The context ends while a connection is being made, and while a call waits for it."""
    with talker(speech) as url, trio.fail_after(10):
        async with open_engine(settings(url)) as engine:
            with trio.move_on_after(0.05) as scope:
                while True:
                    with suppress(SharedStateError):
                        await ask(engine, seconds=3600)
                    await trio.sleep(0.01)
            assert scope.cancelled_caught


@pytest.mark.parametrize(
    "lie",
    [
        b">0\r\n+PONG\r\n",
        b">1\r\n$7\r\nmessage\r\n+PONG\r\n",
        b">3\r\n$7\r\nmessage\r\n$1\r\nx\r\n:5\r\n+PONG\r\n",
        b">2\r\n:1\r\n*0\r\n+PONG\r\n",
    ],
)
async def test_a_message_that_is_none_is_ignored(lie):
    """An engine can send them at any time, and the connection goes on."""
    with liar({"PING": lie}) as url:
        async with open_engine(settings(url)) as engine, engine.changes():
            await engine.ping()
            await engine.ping()


ENDLESS = [b"$900000000\r\n" + b"A" * 20_000_000, b"*900000000\r\n" + b":1\r\n" * 5_000_000]


@pytest.mark.parametrize("lie", ENDLESS, ids=["word", "list"])
async def test_an_answer_without_an_end_is_given_up(lie):
    """Before it takes the machine's memory; then there is another connection."""
    lies = {"GET": lie}
    with liar(lies) as url:
        async with open_engine(settings(url)) as engine:
            await engine.ping()
            with pytest.raises(SharedStateError):
                await engine.secret(bytes(32))
            lies.clear()
            with trio.fail_after(10):
                while True:
                    with suppress(SharedStateError):
                        assert await engine.secret(bytes(32)) == b"s" * 32
                        break
                    await trio.sleep(0.05)


@pytest.mark.parametrize(
    "lie",
    [
        words(b"ok", b"1700000000.0", b"e", b"1", b"", b"0"),
        b"*7\r\n$2\r\nok\r\n$3\r\nnan\r\n$1\r\ne\r\n$1\r\n1\r\n*0\r\n$1\r\n0\r\n*0\r\n",
        words(b"zone"),
        b"*0\r\n",
        b"%0\r\n",
        b":1\r\n",
    ],
)
async def test_a_report_with_another_answer_is_refused(lie):
    """As if the engine had other data."""
    with liar({"EVALSHA": lie}) as url:
        async with open_engine(settings(url)) as engine:
            with pytest.raises(EngineRefused, match="has other data"):
                await ask(engine)


@pytest.mark.parametrize(
    "lies",
    [
        {"TIME": words(b"a", b"b")},
        {"TIME": words()},
        {"TIME": b"_\r\n"},
        {"HLEN": b":100000000\r\n"},
        {"HLEN": b"_\r\n"},
        {"HGETALL": b"*1\r\n$1\r\na\r\n"},
        {"HGETALL": b"%1\r\n:1\r\n:2\r\n"},
    ],
)
async def test_rows_with_other_answers_are_refused(lies):
    """They are for people, who get the reason."""
    with liar(lies) as url:
        async with open_engine(settings(url)) as engine:
            with pytest.raises(EngineRefused, match="has other data"):
                await engine.rows([("requests", day())])


@pytest.mark.parametrize("lie", [b"_\r\n", b"$1\r\nx\r\n", b":5\r\n"])
async def test_a_secret_that_is_none_is_refused(lie):
    """Names would be hashed under it."""
    with liar({"GET": lie}) as url:
        async with open_engine(settings(url)) as engine:
            with pytest.raises(EngineRefused, match="has other data"):
                await engine.secret(bytes(32))
