"""The format of a conversation's file: what is written is read, and damage ends the reading."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_client.conversations.records import (
    Settings,
    Turn,
    encode_drop,
    encode_header,
    encode_settings,
    encode_turn,
    flatten,
    parse,
    with_label_of,
)

TEXTS = st.text(st.characters(codec=None), max_size=30)  # lone surrogates, too
MESSAGES = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["user", "assistant"]),
        "content": TEXTS
        | st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS})),
    }
)
TURNS = st.builds(
    Turn,
    st.lists(MESSAGES, min_size=1, max_size=3),
    MESSAGES,
    at=st.integers(0, 2**32).map(float),
    settings=st.builds(
        Settings,
        model=st.none() | TEXTS,
        task=st.none() | TEXTS,
        system=st.none() | TEXTS,
        route=st.none() | st.just({"providers": ["a"], "key": "work"}),
    ),
    answered_by=TEXTS,
    cut_off=TEXTS,
)


def turn(question: str, answer: str, **more: str) -> Turn:
    asked = [{"role": "user", "content": question}]
    reply = {"role": "assistant", "content": answer}
    return Turn(asked, reply, at=1.0, settings=Settings(), **more)


def same(one: Turn, other: Turn) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in Turn.__slots__)


@given(TEXTS, st.lists(TURNS, max_size=4), st.data())
def test_a_file_cut_anywhere_has_the_turns_before_the_cut(
    name: str, turns: list[Turn], data: st.DataObject
) -> None:
    """A killed program loses at most the line that it was writing."""
    lines = [encode_header(name, 5.0), *map(encode_turn, turns)]
    whole = b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)))
    found = parse(whole[:cut])
    # A line that lacks nothing but its line break is whole.
    ends = [sum(map(len, lines[: count + 1])) - 1 for count in range(len(lines))]
    kept = sum(end <= cut for end in ends)
    assert max(0, kept - 1) == len(found.turns)
    assert all(map(same, turns, found.turns))
    assert (found.damage is None) == (cut == 0 or cut in {*ends, *(end + 1 for end in ends)})
    assert found.damage is None or found.damage.is_tail
    assert kept == 0 or name == found.name


def test_the_latest_settings_are_in_effect() -> None:
    """Each turn has the settings that it was asked with; a change needs no turn."""
    asked = turn("a", "b")
    asked.settings = Settings(model="m", system="s")
    data = encode_header("x", 1.0) + encode_turn(asked)
    assert Settings(model="m", system="s") == parse(data).settings
    changed = parse(data + encode_settings(Settings(model="n"), 2.0))
    assert changed.settings.fields() == {"model": "n"}
    assert repr(changed.settings) == "<Settings {'model': 'n'}>"
    assert changed.settings == Settings(model="n") != Settings(route={"key": "work"})


def test_turns_are_taken_back() -> None:
    """A drop removes the last turns, and not more than there are."""
    data = encode_header("x", 1.0) + encode_turn(turn("a", "b")) + encode_turn(turn("c", "d"))
    assert [m["content"] for m in flatten(parse(data + encode_drop(1, 2.0)).turns)] == ["a", "b"]
    assert parse(data + encode_drop(9, 2.0)).turns == []


@pytest.mark.parametrize(
    "line",
    [
        b"\x00\x00\x00",
        b"[]",
        b'"text"',
        b'{"kind": "turn"}',
        b'{"kind": "turn", "asked": [{}], "reply": {"role": "assistant", "content": ""}}',
        b'{"kind": "turn", "asked": [], "reply": {"role": 1, "content": ""}}',
        b'{"kind": "drop", "turns": "all"}',
        b'{"kind": "drop", "turns": -1}',
        b'{"kind": 3}',
        b"{}",
        b"[" * 100_000,
        b'{"kind": "turn"\r}',
    ],
)
def test_a_damaged_line_ends_the_reading(line: bytes) -> None:
    """What is before it counts, what follows does not."""
    good = encode_header("x", 1.0) + encode_turn(turn("a", "b"))
    found = parse(good + line + b"\n" + encode_turn(turn("c", "d")))
    assert len(found.turns) == 1
    assert found.damage is not None
    assert (3, len(good), False) == (found.damage.line, found.damage.offset, found.damage.is_tail)
    assert repr(found.damage) == "<Damage at line 3, is_tail=False>"


def test_unknown_fields_and_kinds_are_ignored() -> None:
    """A later program of the same version may add some; blank lines are nothing, either."""
    data = encode_header("x", 1.0) + b'\n{"kind": "rating", "stars": 5}\n'
    record = json.loads(encode_turn(turn("a", "b"))) | {"mood": "good", "model": 7, "at": True}
    found = parse(data + json.dumps(record).encode())
    assert found.damage is None
    assert (len(found.turns), found.settings.model, found.turns[0].at) == (1, None, 0.0)
    assert repr(found.turns[0]) == "<Turn of 1 messages, by >"


def test_a_newer_version_is_not_read() -> None:
    """Nothing but the name is known of it."""
    header = encode_header("x", 1.0).replace(b'"version":1', b'"version":2')
    found = parse(header + b"anything at all\n")
    assert (found.is_newer, found.name, found.turns) == (True, "x", [])
    assert found.damage is None


@pytest.mark.parametrize(
    "data", [b"# notes\n", b"no line break", b'{"format": "other", "version": 1}\n', b"\xff"]
)
def test_what_is_no_conversation_is_damage(data: bytes) -> None:
    """It is not taken for an interrupted write, which would be removed."""
    found = parse(data)
    assert found.damage is not None
    assert (found.version, found.damage.is_tail) == (None, False)


@pytest.mark.parametrize(
    ("model", "before", "expected"),
    [
        ("a/c", "a@work/b", "a@work/c"),
        ("a/c/d", "a@work/b", "a@work/c/d"),
        ("a@own/c", "a@work/b", "a@own/c"),
        ("z/c", "a@work/b", "z/c"),
        ("alias", "a@work/b", "alias"),
        ("a/c", "a/b@x", "a/c"),
        ("a/c", None, "a/c"),
    ],
)
def test_a_model_keeps_the_label_of_its_provider(
    model: str, before: str | None, expected: str
) -> None:
    """Only where it names none itself."""
    assert with_label_of(model, before) == expected
