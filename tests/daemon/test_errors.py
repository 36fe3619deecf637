"""Every error of the tree has a code of the protocol."""

import pytest

from aircher_wire import codes
from aircherd import errors
from aircherd.errors import AircherError, BadRequest, ProviderFailed, fail
from aircherd.vocabulary.failure import Failure, FailureClass


def _tree(cls):
    return {cls} | {leaf for sub in cls.__subclasses__() for leaf in _tree(sub)}


def test_every_error_has_a_known_code():
    """No error reaches a client with a code that is not in the protocol."""
    known = {value for name, value in vars(codes).items() if name.isupper()}
    assert {cls.code for cls in _tree(AircherError)} <= known


def test_tree_in_the_docstring_has_every_error():
    """The drawing is complete."""
    tree = [cls for cls in _tree(AircherError) if cls.__module__ == errors.__name__]
    assert [cls.__name__ for cls in tree if cls.__name__ not in (errors.__doc__ or "")] == []


def test_provider_failed_has_code_and_message_of_its_failure():
    """They are copied from it."""
    error = ProviderFailed(Failure(kind=FailureClass.RATE, message="too fast"))
    assert (error.code, error.message, str(error)) == ("rate_limited", "too fast", "too fast")


def test_fail_raises_provider_failed():
    """With the given class and message, and nothing else."""
    with pytest.raises(ProviderFailed) as raised:
        fail(FailureClass.RATE, "too fast")
    assert raised.value.failure == Failure(kind=FailureClass.RATE, message="too fast")


def test_an_error_that_is_kept_keeps_nothing_else_alive() -> None:
    """Its traceback refers to frames, and these to prompts and replies."""

    def fail_again() -> None:
        try:
            int("first")
        except ValueError as error:
            raise BadRequest("second", field="x") from error

    with pytest.raises(BadRequest) as caught:
        fail_again()
    kept = caught.value.without_frames()
    assert (kept.__traceback__, kept.__context__, kept.__cause__) == (None, None, None)
    assert (kept.message, kept.data) == ("second", {"field": "x"})
