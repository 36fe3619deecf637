"""Reads the conversations in `logs.db` of llm (https://llm.datasette.io).

Older versions write a row of `responses` for each answer. Those from 0.32 on write `threads`, each
with a chain of `messages`, which consist of `parts`; see docs/logging.md of llm. Both can be in one
database. Prompt, answer, system prompt, model and time are taken; attachments, fragments of system
prompts, tools and schemas are not, and are counted.
"""

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from aircher_cli.commands.chats.imports.taken import Found, make_turn
from aircher_cli.exit_codes import CommandFailed
from aircher_client.conversations import Turn

FILE = "logs.db"
MAX_CHAIN = 20_000
"""Messages of one thread."""
MAX_TEXT = 16 * 1024 * 1024
"""Characters of one prompt or answer."""

_WAL_AT = 18
"""Offset in the header of a SQLite file: 2 means that it has a write-ahead log."""


def find_source(environ: Mapping[str, str]) -> Path:
    """Return where llm keeps its log, as click's `get_app_dir` finds it."""
    if own := environ.get("LLM_USER_PATH"):
        return Path(own) / FILE
    config = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "")) / ".config")
    mac = Path(environ.get("HOME", "")) / "Library" / "Application Support" / "io.datasette.llm"
    linux = Path(config) / "io.datasette.llm"
    return (mac if mac.is_dir() else linux) / FILE


def read_source(path: Path) -> Iterator[Found]:
    """Yield the conversations of a database, which is not changed.

    Raises:
        CommandFailed: it cannot be read, or is not one of llm.
    """
    try:
        with contextlib.closing(_open(path)) as db:
            tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
            if not tables & {"responses", "threads"}:
                raise CommandFailed(f"{path} is not a log of llm: it has no table of responses")
            newer = set()
            if {"threads", "messages", "parts"} <= tables:
                for found in _threads(db):
                    newer.add(found.name)
                    yield found
            if "responses" in tables:
                yield from (each for each in _responses(db, tables) if each.name not in newer)
    except sqlite3.Error as error:
        raise CommandFailed(f"cannot read {path}: {error}") from None


def _open(path: Path) -> sqlite3.Connection:
    """Open a database for reading only, without creating a file beside it."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise CommandFailed(f"cannot read {path}: {error.strerror}") from None
    if not header.startswith(b"SQLite format 3\0"):
        raise CommandFailed(f"{path} is not a SQLite database")
    is_logged = header[_WAL_AT] == 2
    has_log = os.path.lexists(f"{path}-wal")
    # Without its log, no program writes it, and SQLite would create one to read it.
    mode = "immutable=1" if is_logged and not has_log else "mode=ro"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)


# ------------------------------------------------------------------ responses


def _responses(db: sqlite3.Connection, tables: set[str]) -> Iterator[Found]:
    """Yield the conversations of older versions; an answer without one is one of its own."""
    query = (
        "SELECT coalesce(conversation_id, id), id, prompt, system, response, model, datetime_utc "
        "FROM responses ORDER BY 1, datetime_utc, id"
    )
    current: Found | None = None
    attached = _with_rows(db, tables, "prompt_attachments")
    fragments = _fragments(db, tables)
    system: str | None = None
    for key, answer_id, prompt, own_system, answer, model, when in db.execute(query):
        name = f"llm-{key}"
        if current is None or current.name != name:
            if current is not None:
                yield current
            current, system = Found(name, []), None
        system = _text(own_system) or system
        question = "\n".join(filter(None, (*fragments.get(answer_id, ()), _text(prompt))))
        if answer_id in attached:
            current.left_out.append("attachments of a question are left out")
        turn = _turn(question, _text(answer), when, _text(model), system)
        if turn is None:
            current.left_out.append("a question without text, or without an answer, is left out")
        else:
            current.turns.append(turn)
    if current is not None:
        yield current


def _with_rows(db: sqlite3.Connection, tables: set[str], table: str) -> set[str]:
    if table not in tables:
        return set()
    return {row[0] for row in db.execute(f"SELECT response_id FROM {table}")}  # noqa: S608 -- our own names


def _fragments(db: sqlite3.Connection, tables: set[str]) -> dict[str, list[str]]:
    """Return the fragments before each prompt, by the id of its answer."""
    found: dict[str, list[str]] = {}
    if {"fragments", "prompt_fragments"} <= tables:
        query = (
            "SELECT p.response_id, f.content FROM prompt_fragments p "
            'JOIN fragments f ON f.id = p.fragment_id ORDER BY p.response_id, p."order"'
        )
        for answer_id, content in db.execute(query):
            found.setdefault(answer_id, []).append(_text(content))
    return found


# ------------------------------------------------------------------ threads


def _threads(db: sqlite3.Connection) -> Iterator[Found]:
    """Yield the conversations of newer versions: the chain of messages to each thread's tip."""
    heads = list(db.execute("SELECT id, tip_message_hash FROM threads ORDER BY id"))
    answers = {
        tip: (when, model)
        for tip, when, model in db.execute(
            "SELECT tip_message_hash, datetime_utc, model FROM turns"
        )
    }
    for key, tip in heads:
        yield _thread(db, f"llm-{key}", tip, answers)


def _thread(
    db: sqlite3.Connection, name: str, tip: object, answers: Mapping[object, tuple[object, object]]
) -> Found:
    found = Found(name, [])
    system, question = None, ""
    for key, role in _chain(db, tip):
        said, has_more = _message(db, key)
        if has_more:
            found.left_out.append("attachments or calls of tools are left out")
        if role == "system":
            system = said or system
        elif role == "user":
            question = "\n\n".join(filter(None, (question, said)))
        elif role == "assistant" and said:
            when, model = answers.get(key, (None, None))
            turn = _turn(question, said, when, _text(model), system)
            if turn is None:
                found.left_out.append("an answer without a question is left out")
            else:
                found.turns.append(turn)
            question = ""
    return found


def _chain(db: sqlite3.Connection, tip: object) -> list[tuple[object, object]]:
    """Return hash and role of the messages up to `tip`, the first one first."""
    chain: list[tuple[object, object]] = []
    seen = set()
    while tip is not None and tip not in seen and len(chain) < MAX_CHAIN:
        seen.add(tip)
        row = db.execute("SELECT parent_hash, role FROM messages WHERE hash = ?", [tip]).fetchone()
        if row is None:
            break
        chain.append((tip, row[1]))
        tip = row[0]
    return chain[::-1]


def _message(db: sqlite3.Connection, key: object) -> tuple[str, bool]:
    """Return the text of a message, and whether it has something that is no text."""
    query = "SELECT type, text, payload FROM parts WHERE message_hash = ? ORDER BY position"
    said, has_more = [], False
    for kind, plain, payload in db.execute(query, [key]):
        if kind == "text":
            said.append(_text(plain) if plain is not None else _referred(db, payload))
        elif kind != "reasoning":
            has_more = True
    return "".join(said), has_more


def _referred(db: sqlite3.Connection, payload: object) -> str:
    """Return a text with fragments: `{"text_ref": [{"fragment": 1}, {"literal": "..."}]}`."""
    try:
        data = json.loads(_text(payload) or "{}")
    except (ValueError, RecursionError):
        return ""
    pieces = data.get("text_ref") if isinstance(data, dict) else None
    said = []
    for piece in pieces if isinstance(pieces, list) else ():
        if isinstance(piece, dict) and isinstance(piece.get("fragment"), int):
            query = "SELECT content FROM fragments WHERE id = ?"
            row = db.execute(query, [piece["fragment"]]).fetchone()
            said.append(_text(row[0]) if row else "")
        elif isinstance(piece, dict):
            said.append(_text(piece.get("literal")))
    return "".join(said)


# ------------------------------------------------------------------ values


def _turn(question: str, answer: str, when: object, model: str, system: str | None) -> Turn | None:
    if not question.strip() or not answer.strip():
        return None
    return make_turn(question, answer, at=_moment(when), model=model, system=system)


def _text(value: object) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else ""


def _moment(value: object) -> float:
    """Return a time of llm, which is in UTC, as a Unix time; 0 if it is none."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        if found is None:
            return 0.0
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0
