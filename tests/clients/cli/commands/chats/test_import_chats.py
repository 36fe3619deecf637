"""`aircher-cli chats import`."""

import json
import sqlite3
from pathlib import Path

import pytest

from helpers.daemon.cli import run_cli

SESSION = (
    "model: a:b\nmessages:\n- role: user\n  content: green?\n- role: assistant\n  content: yes\n"
)


@pytest.fixture
def aichat(environ: dict[str, str]) -> Path:
    folder = Path(environ["HOME"]) / ".config" / "aichat" / "sessions"
    folder.mkdir(parents=True)
    (folder / "tea.yaml").write_text(SESSION)
    return folder


def test_sessions_of_aichat(environ, aichat: Path) -> None:
    """Once; then what has grown. They can go on like any other."""
    first = run_cli(environ, "chats", "import", "--from", "aichat")
    expected = "1 conversation added, 0 continued, 0 already here; 1 answer in all\n"
    assert (first.code, first.out, first.err) == (0, expected, "")
    again = run_cli(environ, "chats", "import", "--from", "aichat")
    assert again.out == "0 conversations added, 0 continued, 1 already here; 0 answers in all\n"
    (aichat / "tea.yaml").write_text(SESSION + SESSION.partition("messages:\n")[2])
    more = run_cli(environ, "chats", "import", "--from", "aichat", "--json", str(aichat))
    counts = {"added": 0, "answers": 1, "grown": 1, "problems": [], "same": 0}
    assert json.loads(more.out) == counts
    assert "> green?" in run_cli(environ, "chats", "show", "aichat-tea").out


def test_the_log_of_llm(environ, tmp_path: Path) -> None:
    """By its path, or where llm keeps it."""
    log = tmp_path / "logs.db"
    db = sqlite3.connect(log)
    names = "id, conversation_id, prompt, system, response, model, datetime_utc"
    db.execute(f"CREATE TABLE responses ({names})")
    row = ("r1", "c1", "green?", None, "yes", "gpt-4o", "2023-11-14T22:13:20")
    db.execute(f"INSERT INTO responses ({names}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
    db.commit()
    db.close()
    assert run_cli(environ, "chats", "import", "--from", "llm", str(log)).code == 0
    found = json.loads(run_cli(environ, "chats", "show", "llm-c1", "--json").out)
    assert (found["changed"], found["turns"][0]["answered_by"]) == (1_700_000_000, "gpt-4o")
    own = {**environ, "LLM_USER_PATH": str(tmp_path)}
    assert "1 already here" in run_cli(own, "chats", "import", "--from", "llm").out


def test_what_is_not_taken(environ, aichat: Path) -> None:
    """It is listed; exit code 1 if nothing could be taken."""
    (aichat / "tea.yaml").unlink()
    for number in range(12):
        (aichat / f"bad {number}.yaml").write_text("a: &b c\n")
    outcome = run_cli(environ, "chats", "import", "--from", "aichat")
    assert outcome.code == 1
    assert outcome.err.count("is not understood: line 1") == 10
    assert "and 2 more: --json lists all" in outcome.err
    (aichat / "tea.yaml").write_text(SESSION)
    assert run_cli(environ, "chats", "import", "--from", "aichat").code == 0


def test_there_is_nothing(environ) -> None:
    """The place where it was looked for is said."""
    outcome = run_cli(environ, "chats", "import", "--from", "llm")
    assert outcome.code == 1
    assert (
        f"llm has kept nothing at {environ['HOME']}/.config/io.datasette.llm/logs.db" in outcome.err
    )
    assert run_cli(environ, "chats", "import", "--from", "other").code == 2


def test_a_state_directory_that_cannot_be_written(environ, aichat: Path, store) -> None:
    """It ends with the reason."""
    Path(store.folder).parent.parent.mkdir(parents=True)
    Path(store.folder).parent.touch()
    outcome = run_cli(environ, "chats", "import", "--from", "aichat")
    assert (outcome.code, outcome.out) == (1, "")
    assert "cannot write" in outcome.err
