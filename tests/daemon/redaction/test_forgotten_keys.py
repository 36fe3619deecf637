"""Keys are found that nothing in the process has any more."""

import pytest

from aircherd.redaction.forgotten_keys import ForgottenKeys
from aircherd.redaction.key_forms import key_forms

KEY = "canary-0123456789abcdef"


@pytest.mark.parametrize("text", sorted({form.text for form in key_forms(KEY)}))
def test_each_form_is_found(text: str) -> None:
    """As the redactor finds it while it has the key."""
    keys = ForgottenKeys()
    keys.add(KEY)
    spans = list(keys.find_in(f"a: {text}."))
    assert (min(spans)[0], max(spans)[1]) == (3, 3 + len(text))


def test_a_half_is_found_and_less_is_not() -> None:
    """As a key that was cut off."""
    keys = ForgottenKeys()
    keys.add(KEY)
    assert list(keys.find_in(f"a {KEY[:11]} b")) == [(2, 13)]
    assert list(keys.find_in(f"a {KEY[:10]} b")) == []


def test_nothing_of_the_key_is_kept() -> None:
    """Only digests, which differ from process to process."""
    keys, others = ForgottenKeys(), ForgottenKeys()
    keys.add(KEY)
    others.add(KEY)
    assert keys._digests.keys() == others._digests.keys()
    assert all(keys._digests[n].isdisjoint(others._digests[n]) for n in keys._digests)
    assert repr(keys).startswith("<ForgottenKeys, ")


def test_removed_keys_cost_nothing() -> None:
    """Others are still found."""
    keys = ForgottenKeys()
    keys.add(KEY)
    keys.add("another-live-key")
    keys.remove(KEY)
    assert list(keys.find_in(KEY)) == []
    assert list(keys.find_in("another-live-key"))
    keys.remove("another-live-key")
    assert not keys.has_keys
