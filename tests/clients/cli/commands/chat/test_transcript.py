"""A conversation so far."""

import json
from pathlib import Path

import pytest

from aircher_cli.commands.chat.transcript import (
    Transcript,
    Turn,
    markdown,
    question_text,
    split_system,
    with_question_text,
)
from aircher_cli.exit_codes import CommandFailed
from aircher_client.conversations.records import BROKEN_OFF, STOPPED

QUESTION = {"role": "user", "content": "Why?"}
REPLY = {
    "role": "assistant",
    "content": [
        {"type": "reasoning", "text": "hm", "signature": "s", "origin": "a/b"},
        {"type": "text", "text": "Because."},
    ],
}
PICTURE = {"type": "image", "url": "https://x/a.png"}


def talked() -> Transcript:
    return Transcript([Turn([QUESTION], REPLY)])


def test_a_question_is_kept_only_with_its_answer() -> None:
    """One that failed can be asked again."""
    transcript = Transcript()
    assert transcript.question("Why?") == [QUESTION]
    assert transcript.messages == []
    transcript.keep(Turn(transcript.question("Why?"), REPLY))
    assert transcript.messages == [QUESTION, REPLY]


@pytest.mark.parametrize(("why", "mark"), [(STOPPED, "stopped"), (BROKEN_OFF, "broke off")])
def test_an_answer_that_is_not_whole_says_so(why: str, mark: str) -> None:
    """In what is sent; what the model said stays as it was."""
    short = {"role": "assistant", "content": "Bec"}
    *said, note = Turn([QUESTION], short, why).messages()[1]["content"]
    assert said == [{"type": "text", "text": "Bec"}]
    assert mark in note["text"]
    assert short["content"] == "Bec"


def test_messages_become_turns() -> None:
    """Those at the end that have no answer go with the next question."""
    transcript = Transcript.of_messages([QUESTION, REPLY, QUESTION])
    assert transcript.turns == [Turn([QUESTION], REPLY)]
    assert transcript.messages == [QUESTION, REPLY, QUESTION]
    assert transcript.question("And?") == [QUESTION, {"role": "user", "content": "And?"}]
    transcript.keep(Turn(transcript.question("And?"), REPLY))
    assert len(transcript.messages) == 5
    transcript.clear()
    assert transcript.messages == []


def test_json_goes_back_as_it_came(tmp_path: Path) -> None:
    """Signatures and all, for --messages; with the system prompt, if there is one."""
    talked().save(tmp_path / "talk.json")
    assert json.loads((tmp_path / "talk.json").read_text()) == talked().messages
    talked().save(tmp_path / "prompted.json", "be brief")
    saved = json.loads((tmp_path / "prompted.json").read_text())
    assert split_system(saved) == ("be brief", talked().messages)
    assert split_system(talked().messages) == (None, talked().messages)
    assert split_system([]) == (None, [])


def test_markdown_is_for_people(tmp_path: Path) -> None:
    """What was said, not what was thought."""
    talked().save(tmp_path / "talk.md", "be brief")
    assert (tmp_path / "talk.md").read_text() == (
        "## system\n\nbe brief\n\n## user\n\nWhy?\n\n## assistant\n\nBecause.\n"
    )


def test_markdown_names_what_it_cannot_show() -> None:
    """Files by name, URL or type; sound is what is said in it; and what is not whole."""
    pdf = {"type": "document", "data": "AAAA", "media_type": "application/pdf", "name": "a.pdf"}
    said = {"type": "audio", "data": "AAAA", "transcript": "hello"}
    heard = {"type": "audio", "data": "AAAA", "media_type": "audio/wav"}
    other = {"type": "other", "kind": "k", "data": "{}"}
    asked = [{"role": "user", "content": [pdf, PICTURE]}]
    turn = Turn(asked, {"role": "assistant", "content": [said, heard, other]}, STOPPED)
    assert markdown(turn.messages()) == (
        "## user\n\n(document a.pdf)\n\n(image https://x/a.png)\n\n"
        "## assistant\n\nhello\n\n(sound audio/wav)\n\n[The user stopped the answer here.]"
    )


def test_the_text_of_a_question_can_be_changed() -> None:
    """Files in it stay."""
    with_file = [{"type": "text", "text": "Why?"}, PICTURE]
    assert question_text([{"role": "user", "content": with_file}]) == "Why?"
    assert with_question_text(with_file, "How?") == [{"type": "text", "text": "How?"}, PICTURE]
    assert with_question_text([PICTURE], "How?") == [{"type": "text", "text": "How?"}, PICTURE]
    assert with_question_text("Why?", "How?") == "How?"
    assert question_text([{"role": "user", "content": [PICTURE]}]) == question_text([]) == ""


def test_a_file_that_exists_is_left_alone(tmp_path: Path) -> None:
    """No file is overwritten."""
    file = tmp_path / "notes.md"
    file.write_text("mine")
    with pytest.raises(CommandFailed, match=r"notes.md already exists: choose another name"):
        talked().save(file)
    assert file.read_text() == "mine"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """What, where, and why."""
    with pytest.raises(CommandFailed, match=r"cannot write .*/no/talk.json: No such file"):
        talked().save(tmp_path / "no" / "talk.json")
