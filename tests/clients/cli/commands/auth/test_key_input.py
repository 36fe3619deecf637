"""How a key gets in."""

import termios

import pytest

from aircher_cli.commands.auth import key_input
from aircher_cli.commands.auth.key_input import read_key, refuse_keys
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import UsageError
from helpers.daemon.cli import Stream


def context_of(stdin: bytes | None) -> Context:
    return Context(Console(None, None, {}), {}, Stream(stdin or b"", terminal=stdin is None))


def test_standard_input_is_read_whole() -> None:
    """The daemon judges the key, so all of it goes there, line ends included."""
    assert read_key(context_of(b"two\nlines\n"), "openai") == "two\nlines\n"


def test_no_more_than_a_key_is_read() -> None:
    """A whole file is a mistake, and endless input has no end."""
    key = b"k" * 8192 + b"\n"
    assert read_key(context_of(key), "openai") == key.decode()
    with pytest.raises(UsageError, match="longer than 8 KiB; was a whole file piped in"):
        read_key(context_of(b"k" * 100_000), "openai")
    with open("/dev/zero", encoding="utf-8") as endless:  # noqa: PTH123 -- no path of ours
        context = Context(Console(None, None, {}), {}, endless)
        with pytest.raises(UsageError, match="longer than 8 KiB"):
            read_key(context, "openai")


@pytest.mark.parametrize("stdin", [b"", b" \n"])
def test_no_key_at_all(stdin: bytes) -> None:
    """An empty standard input is a usage error."""
    with pytest.raises(UsageError, match="the key is empty"):
        read_key(context_of(stdin), "openai")


def test_a_person_is_asked_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal the key is asked for without an echo."""
    prompts = []

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return "k-123"

    monkeypatch.setattr(key_input, "ask_hidden", ask)
    assert read_key(context_of(None), "openai") == "k-123"
    assert prompts == ["Key for openai (not shown): "]


def test_a_terminal_that_cannot_hide_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key would be visible."""

    def ask(prompt: str) -> str:
        raise termios.error(25, "Inappropriate ioctl for device")

    monkeypatch.setattr(key_input, "ask_hidden", ask)
    with pytest.raises(UsageError, match="cannot hide"):
        read_key(context_of(None), "openai")


def test_ctrl_d_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaving the prompt with Ctrl-D gives no key."""

    def ask(prompt: str) -> str | None:
        return None

    monkeypatch.setattr(key_input, "ask_hidden", ask)
    with pytest.raises(UsageError, match="the key is empty"):
        read_key(context_of(None), "openai")


@pytest.mark.parametrize("error", [KeyboardInterrupt, None])
def test_leaving_the_prompt_ends_its_line(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException] | None
) -> None:
    """What the shell prints next does not stand behind the question."""

    def ask(prompt: str) -> str | None:
        if error is not None:
            raise error
        return None

    monkeypatch.setattr(key_input, "ask_hidden", ask)
    said = Stream()
    context = Context(Console(None, said, {}), {}, Stream(terminal=True))
    with pytest.raises((KeyboardInterrupt, UsageError)):
        read_key(context, "openai")
    assert said.text == "\n"


@pytest.mark.parametrize("word", ["sk-abc", "sk-ant-api03-x", "gsk_1", "xai-1", "AIzaX", "a" * 65])
def test_words_that_may_be_keys_are_refused_unrepeated(word: str) -> None:
    """A key in the arguments is seen by `ps` and kept by the shell; we do not show it again."""
    with pytest.raises(UsageError, match="must not be on the command line") as caught:
        refuse_keys(["fine", word])
    assert word not in caught.value.message


def test_names_are_no_keys() -> None:
    """Names of providers and labels pass."""
    refuse_keys(["openai", "work", "", "skunk-works"])
