"""aichat's sessions and messages.md."""

from pathlib import Path

import pytest

from aircher_cli.commands.chats.imports.aichat import find_source, read_source
from aircher_cli.commands.chats.imports.taken import Found
from aircher_cli.exit_codes import CommandFailed

SESSION = """\
model: openai:gpt-4o
compressed_messages:
- role: user
  content: first?
- role: assistant
  content: yes
messages:
- role: system
  content: be short
- role: user
  content: |-
    two
    lines
- role: assistant
  content: 'no: never'
- role: user
  content:
  - type: text
    text: look
  - type: image_url
    image_url:
      url: abc
- role: assistant
  content: a cat
- role: assistant
  content:
    tool_results: []
data_urls: {}
"""

MESSAGES = """\
# CHAT: green? [2024-11-10T08:15:30+01:00]
green?
--------
yes

# CHAT: is in the answer, too
--------

# CHAT: weather [2024-11-10T08:15:30+01:00] (shell)
weather
--------
<tool_calls>
[{"call": 1}]
</tool_calls>
rain
--------

# CHAT: nothing [2024-11-10T09:00:00Z]
nothing
--------

--------

"""


def said(found: Found) -> list[tuple[object, object, object]]:
    return [
        (turn.asked[0]["content"], turn.reply["content"], turn.settings.system)
        for turn in found.turns
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sessions" / "_").mkdir(parents=True)
    (tmp_path / "sessions" / "tea.yaml").write_text(SESSION)
    (tmp_path / "sessions" / "_" / "20241110T081530-auto.yaml").write_text("messages: []\n")
    (tmp_path / "sessions" / "bad.yaml").write_text("messages: &x\n")
    (tmp_path / "sessions" / "other.yaml").write_text("theme: dark\n")
    (tmp_path / "messages.md").write_text(MESSAGES)
    return tmp_path


def test_a_session(folder: Path) -> None:
    """With what was compressed, and the model in our own spelling."""
    (found,) = read_source(folder / "sessions" / "tea.yaml")
    assert found.name == "aichat-tea"
    assert said(found) == [
        ("first?", "yes", None),
        ("two\nlines", "no: never", "be short"),
        ("look", "a cat", "be short"),
    ]
    assert {turn.answered_by for turn in found.turns} == {"openai/gpt-4o"}
    assert found.left_out == ["an image or calls of tools are left out"] * 2


def test_a_directory(folder: Path) -> None:
    """All sessions, and the questions outside of sessions."""
    found = {each.name: each for each in read_source(folder)}
    assert list(found) == [
        "aichat-_/20241110T081530-auto",
        "aichat-bad",
        "aichat-other",
        "aichat-tea",
        "aichat-20241110-071530",
        "aichat-20241110-071530-2",
        "aichat-20241110-090000",
    ]
    assert "is not understood: line 1" in found["aichat-bad"].left_out[0]
    assert "is no session of aichat" in found["aichat-other"].left_out[0]
    assert said(found["aichat-20241110-071530"]) == [
        ("green?", "yes\n\n# CHAT: is in the answer, too", None)
    ]
    assert said(found["aichat-20241110-071530-2"]) == [("weather", "rain", None)]
    assert found["aichat-20241110-071530-2"].left_out == ["calls of tools are left out"]
    assert found["aichat-20241110-090000"].turns == []
    assert found["aichat-20241110-071530"].turns[0].at == 1731222930.0
    assert len(list(read_source(folder / "sessions"))) == 4
    assert len(list(read_source(folder / "messages.md"))) == 3


def test_what_cannot_be_read(folder: Path, tmp_path: Path) -> None:
    """It is said, and the others are taken."""
    (folder / "messages.md").write_bytes(b"\xff")
    (folder / "sessions" / "tea.yaml").unlink()
    (folder / "sessions" / "tea.yaml").symlink_to("nowhere")
    left_out = [each.left_out[0] for each in read_source(folder) if each.left_out]
    assert ["cannot read" in each or "is no file" in each for each in left_out].count(True) == 2
    empty = tmp_path / "empty"
    empty.mkdir()
    for path in (empty, tmp_path / "missing"):
        with pytest.raises(CommandFailed):
            list(read_source(path))


def test_where_it_is(tmp_path: Path) -> None:
    """As aichat itself finds it."""
    home = {"HOME": str(tmp_path)}
    assert find_source(home) == tmp_path / ".config" / "aichat"
    assert find_source({**home, "XDG_CONFIG_HOME": "/c"}) == Path("/c/aichat")
    assert find_source({**home, "AICHAT_CONFIG_DIR": "/x"}) == Path("/x")
    mac = tmp_path / "Library" / "Application Support" / "aichat"
    mac.mkdir(parents=True)
    assert find_source(home) == mac
    assert find_source({**home, "XDG_CONFIG_HOME": "/c"}) == Path("/c/aichat")
