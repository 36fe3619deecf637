"""Every class of failure has a code on the wire."""

from aircher_wire import codes
from aircherd.vocabulary.failure import WIRE_CODE, Failure, FailureClass


def test_every_class_has_a_wire_code():
    """A class without a code would only show up when a client sees it."""
    known = {value for name, value in vars(codes).items() if name.isupper()}
    assert set(WIRE_CODE) == set(FailureClass)
    assert set(WIRE_CODE.values()) <= known


def test_a_failure_has_the_code_of_its_class():
    """The code comes from the table."""
    assert Failure(kind=FailureClass.QUOTA, message="spent").code == "quota_exhausted"
