"""The simulated model's answers, without a network."""

import pytest

from aircherd.testing.simulator.behaviour import Behaviour
from aircherd.testing.simulator.script import Call, Prompt, decide, fragments, split_pieces

TOOLS = ["look", "ask"]


def said(text: str, *, behaviour: Behaviour | None = None, **fields):
    return decide(Prompt(text=text, input_tokens=1, **fields), behaviour or Behaviour())


@pytest.mark.parametrize("text", ["", "one", " two  words ", "a\n\nb\t"])
def test_pieces_join_to_the_text(text):
    """No character is lost between words."""
    assert text == "".join(split_pieces(text))


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("call look {}", [Call("look", "{}")]),
        (
            'call look {"a": "} and"} and ask {"b": 2}',
            [Call("look", '{"a": "} and"}'), Call("ask", '{"b": 2}')],
        ),
        ("call fly {}", []),
        ("call look {not json", []),
        ("please call look {}", []),
    ],
)
def test_calls_are_read_from_the_prompt(text, calls):
    """Only well-formed calls of tools in the request; anything else is echoed."""
    answer = said(text, tools=TOOLS)
    assert calls == answer.calls
    assert ("" if calls else text) == "".join(answer.pieces)


def test_tool_choice_and_parallel_are_respected():
    """None forbids calls, required forces one, a named tool is used, and parallel limits them."""
    assert said("call look {}", tools=TOOLS, choice="none").calls == []
    assert [Call("look", "{}")] == said("hi", tools=TOOLS, choice="required").calls
    forced = said("hi", tools=TOOLS, choice="required", forced="ask")
    assert [Call("ask", "{}")] == forced.calls
    alone = said("call look {} and ask {}", tools=TOOLS, parallel=False)
    assert [Call("look", "{}")] == alone.calls


def test_counting_makes_long_replies_from_short_prompts():
    """`count N` answers with N words."""
    assert "".join(said("count 3").pieces) == "1 2 3"


def test_a_fixed_text_answers_everything_else():
    """The behaviour's text replaces the prompt's."""
    assert "".join(said("hello", behaviour=Behaviour(text="fixed words")).pieces) == "fixed words"


@pytest.mark.parametrize(
    ("fields", "text", "finish"),
    [
        ({"stop": ["c", "b"]}, "a ", "stop_sequence"),
        ({"stop": ["c"], "max_tokens": 1}, "a", "length"),
        ({"max_tokens": 3}, "a b c", "stop"),
    ],
)
def test_the_first_limit_ends_the_text(fields, text, finish):
    """The earliest stop sequence, or the token limit if it comes first."""
    answer = said("a b c", **fields)
    assert (text, finish) == ("".join(answer.pieces), answer.finish)


def test_fragments_join_to_the_arguments():
    """Arguments are only split."""
    arguments = '{"where": "under the bed"}'
    assert len(fragments(arguments)) > 1
    assert arguments == "".join(fragments(arguments))


@pytest.mark.parametrize(
    ("text", "fields", "finish", "said_text"),
    [
        ("search foxes", {"hosted": ["web_search"]}, "stop", "Found: foxes"),
        ("pause foxes", {"hosted": ["web_search"]}, "pause", ""),
        ("pause foxes", {"hosted": ["web_search"], "continued": True}, "stop", "Found: foxes"),
        ("refuse foxes", {}, "refusal", "I will not: foxes"),
        ("draw a fox", {"modalities": ["image"]}, "stop", ""),
        ("speak one two", {"modalities": ["audio"]}, "stop", "one two"),
        ("search foxes", {}, "stop", "search foxes"),
        ("draw a fox", {}, "stop", "draw a fox"),
    ],
)
def test_special_prompts_need_what_they_use(text, fields, finish, said_text):
    """A search needs the hosted tool, a picture the modality; without it the prompt is echoed."""
    answer = said(text, **fields)
    assert (finish, said_text) == (answer.finish, "".join(answer.pieces))


def test_a_custom_tool_gets_any_text():
    """The text after the name of a custom tool is the call's."""
    answer = said("write note {half", custom=["note"])
    assert [Call("note", "{half", custom=True)] == answer.calls
    assert said("write note x").calls == []


def test_planned_turns_take_the_place_of_the_prompt_round_after_round():
    """Each is read like a prompt; requests without tools, and rounds after the last, are not."""
    planned = Behaviour(turns=['say Now; call look {"at": 1}', "All done"])
    first = said("Fix it", tools=TOOLS, behaviour=planned)
    second = said("Fix it", tools=TOOLS, rounds=1, results=["seen"], behaviour=planned)
    third = said("Fix it", tools=TOOLS, rounds=2, results=["seen"], behaviour=planned)
    assert (["Now"], [Call("look", '{"at": 1}')]) == (first.pieces, first.calls)
    assert "".join(second.pieces) == "All done"
    assert "".join(third.pieces) == "The tools answered: seen"
    assert "".join(said("Fix it", behaviour=planned).pieces) == "Fix it"
