"""What waits for the engine: the latest of each scope, in order."""

from aircherd.providers.health.fleet.outbox import MAX_SCOPES, Outbox, Pending
from aircherd.routing.cooldown_policy import start_cooldown
from aircherd.vocabulary.failure import FailureClass
from helpers.cooling import failed


def a_cooldown(since=100.0, seconds=50.0):
    failure = failed(FailureClass.QUOTA, retry_after=seconds)
    return start_cooldown(None, failure, ("key", "work", None), now=since, jitter=0.0)


def cools(**fields):
    return Pending(cooldown=a_cooldown(**fields))


def cleared(at):
    return Pending(cleared_at=at)


def test_changes_of_a_scope_are_sent_as_one():
    """In the order of their first."""
    outbox = Outbox()
    outbox.put("a", cools(seconds=50.0))
    outbox.put("b", cools())
    outbox.put("a", cools(seconds=80.0))
    assert len(outbox) == 2
    assert outbox.take() == ("a", cools(seconds=80.0))
    assert outbox.take() == ("b", cools())
    assert len(outbox) == 0


def test_a_clearing_goes_first_and_ends_what_began_before():
    """What fails after it still cools."""
    outbox = Outbox()
    outbox.put("a", cools(since=100.0))
    outbox.put("a", cleared(120.0))
    assert outbox.is_cleared("a", 100.0)
    assert not outbox.is_cleared("a", 121.0)
    assert not outbox.is_cooling("a")
    outbox.put("a", cools(since=130.0))
    assert outbox.is_cooling("a")
    assert outbox.take() == ("a", Pending(cleared_at=120.0, cooldown=a_cooldown(since=130.0)))
    assert not outbox.is_cleared("a", 100.0)


def test_what_could_not_be_sent_waits_behind_nothing_newer():
    """It is merged with what has come meanwhile."""
    outbox = Outbox()
    outbox.put("a", cools(since=100.0))
    scope, pending = outbox.take()
    outbox.put("a", cleared(110.0))
    outbox.put_back(scope, pending)
    assert outbox.take() == ("a", cleared(110.0))
    outbox.put_back(scope, pending)
    assert outbox.take() == (scope, pending)


def test_there_is_a_bound():
    """The oldest are dropped: an engine may be away for days."""
    outbox = Outbox()
    for number in range(MAX_SCOPES + 1):
        outbox.put(str(number), cools())
    assert len(outbox) == MAX_SCOPES
    assert outbox.take()[0] == "1"
    outbox.clear()
    assert len(outbox) == 0
