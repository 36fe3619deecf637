"""`aircher-cli chats show`."""

import json
import re
import time

from helpers.daemon.cli import run_cli


def test_what_was_said(environ, talk) -> None:
    """Questions, answers, who answered, and what was cut off."""
    now = time.time() - 90
    talk("tea", "green?", "yes\nand no", now=now, model="a/b", system="be short")
    more = {"answered_by": "a/b", "cut_off": "stopped"}
    talk("tea", "how\nhot?", "80 deg", now=now, model="a/b", system="be short", **more)
    outcome = run_cli(environ, "chats", "show", "tea")
    assert outcome.out == (
        "tea: 2 questions, 1 min ago\n"
        "model a/b\n"
        "system prompt: be short\n"
        "\n> green?\n"
        "\nyes\nand no\n"
        "\n> how\n> hot?\n"
        "\n80 deg\n"
        "(a/b, stopped by you)\n"
    )


def test_for_scripts(environ, talk) -> None:
    """Everything that is kept."""
    talk("tea", "green?", "yes", answered_by="a/b", cut_off="length")
    found = json.loads(run_cli(environ, "chats", "show", "tea", "--json").out)
    assert (found["name"], found["title"], found["questions"]) == ("tea", "green?", 1)
    assert found["turns"] == [
        {
            "at": 1e9,
            "asked": [{"role": "user", "content": "green?"}],
            "reply": {"role": "assistant", "content": "yes"},
            "answered_by": "a/b",
            "cut_off": "length",
        }
    ]


def test_nothing_controls_the_terminal(environ, talk) -> None:
    """An answer may contain anything."""
    talk("tea", "a\x1b[2Jb", "c\x1b]0;title\x07d", system="\x1b[31mred")
    outcome = run_cli({**environ, "NO_COLOR": "1"}, "chats", "show", "tea", terminal=True)
    assert "\x1b" not in outcome.out


def test_a_terminal_gets_whole_words_and_no_markup(environ, talk) -> None:
    """As when the answer came; a pipe gets what was said."""
    asked, said = (
        "is it a good idea to wrap these words",
        "it **is** a rather good idea to wrap them",
    )
    talk("tea", asked, said)
    narrow = {**environ, "COLUMNS": "20"}
    shown = run_cli(narrow, "chats", "show", "tea", terminal=True).out
    plain = re.sub("\x1b\\[[0-9;]*m", "", shown).split("\n\n")
    assert plain[1] == "> is it a good idea\n> to wrap these\n> words"
    assert plain[2] == "it is a rather good\nidea to wrap them\n"
    assert run_cli(narrow, "chats", "show", "tea").out.endswith(f"> {asked}\n\n{said}\n")
