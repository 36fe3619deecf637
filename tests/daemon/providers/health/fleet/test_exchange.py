"""What one machine of a fleet learns, all know: in time, once, and in spite of losses."""

from random import Random

import pytest
import trio
from structlog.testing import capture_logs

from aircherd.providers.health.fleet import exchange
from aircherd.providers.health.fleet.exchange import CLAIM_SECONDS, POLL_SECONDS
from aircherd.providers.health.fleet.scopes import SHARED
from aircherd.shared_state.base import EngineAway
from aircherd.vocabulary.failure import FailureClass
from helpers.cooling import failed, left
from helpers.fleet.cooling import (
    KEY,
    OTHER_KEY,
    CoolingMachine,
    an_engine,
    sharing,
    soon,
)
from helpers.providers.provider_calls import a_provider

QUOTA, RATE, SERVER = FailureClass.QUOTA, FailureClass.RATE, FailureClass.SERVER
OVERLOADED, MODEL = FailureClass.OVERLOADED, FailureClass.MODEL
HOUR = 3600.0


class Deaf:
    """An engine whose messages are lost, or come twice and late."""

    def __init__(self, engine, *, repeats=0):
        self._engine = engine
        self._repeats = repeats

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def changes(self):
        return self

    async def __aenter__(self):
        return self._messages()

    async def __aexit__(self, *_):
        return None

    async def _messages(self):
        async with self._engine.changes() as changes:
            async for change in changes:
                for _ in range(self._repeats):
                    await trio.sleep(0.3)
                    yield change


def two(engine=None, **second):
    engine = engine or an_engine()
    return CoolingMachine(engine), CoolingMachine(engine, **second)


# ------------------------------------------------------------------ what is shared


async def test_a_refused_key_cools_everywhere(autojump_clock):
    """By the key itself, whatever it and its provider are called; in words that say so."""
    first, second = two(label="work")
    async with sharing(first, second):
        first.fails(failed(RATE, "slow down, org-1234", retry_after=20))
        await soon()
        assert second.seconds() == pytest.approx(20, abs=0.3)
        found = second.cooling()
        assert found.reason == "rate_limited"
        assert found.message == (
            f"rate limit reached, as machine 'host{first.number}' of the fleet has learned"
        )
        assert not found.is_guess
        assert second.cooling("another model") is None
        assert first.cooling().message == "slow down, org-1234"


@pytest.mark.parametrize(
    "second",
    [
        {"key": OTHER_KEY},
        {"provider": a_provider("openai", base_url="https://api.example.com/v1")},
    ],
)
async def test_another_key_or_server_does_not_cool(autojump_clock, second):
    """Each key of each server is an account of its own."""
    first, second = two(**second)
    async with sharing(first, second):
        first.fails(failed(QUOTA))
        await trio.sleep(2)
        assert second.cooling() is None


@pytest.mark.parametrize(
    ("kind", "is_shared"),
    [
        (QUOTA, True),
        (RATE, True),
        (MODEL, True),
        (OVERLOADED, True),
        (SERVER, True),
        (FailureClass.NETWORK, False),
        (FailureClass.TIMEOUT, False),
        (FailureClass.PROTOCOL, False),
        (FailureClass.TRUNCATED, False),
        (FailureClass.PERMISSION, False),
        (FailureClass.ACCOUNT, False),
    ],
)
async def test_what_a_machine_may_be_the_cause_of_is_not_shared(autojump_clock, kind, is_shared):
    """Its network, its proxy, its country."""
    first, second = two()
    async with sharing(first, second):
        first.fails(failed(kind))
        await soon()
        assert (second.cooling() is not None) == is_shared


async def test_a_model_cools_for_all_keys(autojump_clock):
    """An overloaded model is so for every key, but not where the server is this machine."""
    first, second = two(key=OTHER_KEY)
    async with sharing(first, second):
        first.fails(failed(OVERLOADED, retry_after=30))
        await soon()
        assert second.seconds() == pytest.approx(30, abs=0.3)
    local = a_provider("openai", base_url="http://127.0.0.1:4000/v1")
    engine = an_engine()
    first, second = (CoolingMachine(engine, provider=local) for _ in range(2))
    async with sharing(first, second):
        first.fails(failed(OVERLOADED, retry_after=30))
        await soon()
        assert second.cooling() is None
        first.fails(failed(QUOTA))
        await soon()
        assert second.cooling() is not None


async def test_a_made_up_key_is_not_shared(autojump_clock):
    """Such as those of local servers, which are the same on many machines."""
    key = "sk-1234"
    first, second = two()
    for machine in (first, second):
        machine.keys[machine.label] = type(KEY)(key)
    async with sharing(first, second):
        first.fails(failed(QUOTA))
        await trio.sleep(2)
        assert second.cooling() is None


async def test_what_headers_say_is_left_is_shared(autojump_clock):
    """The latest wins; an allowance that is used up cools."""
    first, second = two()
    async with sharing(first, second):
        now = first.clocks.wall()
        first.cooldowns.note_remaining(
            first.provider, first.label, lambda: left(now, requests=7, tokens=100)
        )
        await trio.sleep(1.2)
        found = second.cooldowns.rate_limit(second.provider.name, second.label)
        assert [(each.counted, each.remaining) for each in found.allowances] == [
            ("requests", 7),
            ("tokens", 100),
        ]
        reset = found.allowances[0].reset_at - second.clocks.wall()
        assert reset == pytest.approx(40 - 1.2, abs=0.3)
        spent = left(second.clocks.wall(), requests=0)
        second.cooldowns.note_ok(second.provider, second.label, "m", spent, secret=KEY)
        await trio.sleep(1.2)
        assert first.seconds("any") == pytest.approx(40 - 1.2, abs=0.3)
        (last,) = first.cooldowns.rate_limit(first.provider.name, first.label).allowances
        assert last.remaining == 0


# ------------------------------------------------------------------ how it ends


async def test_a_later_failure_never_shortens(autojump_clock):
    """Whichever machine it happens on."""
    first, second = two()
    async with sharing(first, second):
        first.fails(failed(RATE, retry_after=100))
        await soon()
        second.fails(failed(RATE, retry_after=5))
        await soon()
        for machine in (first, second):
            assert machine.seconds() == pytest.approx(100, abs=1)
        second.fails(failed(RATE, retry_after=200))
        await soon()
        assert first.seconds() == pytest.approx(200, abs=1)


async def test_a_success_clears_for_all(autojump_clock):
    """If its call began after the failure."""
    first, second = two()
    async with sharing(first, second):
        began = second.cooldowns.now()
        await trio.sleep(0.01)
        first.fails(failed(RATE, retry_after=100))
        await soon()
        second.succeeds(began=began)
        await soon()
        assert second.cooling() is not None
        second.succeeds()
        await soon()
        assert first.cooling() is None


async def test_a_success_does_not_clear_what_failed_since(autojump_clock):
    """A call that began before another machine's failure says nothing about it."""
    first, second = two()
    async with sharing(first, second):
        second.fails(failed(RATE, retry_after=100))
        await soon()
        began = second.cooldowns.now()
        await trio.sleep(1)
        first.fails(failed(RATE, retry_after=50))  # ends before the other
        second.succeeds(began=began)
        await soon()
        assert first.cooling() is not None
        await trio.sleep(1.5)
        assert first.cooling() is not None


async def test_clearing_by_hand_clears_for_all(autojump_clock):
    """A provider that is no longer configured here does not."""
    first, second = two()
    async with sharing(first, second):
        first.fails(failed(QUOTA))
        await soon()
        first.cooldowns.forget(first.provider.name)
        await trio.sleep(2)
        assert first.cooling() is None
        assert second.cooling() is not None
        assert second.cooldowns.clear(second.provider.name) == 1
        await soon()
        first.fails(failed(QUOTA))
        await soon()
        assert second.cooling() is not None
        first.cooldowns.clear()
        await soon()
        assert second.cooling() is None


async def test_credit_and_a_model_that_is_listed_end_it_for_all(autojump_clock):
    """Free checks of one machine are enough."""
    first, second = two()
    async with sharing(first, second):
        first.fails(failed(QUOTA))
        first.fails(failed(MODEL), "new")
        await soon()
        assert second.cooling("new") is not None
        first.cooldowns.note_credit(first.provider.name, first.label)
        first.cooldowns.note_models(first.provider.name, ["new"])
        await soon()
        assert second.cooling("new") is None
        assert second.cooling() is None


async def test_another_key_cools_no_longer_and_the_old_one_still_does(autojump_clock):
    """A key that is replaced on one machine is cold on the others, and so it is when it is back."""
    first, second = two()
    async with sharing(first, second):
        first.fails(failed(QUOTA))
        await soon()
        second.use_key(OTHER_KEY)
        await trio.sleep(2)
        assert second.cooling() is None
        assert first.cooling() is not None
        second.use_key(KEY)
        await soon()
        assert second.cooling() is not None


async def test_a_late_answer_to_the_old_key_cools_the_old_key(autojump_clock):
    """The name of the key is another key's by then."""
    first, second = two()
    async with sharing(first, second):
        first.use_key(OTHER_KEY)
        first.cooldowns.note_failure(first.provider, first.label, "m", failed(QUOTA), secret=KEY)
        await soon()
        assert second.cooling() is not None
        second.use_key(OTHER_KEY)
        await trio.sleep(2)
        assert second.cooling() is None


async def test_a_key_that_is_read_late_is_known_to_cool_before_its_first_call(autojump_clock):
    """A key of a command is not read before a request needs it."""
    from aircherd.vocabulary.keys import ApiKey  # noqa: PLC0415

    first, second = two(key=None)
    async with sharing(first, second):
        first.fails(failed(QUOTA))
        await soon()
        assert second.cooling() is None
        second.keys[second.label] = KEY
        key = ApiKey(second.provider.name, second.label, KEY, "command", second.provider.origin)
        second.fleet.note_key(second.provider, key)
        assert second.cooling() is not None


# ------------------------------------------------------------------ losses


@pytest.mark.parametrize("repeats", [0, 3])
async def test_lost_and_late_messages_change_nothing(autojump_clock, repeats):
    """Without any message, a question each second finds what has changed."""
    first, second = two(Deaf(an_engine(), repeats=repeats))
    async with sharing(first, second):
        first.fails(failed(RATE, retry_after=100))
        await trio.sleep(POLL_SECONDS + 0.1)
        assert second.seconds() == pytest.approx(100 - 1.1, abs=0.3)
        second.succeeds()
        await trio.sleep(POLL_SECONDS + 0.1)
        assert first.cooling() is None
        first.fails(failed(RATE, retry_after=100))
        await trio.sleep(2)
        assert second.cooling() is not None
        assert first.cooling() is not None


async def test_a_machine_that_comes_learns_what_cools(autojump_clock):
    """Also one that has forgotten what it had seen itself."""
    first, second = two()
    async with sharing(first):
        first.fails(failed(RATE, retry_after=100))
        await soon()
        async with sharing(second):
            assert second.seconds() == pytest.approx(99.7, abs=0.3)
    first.restart()
    async with sharing(first):
        assert first.seconds() == pytest.approx(99.5, abs=0.5)


async def test_an_engine_that_lost_everything_is_filled_again(autojump_clock):
    """Under its new secret; nothing that cools is lost, nothing that was cleared comes back."""
    engine = an_engine()
    first, second = two(engine)
    async with sharing(first, second):
        first.fails(failed(RATE, retry_after=100))
        second.fails(failed(QUOTA))
        await soon()
        first.cooldowns.clear()
        await soon()
        first.fails(failed(RATE, retry_after=100))
        await soon()
        engine.flush()
        await trio.sleep(POLL_SECONDS + 0.2)
        third = CoolingMachine(engine)
        async with sharing(third):
            assert third.cooling().reason == "rate_limited"
            assert third.seconds() == pytest.approx(98.5, abs=0.5)
            third.succeeds()
            await soon()
            assert first.cooling() is None


async def test_while_the_engine_is_away_each_goes_on_and_then_they_agree(autojump_clock):
    """What is over by then is not sent, and what began earlier does not last longer."""
    engine = an_engine()
    first, second = two(engine)
    async with sharing(first, second):
        second.fails(failed(OVERLOADED, retry_after=300))
        await soon()
        engine.is_away = True
        first.fails(failed(RATE, retry_after=100))
        first.fails(failed(RATE, retry_after=5), "brief")
        assert first.cooling() is not None
        await trio.sleep(2)
        assert first.fleet.problem == "the engine is away"
        assert second.cooling("n") is None
        first.succeeds()  # clears the model for all
        await trio.sleep(0.1)
        first.fails(failed(RATE, retry_after=100))
        await trio.sleep(30)
        engine.is_away = False
        await trio.sleep(2 * POLL_SECONDS)
        assert first.fleet.problem is None
        assert second.seconds() == pytest.approx(68, abs=1)
        assert second.cooling("brief") is None


async def test_a_machine_that_slept_learns_what_was_cleared(autojump_clock):
    """It does not bring the old cooldown back."""
    engine = an_engine()
    first, second = two(engine)
    async with sharing(first):
        async with sharing(second):
            first.fails(failed(QUOTA))
            await soon()
        first.cooldowns.clear()
        await trio.sleep(600)
        assert second.cooling() is not None
        second.fleet = second.a_fleet()
        async with sharing(second):
            assert second.cooling() is None
            await trio.sleep(2)
            assert first.cooling() is None


# ------------------------------------------------------------------ probes


async def test_one_machine_probes_and_the_others_wait_for_it(autojump_clock):
    """The others ask again each second; what it learns, all know."""
    first, second = two()
    async with sharing(first, second):
        first.fails(failed(QUOTA))
        await trio.sleep(600)
        allowed = [await machine.takes_probe() for machine in (first, second, second)]
        assert allowed == [True, False, False]
        await trio.sleep(1.1)
        assert not await second.takes_probe()
        first.succeeds()
        await soon()
        assert second.cooling() is None


async def test_a_guessed_end_lets_one_machine_through(autojump_clock):
    """After a rate limit without a time, all requests of all machines at once would hit it."""
    first, second = two()
    async with sharing(first, second):
        first.fails(failed(RATE))
        first.fails(failed(RATE))
        first.fails(failed(RATE))
        await trio.sleep(4.1)
        assert second.cooling() is None
        assert await second.takes_probe()
        assert not await first.takes_probe()
        assert not await second.takes_probe()
        second.fails(failed(RATE))
        await soon()
        assert first.seconds() == pytest.approx(8, abs=0.5)


async def test_a_probe_that_showed_nothing_is_another_machines(autojump_clock):
    """Given back at once, or free again after a while if its machine was killed."""
    first, second = two()
    async with sharing(first, second):
        first.fails(failed(QUOTA))
        await trio.sleep(600)
        assert await first.takes_probe()
        for _ in range(2):
            first.cooldowns.give_back(first.provider.name, first.label, "m")
            assert await first.takes_probe()
        first.cooldowns.give_back(first.provider.name, first.label, "m")
        await soon()
        assert await second.takes_probe()
        await trio.sleep(31)
        assert await first.takes_probe()


async def test_while_the_engine_is_away_each_probes_by_itself(autojump_clock):
    """It does not wait for the engine longer than a moment."""
    engine = an_engine()
    first, second = two(engine)
    async with sharing(first, second):
        first.fails(failed(QUOTA))
        await trio.sleep(600)
        engine.is_away = True
        assert await first.takes_probe()
        assert await second.takes_probe()
        assert not await second.takes_probe()


async def test_a_frozen_engine_keeps_no_request(autojump_clock):
    """Requests that come meanwhile wait for the same answer, and one of them probes."""
    engine = an_engine()

    class Frozen(Deaf):
        async def claim_probe(self, *_):
            await trio.sleep_forever()

    (first,) = (CoolingMachine(Frozen(engine)),)
    async with sharing(first):
        first.fails(failed(QUOTA))
        await trio.sleep(600)
        allowed = []

        async def ask():
            began = trio.current_time()
            allowed.append((await first.takes_probe(), trio.current_time() - began))

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(ask)
        assert sorted(may for may, _ in allowed) == [False, False, True]
        assert max(waited for _, waited in allowed) <= CLAIM_SECONDS + 0.01


async def test_a_request_that_is_cancelled_gives_the_probe_back(autojump_clock):
    """The engine may have got the claim already."""
    engine = an_engine()

    class Slow(Deaf):
        async def claim_probe(self, *claim):
            found = await engine.claim_probe(*claim)
            await trio.sleep(0.05)
            return found

    first, second = two(Slow(engine))
    async with sharing(first, second):
        first.fails(failed(QUOTA))
        await trio.sleep(600)
        with trio.move_on_after(0.01) as scope:
            await first.takes_probe()
        assert scope.cancelled_caught
        await soon()
        assert await second.takes_probe()


# ------------------------------------------------------------------ bounds


async def test_nothing_is_sent_twice(autojump_clock):
    """What was learned is not sent on, and 64 refusals at once are few messages."""
    engine = an_engine()
    first, second = two(engine)
    sent = []

    class Counting(Deaf):
        async def cool(self, cooldown, machine):
            sent.append(machine)
            await engine.cool(cooldown, machine)

    first, second = two(Counting(engine))
    async with sharing(first, second):
        began = first.cooldowns.now()
        for _ in range(64):
            first.fails(failed(RATE, retry_after=100), began=began)
        await trio.sleep(10)
    assert sent == [first.fleet._machine]


async def test_a_thousand_scopes_at_once(autojump_clock):
    """All are known within a second, by few questions."""
    engine = an_engine()
    asked = []

    class Counting(Deaf):
        def changes(self):
            return engine.changes()

        async def cooldowns(self, version):
            asked.append(version)
            return await engine.cooldowns(version)

    first, second = two(Counting(engine))
    async with sharing(first, second):
        for number in range(1000):
            first.fails(failed(RATE, retry_after=100), f"m{number}")
        asked.clear()
        await trio.sleep(1)
        assert len(second.cooldowns.store.cooldowns()) == 1000
        assert len(asked) < 30
        third = CoolingMachine(engine)
        async with sharing(third):
            assert len(third.cooldowns.store.cooldowns()) == 1000


async def test_names_that_clients_make_up_do_not_fill_the_engine(autojump_clock, monkeypatch):
    """Only so many missing models are sent, and there is room for what else cools."""
    monkeypatch.setattr(exchange, "MAX_MISSING", 10)
    monkeypatch.setattr(exchange, "MAX_OF_MODELS", 15)
    engine = an_engine()
    first, second = two(engine)
    async with sharing(first, second):
        for number in range(30):
            first.fails(failed(MODEL), f"made-up-{number}")
            await trio.sleep(0.1)
        assert len((await engine.cooldowns()).cooldowns) == 10
        for number in range(10):
            first.fails(failed(RATE, retry_after=30), f"m{number}")
            await trio.sleep(0.1)
        assert len((await engine.cooldowns()).cooldowns) == 15
        first.fails(failed(QUOTA))
        await soon()
        assert second.cooling("any") is not None
        await trio.sleep(60)
        first.fails(failed(RATE, retry_after=30), "later")
        await soon()
        assert second.cooldowns.store.at(second.provider.name, ("key+model", "default", "later"))


async def test_what_is_kept_for_keys_to_come_is_bounded(autojump_clock, monkeypatch):
    """Of many cooldowns of keys that are not here, those that end last are kept."""
    monkeypatch.setattr(exchange, "MAX_RECORDS", 10)
    first, second = two(key=OTHER_KEY)
    async with sharing(first, second):
        for number in range(50):
            first.fails(failed(RATE, retry_after=100 + number), f"m{number}")
        await soon()
        second.use_key(KEY)
        await soon()
        cooling = [each.model for _, _, each in second.cooldowns.store.cooldowns()]
        assert sorted(cooling) == [f"m{number}" for number in range(40, 50)]


async def test_an_internal_error_is_logged_and_tried_again(autojump_clock):
    """The daemon goes on."""
    engine = an_engine()

    class Broken(Deaf):
        is_broken = True

        async def cooldowns(self, version):
            if self.is_broken:
                raise KeyError("unexpected")
            return await engine.cooldowns(version)

    first, second = CoolingMachine(broken := Broken(engine)), CoolingMachine(engine)
    with capture_logs() as logs:
        async with sharing(first, second):
            assert first.fleet.problem == "internal error: KeyError"
            broken.is_broken = False
            second.fails(failed(QUOTA))
            await trio.sleep(2 * exchange.FAILED_SECONDS)
            assert first.fleet.problem is None
            assert first.cooling() is not None
    assert [each["event"] for each in logs] == [
        "cooldown_exchange_failed",
        "cooldowns_not_shared",
        "cooldowns_shared",
    ]


async def test_nonsense_from_the_engine_is_ignored(autojump_clock):
    """Each row by itself."""
    engine = an_engine()
    first, second = two(engine)
    async with sharing(first, second):
        first.fails(failed(RATE, retry_after=100))
        first.fails(failed(RATE, retry_after=100), "n")
        await soon()
        view = await engine.cooldowns()
        for row, content in zip(
            view.cooldowns, ({"kind": "bribe"}, {"kind": "rate", "of": "key+model"}), strict=True
        ):
            await engine.cool(
                type(row)(scope=row.scope, left=1e99, age=-1e99, content=content), "evil"
            )
        first.fails(failed(RATE, retry_after=50), "o")
        await soon()
        assert second.seconds() == pytest.approx(100, abs=1)
        assert second.seconds("o") == pytest.approx(50, abs=1)


async def test_no_name_and_no_key_reaches_the_engine(autojump_clock):
    """Neither the provider's nor the key's, nor what the vendor said."""
    engine = an_engine()
    (first,) = (CoolingMachine(engine, label="my-label"),)
    async with sharing(first):
        first.fails(failed(RATE, "org-1234 is over its limit", retry_after=100))
        await soon()
        (row,) = (await engine.cooldowns()).cooldowns
    for secret in (KEY.reveal(), "my-label", "org-1234", first.provider.name, "openai"):
        assert secret not in str(row)


# ------------------------------------------------------------------ everything at once


class Chaos(Deaf):
    """An engine at which any call may fail, before or after it was carried out."""

    def __init__(self, engine, random):
        super().__init__(engine, repeats=random.choice([0, 1, 3]))
        self._random = random
        self.is_over = False

    async def _fail_at_times(self, call, *arguments):
        luck = 1.0 if self.is_over else self._random.random()
        await trio.sleep(0.0 if self.is_over else 0.1 * self._random.random())
        if luck < 0.15:
            raise EngineAway("lost on the way there")
        answer = await call(*arguments)
        if luck < 0.3:
            raise EngineAway("lost on the way back")
        return answer

    async def cool(self, *arguments):
        await self._fail_at_times(self._engine.cool, *arguments)

    async def cooldowns(self, *arguments):
        return await self._fail_at_times(self._engine.cooldowns, *arguments)

    async def claim_probe(self, *arguments):
        return await self._fail_at_times(self._engine.claim_probe, *arguments)


def random_event(machine, random):
    """Let something happen at a machine."""
    model = random.choice("mn")
    kind = random.choice([RATE, QUOTA, OVERLOADED, MODEL, FailureClass.NETWORK])
    seconds = random.choice([None, 30, 300, 3000])
    match random.randrange(6):
        case 0 | 1 | 2:
            machine.fails(failed(kind, retry_after=seconds), model)
        case 3:
            machine.succeeds(model)
        case 4:
            machine.cooldowns.note_credit(machine.provider.name, machine.label)
        case 5:
            machine.cooldowns.clear()


@pytest.mark.parametrize("seed", range(12))
async def test_in_the_end_all_know_what_the_engine_knows(autojump_clock, seed):
    """After losses, repetitions, an outage and a flush; then nothing more is sent."""
    random = Random(seed)  # noqa: S311 -- a test
    engine = an_engine()
    states = [Chaos(engine, random) for _ in range(4)]
    machines = [CoolingMachine(state) for state in states]
    async with sharing(*machines):
        for step in range(60):
            random_event(random.choice(machines), random)
            await trio.sleep(random.expovariate(2.0))
            engine.is_away = 20 < step < 25
            if step == 40:
                engine.flush()
        for state in states:
            state.is_over = True
        await trio.sleep(5)
        version = (await engine.cooldowns()).version
        await trio.sleep(5)
        assert (await engine.cooldowns()).version == version
        found = await engine.cooldowns()
        cooling = [row.left for row in found.cooldowns if row.left > 0]
        for machine in machines:
            now = machine.cooldowns.now()
            shared = [
                (each.until - now, each.learned_from)
                for _, _, each in machine.cooldowns.store.cooldowns()
                if each.kind in SHARED and each.until > now
            ]
            known = sorted(left for left, _ in shared)
            assert all(any(abs(left - each) < 1 for each in known) for left in cooling)
            learned = [left for left, origin in shared if origin is not None]
            assert all(any(abs(left - each) < 1 for each in cooling) for left in learned)
