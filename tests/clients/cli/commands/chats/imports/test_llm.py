# ruff: noqa: S608 -- databases of the test itself
"""llm's logs.db, in both of its forms."""

import json
import sqlite3
from pathlib import Path

import pytest

from aircher_cli.commands.chats.imports.llm import find_source, read_source
from aircher_cli.exit_codes import CommandFailed

OLD = """
CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
CREATE TABLE responses (
  id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, prompt_json TEXT, options_json TEXT,
  response TEXT, response_json TEXT, conversation_id TEXT, duration_ms INTEGER, datetime_utc TEXT
);
CREATE TABLE prompt_attachments (response_id TEXT, attachment_id TEXT, "order" INTEGER);
CREATE TABLE fragments (id INTEGER PRIMARY KEY, hash TEXT, content TEXT);
CREATE TABLE prompt_fragments (response_id TEXT, fragment_id INTEGER, "order" INTEGER);
"""
NEW = """
CREATE TABLE messages (hash TEXT PRIMARY KEY, parent_hash TEXT, role TEXT);
CREATE TABLE parts (
  id INTEGER PRIMARY KEY, message_hash TEXT, position INTEGER, type TEXT, tool_name TEXT,
  text TEXT, payload TEXT
);
CREATE TABLE threads (id TEXT PRIMARY KEY, name TEXT, tip_message_hash TEXT);
CREATE TABLE turns (
  id TEXT PRIMARY KEY, thread_id TEXT, parent_message_hash TEXT, tip_message_hash TEXT,
  model TEXT, datetime_utc TEXT
);
"""
AT = 1_700_000_000.0
WHEN = "2023-11-14T22:13:20+00:00"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs.db"


def write(log: Path, *statements: str, wal: bool = False) -> None:
    db = sqlite3.connect(log)
    if wal:
        db.execute("PRAGMA journal_mode=WAL")
    for statement in statements:
        db.executescript(statement)
    db.commit()
    db.close()


def response(key: str, prompt: str, answer: str, talk: str | None = "c1", system: str = "") -> str:
    values = ", ".join(
        "NULL" if each is None else "'" + each.replace("'", "''") + "'"
        for each in (key, "gpt-4o", prompt, system, answer, talk, WHEN)
    )
    names = "id, model, prompt, system, response, conversation_id, datetime_utc"
    return f"INSERT INTO responses ({names}) VALUES ({values});"


def read(log: Path) -> dict[str, list[tuple[object, object, object]]]:
    return {
        found.name: [
            (turn.asked[0]["content"], turn.reply["content"], turn.settings.system)
            for turn in found.turns
        ]
        for found in read_source(log)
    }


@pytest.mark.parametrize("wal", [False, True])
def test_older_versions(log: Path, wal: bool) -> None:
    """A row for each answer; nothing is written beside the database."""
    write(
        log,
        OLD,
        response("r1", "green?", "yes", system="be short"),
        response("r2", "it's hot?", "no"),
        response("r3", "alone", "ok", talk=None),
        wal=wal,
    )
    before = log.read_bytes()
    assert read(log) == {
        "llm-c1": [("green?", "yes", "be short"), ("it's hot?", "no", "be short")],
        "llm-r3": [("alone", "ok", None)],
    }
    (turn, _) = next(iter(read_source(log))).turns
    assert (turn.at, turn.answered_by) == (AT, "gpt-4o")
    assert log.read_bytes() == before
    assert [each.name for each in log.parent.iterdir()] == ["logs.db"]


def test_what_is_left_out_is_counted(log: Path) -> None:
    """Fragments are text; attachments and empty answers are not."""
    write(
        log,
        OLD,
        response("r1", "sum up", "short"),
        response("r2", "look", "a cat", "c2"),
        response("r3", "", "nothing asked", "c3"),
        "INSERT INTO prompt_attachments VALUES ('r2', 'a1', 0);"
        "INSERT INTO fragments VALUES (1, 'h', 'a long book'), (2, 'i', 'and another');"
        "INSERT INTO prompt_fragments VALUES ('r1', 2, 1), ('r1', 1, 0);",
    )
    found = {each.name: each for each in read_source(log)}
    question = found["llm-c1"].turns[0].asked[0]["content"]
    assert question == "a long book\nand another\nsum up"
    assert found["llm-c2"].left_out == ["attachments of a question are left out"]
    assert found["llm-c3"].turns == []
    assert "without text" in found["llm-c3"].left_out[0]


def chain(*messages: tuple[str, str, str | None]) -> str:
    """Return statements for messages (role, text, payload), each on top of the one before."""
    lines, parent = [], "NULL"
    for at, (role, text, payload) in enumerate(messages):
        lines.append(f"INSERT INTO messages VALUES ('h{at}', {parent}, '{role}');")
        plain = "NULL" if payload else f"'{text}'"
        packed = f"'{payload}'" if payload else "NULL"
        lines.append(
            "INSERT INTO parts (message_hash, position, type, text, payload) "
            f"VALUES ('h{at}', 0, 'text', {plain}, {packed});"
        )
        parent = f"'h{at}'"
    return "".join(lines)


def test_newer_versions(log: Path) -> None:
    """A chain of messages for each thread; what an older version has of it is not taken twice."""
    reference = json.dumps({"text_ref": [{"fragment": 1}, {"literal": "\nhot?"}, 3]})
    write(
        log,
        OLD,
        NEW,
        response("r1", "green?", "yes"),
        response("r9", "other", "ok", "c9"),
        "INSERT INTO fragments VALUES (1, 'h', 'a book');",
        chain(
            ("system", "be short", None),
            ("user", "green?", None),
            ("assistant", "yes", None),
            ("user", "", reference),
            ("assistant", "no", None),
        ),
        "INSERT INTO threads VALUES ('c1', 'tea', 'h4'), ('c2', 'fork', 'h2'), ('c3', '', NULL);"
        f"INSERT INTO turns VALUES ('t1', 'c1', 'h1', 'h2', 'gpt-5', '{WHEN}');"
        "INSERT INTO parts (message_hash, position, type, text) VALUES ('h2', 1, 'reasoning', 'x');"
        "INSERT INTO parts (message_hash, position, type) VALUES ('h1', 1, 'attachment');",
    )
    assert read(log) == {
        "llm-c1": [("green?", "yes", "be short"), ("a book\nhot?", "no", "be short")],
        "llm-c2": [("green?", "yes", "be short")],
        "llm-c3": [],
        "llm-c9": [("other", "ok", None)],
    }
    first = next(iter(read_source(log)))
    assert [(turn.at, turn.answered_by) for turn in first.turns] == [(AT, "gpt-5"), (0.0, "")]
    assert first.left_out == ["attachments or calls of tools are left out"]


def test_a_chain_that_is_damaged(log: Path) -> None:
    """A circle ends, and so does a chain whose beginning is missing."""
    write(
        log,
        NEW,
        chain(("user", "a", None), ("assistant", "b", None)),
        "UPDATE messages SET parent_hash = 'h1' WHERE hash = 'h0';"
        "INSERT INTO messages VALUES ('x', 'missing', 'assistant');"
        "INSERT INTO parts (message_hash, position, type, text) VALUES ('x', 0, 'text', 'y');"
        "INSERT INTO threads VALUES ('c1', '', 'h1'), ('c2', '', 'x');",
    )
    found = list(read_source(log))
    assert [len(each.turns) for each in found] == [1, 0]
    assert found[1].left_out == ["an answer without a question is left out"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read"),
        (b"text", "is not a SQLite database"),
        (b"SQLite format 3\0" + bytes(100), "cannot read"),
    ],
)
def test_what_is_no_log(log: Path, content: bytes | None, message: str) -> None:
    """It is said."""
    if content is not None:
        log.write_bytes(content)
    with pytest.raises(CommandFailed, match=message):
        list(read_source(log))


def test_another_database(log: Path) -> None:
    """It has no answers."""
    write(log, "CREATE TABLE x (y);")
    with pytest.raises(CommandFailed, match="is not a log of llm"):
        list(read_source(log))


def test_times_that_are_none(log: Path) -> None:
    """They become the beginning of time."""
    write(log, OLD, response("r1", "a", "b"), "UPDATE responses SET datetime_utc = 'soon';")
    assert [each.turns[0].at for each in read_source(log)] == [0.0]


def test_where_it_is(tmp_path: Path) -> None:
    """As llm itself finds it."""
    home = {"HOME": str(tmp_path)}
    own = tmp_path / ".config" / "io.datasette.llm" / "logs.db"
    assert find_source(home) == own
    assert find_source({**home, "XDG_CONFIG_HOME": "/c"}) == Path("/c/io.datasette.llm/logs.db")
    assert find_source({**home, "LLM_USER_PATH": "/x"}) == Path("/x/logs.db")
    mac = tmp_path / "Library" / "Application Support" / "io.datasette.llm"
    mac.mkdir(parents=True)
    assert find_source(home) == mac / "logs.db"
