"""Every error of the tree has a code that the protocol knows."""

import pytest

from aircher_wire import codes
from aircherd import errors
from aircherd.errors import AircherError, ProviderFailed, fail
from aircherd.vocabulary.failure import Failure, FailureClass


def _tree(cls):
    return {cls} | {leaf for sub in cls.__subclasses__() for leaf in _tree(sub)}


def test_every_error_has_a_known_code():
    """No error reaches a client with a code of its own invention."""
    known = {value for name, value in vars(codes).items() if name.isupper()}
    assert {cls.code for cls in _tree(AircherError)} <= known


def test_the_tree_at_the_top_names_every_error():
    """The drawing is what a reader trusts."""
    named = {cls.__name__ for cls in _tree(AircherError)}
    assert [name for name in named if name not in (errors.__doc__ or "")] == []


def test_provider_failed_speaks_as_its_failure():
    """Code and words are the failure's."""
    error = ProviderFailed(Failure(kind=FailureClass.RATE, message="too fast"))
    assert (error.code, error.message, str(error)) == ("rate_limited", "too fast", "too fast")


def test_failing_raises_what_a_provider_did():
    """The class and the words that were given, and nothing made up."""
    with pytest.raises(ProviderFailed) as raised:
        fail(FailureClass.RATE, "too fast")
    assert raised.value.failure == Failure(kind=FailureClass.RATE, message="too fast")
