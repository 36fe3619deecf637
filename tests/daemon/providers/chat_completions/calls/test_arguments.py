"""Arguments of one tool call, in whatever pieces they come."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.errors import ProviderFailed
from aircherd.providers.chat_completions.calls.argument_text import as_object
from aircherd.providers.chat_completions.calls.arguments import Arguments, PieceMode

A, B = '{"p":"a"}', '{"p":"b"}'


def add_all(*pieces: str, mode: PieceMode | None = None) -> tuple[str, str]:
    """Return the arguments as passed on, and what belongs to a further call."""
    arguments, passed, rest = Arguments(mode or PieceMode()), "", ""
    for each in pieces:
        rest += arguments.add(each)
        passed += arguments.take_ready()
    return passed + arguments.take_all(), rest


@pytest.mark.parametrize(
    ("pieces", "text", "rest"),
    [
        ([], "", ""),
        (["", A, ""], A, ""),
        (['{"p"', ':"a', '"}'], A, ""),
        (["\n ", A], "\n " + A, ""),
        ([A, " \n"], A + " \n", ""),
        # all of the text so far in every piece
        (['{"p"', '{"p":"', A], A, ""),
        (['{"p"', '{"p":"a', '{"p":"a', A, A], A, ""),
        (['{"p":', '{"p":"a', A], A, ""),
        (['{"p":', A], A, ""),
        (['{"p":', '{"p":', A, '{"p":'], A, ""),
        # not these: an object in an object
        (['{"p":', '{"p":1}', "}"], '{"p":{"p":1}}', ""),
        (['{"p":', '{"p":1}}'], '{"p":{"p":1}}', ""),
        (['{"a"', ":", '{"a":', "1}}"], '{"a":{"a":1}}', ""),
        (['{"p":"', "{", "}", "}{", '"}'], '{"p":"{}}{"}', ""),
        # again, in the same spelling or another one
        ([A, A], A, ""),
        ([A, ' {"p": "a"}'], A, ""),
        (['{"p":', '"a"}', '{"p": "a"}'], A, ""),
        ([A + A + A], A, ""),
        # a placeholder
        (["{}", A], A, ""),
        (["{ }", '{"p"', ':"a"}'], A, ""),
        (["{}" + A], A, ""),
        (["null", A], A, ""),
        (["[]", A], A, ""),
        # another version
        ([A, '{"p":"a","q":1}'], '{"p":"a","q":1}', ""),
        (['{"p":{"x":1}}', '{"p":{"x":1,"y":2}}'], '{"p":{"x":1,"y":2}}', ""),
        (['{"p":""}', '{"p":"ab"}'], '{"p":"ab"}', ""),
        # a second object
        ([A, B], A, B),
        ([A, '{"p"'], A, '{"p"'),
        ([A + B], A, B),
        ([A + " " + B + B], A, B + B),
        (['{"p":"', 'a"}' + B], A, B),
        (["{}" + A + A + B], A, B),
        # other forms
        (["null"], "{}", ""),
        (["nu", "ll"], "{}", ""),
        (["[]"], "{}", ""),
        (["  "], "{}", ""),
        (['""'], "{}", ""),
        (['"{\\"p\\":', '\\"a\\"}"'], A, ""),
        (['"text"'], '"text"', ""),
        (["[1]"], "[1]", ""),
        (["not", " json"], "not json", ""),
        # broken, and left so
        (['{"p"'], '{"p"', ""),
        ([A, "}"], A + "}", ""),
        ([A + "x"], A + "x", ""),
        (['{"p"', '{"q":1}'], '{"p"{"q":1}', ""),
    ],
)
def test_pieces_become_one_object(pieces: list[str], text: str, rest: str) -> None:
    """Fragments, growing texts, repetitions, placeholders, and what is not one object."""
    assert add_all(*pieces) == (text, rest)


def test_fragments_once_seen_are_fragments_in_later_calls() -> None:
    """What is doubtful alone is decided by what the server did before."""
    mode = PieceMode()
    assert add_all('{"p"', ":1}", mode=mode)[0] == '{"p":1}'
    arguments = Arguments(mode)
    arguments.add('{"p":')
    arguments.add('{"p":1}')
    assert arguments.take_ready() == '{"p":{"p":1}'


def test_a_version_after_the_first_was_passed_on_is_a_failure() -> None:
    """It cannot be taken back."""
    with pytest.raises(ProviderFailed, match="two versions"):
        add_all('{"p"', ':"a"}', '{"p":"a","q":1}')


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=4), VALUES, min_size=1, max_size=4)


@given(OBJECTS, st.lists(st.integers(1, 12), min_size=1, max_size=20))
def test_any_cut_gives_the_object(value: dict[str, object], sizes: list[int]) -> None:
    """Fragments of any length; the first piece that is no repetition of the text says so."""
    text, pieces = json.dumps(value), list[str]()
    for size in sizes:
        pieces.append(text[:size])
        text = text[size:]
    assert json.loads(add_all(*pieces, text)[0]) == value


@given(OBJECTS, st.lists(st.integers(1, 200), min_size=1, max_size=20))
def test_growing_texts_give_the_object(value: dict[str, object], sizes: list[int]) -> None:
    """Each piece is the text so far, and the last one all of it."""
    text = json.dumps(value)
    pieces = [text[:size] for size in sorted(sizes)]
    assert json.loads(add_all(*pieces, text)[0]) == value


def test_deep_nesting_is_no_crash() -> None:
    """It is text like any other."""
    deep = '{"a":' * 50_000
    assert as_object(json.dumps(deep)) == json.dumps(deep)
    closed = deep + "1" + "}" * 50_000
    assert add_all(closed, closed[:-1] + " }") == (closed, closed[:-1] + " }")
