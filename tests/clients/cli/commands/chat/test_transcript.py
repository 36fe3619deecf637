"""A conversation so far."""

import json
from pathlib import Path

import pytest

from aircher_cli.commands.chat.transcript import Transcript
from aircher_cli.exit_codes import CommandFailed

REPLY = {
    "role": "assistant",
    "content": [
        {"type": "reasoning", "text": "hm", "signature": "s", "origin": "a/b"},
        {"type": "text", "text": "Because."},
    ],
}


def talked() -> Transcript:
    transcript = Transcript()
    transcript.keep(transcript.ask("Why?"), REPLY)
    return transcript


def test_a_question_is_kept_only_with_its_answer() -> None:
    """One that failed can be asked again."""
    transcript = Transcript()
    assert transcript.ask("Why?") == [{"role": "user", "content": "Why?"}]
    assert transcript.messages == []
    assert talked().messages == [{"role": "user", "content": "Why?"}, REPLY]


def test_json_goes_back_as_it_came(tmp_path: Path) -> None:
    """Signatures and all, for --messages."""
    talked().save(tmp_path / "talk.json")
    assert json.loads((tmp_path / "talk.json").read_text()) == talked().messages


def test_markdown_is_for_people(tmp_path: Path) -> None:
    """What was said, not what was thought."""
    talked().save(tmp_path / "talk.md")
    assert (tmp_path / "talk.md").read_text() == "## user\n\nWhy?\n\n## assistant\n\nBecause.\n"


def test_markdown_names_what_it_cannot_show() -> None:
    """Files by name, URL or type; sound is what is said in it."""
    transcript = Transcript()
    pdf = {"type": "document", "data": "AAAA", "media_type": "application/pdf", "name": "a.pdf"}
    question = transcript.ask([pdf, {"type": "image", "url": "https://x/a.png"}])
    said = {"type": "audio", "data": "AAAA", "transcript": "hello"}
    heard = {"type": "audio", "data": "AAAA", "media_type": "audio/wav"}
    other = {"type": "other", "kind": "k", "data": "{}"}
    transcript.keep(question, {"role": "assistant", "content": [said, heard, other]})
    assert transcript.markdown() == (
        "## user\n\n(document a.pdf)\n\n(image https://x/a.png)\n\n"
        "## assistant\n\nhello\n\n(sound audio/wav)"
    )


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
