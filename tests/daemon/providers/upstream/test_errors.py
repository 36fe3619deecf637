"""What an error of another daemon means here."""

import pytest

from aircher_wire import codes
from aircherd.providers.upstream.errors import MAX_RETRY_SECONDS, failure_of
from aircherd.routing.cooldown_rules import scope_of
from aircherd.vocabulary.failure import FailureClass

ALL_CODES = {value for name, value in vars(codes).items() if name.isupper() and value != {}} - {
    codes.ABOUT_AUTHENTICATION
}


def failure(code: str, **data: object):
    """Return the failure of an error."""
    return failure_of({"code": code, "message": "it said so", "data": data}, "/run/x.sock", 1000.0)


@pytest.mark.parametrize("code", sorted(ALL_CODES))
def test_every_code_has_a_class_and_says_which_daemon_said_it(code: str) -> None:
    """A new code would be an error of the server's until it is put into the table."""
    found = failure(code)
    assert "the daemon at /run/x.sock " in found.message
    assert found.message.endswith("says: it said so")
    # No key is needed here, so none can be wrong: nothing offers to sign in.
    assert found.code not in codes.ABOUT_AUTHENTICATION


@pytest.mark.parametrize(
    "code", [codes.NOT_AUTHENTICATED, codes.AUTH_REJECTED, codes.KEYRING_LOCKED]
)
def test_keys_are_a_matter_of_the_other_machine(code: str) -> None:
    """The message says so; nothing cools, because it may be fixed at any moment."""
    found = failure(code)
    assert "where that daemon runs" in found.message
    assert scope_of(found, None, "m") is None


def test_all_failed_because_of_keys_is_a_matter_of_keys() -> None:
    """And of nothing else: something else may end."""
    keys = [{"outcome": "auth_rejected"}]
    skipped = [{"reason": "not_authenticated"}]
    found = failure(codes.ALL_FAILED, attempts=keys, skipped=skipped, until=1060.0)
    assert found.kind is FailureClass.PERMISSION
    for more in ([{"reason": "rate_limited"}], [{}], [5]):
        found = failure(codes.ALL_FAILED, attempts=keys, skipped=[*skipped, *more])
        assert found.kind is FailureClass.SERVER


def test_what_cools_there_cools_here_as_long_for_that_model() -> None:
    """Another model of the daemon may answer."""
    found = failure(codes.RATE_LIMITED, until=1060.0)
    assert (found.kind, found.retry_after) == (FailureClass.RATE, 60.0)
    assert scope_of(found, None, "m") == ("key+model", None, "m")
    found = failure(codes.ALL_FAILED, until=1060.0)
    assert (found.kind, found.retry_after) == (FailureClass.RATE, 60.0)


def test_all_failed_without_a_time_is_an_error_of_the_server() -> None:
    """Its candidates failed in several ways."""
    assert failure(codes.ALL_FAILED).kind is FailureClass.SERVER


def test_a_code_of_a_newer_daemon_is_an_error_of_the_server() -> None:
    """The next candidate is asked."""
    assert failure("too_sunny").kind is FailureClass.SERVER


@pytest.mark.parametrize("until", [True, "soon", None, [], 1000.0 + 2 * MAX_RETRY_SECONDS])
def test_what_is_no_time_is_ignored(until: object) -> None:
    """Or too far away to be believed."""
    assert failure(codes.RATE_LIMITED, until=until).retry_after is None


@pytest.mark.parametrize("error", [None, [], "x", {}, {"code": 1, "message": "m"}, {"code": "x"}])
def test_what_is_no_error_breaks_the_protocol(error: object) -> None:
    """A hostile daemon."""
    assert failure_of(error, "/run/x.sock", 0.0).kind is FailureClass.PROTOCOL
