"""One name for a tool in a namespace."""

import re

from hypothesis import given
from hypothesis import strategies as st

from aircherd.http_api.dialects.openai_responses.request.names import Called, Names, flat_name

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=80)


@given(NAMES, NAMES)
def test_every_api_takes_the_name(namespace: str, name: str) -> None:
    """And the same tool has always the same, in every request of a conversation."""
    flat = flat_name(namespace, name)
    assert re.fullmatch("[A-Za-z0-9_-]{1,64}", flat)
    assert flat == flat_name(namespace, name)


def test_a_name_says_where_it_is_from() -> None:
    """The model sees both."""
    assert flat_name("crm", "find") == "crm__find"
    assert flat_name("mcp__crm__", "find") == "mcp__crm__find"
    assert flat_name(None, "find") == "find"


def test_long_names_stay_different() -> None:
    """A digest tells them apart."""
    assert flat_name("n" * 60, "first") != flat_name("n" * 60, "second")


def test_a_call_is_sent_with_its_namespace() -> None:
    """As the client knows the tool."""
    names = Names()
    assert names.add(Called("find", "crm")) == "crm__find"
    assert names.add(Called("plain")) == "plain"
    assert names.called == {"crm__find": Called("find", "crm")}
    assert names.of("crm", "find") == "crm__find"
    assert names.of("gone", "find") == "gone__find"
