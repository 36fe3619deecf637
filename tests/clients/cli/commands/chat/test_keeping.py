"""A conversation that is kept, and goes on in another chat or terminal."""

from pathlib import Path

import pytest

from aircher_cli.commands.chat.keeping import Keeper, describe_route, open_keeper
from aircher_cli.commands.chat.transcript import Turn
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.values import Map
from aircher_client.conversations import ConversationStore, KeepSettings, Settings
from aircher_client.conversations.records import STOPPED
from helpers.daemon.cli import Stream

BRIEF = Settings(model="up/m", system="be brief")


def turn(word: str, cut_off: str = "") -> Turn:
    asked = [{"role": "user", "content": word}]
    return Turn(asked, {"role": "assistant", "content": word.upper()}, cut_off)


class Chats:
    """Chats of one user, each in a terminal of its own; `err` is what they have noted."""

    def __init__(self, home: Path) -> None:
        self.environ = {"HOME": str(home), "XDG_STATE_HOME": str(home / "state")}
        self.err = Stream()
        self.is_on = True

    @property
    def store(self) -> ConversationStore:
        return ConversationStore.of(self.environ)

    def open(self, name: str | None = None, *, continues: bool = False) -> Keeper:
        context = Context(Console(Stream(), self.err, {}), self.environ, None)
        keeper = open_keeper(
            context,
            name,
            continues=continues,
            may_keep=lambda: KeepSettings(is_on=self.is_on),
        )
        assert keeper is not None
        return keeper


@pytest.fixture
def chats(tmp_path: Path) -> Chats:
    return Chats(tmp_path)


def keep(keeper: Keeper, *turns: Turn) -> list[Turn] | None:
    return keeper.keep(list(turns), BRIEF, answered_by="up/m", paths=[])


def test_it_goes_on_under_its_name(chats: Chats) -> None:
    """With its settings, and with answers that are not whole marked as such."""
    tea = chats.open("tea")
    assert tea.is_new
    keep(tea, turn("one"))
    keep(tea, turn("one"), turn("two", STOPPED))
    again = chats.open("tea")
    assert again.turns() == [turn("one"), turn("two", STOPPED)]
    assert (again.name, again.settings) == ("tea", BRIEF)
    assert chats.err.text == ""


def test_the_last_one_goes_on(chats: Chats) -> None:
    """Whether it has a name or not."""
    with pytest.raises(CommandFailed, match="there is no conversation to continue"):
        chats.open(continues=True)
    keep(chats.open(), turn("one"))
    assert chats.open(continues=True).turns() == [turn("one")]
    keep(chats.open("tea"), turn("two"))
    assert chats.open(continues=True).turns() == [turn("two")]


def test_an_answer_that_was_replaced_is_dropped(chats: Chats) -> None:
    """By `/retry` or `/edit`."""
    tea = chats.open("tea")
    keep(tea, turn("one"))
    keep(tea, turn("one"), turn("two"))
    keep(tea, turn("one"), turn("three"))
    assert chats.open("tea").turns() == [turn("one"), turn("three")]


def test_what_was_loaded_from_a_file_is_kept_too(chats: Chats) -> None:
    """Else the conversation could not go on."""
    keep(chats.open(), turn("one"), turn("two"))
    assert chats.open(continues=True).turns() == [turn("one"), turn("two")]


def test_two_terminals_in_one_conversation(chats: Chats) -> None:
    """Each sees what the other has added, before its message and after its answer."""
    here, there = chats.open("tea"), chats.open("tea")
    keep(here, turn("one"))
    keep(there, turn("two"))
    assert here.refresh() == [turn("one"), turn("two")]
    assert chats.err.text == (
        "aircher-cli: tea goes on in another terminal, and its messages were loaded\n"
    )
    assert here.refresh() is None
    keep(there, turn("two"), turn("three"))
    assert keep(here, turn("one"), turn("two"), turn("four")) == [
        turn(word) for word in ("one", "two", "three", "four")
    ]


def test_clearing(chats: Chats) -> None:
    """A named one is empty afterwards; any other stays, and a new one begins."""
    tea = chats.open("tea")
    keep(tea, turn("one"))
    tea.clear()
    keep(tea, turn("two"))
    assert chats.open("tea").turns() == [turn("two")]
    plain = chats.open()
    keep(plain, turn("one"))
    plain.clear()
    keep(plain, turn("two"))
    assert len(chats.store.entries()) == 3


def test_settings_can_change_without_a_message(chats: Chats) -> None:
    """They are those of the next chat."""
    tea = chats.open("tea")
    keep(tea, turn("one"))
    tea.change(Settings(model="a/b"))
    assert chats.open("tea").settings == Settings(model="a/b")


def test_nothing_is_kept_where_the_user_wants_that(chats: Chats) -> None:
    """What was kept before can be read."""
    keep(chats.open("tea"), turn("one"))
    chats.is_on = False
    tea = chats.open("tea")
    keep(tea, *tea.turns(), turn("two"))
    tea.change(Settings())
    tea.clear()
    assert chats.open("tea").turns() == [turn("one")]


def test_a_directory_that_cannot_be_written_is_said_once(chats: Chats, tmp_path: Path) -> None:
    """And the chat goes on."""
    (tmp_path / "state").write_text("")
    keeper = chats.open()
    keep(keeper, turn("one"))
    keep(keeper, turn("one"), turn("two"))
    assert chats.err.text.count("this conversation is not kept: cannot write") == 1


def test_a_damaged_file_is_said(chats: Chats) -> None:
    """With what is left of it."""
    keep(chats.open("tea"), turn("one"))
    file = Path(chats.store.folder) / "tea.jsonl"
    file.write_bytes(file.read_bytes() + b'{"kind": "tu')
    assert chats.open("tea").turns() == [turn("one")]
    assert "is incomplete" in chats.err.text


def test_one_of_a_newer_version_is_refused(chats: Chats) -> None:
    """It must not be damaged."""
    Path(chats.store.folder).mkdir(parents=True)
    header = b'{"format": "aircher conversation", "version": 99, "name": "tea"}\n'
    (Path(chats.store.folder) / "tea.jsonl").write_bytes(header)
    with pytest.raises(CommandFailed, match="written by a newer aircher"):
        chats.open("tea")


def test_the_last_one_of_another_terminal_is_named(chats: Chats) -> None:
    """It may not be the one that the user means."""
    chats.store.open("tea").append(turn("one").asked, turn("one").reply, settings=BRIEF)
    assert chats.open(continues=True).name == "tea"
    assert chats.err.text == (
        'aircher-cli: continues tea, "one", the last conversation of another terminal\n'
    )


def test_restrictions_are_named() -> None:
    """So that the user knows why a model is not asked."""
    route: Map = {"providers": ["a", "b"], "key": "work", "no_fallback": True}
    assert describe_route(route) == "providers a and b, key work, no fallback"
    assert describe_route({"strategy": "cheapest"}) == "strategy cheapest"
