"""The folder of all conversations: opens, lists, removes and prunes them.

conversations/
  tea.jsonl                       a named one
  20261130-093112-4f2a90.jsonl    one without a name of its own
  terminals/pts-3-4711            the last one of a terminal: the name of its file
  pruned                          its time is that of the last removal of old ones
"""

import os
import stat
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress

from aircher_client.conversations.locked_file import remove_if
from aircher_client.conversations.names import (
    SUFFIX,
    ConversationError,
    check_name,
    file_name,
    is_unnamed,
    name_of,
    new_name,
)
from aircher_client.conversations.saved import SavedConversation
from aircher_wire.address import AddressError, find_state_directory
from aircher_wire.owners import ROOT

FOLDER = "conversations"
TERMINALS = "terminals"
STAMP = "pruned"
PRUNE_EVERY = 86_400.0
"""Seconds from one removal of old conversations to the next."""
MAX_REMOVED = 1000
"""Files that are removed at once; the next program goes on."""
MAX_TOTAL = 1 << 30
"""Bytes of all conversations. Beyond it, the oldest without a name of their own are removed."""
DAY = 86_400.0
OPEN_TO_OTHERS = 0o077


class Entry:
    """A conversation in the list. `changed` is in seconds since 1970, `file` without the folder."""

    __slots__ = ("changed", "file", "size")

    def __init__(self, file: str, changed: float, size: int) -> None:
        self.file = file
        self.changed = changed
        self.size = size

    @property
    def name(self) -> str:
        """Its name, unless that is very long; the file need not be read for it."""
        return name_of(self.file)

    def __repr__(self) -> str:
        return f"<Entry {self.file} of {self.size} bytes>"


class ConversationStore:
    """The conversations in one folder, which is created with the first of them."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "ConversationStore":
        """Return the store in the user's state directory.

        Raises:
            ConversationError: the user has no home directory.
        """
        try:
            return cls(f"{find_state_directory(environ)}/{FOLDER}")
        except AddressError as error:
            raise ConversationError(str(error)) from None

    # ---------------------------------------------------------- one conversation

    def open(self, name: str) -> SavedConversation:
        """Return the conversation of this name, which may be new.

        Raises:
            ConversationError: it cannot be read, or the name is not possible.
        """
        check_name(name)
        return self._load(file_name(name), name)

    def new(self, now: float | None = None) -> SavedConversation:
        """Return a new conversation without a name of its own."""

        def choose() -> tuple[str, str]:
            name = new_name(time.time() if now is None else now)
            return self._path(file_name(name)), name

        return SavedConversation(*choose(), self._prepare, choose)

    def open_entry(self, entry: Entry) -> SavedConversation:
        """Return a conversation of the list. Raises as `open`."""
        return self._load(entry.file, entry.file.removesuffix(SUFFIX))

    def last(self, terminal: str | None = None) -> SavedConversation | None:
        """Return the last conversation of a terminal, else the last of all; None if there is none.

        Raises:
            ConversationError: it cannot be read.
        """
        file = self._last_of(terminal) if terminal else None
        if file is None:
            newest = self.entries()[:1]
            if not newest:
                return None
            file = newest[0].file
        return self._load(file, file.removesuffix(SUFFIX))

    def is_last_of(self, terminal: str, conversation: SavedConversation) -> bool:
        """Tell whether a conversation is the last one of this terminal."""
        return self._last_of(terminal) == os.path.basename(conversation.path)

    def set_last(self, terminal: str, conversation: SavedConversation) -> None:
        """Remember the last conversation of a terminal. Without success, `last` is that of all."""
        path = self._path(f"{TERMINALS}/{terminal}")
        with suppress(OSError):
            if not os.path.isdir(os.path.dirname(path)):
                os.mkdir(os.path.dirname(path), 0o700)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(path, flags, 0o600)
            try:
                os.write(descriptor, os.fsencode(os.path.basename(conversation.path)))
            finally:
                os.close(descriptor)

    def _last_of(self, terminal: str) -> str | None:
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(self._path(f"{TERMINALS}/{terminal}"), flags)
            try:
                file = os.fsdecode(os.read(descriptor, 1024))
            finally:
                os.close(descriptor)
        except OSError:
            return None
        is_name = file.endswith(SUFFIX) and "/" not in file and "\0" not in file
        return file if is_name and os.path.exists(self._path(file)) else None

    # ---------------------------------------------------------- all of them

    def entries(self) -> list[Entry]:
        """Return all conversations, the latest first; an empty list without the folder.

        Raises:
            ConversationError: the folder cannot be read.
        """
        found = []
        try:
            with os.scandir(self.folder) as files:
                for file in files:
                    if file.name.endswith(SUFFIX) and file.is_file(follow_symlinks=False):
                        status = file.stat(follow_symlinks=False)
                        found.append(Entry(file.name, status.st_mtime, status.st_size))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ConversationError(f"cannot read {self.folder}: {error.strerror}") from None
        return sorted(found, key=lambda entry: (entry.changed, entry.file), reverse=True)

    def entry(self, name: str) -> Entry | None:
        """Return the entry of exactly this name, None if there is none; nothing is read.

        Raises:
            ConversationError: the name is not possible.
        """
        check_name(name)
        file = file_name(name)
        try:
            found = os.stat(self._path(file), follow_symlinks=False)
        except OSError:
            return None
        return Entry(file, found.st_mtime, found.st_size)

    def find(self, name: str) -> SavedConversation | None:
        """Return the conversation of this name, or the only one whose name begins so; else None.

        Raises:
            ConversationError: it cannot be read, or several begin so.
        """
        check_name(name)
        file = file_name(name)
        if not os.path.exists(self._path(file)):
            matches = [each.file for each in self.entries() if each.name.startswith(name)]
            if len(matches) > 1:
                raise ConversationError(
                    f"{len(matches)} conversations begin with {name}: give more of the name"
                )
            if not matches:
                return None
            file = matches[0]
        return self._load(file, file.removesuffix(SUFFIX))

    def remove(self, file: str) -> bool:
        """Remove a conversation by the name of its file, and its damaged copies.

        Raises:
            ConversationError: it cannot be removed.
        """
        try:
            is_removed = remove_if(self._path(file), lambda _status: True)
            for name in os.listdir(self.folder):
                if name.startswith(f"{file}.damaged-"):
                    os.unlink(self._path(name))
        except OSError as error:
            raise ConversationError(f"cannot remove {self._path(file)}: {error.strerror}") from None
        return is_removed

    def prune(self, keep_days: int | None, now: float | None = None) -> int:
        """Remove what has not changed for `keep_days`, once a day; return how many files.

        None is no end. What is beyond `MAX_TOTAL` goes in any case. It never fails: what cannot be
        removed stays.
        """
        now = time.time() if now is None else now
        if not self._is_prune_due(now):
            return 0
        removed = 0
        if keep_days is not None:
            oldest = now - keep_days * DAY
            for folder in (self.folder, self._path(TERMINALS)):
                removed += _remove_older(folder, oldest, MAX_REMOVED - removed)
        removed += self._remove_excess(MAX_REMOVED - removed)
        if removed < MAX_REMOVED:
            self._stamp(now)
        return removed

    def _remove_excess(self, most: int) -> int:
        try:
            entries = self.entries()
        except ConversationError:
            return 0
        excess = sum(entry.size for entry in entries) - MAX_TOTAL
        removed = 0
        for entry in reversed(entries):
            if excess <= 0 or removed >= most:
                break
            if is_unnamed(entry.name):
                with suppress(OSError):
                    removed += remove_if(self._path(entry.file), lambda _status: True)
                excess -= entry.size
        return removed

    def _is_prune_due(self, now: float) -> bool:
        try:
            last = os.stat(self._path(STAMP)).st_mtime
        except OSError:
            return os.path.isdir(self.folder)
        return not now - PRUNE_EVERY < last <= now  # a clock that was ahead must not stop it

    def _stamp(self, now: float) -> None:
        with suppress(OSError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            os.close(os.open(self._path(STAMP), flags, 0o600))
            os.utime(self._path(STAMP), (now, now), follow_symlinks=False)

    # ---------------------------------------------------------- the folder

    def _load(self, file: str, name: str) -> SavedConversation:
        conversation = SavedConversation(self._path(file), name, self._prepare)
        conversation.load()
        return conversation

    def _path(self, file: str) -> str:
        return f"{self.folder}/{file}"

    def _prepare(self) -> None:
        """Create the folder, mode 0700, or check that it is closed to other users.

        Raises:
            OSError: it cannot be created.
            ConversationError: it belongs to another user.
        """
        try:
            found = os.stat(self.folder)
        except FileNotFoundError:
            self._create()
            return
        uid = os.geteuid()
        if found.st_uid != uid:
            raise ConversationError(
                f"{self.folder} belongs to user {found.st_uid}, and you are user {uid}"
            )
        if stat.S_IMODE(found.st_mode) & OPEN_TO_OTHERS:
            os.chmod(self.folder, 0o700)

    def _create(self) -> None:
        """Create the folder and its parents, but nothing in another user's directories.

        With `sudo -E`, HOME is still that of the first user, who could not change it later.
        """
        missing = [self.folder]
        while not os.path.lexists(parent := os.path.dirname(missing[-1])):
            missing.append(parent)
        owner, uid = os.stat(parent).st_uid, os.geteuid()
        if owner not in (uid, ROOT):
            raise ConversationError(
                f"{parent} belongs to user {owner}, and you are user {uid}: with sudo, use sudo -H"
            )
        for directory in reversed(missing):
            with suppress(FileExistsError):  # another program was faster
                os.mkdir(directory, 0o700)

    def __repr__(self) -> str:
        return f"<ConversationStore in {self.folder}>"


def last_touched(status: os.stat_result) -> float:
    """Return when a file was last continued, or imported: an import sets the time of a file back.

    The system sets the time of a file's entry (`st_ctime`), and no program can set it back.
    """
    return max(status.st_mtime, status.st_ctime)


def _remove_older(folder: str, oldest: float, most: int) -> int:
    """Remove files that are older, at most `most`; return how many."""
    old: Iterable[str] = []
    with suppress(OSError), os.scandir(folder) as files:
        old = [
            file.path
            for file in files
            if file.name != STAMP
            and file.is_file(follow_symlinks=False)
            and last_touched(file.stat(follow_symlinks=False)) < oldest
        ]
    removed = 0
    for path in old:
        if removed >= most:
            break
        with suppress(OSError):
            removed += remove_if(path, lambda status: last_touched(status) < oldest)
    return removed
