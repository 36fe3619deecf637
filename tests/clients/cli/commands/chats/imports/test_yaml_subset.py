"""The part of YAML that aichat writes; PyYAML, which other tools bring along, is the judge."""

import contextlib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.commands.chats.imports.yaml_subset import NotUnderstood, parse_yaml

SESSION = """\
model: openai:gpt-4o
temperature: 0.5
save_session: null
messages:
- role: system
  content: You are a helper.
- role: user
  content: |-
    two

      lines # no comment
- role: assistant
  content: |2+
      indented
    less

- role: user
  content:
  - type: text
    text: 'it''s: #1'
  - type: image_url
    image_url:
      url: "sha\\u0041\\t\\"x\\""
compressed_messages: []
agent_variables: {}
data_urls:
  abc: data:image/png;base64,xx
"""


def test_a_session() -> None:
    """All that aichat's library for YAML writes in one."""
    found = parse_yaml(SESSION)
    expected = yaml.load(SESSION, yaml.BaseLoader)  # noqa: S506 -- strings only
    assert found == {**expected, "save_session": None}
    assert found["messages"][2]["content"] == "  indented\nless\n\n"  # type: ignore[index]


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30
) | st.sampled_from(
    [
        "",
        "a: b",
        "- x",
        "# c",
        "'q'",
        '"d"',
        "x #y",
        "null",
        "~",
        "a\n\nb\n",
        "  a\n b",
        "|",
        "a\n\n\n",
    ]
)
DOCUMENTS = st.recursive(
    TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(DOCUMENTS, st.sampled_from([None, '"', "'", "|"]))
def test_what_is_read_is_right(document: object, style: str | None) -> None:
    """A text is read as PyYAML reads it, or refused; nothing is guessed."""
    text = yaml.safe_dump(document, default_style=style, default_flow_style=False, width=10**6)
    try:
        found = parse_yaml(text)
    except NotUnderstood:
        return
    assert _plain(found) == _plain(yaml.load(text, yaml.BaseLoader))  # noqa: S506 -- strings only


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return None if value in ("", "~", "null", None) else value


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing else is raised."""
    with contextlib.suppress(NotUnderstood):
        parse_yaml(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x 1", "line 1 is YAML that is not understood here"),
        ("a: *x", "line 1 is YAML that is not understood here"),
        ("a: !!str 1", "line 1 is YAML that is not understood here"),
        ("a: [1, 2]", "line 1 is YAML that is not understood here"),
        ("a: {b: 1}", "line 1 is YAML that is not understood here"),
        ("a: >-\n  x", "line 1 is YAML that is not understood here"),
        ("a: b\n  c", "line 2 goes on with the value of the line before"),
        ("a: 'b", "line 1 has a quote without an end"),
        ('a: "b', "line 1 has a quote without an end"),
        ('a: "\\q"', "line 1 has an unknown escape"),
        ('a: "\\U00110000"', "line 1 has an unknown escape"),
        ("a: 1\na: 2", "line 2 has a key for the second time"),
        ("a:\n  b: 1\n c: 2", "line 3 is not indented as the lines before"),
        ("a: 1\n---\nb: 2", "line 2 has no key"),
        ("- " * 30 + "x", "line 1 is YAML"),
        ("\n".join(" " * n + "a:" for n in range(30)), "is nested too deeply"),
    ],
)
def test_what_is_not_understood(text: str, message: str) -> None:
    """It is refused with the number of the line."""
    with pytest.raises(NotUnderstood, match=message):
        parse_yaml(text)


def test_nothing() -> None:
    """An empty file is no error here."""
    assert parse_yaml("\n# nothing\n") is None
