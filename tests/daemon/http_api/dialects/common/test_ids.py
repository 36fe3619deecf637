"""Names of replies and ids of calls."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.http_api.dialects.common.ids import new_id, original_id, safe_id


def test_names_are_new() -> None:
    """They have the prefix, and are not guessed."""
    first, second = new_id("msg_"), new_id("msg_")

    assert first != second
    assert re.fullmatch(r"msg_[0-9a-f]{24}", first)


@pytest.mark.parametrize("call_id", ["toolu_01A", "call_9-x", "0"])
def test_usual_ids_stay_as_they_are(call_id: str) -> None:
    """They are what every API takes."""
    assert safe_id(call_id) == call_id == original_id(call_id)


@given(st.text(max_size=60))
def test_every_id_comes_back(call_id: str) -> None:
    """Whatever a provider calls its calls, other APIs get safe ids, and it gets its own back."""
    packed = safe_id(call_id)

    assert re.fullmatch(r"[A-Za-z0-9_-]+", packed)
    if call_id:
        assert original_id(packed) == call_id


def test_what_only_looks_packed_stays_as_it_is() -> None:
    """A client may call its calls anything."""
    assert original_id("airid_!") == "airid_!"
    assert original_id("airid_x") == "airid_x"
