"""The book follows the answers of real calls, through time, sleep and restarts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.events import EventBus
from aircherd.providers.health.cooldowns import SAYS_NOTHING, CooldownManager
from aircherd.routing.cooldown_rules import RULES
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.keys import Health
from helpers.cooling import WALL, Listened, Time, failed, left
from helpers.providers.provider_calls import a_provider

OPENAI, OLLAMA = a_provider("openai"), a_provider("ollama")
QUOTA, RATE, NETWORK = FailureClass.QUOTA, FailureClass.RATE, FailureClass.NETWORK
OVERLOADED, MODEL = FailureClass.OVERLOADED, FailureClass.MODEL
HOUR = 3600.0
WELL = (Health.OK, None, None)


@pytest.fixture
def heard() -> Listened:
    return Listened()


# ------------------------------------------------------------------ who cools


def test_strangers_are_well(heard):
    """Who was never called is not known to be down."""
    assert heard.book.cooling("nobody", None, "m") is None
    assert heard.book.health("nobody") == WELL
    assert heard.book.try_probe("nobody", None, "m")


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
def test_a_failure_keeps_out_what_it_is_about(heard, kind, cold):
    """The key, the model with this key, the model, the provider; and no other provider."""
    heard.book.note_failure(OPENAI, "work", "m", failed(kind))
    calls = [(key, model) for key in ("work", "home") for model in ("m", "n")]
    assert cold == {call for call in calls if heard.book.cooling("openai", *call)}
    assert heard.book.cooling("ollama", "work", "m") is None


def test_what_a_plan_is_told(heard):
    """A wire code, until when on people's clock, and the words."""
    heard.book.note_failure(OPENAI, "work", "m", failed(RATE, "slow down", retry_after=20))
    found = heard.book.cooling("openai", "work", "m")
    assert (found.reason, found.until, found.message) == ("rate_limited", WALL + 20, "slow down")
    assert not found.is_probe_due


def test_of_several_the_last_to_end_is_told(heard):
    """A candidate comes back when nothing keeps it out any more."""
    heard.book.note_failure(OPENAI, "work", "m", failed(QUOTA))
    heard.book.note_failure(OPENAI, "work", "m", failed(RATE))
    assert heard.book.cooling("openai", "work", "m").reason == "quota_exhausted"


def test_a_success_clears_what_it_disproves(heard):
    """The key, the model, and both together; what it says nothing of stays."""
    for kind in (QUOTA, RATE, OVERLOADED):
        heard.book.note_failure(OPENAI, "work", "m", failed(kind))
    heard.book.note_failure(OPENAI, "work", "n", failed(RATE))
    heard.book.note_ok(OPENAI, "work", "m")
    assert heard.book.cooling("openai", "work", "m") is None
    assert heard.book.cooling("openai", "work", "n")


def test_a_success_of_a_call_under_way_clears_nothing(heard):
    """It was sent before the limit was reached, and would undo the Retry-After."""
    began = heard.book.now()
    heard.time.passes(1)
    heard.book.note_failure(OPENAI, "work", "m", failed(RATE, retry_after=30), began=began)
    heard.book.note_ok(OPENAI, "work", "m", began=began)
    assert heard.book.cooling("openai", "work", "m")
    heard.book.note_ok(OPENAI, "work", "m", began=heard.book.now())
    assert heard.book.cooling("openai", "work", "m") is None


def test_a_storm_of_refusals_is_one_failure(heard):
    """64 calls under way do not make half an hour of a second."""
    began = heard.book.now()
    for _ in range(64):
        heard.time.passes(0.01)
        heard.book.note_failure(OPENAI, "work", "m", failed(RATE), began=began)
    assert heard.book.cooling("openai", "work", "m").until == pytest.approx(WALL + 1.01)
    assert len(heard.told) == 1


# ------------------------------------------------------------------ allowances


def test_nothing_left_is_heeded_before_it_fails(heard):
    """The answer was good; the next request goes elsewhere until the reset."""
    heard.book.note_ok(OPENAI, "work", "m", left(WALL, requests=5, tokens=0))
    assert heard.book.cooling("openai", "work", "m").until == WALL + 40
    assert heard.book.cooling("openai", "work", "n") is None
    heard.time.passes(40)
    assert heard.book.cooling("openai", "work", "m") is None


def test_a_spent_key_is_passed_over_with_all_its_models(heard):
    """Where nothing of anything is left."""
    heard.book.note_ok(OPENAI, "work", "m", left(WALL, requests=0))
    assert heard.book.cooling("openai", "work", "n")
    assert heard.book.cooling("openai", "home", "m") is None


def test_what_was_last_said_of_a_key_is_kept(heard):
    """For people; a failure says it too, and an answer without headers changes nothing."""
    assert heard.book.rate_limit("openai", "work") is None
    heard.book.note_ok(OPENAI, "work", "m", left(WALL, requests=5))
    said = left(WALL, requests=0)
    heard.book.note_failure(OPENAI, "work", "m", failed(RATE), said)
    heard.book.note_ok(OPENAI, "work", "m")
    assert heard.book.rate_limit("openai", "work") == said


# ------------------------------------------------------------------ probes


def test_one_request_is_let_through_half_open(heard):
    """Far from the end, once; the others are told that it cools."""
    heard.book.note_failure(OPENAI, "work", "m", failed(QUOTA))
    assert not heard.book.try_probe("openai", "work", "m")
    heard.time.passes(601)
    assert heard.book.cooling("openai", "work", "m").is_probe_due
    took = [heard.book.try_probe("openai", "work", "m") for _ in range(3)]
    assert took == [True, False, False]
    assert not heard.book.cooling("openai", "work", "m").is_probe_due


def test_a_probe_that_succeeds_ends_it_and_one_that_fails_makes_it_grow(heard):
    """From the hour of the first to two."""
    heard.book.note_failure(OPENAI, "work", "m", failed(QUOTA))
    heard.time.passes(601)
    heard.book.try_probe("openai", "work", "m")
    heard.book.note_failure(OPENAI, "work", "m", failed(QUOTA), began=heard.book.now())
    assert heard.book.cooling("openai", "work", "m").until == WALL + 601 + 2 * HOUR
    heard.time.passes(1201)
    assert heard.book.try_probe("openai", "work", "m")
    heard.book.note_ok(OPENAI, "work", "m", began=heard.book.now())
    assert heard.book.cooling("openai", "work", "m") is None


def test_what_cools_otherwise_forbids_the_probe(heard):
    """A key may be due for one while its model is overloaded."""
    heard.book.note_failure(OPENAI, "work", "m", failed(QUOTA))
    heard.time.passes(601)
    heard.book.note_failure(OPENAI, "home", "m", failed(OVERLOADED))
    assert not heard.book.cooling("openai", "work", "m").is_probe_due
    assert not heard.book.try_probe("openai", "work", "m")
    assert heard.book.try_probe("openai", "work", "n")


def test_after_a_guessed_end_one_goes_first(heard):
    """The second is kept out until the first was answered, or for as long as it had lasted."""
    heard.book.note_failure(OPENAI, "work", "m", failed(RATE))
    heard.time.passes(1)
    assert heard.book.cooling("openai", "work", "m") is None
    assert heard.book.try_probe("openai", "work", "m")
    assert not heard.book.try_probe("openai", "work", "m")
    assert heard.book.cooling("openai", "work", "m").until == WALL + 2
    heard.time.passes(1)
    assert heard.book.cooling("openai", "work", "m") is None


@pytest.mark.parametrize("kind", [FailureClass.AUTH, FailureClass.BAD_REQUEST, NETWORK])
def test_a_probe_that_tells_nothing_is_given_back(heard, kind):
    """A refused key says nothing of its quota, and the one that replaces it need not wait."""
    heard.book.note_failure(OPENAI, "work", "m", failed(QUOTA))
    heard.time.passes(601)
    assert heard.book.try_probe("openai", "work", "m")
    began = heard.book.now()
    heard.book.note_failure(OPENAI, "work", "m", failed(kind), began=began)
    heard.book.note_reachable("openai")
    assert heard.book.try_probe("openai", "work", "m")


def test_nobody_gives_back_the_probe_of_another(heard):
    """A call that was sent before it and fails of something else."""
    began = heard.book.now()
    heard.book.note_failure(OPENAI, "work", "m", failed(QUOTA))
    heard.time.passes(601)
    assert heard.book.try_probe("openai", "work", "m")
    heard.book.note_failure(OPENAI, "work", "m", failed(FailureClass.AUTH), began=began)
    assert not heard.book.try_probe("openai", "work", "m")


def test_a_call_that_is_not_made_gives_its_probe_back(heard):
    """A limit of the user's was met after all."""
    heard.book.note_failure(OPENAI, "work", "m", failed(QUOTA))
    heard.time.passes(601)
    assert heard.book.try_probe("openai", "work", "m")
    heard.book.give_back("openai", "work", "m")
    assert heard.book.try_probe("openai", "work", "m")
    heard.book.give_back("nobody", None, "m")


# ------------------------------------------------------------------ half answers


def test_an_answer_that_begins_does_not_end_what_cuts_it(heard):
    """Two that broke off are two in a row, though each had begun; a whole one ends the count."""
    for _ in range(2):
        heard.book.note_ok(OPENAI, "work", "m", began=heard.book.now())
        heard.book.note_failure(OPENAI, "work", "m", failed(NETWORK, reach="model"))
        heard.time.passes(9)
    heard.book.note_ok(OPENAI, "work", "m", began=heard.book.now())
    ((_, _, cooldown),) = heard.book.store.cooldowns()
    assert (cooldown.scope, cooldown.count) == (("model", None, "m"), 2)
    heard.book.note_whole(OPENAI, "work", "m", began=heard.book.now())
    assert heard.book.store.cooldowns() == []


# ------------------------------------------------------------------ the network


@pytest.mark.parametrize("kind", FailureClass)
def test_any_real_answer_means_reachable(heard, kind):
    """An error too; not so the network, a deadline, or what something in between may have sent."""
    heard.book.note_failure(OPENAI, "work", "m", failed(NETWORK))
    heard.book.note_failure(OPENAI, "work", "m", failed(kind))
    down = heard.book.health("openai", "other")[0] is Health.UNREACHABLE
    assert down == (kind in SAYS_NOTHING)


def test_a_network_that_is_back_is_back_for_all(heard):
    """One that was away answers: the others are asked at once, and still not known to be well."""
    for provider in (OPENAI, OLLAMA):
        heard.book.note_failure(provider, None, "m", failed(NETWORK))
    heard.book.note_ok(OLLAMA, None, "m")
    assert heard.book.cooling("openai", None, "m") is None
    assert heard.book.health("openai") == (Health.UNREACHABLE, "why", None)
    heard.book.note_failure(OPENAI, None, "m", failed(NETWORK))
    assert heard.book.cooling("openai", None, "m").until == WALL + 10


def test_an_answer_of_one_who_was_never_away_is_no_news(heard):
    """Who is really down must not be tried with every request to others."""
    heard.book.note_failure(OPENAI, None, "m", failed(NETWORK))
    heard.book.note_ok(OLLAMA, None, "m")
    assert heard.book.cooling("openai", None, "m")


@pytest.mark.parametrize("jump", [-86_400, 86_400])
def test_a_clock_that_is_set_moves_no_cooldown(heard, jump):
    """What is told to people goes along."""
    heard.book.note_failure(OPENAI, "work", "m", failed(RATE, retry_after=20))
    heard.time.wall += jump
    assert heard.book.cooling("openai", "work", "m").until == WALL + jump + 20
    heard.time.passes(20)
    assert heard.book.cooling("openai", "work", "m") is None


# ------------------------------------------------------------------ ended early


def test_clearing_is_of_one_or_of_all(heard):
    """The number is of what was cooling; counts go too."""
    heard.book.note_failure(OPENAI, "work", "m", failed(QUOTA))
    heard.book.note_failure(OPENAI, "work", "n", failed(RATE))
    heard.book.note_failure(OLLAMA, None, "m", failed(NETWORK))
    heard.time.passes(1)
    assert heard.book.clear("openai") == 1
    assert heard.book.cooling("openai", "work", "m") is None
    assert (heard.book.clear(), heard.book.clear()) == (1, 0)
    heard.book.note_failure(OPENAI, "work", "n", failed(RATE))
    assert heard.book.cooling("openai", "work", "n").until == WALL + 2


def test_another_key_of_the_same_name_is_not_held_to_it(heard):
    """Somebody signed in anew; the provider is still overloaded."""
    heard.book.note_failure(OPENAI, "work", "m", failed(QUOTA), left(WALL, requests=0))
    heard.book.note_failure(OPENAI, "home", "m", failed(QUOTA))
    heard.book.note_failure(OPENAI, "work", "n", failed(OVERLOADED))
    heard.book.note_other_key("openai", "work")
    assert heard.book.cooling("openai", "work", "m") is None
    assert heard.book.rate_limit("openai", "work") is None
    assert heard.book.cooling("openai", "home", "m")
    assert heard.book.cooling("openai", "work", "n")


def test_credit_ends_a_quota_and_not_its_count(heard):
    """It may not have been all that was wrong."""
    heard.book.note_failure(OPENAI, "work", "m", failed(QUOTA))
    heard.book.note_credit("openai", "work")
    heard.book.note_credit("openai", "other")
    assert heard.book.cooling("openai", "work", "m") is None
    heard.book.note_failure(OPENAI, "work", "m", failed(QUOTA))
    assert heard.book.cooling("openai", "work", "m").until == WALL + 2 * HOUR


def test_a_list_of_models_ends_what_it_shows(heard):
    """A model that was missing; never a quota."""
    heard.book.note_failure(OPENAI, "work", "m", failed(MODEL))
    heard.book.note_failure(OPENAI, "work", "n", failed(MODEL))
    heard.book.note_failure(OPENAI, "home", "m", failed(QUOTA))
    heard.book.note_models("openai", ["m"])
    assert heard.book.cooling("openai", "work", "m") is None
    assert heard.book.cooling("openai", "work", "n")
    assert heard.book.cooling("openai", "home", "m")


# ------------------------------------------------------------------ for people


def test_the_health_of_a_key_is_the_worst_that_touches_it(heard):
    """Cooling, used up, unreachable; a model's own trouble is named."""
    book = heard.book
    book.note_failure(OPENAI, "work", "m", failed(OVERLOADED, "no room"))
    assert book.health("openai", "work") == (Health.COOLING, "m: no room", WALL + 5)
    book.note_failure(OPENAI, "work", "m", failed(QUOTA, "no money"))
    assert book.health("openai", "work") == (Health.QUOTA_EXHAUSTED, "no money", WALL + HOUR)
    assert book.health("openai", "home")[0] is Health.COOLING
    book.note_failure(OPENAI, "home", "m", failed(NETWORK, "no way"))
    assert book.health("openai", "work") == (Health.UNREACHABLE, "no way", WALL + 5)


def test_a_missing_model_does_not_make_its_key_ill(heard):
    """The other models of the key serve."""
    heard.book.note_failure(OPENAI, "work", "m", failed(MODEL))
    assert heard.book.health("openai", "work") == WELL
    assert [row["model"] for row in heard.book.rows()] == ["m"]


def test_changes_are_told_once(heard):
    """It begins, lasts longer, and is over; what changes nothing is no news."""
    heard.book.note_failure(OPENAI, "work", "m", failed(RATE, "slow", retry_after=20))
    heard.book.note_failure(OPENAI, "work", "m", failed(RATE, "slow", retry_after=20))
    heard.book.note_failure(OPENAI, "work", "m", failed(RATE, "slow", retry_after=30))
    heard.book.note_ok(OPENAI, "work", "m")
    heard.book.note_ok(OPENAI, "work", "m")
    place = {"provider": "openai", "key": "work", "model": "m"}
    ill = {**place, "health": "cooling", "health_reason": "slow"}
    assert heard.told == [
        {**ill, "until": WALL + 20},
        {**ill, "until": WALL + 30},
        {**place, "health": "ok"},
    ]


def test_repr_shows_who_is_ill():
    """In a word each."""
    book = CooldownManager(EventBus(), clocks=Time().clocks)
    assert repr(book) == "<CooldownManager all ok>"
    book.note_failure(OLLAMA, None, "m", failed(NETWORK))
    assert repr(book) == "<CooldownManager ollama unreachable>"


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
    """After the `until` that a plan was told nothing cools, nor after a success."""
    heard = Listened()
    for key, model, kind, told, gap in steps:
        heard.book.note_failure(OPENAI, key, model, failed(kind, retry_after=told))
        heard.time.passes(gap)
    found = heard.book.cooling("openai", "work", "m")
    if found:
        heard.time.passes(found.until - heard.time.wall + 1e-3)
    assert heard.book.cooling("openai", "work", "m") is None
    heard.book.note_failure(OPENAI, "work", "m", failed(QUOTA))
    heard.book.note_ok(OPENAI, "work", "m")
    assert heard.book.cooling("openai", "work", "m") is None
    assert heard.book.health("openai", "work")[0] in (Health.OK, Health.COOLING)


def test_the_generation_grows_with_every_change(heard):
    """Cooling, its probe, and its end each count; reading does not."""
    book = heard.book
    assert (book.is_calm, book.generation) == (True, 0)
    book.note_failure(OPENAI, "work", "m", failed(FailureClass.OVERLOADED))
    cooled = book.generation
    assert cooled > 0
    assert not book.is_calm
    book.cooling("openai", "work", "m")
    assert book.generation == cooled
    heard.time.passes(60)
    assert book.try_probe("openai", "work", "m")
    assert book.generation > cooled
    book.clear()
    assert book.is_calm
