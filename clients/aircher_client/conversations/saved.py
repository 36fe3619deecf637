"""One conversation: what was said, and what is added to it."""

import os
import time
from collections.abc import Sequence
from contextlib import suppress

from aircher_client.conversations import records
from aircher_client.conversations.locked_file import (
    MAX_BYTES,
    append,
    locked,
    read_file,
    read_from,
    set_aside,
)
from aircher_client.conversations.media import to_keep, to_send, without_cache_marks
from aircher_client.conversations.names import ConversationError
from aircher_client.conversations.records import Content, Settings, Turn

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from collections.abc import Callable

    from aircher_client.conversations.records import Message


class SavedConversation:
    """A conversation and its file. Nothing is written before the first turn.

    - `notes`: sentences for the user about what was found damaged, was repaired, or is gone; the
      caller shows and clears them.
    - `missing`: names of attached files that are gone or have changed, after `messages`.

    Another program may extend the same file at any time: `refresh` reads what it has added. One
    that must be new has `rename`, which returns another path and name if these are taken.
    """

    def __init__(
        self,
        path: str,
        name: str,
        prepare: "Callable[[], None]",
        rename: "Callable[[], tuple[str, str]] | None" = None,
    ) -> None:
        self.path = path
        self.name = name
        self.notes: list[str] = []
        self.missing: list[str] = []
        self._prepare = prepare
        self._rename = rename
        self._content = Content()
        self._written: tuple[int, ...] | None = None  # the file, as this program left it

    def load(self) -> None:
        """Read the file, if there is one.

        Raises:
            ConversationError: it cannot be read, or a newer version has written it.
        """
        self._written = None
        try:
            data = read_file(self.path)
        except OSError as error:
            raise ConversationError(f"cannot read {self.path}: {error.strerror}") from None
        self._content = records.parse(data or b"")
        self._check_version()
        self.name = self._content.name or self.name
        if damage := self._content.damage:
            self.notes.append(self._damage_note(damage))

    # ---------------------------------------------------------- what it has

    @property
    def is_new(self) -> bool:
        """Whether nothing of it is kept yet."""
        return self._content.version is None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Questions and answers, in order."""
        return tuple(self._content.turns)

    @property
    def settings(self) -> Settings:
        """What the user chose last: model, task, system prompt, providers and keys."""
        return self._content.settings

    @property
    def model(self) -> str | None:
        """The model that the user chose, None for the default."""
        return self.settings.model

    @property
    def system(self) -> str | None:
        """The system prompt, None for none or that of the task."""
        return self.settings.system

    @property
    def kept_messages(self) -> "list[Message]":
        """The messages as they are in the file: large attachments are paths."""
        return records.flatten(self._content.turns)

    @property
    def messages(self) -> "list[Message]":
        """The messages in the form of the protocol, with attached files read again.

        A file that has changed or is gone is replaced by a sentence, and added to `missing`.
        """
        self.missing = []
        return [to_send(message, self.missing) for message in self.kept_messages]

    @property
    def marked_messages(self) -> "list[Message]":
        """The `messages`, in which interrupted answers say so to the model."""
        messages = iter(self.messages)
        found: list[Message] = []
        for turn in self._content.turns:
            found += [next(messages) for _ in turn.asked]
            found.append(records.marked(next(messages), turn.cut_off))
        return found

    # ---------------------------------------------------------- what is added

    def append(
        self,
        asked: "Sequence[Message]",
        reply: "Message",
        *,
        settings: Settings,
        answered_by: str = "",
        cut_off: str = "",
        paths: Sequence[str] = (),
        now: float | None = None,
    ) -> int:
        """Add a question and its answer; return how many turns another program added before it.

        Args:
            asked: What was sent beyond the earlier messages.
            reply: The message of the model, or what came of it.
            settings: What the user chose: model, task, system prompt, providers and keys. A key
                that was chosen before stays, unless they have another.
            answered_by: `provider/model`.
            cut_off: Why the answer is not whole; empty if it is.
            paths: Files that are in `asked`.
            now: Seconds since 1970; the current time by default.

        Raises:
            ConversationError: it cannot be written; the message says why.
        """
        turn = Turn(
            [to_keep(without_cache_marks(message), paths) for message in asked],
            to_keep(reply),
            at=time.time() if now is None else now,
            settings=settings,
            answered_by=answered_by,
            cut_off=cut_off,
        )

        def encode() -> bytes:
            turn.settings = settings.with_key_of(self.settings)
            return records.encode_turn(turn)

        return self._append(encode, turn.at)

    def change(self, settings: Settings, now: float | None = None) -> int:
        """Record other settings, if they are others. Returns and raises as `append`."""
        settings = settings.with_key_of(self.settings)
        if self.is_new or settings == self.settings:
            self._content.settings = settings
            return 0
        at = time.time() if now is None else now

        def encode() -> bytes:
            return records.encode_settings(settings.with_key_of(self.settings), at)

        return self._append(encode, at)

    def drop(self, turns: int, now: float | None = None) -> None:
        """Take the last turns back; of a new conversation there are none. Raises as `append`."""
        if self.is_new or turns <= 0:
            return
        at = time.time() if now is None else now
        self._append(lambda: records.encode_drop(turns, at), at)

    def refresh(self) -> int:
        """Read what other programs have added; return by how many turns it has grown.

        It is negative if turns were taken back, or the conversation was removed.

        Raises:
            ConversationError: the file cannot be read.
        """
        before = len(self._content.turns)
        self.load()
        return len(self._content.turns) - before

    def _append(self, encode: "Callable[[], bytes]", at: float) -> int:
        """Append what `encode` returns once what others have added was read."""
        try:
            self._prepare()
            while True:
                with suppress(_TryAgain):
                    return self._append_locked(encode, at)
        except OSError as error:
            why = error.strerror or str(error)
            raise ConversationError(f"cannot write {self.path}: {why}") from None

    def _append_locked(self, encode: "Callable[[], bytes]", at: float) -> int:
        with locked(self.path, create=True) as descriptor:
            before = len(self._content.turns)
            self._read_on(descriptor)
            if self._rename is not None and self._content.version is not None:
                self.path, self.name = self._rename()
                self._content = Content()
                raise _TryAgain
            self._rename = None
            damage = self._content.damage
            if damage is not None and not damage.is_tail:
                good = read_from(descriptor, self.path, 0)[: self._content.size]
                aside = set_aside(self.path, good)
                self.notes.append(f"the damaged conversation is kept as {aside}")
                raise _TryAgain
            line = encode()
            start = b"\n" if self._content.has_open_end else b""
            if self._content.version is None:
                start = records.encode_header(self.name, at)
            if damage is not None:  # a write that was interrupted
                os.ftruncate(descriptor, self._content.size)
                self._content.damage = None
            if self._content.size + len(start) + len(line) > MAX_BYTES:
                raise ConversationError(
                    f"the conversation {self.name} has {MAX_BYTES >> 20} MiB and takes no more: "
                    "begin another one"
                )
            added = len(self._content.turns) - before
            append(descriptor, start + line)
            self._content.take(start + line)
            self._written = _identity(descriptor)
        return added

    def _read_on(self, descriptor: int) -> None:
        """Read a locked file, unless this program was the last to write it."""
        if self._written == _identity(descriptor):
            return
        data = read_from(descriptor, self.path, 0)
        self._content = records.parse(data)
        self._check_version()

    def _check_version(self) -> None:
        if self._content.is_newer:
            raise ConversationError(
                f"the conversation {self._content.name or self.name} was written by a newer "
                f"aircher (format {self._content.version}; this one reads {records.VERSION}): "
                "update aircher, or use another conversation"
            )

    def _damage_note(self, damage: records.Damage) -> str:
        if damage.is_tail:
            return (
                f"the last entry of the conversation {self.name} is incomplete, because writing it "
                "was interrupted; it is left out"
            )
        return (
            f"the conversation {self.name} is damaged at line {damage.line} of {self.path}; what "
            "follows is left out"
        )

    def __repr__(self) -> str:
        return f"<SavedConversation {self.name!r} of {len(self._content.turns)} turns>"


def _identity(descriptor: int) -> tuple[int, ...]:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


class _TryAgain(Exception):
    """Another file is at the path now, or the path is another one."""
