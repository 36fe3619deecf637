"""The exit codes, as a table."""

import pytest

from aircher_cli.exit_codes import BY_CODE, CommandFailed, UsageError, exit_code, reasons
from aircher_client import DaemonError, DaemonUnreachable
from aircher_wire import codes
from aircher_wire.address import AddressError

ALL_CODES = {getattr(codes, name) for name in dir(codes) if name.isupper()}


def failed(code: str, outcomes: tuple[str, ...] = (), skips: tuple[str, ...] = ()) -> DaemonError:
    attempts = [{"provider": "a", "outcome": outcome} for outcome in outcomes]
    skipped = [{"provider": "b", "reason": reason} for reason in skips]
    return DaemonError(code, "no", {"attempts": attempts, "skipped": skipped})


def test_every_code_of_the_protocol_has_an_exit_code() -> None:
    """A code that is added to the protocol needs an exit code."""
    assert set(BY_CODE) == ALL_CODES - {codes.ABOUT_AUTHENTICATION}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("bad_request", 1),
        ("context_too_long", 1),
        ("content_policy", 1),
        ("internal", 1),
        ("unknown_model", 1),
        ("config_invalid", 1),
        ("a_code_of_the_future", 1),
        ("shutting_down", 3),
        ("not_authenticated", 4),
        ("auth_rejected", 4),
        ("keyring_locked", 4),
        ("rate_limited", 5),
        ("quota_exhausted", 5),
        ("limit_reached", 5),
        ("overloaded", 5),
        ("provider_error", 5),
        ("network", 5),
        ("timeout", 5),
        ("truncated", 5),
        ("all_failed", 5),
        ("cancelled", 130),
    ],
)
def test_code_alone(code: str, expected: int) -> None:
    """Without reasons, the code determines the exit code."""
    assert expected == exit_code(DaemonError(code, "no", {}))


@pytest.mark.parametrize(
    ("code", "outcomes", "skips", "expected"),
    [
        ("all_failed", ("auth_rejected",), ("not_authenticated",), 4),
        ("all_failed", (), ("keyring_locked", "not_authenticated", "auth_rejected"), 4),
        ("all_failed", ("auth_rejected", "overloaded"), (), 5),
        ("all_failed", ("auth_rejected",), ("rate_limited",), 5),
        ("all_failed", ("network", "timeout"), (), 5),
        ("all_failed", ("context_too_long",), (), 5),
        ("auth_rejected", ("auth_rejected",), (), 4),
        ("auth_rejected", ("auth_rejected",), ("limit_reached",), 5),
        ("not_authenticated", (), ("not_authenticated", "not_authenticated"), 4),
        ("rate_limited", ("rate_limited",), ("not_authenticated",), 5),
        ("truncated", ("auth_rejected", "truncated"), (), 5),
        ("bad_request", ("bad_request",), ("not_authenticated",), 1),
    ],
)
def test_reasons_decide(
    code: str, outcomes: tuple[str, ...], skips: tuple[str, ...], expected: int
) -> None:
    """With several reasons, 4 means that all of them are about authentication."""
    assert expected == exit_code(failed(code, outcomes, skips))


@pytest.mark.parametrize("code", ["overloaded", "truncated", "auth_rejected", "content_policy"])
def test_a_truncated_reply_has_the_same_exit_code(code: str) -> None:
    """Whether output was shown before the failure makes no difference."""
    data: dict[str, object] = {"attempts": [{"provider": "a", "outcome": code}]}
    before = exit_code(DaemonError(code, "broke off", data))
    after = {**data, "text": "half", "finish": "error"}
    assert exit_code(DaemonError(code, "broke off", after)) == before


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DaemonUnreachable("gone"), 3),
        (AddressError("no home"), 3),
        (UsageError("what?"), 2),
        (CommandFailed("no"), 1),
        (CommandFailed("no", exit_code=5), 5),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError(), 1),
    ],
)
def test_other_errors(error: BaseException, expected: int) -> None:
    """Errors that do not come from the daemon have exit codes too."""
    assert expected == exit_code(error)


def test_reasons_of_malformed_data_are_none() -> None:
    """Data of an unexpected shape gives no reasons, and raises nothing."""
    assert reasons({"attempts": 3, "skipped": ["x", None]}) == []
