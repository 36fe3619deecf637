"""Cooldowns follow the results of calls, through time, sleep and restarts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.events import EventBus
from aircherd.providers.health.cooldowns import SAYS_NOTHING, CooldownManager
from aircherd.routing.cooldown_rules import RULES
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.keys import Health
from helpers.cooling import WALL, CooldownRig, Time, failed, left
from helpers.providers.provider_calls import a_provider

OPENAI, OLLAMA = a_provider("openai"), a_provider("ollama")
QUOTA, RATE, NETWORK = FailureClass.QUOTA, FailureClass.RATE, FailureClass.NETWORK
OVERLOADED, MODEL = FailureClass.OVERLOADED, FailureClass.MODEL
HOUR = 3600.0
WELL = (Health.OK, None, None)


@pytest.fixture
def rig() -> CooldownRig:
    return CooldownRig()


# ------------------------------------------------------------------ who cools


def test_an_unknown_provider_is_ok(rig):
    """A provider that was never called does not cool."""
    assert rig.cooldowns.cooling("unknown", None, "m") is None
    assert rig.cooldowns.health("unknown") == WELL
    assert rig.cooldowns.try_probe("unknown", None, "m")


@pytest.mark.parametrize(
    ("kind", "cold"),
    [
        (QUOTA, {("work", "m"), ("work", "n")}),
        (RATE, {("work", "m")}),
        (OVERLOADED, {("work", "m"), ("home", "m")}),
        (NETWORK, {("work", "m"), ("work", "n"), ("home", "m"), ("home", "n")}),
        (FailureClass.BAD_REQUEST, set()),
    ],
)
def test_a_failure_cools_its_scope(rig, kind, cold):
    """The key, the model with this key, the model, or the provider; and no other provider."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(kind))
    calls = [(key, model) for key in ("work", "home") for model in ("m", "n")]
    assert cold == {call for call in calls if rig.cooldowns.cooling("openai", *call)}
    assert rig.cooldowns.cooling("ollama", "work", "m") is None


def test_cooling_has_code_end_and_message(rig):
    """A wire code, the Unix time of the end, and the message."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(RATE, "slow down", retry_after=20))
    found = rig.cooldowns.cooling("openai", "work", "m")
    assert (found.reason, found.until, found.message) == ("rate_limited", WALL + 20, "slow down")
    assert not found.is_probe_due


def test_the_last_of_several_to_end_counts(rig):
    """A candidate returns when nothing blocks it."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA))
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(RATE))
    assert rig.cooldowns.cooling("openai", "work", "m").reason == "quota_exhausted"


def test_a_success_clears_what_it_disproves(rig):
    """The key, the model, and both together; other cooldowns stay."""
    for kind in (QUOTA, RATE, OVERLOADED):
        rig.cooldowns.note_failure(OPENAI, "work", "m", failed(kind))
    rig.cooldowns.note_failure(OPENAI, "work", "n", failed(RATE))
    rig.cooldowns.note_ok(OPENAI, "work", "m")
    assert rig.cooldowns.cooling("openai", "work", "m") is None
    assert rig.cooldowns.cooling("openai", "work", "n")


def test_a_success_of_an_earlier_call_clears_nothing(rig):
    """It was sent before the limit was reached, and would undo the Retry-After."""
    began = rig.cooldowns.now()
    rig.time.passes(1)
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(RATE, retry_after=30), began=began)
    rig.cooldowns.note_ok(OPENAI, "work", "m", began=began)
    assert rig.cooldowns.cooling("openai", "work", "m")
    rig.cooldowns.note_ok(OPENAI, "work", "m", began=rig.cooldowns.now())
    assert rig.cooldowns.cooling("openai", "work", "m") is None


def test_a_storm_of_refusals_is_one_failure(rig):
    """64 running calls do not turn a second into half an hour."""
    began = rig.cooldowns.now()
    for _ in range(64):
        rig.time.passes(0.01)
        rig.cooldowns.note_failure(OPENAI, "work", "m", failed(RATE), began=began)
    assert rig.cooldowns.cooling("openai", "work", "m").until == pytest.approx(WALL + 1.01)
    assert len(rig.published) == 1


# ------------------------------------------------------------------ allowances


def test_an_exhausted_allowance_cools_before_a_failure(rig):
    """The call succeeded; the next request goes elsewhere until the reset."""
    rig.cooldowns.note_ok(OPENAI, "work", "m", left(WALL, requests=5, tokens=0))
    assert rig.cooldowns.cooling("openai", "work", "m").until == WALL + 40
    assert rig.cooldowns.cooling("openai", "work", "n") is None
    rig.time.passes(40)
    assert rig.cooldowns.cooling("openai", "work", "m") is None


def test_an_exhausted_key_cools_with_all_its_models(rig):
    """If no allowance of any kind is left."""
    rig.cooldowns.note_ok(OPENAI, "work", "m", left(WALL, requests=0))
    assert rig.cooldowns.cooling("openai", "work", "n")
    assert rig.cooldowns.cooling("openai", "home", "m") is None


def test_the_last_rate_limit_of_a_key_is_kept(rig):
    """For people; failures report it too, and a response without headers changes nothing."""
    assert rig.cooldowns.rate_limit("openai", "work") is None
    rig.cooldowns.note_ok(OPENAI, "work", "m", left(WALL, requests=5))
    said = left(WALL, requests=0)
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(RATE), said)
    rig.cooldowns.note_ok(OPENAI, "work", "m")
    assert rig.cooldowns.rate_limit("openai", "work") == said


# ------------------------------------------------------------------ probes


def test_one_request_probes_half_open(rig):
    """Far from the end, once; for the others it still cools."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA))
    assert not rig.cooldowns.try_probe("openai", "work", "m")
    rig.time.passes(601)
    assert rig.cooldowns.cooling("openai", "work", "m").is_probe_due
    took = [rig.cooldowns.try_probe("openai", "work", "m") for _ in range(3)]
    assert took == [True, False, False]
    assert not rig.cooldowns.cooling("openai", "work", "m").is_probe_due


def test_a_probe_ends_or_extends_the_cooldown(rig):
    """From one hour to two if it fails."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA))
    rig.time.passes(601)
    rig.cooldowns.try_probe("openai", "work", "m")
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA), began=rig.cooldowns.now())
    assert rig.cooldowns.cooling("openai", "work", "m").until == WALL + 601 + 2 * HOUR
    rig.time.passes(1201)
    assert rig.cooldowns.try_probe("openai", "work", "m")
    rig.cooldowns.note_ok(OPENAI, "work", "m", began=rig.cooldowns.now())
    assert rig.cooldowns.cooling("openai", "work", "m") is None


def test_another_cooldown_prevents_the_probe(rig):
    """A key may be due for a probe while its model is overloaded."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA))
    rig.time.passes(601)
    rig.cooldowns.note_failure(OPENAI, "home", "m", failed(OVERLOADED))
    assert not rig.cooldowns.cooling("openai", "work", "m").is_probe_due
    assert not rig.cooldowns.try_probe("openai", "work", "m")
    assert rig.cooldowns.try_probe("openai", "work", "n")


def test_after_a_guessed_end_one_call_goes_first(rig):
    """The second waits until the first was answered, or as long as the cooldown had lasted."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(RATE))
    rig.time.passes(1)
    assert rig.cooldowns.cooling("openai", "work", "m") is None
    assert rig.cooldowns.try_probe("openai", "work", "m")
    assert not rig.cooldowns.try_probe("openai", "work", "m")
    assert rig.cooldowns.cooling("openai", "work", "m").until == WALL + 2
    rig.time.passes(1)
    assert rig.cooldowns.cooling("openai", "work", "m") is None


@pytest.mark.parametrize("kind", [FailureClass.AUTH, FailureClass.BAD_REQUEST, NETWORK])
def test_a_probe_that_shows_nothing_is_given_back(rig, kind):
    """A refused key shows nothing about its quota, and its replacement need not wait."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA))
    rig.time.passes(601)
    assert rig.cooldowns.try_probe("openai", "work", "m")
    began = rig.cooldowns.now()
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(kind), began=began)
    rig.cooldowns.note_reachable("openai")
    assert rig.cooldowns.try_probe("openai", "work", "m")


def test_a_call_gives_back_only_its_own_probe(rig):
    """Not a call that was sent before the probe and fails for another reason."""
    began = rig.cooldowns.now()
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA))
    rig.time.passes(601)
    assert rig.cooldowns.try_probe("openai", "work", "m")
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(FailureClass.AUTH), began=began)
    assert not rig.cooldowns.try_probe("openai", "work", "m")


def test_a_call_that_is_not_made_gives_its_probe_back(rig):
    """The user's limit was reached after all."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA))
    rig.time.passes(601)
    assert rig.cooldowns.try_probe("openai", "work", "m")
    rig.cooldowns.give_back("openai", "work", "m")
    assert rig.cooldowns.try_probe("openai", "work", "m")
    rig.cooldowns.give_back("unknown", None, "m")


# ------------------------------------------------------------------ half answers


def test_a_reply_that_begins_does_not_end_the_cooldown_for_cut_replies(rig):
    """Two cut replies count as two, though each had begun; a complete one resets the count."""
    for _ in range(2):
        rig.cooldowns.note_ok(OPENAI, "work", "m", began=rig.cooldowns.now())
        rig.cooldowns.note_failure(OPENAI, "work", "m", failed(NETWORK, reach="model"))
        rig.time.passes(9)
    rig.cooldowns.note_ok(OPENAI, "work", "m", began=rig.cooldowns.now())
    ((_, _, cooldown),) = rig.cooldowns.store.cooldowns()
    assert (cooldown.scope, cooldown.count) == (("model", None, "m"), 2)
    rig.cooldowns.note_whole(OPENAI, "work", "m", began=rig.cooldowns.now())
    assert rig.cooldowns.store.cooldowns() == []


# ------------------------------------------------------------------ the network


@pytest.mark.parametrize("kind", FailureClass)
def test_any_real_answer_means_reachable(rig, kind):
    """Errors too; but not network failures, timeouts, or what a proxy may have sent."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(NETWORK))
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(kind))
    down = rig.cooldowns.health("openai", "other")[0] is Health.UNREACHABLE
    assert down == (kind in SAYS_NOTHING)


def test_a_network_that_is_back_is_back_for_all(rig):
    """One provider answers: the others are tried at once, but still count as unreachable."""
    for provider in (OPENAI, OLLAMA):
        rig.cooldowns.note_failure(provider, None, "m", failed(NETWORK))
    rig.cooldowns.note_ok(OLLAMA, None, "m")
    assert rig.cooldowns.cooling("openai", None, "m") is None
    assert rig.cooldowns.health("openai") == (Health.UNREACHABLE, "why", None)
    rig.cooldowns.note_failure(OPENAI, None, "m", failed(NETWORK))
    assert rig.cooldowns.cooling("openai", None, "m").until == WALL + 10


def test_an_answer_of_a_reachable_provider_changes_nothing(rig):
    """An unreachable provider must not be tried with every request to others."""
    rig.cooldowns.note_failure(OPENAI, None, "m", failed(NETWORK))
    rig.cooldowns.note_ok(OLLAMA, None, "m")
    assert rig.cooldowns.cooling("openai", None, "m")


@pytest.mark.parametrize("jump", [-86_400, 86_400])
def test_a_clock_that_is_set_moves_no_cooldown(rig, jump):
    """The time that people see moves with the clock."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(RATE, retry_after=20))
    rig.time.wall += jump
    assert rig.cooldowns.cooling("openai", "work", "m").until == WALL + jump + 20
    rig.time.passes(20)
    assert rig.cooldowns.cooling("openai", "work", "m") is None


# ------------------------------------------------------------------ ended early


def test_clear_drops_one_provider_or_all(rig):
    """It returns how many were active; failure counts are dropped too."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA))
    rig.cooldowns.note_failure(OPENAI, "work", "n", failed(RATE))
    rig.cooldowns.note_failure(OLLAMA, None, "m", failed(NETWORK))
    rig.time.passes(1)
    assert rig.cooldowns.clear("openai") == 1
    assert rig.cooldowns.cooling("openai", "work", "m") is None
    assert (rig.cooldowns.clear(), rig.cooldowns.clear()) == (1, 0)
    rig.cooldowns.note_failure(OPENAI, "work", "n", failed(RATE))
    assert rig.cooldowns.cooling("openai", "work", "n").until == WALL + 2


def test_a_replaced_key_does_not_inherit_cooldowns(rig):
    """The user signed in again; the provider is still overloaded."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA), left(WALL, requests=0))
    rig.cooldowns.note_failure(OPENAI, "home", "m", failed(QUOTA))
    rig.cooldowns.note_failure(OPENAI, "work", "n", failed(OVERLOADED))
    rig.cooldowns.note_other_key("openai", "work")
    assert rig.cooldowns.cooling("openai", "work", "m") is None
    assert rig.cooldowns.rate_limit("openai", "work") is None
    assert rig.cooldowns.cooling("openai", "home", "m")
    assert rig.cooldowns.cooling("openai", "work", "n")


def test_credit_ends_a_quota_but_keeps_its_count(rig):
    """Missing credit may not have been the only reason."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA))
    rig.cooldowns.note_credit("openai", "work")
    rig.cooldowns.note_credit("openai", "other")
    assert rig.cooldowns.cooling("openai", "work", "m") is None
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA))
    assert rig.cooldowns.cooling("openai", "work", "m").until == WALL + 2 * HOUR


def test_a_list_of_models_ends_missing_models(rig):
    """A model that was missing; never a quota."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(MODEL))
    rig.cooldowns.note_failure(OPENAI, "work", "n", failed(MODEL))
    rig.cooldowns.note_failure(OPENAI, "home", "m", failed(QUOTA))
    rig.cooldowns.note_models("openai", ["m"])
    assert rig.cooldowns.cooling("openai", "work", "m") is None
    assert rig.cooldowns.cooling("openai", "work", "n")
    assert rig.cooldowns.cooling("openai", "home", "m")


# ------------------------------------------------------------------ for people


def test_the_health_of_a_key_is_the_worst_that_applies(rig):
    """Cooling, exhausted, unreachable; a model is named in its reason."""
    cooldowns = rig.cooldowns
    cooldowns.note_failure(OPENAI, "work", "m", failed(OVERLOADED, "no room"))
    assert cooldowns.health("openai", "work") == (Health.COOLING, "m: no room", WALL + 5)
    cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA, "no money"))
    assert cooldowns.health("openai", "work") == (Health.QUOTA_EXHAUSTED, "no money", WALL + HOUR)
    assert cooldowns.health("openai", "home")[0] is Health.COOLING
    cooldowns.note_failure(OPENAI, "home", "m", failed(NETWORK, "no way"))
    assert cooldowns.health("openai", "work") == (Health.UNREACHABLE, "no way", WALL + 5)


def test_a_missing_model_does_not_affect_its_key(rig):
    """The other models of the key work."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(MODEL))
    assert rig.cooldowns.health("openai", "work") == WELL
    assert [row["model"] for row in rig.cooldowns.rows()] == ["m"]


def test_changes_are_published_once(rig):
    """A cooldown begins, lasts longer, and ends; an unchanged one publishes nothing."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(RATE, "slow", retry_after=20))
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(RATE, "slow", retry_after=20))
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(RATE, "slow", retry_after=30))
    rig.cooldowns.note_ok(OPENAI, "work", "m")
    rig.cooldowns.note_ok(OPENAI, "work", "m")
    place = {"provider": "openai", "key": "work", "model": "m"}
    ill = {**place, "health": "cooling", "health_reason": "slow"}
    assert rig.published == [
        {**ill, "until": WALL + 20},
        {**ill, "until": WALL + 30},
        {**place, "health": "ok"},
    ]


def test_repr_shows_what_cools():
    """With one word each."""
    cooldowns = CooldownManager(EventBus(), clocks=Time().clocks)
    assert repr(cooldowns) == "<CooldownManager all ok>"
    cooldowns.note_failure(OLLAMA, None, "m", failed(NETWORK))
    assert repr(cooldowns) == "<CooldownManager ollama unreachable>"


# ------------------------------------------------------------------ whatever happens

STEPS = st.tuples(
    st.sampled_from(["work", "home"]),
    st.sampled_from(["m", "n"]),
    st.sampled_from([kind for kind in FailureClass if RULES[kind].scope]),
    st.none() | st.floats(0.1, 1e5),
    st.floats(0, 1e4),
)


@given(st.lists(STEPS, max_size=20))
def test_until_is_kept_and_a_success_clears(steps):
    """Nothing cools after the `until` of a plan, nor after a success."""
    rig = CooldownRig()
    for key, model, kind, published, gap in steps:
        rig.cooldowns.note_failure(OPENAI, key, model, failed(kind, retry_after=published))
        rig.time.passes(gap)
    found = rig.cooldowns.cooling("openai", "work", "m")
    if found:
        rig.time.passes(found.until - rig.time.wall + 1e-3)
    assert rig.cooldowns.cooling("openai", "work", "m") is None
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA))
    rig.cooldowns.note_ok(OPENAI, "work", "m")
    assert rig.cooldowns.cooling("openai", "work", "m") is None
    assert rig.cooldowns.health("openai", "work")[0] in (Health.OK, Health.COOLING)


async def test_without_a_fleet_probes_are_taken_at_once(rig):
    """As `try_probe` does."""
    cooldowns = rig.cooldowns
    assert await cooldowns.take_probe("openai", "work", "m")
    cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA))
    assert not await cooldowns.take_probe("openai", "work", "m")
    rig.time.passes(600)
    took = [await cooldowns.take_probe("openai", "work", "m") for _ in range(2)]
    assert took == [True, False]


def test_a_provider_that_is_gone_is_forgotten(rig):
    """With all that cooled."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA))
    rig.cooldowns.note_failure(OLLAMA, None, "m", failed(OVERLOADED))
    rig.cooldowns.forget("openai")
    assert rig.cooldowns.cooling("openai", "work", "m") is None
    assert rig.cooldowns.cooling("ollama", None, "m") is not None


def test_the_generation_grows_with_every_change(rig):
    """A cooldown, its probe, and its end each count; reading does not."""
    cooldowns = rig.cooldowns
    assert (cooldowns.is_calm, cooldowns.generation) == (True, 0)
    cooldowns.note_failure(OPENAI, "work", "m", failed(FailureClass.OVERLOADED))
    cooled = cooldowns.generation
    assert cooled > 0
    assert not cooldowns.is_calm
    cooldowns.cooling("openai", "work", "m")
    assert cooldowns.generation == cooled
    rig.time.passes(60)
    assert cooldowns.try_probe("openai", "work", "m")
    assert cooldowns.generation > cooled
    cooldowns.clear()
    assert cooldowns.is_calm
