"""Keys read once and held in memory."""

import sys

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.auth import verification
from aircherd.auth.key_cache import LOOK_AGAIN_SECONDS
from aircherd.auth.key_sources import sources_of
from aircherd.auth.stores.base import StoreHealth
from aircherd.vocabulary.keys import KeyState
from aircherd.vocabulary.secret import Secret
from helpers.auth import KEY, OTHER, Rig, entry, provider


class Reading:
    """A reader, its vault, and the slots of `work` as they are now."""

    def __init__(self, rig):
        self.rig = rig
        self.credentials = rig.new_vault()
        self.reader = rig.new_reader(self.credentials)

    def slots(self, **fields):
        return sources_of(provider(**fields), self.credentials.index.of("work"), self.rig.environ)

    async def store(self, *labels):
        for label in labels or ("default",):
            await self.credentials.store(provider(), label, Secret(KEY))
        return self.slots()


@pytest.fixture
def reading(tmp_path):
    return Reading(Rig(tmp_path))


def counting_command(path, text=KEY):
    code = f"open({str(path)!r}, 'a').write('x'); print({text!r})"
    return {"key_command": (sys.executable, "-c", code)}


async def test_a_stored_key_is_read_once(reading):
    """And is known to the redactor from then on."""
    slots = await reading.store()
    await reading.reader.read(slots)
    await reading.reader.read(slots)
    assert reading.reader.held(slots[0]).secret == Secret(KEY)
    assert reading.rig.keyring.reads == 1
    assert KEY not in reading.rig.redactor.redact(f"<{KEY}>")


async def test_all_stored_keys_are_read_in_one_go(reading):
    """Asking for one brings them all: a keyring's child costs a quarter of a second."""
    slots = await reading.store("default", "b", "c")
    await reading.reader.read(slots[:1])
    assert [reading.reader.held(slot).secret for slot in slots] == [Secret(KEY)] * 3
    assert reading.rig.keyring.reads == 1


async def test_many_who_ask_at_once_make_one_read(reading):
    """The others wait for what it brings."""
    slots = await reading.store()
    reading.rig.keyring.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(reading.reader.read, slots)
        await wait_all_tasks_blocked()
        reading.rig.keyring.gate.set()
    assert reading.rig.keyring.reads == 1


async def test_when_the_one_that_reads_is_cancelled_another_goes_on(reading):
    """Nobody is left without an answer."""
    slots = await reading.store()
    reading.rig.keyring.gate = trio.Event()
    first = trio.CancelScope()

    async def read_until_cancelled():
        with first:
            await reading.reader.read(slots)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read_until_cancelled)
        await wait_all_tasks_blocked()
        nursery.start_soon(reading.reader.read, slots)
        await wait_all_tasks_blocked()
        first.cancel()
        await wait_all_tasks_blocked()
        reading.rig.keyring.gate.set()
    assert reading.reader.held(slots[0]).secret == Secret(KEY)
    assert reading.rig.keyring.reads == 2


@pytest.mark.parametrize("health", [StoreHealth.LOCKED, StoreHealth.UNAVAILABLE])
async def test_a_store_that_cannot_be_read_is_left_alone_for_a_while(
    reading, health, autojump_clock
):
    """Then it is asked again, because it may have been unlocked."""
    slots = await reading.store()
    held = reading.reader.held(slots[0])
    reading.rig.keyring.health = health
    await reading.reader.read(slots)
    await reading.reader.read(slots)
    assert (held.standing.state, reading.rig.keyring.reads) == (KeyState.LOCKED, 1)
    reading.rig.keyring.health = StoreHealth.USABLE
    await trio.sleep(LOOK_AGAIN_SECONDS)
    await reading.reader.read(slots)
    assert (held.standing.state, held.secret) == (KeyState.UNVERIFIED, Secret(KEY))


async def test_a_key_that_the_store_lost_is_said(reading):
    """Somebody removed it there; that is neither locked nor refused."""
    slots = await reading.store()
    reading.rig.keyring.keys.clear()
    await reading.reader.read(slots)
    known = reading.reader.held(slots[0]).standing
    assert (known.state, known.reason) == (
        KeyState.NOT_CONFIGURED,
        "the keyring no longer holds this key",
    )


async def test_a_variable_is_read_when_it_is_needed(reading):
    """What is not a key in it is refused without being repeated."""
    reading.rig.environ["WORK_KEY"] = f" {KEY}\n"
    (slot,) = reading.slots(env=("WORK_KEY",))
    await reading.reader.read([slot])
    assert reading.reader.held(slot).secret == Secret(KEY)
    reading.rig.environ["WORK_KEY"] = "canary two"
    reading.reader.forget()
    await reading.reader.read([slot])
    held = reading.reader.held(slot)
    assert (held.secret, held.standing.state) == (None, KeyState.REJECTED)
    assert "white space" in held.standing.reason
    assert "canary" not in held.standing.reason


async def test_a_command_runs_once_however_many_ask(reading, tmp_path):
    """It may ask for a fingerprint."""
    (slot,) = reading.slots(**counting_command(tmp_path / "runs"))
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(reading.reader.read, [slot])
    assert reading.reader.held(slot).secret == Secret(KEY)
    assert (tmp_path / "runs").read_text() == "x"


async def test_a_command_that_fails_is_locked_with_its_reason(reading):
    """As a store that cannot be opened."""
    (slot,) = reading.slots(key_command=("/no/such/program",))
    await reading.reader.read([slot])
    held = reading.reader.held(slot)
    assert (held.standing.state, held.secret) == (KeyState.LOCKED, None)
    assert "cannot be started" in held.standing.reason


async def test_another_origin_or_command_is_another_key(reading):
    """What is held for the one is not given for the other."""
    reading.rig.environ["WORK_KEY"] = KEY
    (slot,) = reading.slots(env=("WORK_KEY",))
    await reading.reader.read([slot])
    (moved,) = reading.slots(env=("WORK_KEY",), base_url="https://elsewhere.example.com")
    assert reading.reader.held(moved).secret is None


async def test_forget_reads_again_and_gives_refused_keys_another_chance(reading):
    """What was known of the same key otherwise still holds."""
    works = verification.works(5.0, "a request")
    refused = verification.refused(verification.UNTRIED, 5.0, "a request", "why")
    one, two = await reading.store("default", "b")
    await reading.reader.read([one])
    reading.reader.held(one).standing, reading.reader.held(two).standing = works, refused
    reading.reader.forget()
    assert reading.reader.needs_reading(reading.reader.held(one))
    await reading.reader.read([one, two])
    assert [reading.reader.held(slot).standing for slot in (one, two)] == [
        works,
        verification.UNTRIED,
    ]
    assert reading.rig.keyring.reads == 2


async def test_a_key_that_changed_in_its_store_starts_anew(reading):
    """Nothing is known of it."""
    (slot,) = await reading.store()
    await reading.reader.read([slot])
    reading.reader.held(slot).standing = verification.works(5.0, "a request")
    reading.rig.keyring.keys[entry()] = Secret(OTHER)
    reading.reader.forget()
    await reading.reader.read([slot])
    held = reading.reader.held(slot)
    assert (held.secret, held.standing) == (Secret(OTHER), verification.UNTRIED)


async def test_only_what_fails_is_asked_again_on_request(reading):
    """Keys that work cost nothing."""
    one, two = await reading.store("default", "b")
    await reading.reader.read([one])
    reading.reader.held(two).standing = verification.unreadable(verification.UNTRIED, 5.0, "why")
    reading.reader.forget_failing([one, two])
    stale = [reading.reader.held(slot).is_stale for slot in (one, two)]
    assert stale == [False, True]


async def test_the_replacement_of_a_refused_key_is_what_the_source_gives_now(reading):
    """Once for all who were refused together."""
    (slot,) = await reading.store()
    await reading.reader.read([slot])
    reading.rig.keyring.keys[entry()] = Secret(OTHER)
    given = []

    async def ask():
        given.append(await reading.reader.replacement(slot, Secret(KEY)))

    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(ask)
    assert given == [Secret(OTHER)] * 10
    assert reading.rig.keyring.reads == 2


@pytest.mark.parametrize("spoil", ["same", "locked", "lost"])
async def test_there_is_no_replacement_when_the_source_has_no_other(reading, spoil):
    """The key stays held: whether it is refused is the manager's to say."""
    (slot,) = await reading.store()
    await reading.reader.read([slot])
    if spoil == "locked":
        reading.rig.keyring.health = StoreHealth.LOCKED
    if spoil == "lost":
        reading.rig.keyring.keys.clear()
    assert await reading.reader.replacement(slot, Secret(KEY)) is None
    assert reading.reader.held(slot).secret == Secret(KEY)


async def test_a_login_during_a_read_wins(reading):
    """What was read is older than what was just stored."""
    (slot,) = await reading.store()
    reading.rig.keyring.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(reading.reader.read, [slot])
        await wait_all_tasks_blocked()
        gate, reading.rig.keyring.gate = reading.rig.keyring.gate, None
        reading.rig.now += 1
        await reading.credentials.store(provider(), "default", Secret(OTHER))
        reading.reader.put(slot, Secret(OTHER), verification.UNTRIED)
        reading.rig.keyring.keys[entry()] = Secret(KEY)  # what the slow read will bring
        gate.set()
    assert reading.reader.held(slot).secret == Secret(OTHER)


async def test_nothing_shows_a_key(reading):
    """Not the reader, not what it holds."""
    (slot,) = await reading.store()
    await reading.reader.read([slot])
    shown = repr(reading.reader) + repr(reading.reader.held(slot)) + repr(slot)
    assert KEY not in shown
    assert reading.reader.peek("work", "default") is reading.reader.held(slot)
    reading.reader.drop("work", "default")
    assert reading.reader.peek("work", "default") is None
