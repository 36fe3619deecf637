r"""The format of a conversation's file: JSON Lines, of which the first one is the header.

    {"format": "aircher conversation", "version": 1, "name": "tea", "at": 1764495072.1}
    {"kind": "turn", "at": ..., "asked": [messages], "reply": message, "model": ..., ...}
    {"kind": "settings", "at": ..., "model": ..., "task": ..., "system": ..., "route": {...}}
    {"kind": "drop", "at": ..., "turns": 1}

Lines are only appended. A question and its answer are one line, so that a killed program leaves
both or neither. A `drop` takes the last turns back (`/retry`, `/clear`). Unknown fields and kinds
are ignored; a change that this would not be enough for needs another version.
"""

import json
from collections.abc import Iterable, Iterator

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from typing import Any

    Message = dict[str, Any]

FORMAT = "aircher conversation"
VERSION = 1
HEADER_START = b'{"format"'

STOPPED = "stopped"
BROKEN_OFF = "broken off"

MARKS: "dict[str, str]" = {
    STOPPED: "[The user stopped the answer here.]",
    BROKEN_OFF: "[The answer broke off here.]",
}
"""Why an answer is not whole -> the text that says so to the model."""

SETTINGS = ("model", "task", "system", "route")


class Settings:
    """What the user chose for a conversation; None is the default of the daemon or the task.

    `route` restricts which providers and keys may be asked: what was said to one of them must not
    go to others, because the conversation was continued without the option.
    """

    __slots__ = SETTINGS

    def __init__(
        self,
        *,
        model: str | None = None,
        task: str | None = None,
        system: str | None = None,
        route: "dict[str, Any] | None" = None,
    ) -> None:
        self.model = model
        self.task = task
        self.system = system
        self.route = route

    def fields(self) -> "dict[str, Any]":
        """Return the fields of a request; what is not set is left out."""
        return {name: value for name in SETTINGS if (value := getattr(self, name)) is not None}

    def with_key_of(self, before: "Settings") -> "Settings":
        """Return the settings with the key that was chosen before, if they have none.

        Another terminal may have chosen it meanwhile, and said something to this account.
        """
        key = (before.route or {}).get("key")
        if key is None or "key" in (self.route or {}):
            return self
        route = {**(self.route or {}), "key": key}
        return Settings(model=self.model, task=self.task, system=self.system, route=route)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and self.fields() == other.fields()

    __hash__ = None  # type: ignore[assignment] # it can change

    def __repr__(self) -> str:
        return f"<Settings {self.fields()}>"


class Turn:
    """A question and its answer.

    - `asked`: the messages that were added, usually one of the user.
    - `reply`: the message of the model.
    - `answered_by`: `provider/model`.
    - `cut_off`: why the answer is not whole, such as "stopped", "broken off" or "length".
    - `at`: seconds since 1970.
    """

    __slots__ = ("answered_by", "asked", "at", "cut_off", "reply", "settings")

    def __init__(
        self,
        asked: "list[Message]",
        reply: "Message",
        *,
        at: float,
        settings: Settings,
        answered_by: str = "",
        cut_off: str = "",
    ) -> None:
        self.asked = asked
        self.reply = reply
        self.at = at
        self.settings = settings
        self.answered_by = answered_by
        self.cut_off = cut_off

    def __repr__(self) -> str:
        return f"<Turn of {len(self.asked)} messages, by {self.answered_by}>"


class Damage:
    """Where a file is damaged. `line` counts from 1; `is_tail` if only the end is incomplete."""

    __slots__ = ("is_tail", "line", "offset")

    def __init__(self, line: int, offset: int, *, is_tail: bool) -> None:
        self.line = line
        self.offset = offset
        self.is_tail = is_tail

    def __repr__(self) -> str:
        return f"<Damage at line {self.line}, is_tail={self.is_tail}>"


class Content:
    """What a file says: a name, the settings in effect, the turns, and where it is damaged.

    `version` is that of the file; None for an empty one. `lines` have been read without damage,
    `size` is their length in bytes; `has_open_end` if the last one lacks its line break.
    """

    __slots__ = (
        "created",
        "damage",
        "has_open_end",
        "lines",
        "name",
        "settings",
        "size",
        "turns",
        "version",
    )

    def __init__(self) -> None:
        self.version: int | None = None
        self.name = ""
        self.created = 0.0
        self.settings = Settings()
        self.turns: list[Turn] = []
        self.damage: Damage | None = None
        self.lines = 0
        self.size = 0
        self.has_open_end = False

    @property
    def is_newer(self) -> bool:
        """Whether the file has a version that this program cannot read."""
        return self.version is not None and self.version > VERSION

    def take(self, data: bytes) -> None:
        """Read further lines, up to a damaged one.

        A file of a newer version is read no further than its header.
        """
        for line in _lines(data):
            if self.damage is not None or self.is_newer:
                return
            is_whole = line.endswith(b"\n")
            if line.strip():
                record = _parse(line)
                if record is None or not self._apply(record):
                    # A line without an end is an interrupted write, unless it is no file of ours.
                    is_ours = self.version is not None or _begins_header(line)
                    is_tail = is_ours and not is_whole
                    self.damage = Damage(self.lines + 1, self.size, is_tail=is_tail)
                    return
            self.lines += 1
            self.size += len(line)
            self.has_open_end = not is_whole

    def _apply(self, record: "dict[str, Any]") -> bool:
        """Apply one record; return False if it is not one."""
        if self.version is None:
            return self._take_header(record)
        kind = record.get("kind")
        if kind == "turn":
            turn = _turn(record)
            if turn is None:
                return False
            self.turns.append(turn)
            self.settings = turn.settings
        elif kind == "settings":
            self.settings = _settings(record)
        elif kind == "drop":
            count = record.get("turns")
            if not isinstance(count, int) or count < 0:
                return False
            del self.turns[max(0, len(self.turns) - count) :]
        return isinstance(kind, str)

    def _take_header(self, record: "dict[str, Any]") -> bool:
        version, name = record.get("version"), record.get("name")
        if record.get("format") != FORMAT or not isinstance(version, int):
            return False
        self.version = version
        self.name = name if isinstance(name, str) else ""
        self.created = _time(record)
        return True


def parse(data: bytes) -> Content:
    """Return what a whole file says."""
    content = Content()
    content.take(data)
    return content


def encode_header(name: str, now: float) -> bytes:
    """Return the first line of a file."""
    return _encode({"format": FORMAT, "version": VERSION, "name": name, "at": round(now, 3)})


def encode_turn(turn: Turn) -> bytes:
    """Return the line of a turn."""
    record: dict[str, Any] = {
        "kind": "turn",
        "at": round(turn.at, 3),
        "asked": turn.asked,
        "reply": turn.reply,
        **turn.settings.fields(),
    }
    if turn.answered_by:
        record["answered_by"] = turn.answered_by
    if turn.cut_off:
        record["cut_off"] = turn.cut_off
    return _encode(record)


def encode_settings(settings: Settings, now: float) -> bytes:
    """Return the line of changed settings."""
    return _encode({"kind": "settings", "at": round(now, 3), **settings.fields()})


def encode_drop(turns: int, now: float) -> bytes:
    """Return the line that takes back the last turns."""
    return _encode({"kind": "drop", "at": round(now, 3), "turns": turns})


def with_label_of(model: str, before: str | None) -> str:
    """Return another model of the same provider with the key that the one before named.

    `openai/gpt-5.5-mini` after `openai@work/gpt-5.5` is `openai@work/gpt-5.5-mini`: what was said
    to one account must not go to another with the choice of a model.
    """
    provider, at, label = (before or "").partition("/")[0].partition("@")
    head, slash, rest = model.partition("/")
    return f"{head}@{label}/{rest}" if at and slash and head == provider else model


def flatten(turns: Iterable[Turn]) -> "list[Message]":
    """Return the messages of turns in order."""
    return [message for turn in turns for message in (*turn.asked, turn.reply)]


def marked(reply: "Message", cut_off: str) -> "Message":
    """Return an answer as it is sent: one that was interrupted says so at its end."""
    if cut_off not in MARKS:
        return reply
    content = reply.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    return {**reply, "content": [*parts, {"type": "text", "text": f"\n\n{MARKS[cut_off]}"}]}


def _encode(record: "dict[str, Any]") -> bytes:
    # ASCII: bytes that are not UTF-8 are surrogates here, which become escapes.
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def _begins_header(line: bytes) -> bool:
    return HEADER_START.startswith(line[: len(HEADER_START)])


def _lines(data: bytes) -> Iterator[bytes]:
    """Yield the lines with their ends; `splitlines` would split at a carriage return, too."""
    at = 0
    while at < len(data):
        end = data.find(b"\n", at) + 1 or len(data)
        yield data[at:end]
        at = end


def _parse(line: bytes) -> "dict[str, Any] | None":
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _turn(record: "dict[str, Any]") -> Turn | None:
    asked, reply = record.get("asked"), record.get("reply")
    if not isinstance(asked, list) or not all(map(is_message, asked)) or not is_message(reply):
        return None
    assert isinstance(reply, dict)
    return Turn(
        asked,
        reply,
        at=_time(record),
        settings=_settings(record),
        answered_by=_text(record.get("answered_by")) or "",
        cut_off=_text(record.get("cut_off")) or "",
    )


def is_message(value: object) -> bool:
    """Tell whether a value has the form of a message."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("role"), str)
        and isinstance(value.get("content"), str | list)
    )


def _settings(record: "dict[str, Any]") -> Settings:
    route = record.get("route")
    return Settings(
        model=_text(record.get("model")),
        task=_text(record.get("task")),
        system=_text(record.get("system")),
        route=route if isinstance(route, dict) else None,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _time(record: "dict[str, Any]") -> float:
    value = record.get("at")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else 0.0  # type: ignore[arg-type] # checked above
