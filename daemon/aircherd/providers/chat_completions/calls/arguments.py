"""The arguments of one tool call, assembled from what servers send as pieces.

OpenAI sends fragments of the text of one JSON object. Other servers send

- all of the text so far in every piece, or the whole object again at the end;
- a placeholder `{}` or a first version, and then the real object;
- a second object behind a complete one: the arguments of a further call;
- the object itself, `null`, `[]`, or a string that holds the object's text.

Text is passed on once nothing can replace it. So an object that came whole is held back until the
reply goes on to something else: no client can act on it earlier anyway.
"""

import re
from typing import Final

from aircherd.errors import fail
from aircherd.providers.chat_completions.calls.argument_text import (
    EMPTY,
    as_object,
    begins_object,
)
from aircherd.providers.chat_completions.calls.versions import has_more_fields, is_later, is_same
from aircherd.providers.codec.object_scan import ObjectScan
from aircherd.vocabulary.failure import FailureClass

MAX_PLACEHOLDER = 64
"""Characters of a text that may mean "no arguments"."""

MAX_REPETITIONS = 1000
"""Objects in one piece that repeat or replace each other."""

_JOIN_AT: Final = 256
"""Pieces that are kept as they came: a short string takes ten times the memory of its text."""

_TWO_OBJECTS: Final = re.compile(r"\}\s*\{")
_OBJECT_AHEAD: Final = re.compile(r"\s*(\{)")


class PieceMode:
    """Whether the server sends all text so far in every piece; None until it is known."""

    __slots__ = ("is_cumulative",)

    def __init__(self) -> None:
        self.is_cumulative: bool | None = None


class Arguments:
    """The arguments of one call. `mode` is shared by the calls of a reply.

    Attributes:
        size: the number of characters so far.
    """

    __slots__ = (
        "_blocks",
        "_doubtful",
        "_is_blank",
        "_mode",
        "_pieces",
        "_scan",
        "_sent",
        "_unscanned",
        "size",
    )

    def __init__(self, mode: PieceMode) -> None:
        self.size = 0
        self._mode = mode
        self._is_blank = True
        self._blocks: list[str] = []
        self._pieces: list[str] = []  # what follows the blocks, with the last piece as it came
        self._sent = 0
        self._scan: ObjectScan | None = None  # None until the text begins an object
        self._unscanned: list[str] = []
        self._doubtful: str | None = None  # a piece that may be a fragment or all of the text

    @property
    def is_complete(self) -> bool:
        """Whether the text is a complete object."""
        scan = self._scanned()
        return scan is not None and scan.is_complete

    def is_placeholder(self) -> bool:
        """Return whether the text means "no arguments", so that real ones may replace it."""
        if self._sent or self.size > MAX_PLACEHOLDER:
            return False
        return as_object("".join(self._text().split())) == EMPTY

    def is_continued_by(self, piece: str) -> bool:
        """Return whether `piece` can only be a fragment of this object, which is incomplete."""
        has_more = bool(piece) and not begins_object(piece)
        return has_more and self._scan is not None and not self.is_complete

    def may_take_object(self, piece: str) -> bool:
        """Return whether `piece`, which begins an object, can belong to this incomplete text."""
        scan = self._scanned()
        if scan is None:
            return self._is_blank
        return scan.expects_value or self._is_repeated_by(piece)

    def equals(self, piece: str) -> bool:
        """Return whether `piece` is the same object again, in any spelling."""
        return is_same(self._text(), piece)

    def has_more_fields_in(self, piece: str) -> bool:
        """Return whether `piece` is this object with more fields."""
        return has_more_fields(self._text(), piece)

    # -------------------------------------------------------------- taking pieces

    def add(self, piece: str) -> str:
        """Add a piece; return the part of it that begins the arguments of a further call.

        Raises:
            ProviderFailed: PROTOCOL: it contradicts what was passed on.
        """
        if not piece:
            return ""
        if self._doubtful is not None:
            self._decide(piece)
        if self._is_blank or not begins_object(piece):
            return self._append(piece)
        return self._add_object(piece)

    def _add_object(self, piece: str) -> str:
        """Add a piece that begins an object, to a text that is not blank."""
        if self._scan is None:
            return self._restart(piece) if self.is_placeholder() else self._append(piece)
        if self._is_repeated_by(piece):
            return self._add_repeated(piece)
        if self._mode.is_cumulative and self._text().startswith(piece):
            return ""  # an earlier state, late
        return self._add_second(piece) if self.is_complete else self._append(piece)

    def _append(self, piece: str) -> str:
        if self._is_blank:
            if begins_object(piece):
                self._scan = ObjectScan()
            self._is_blank = not piece.strip()
        elif self._mode.is_cumulative is None and self._scan is not None and piece.strip():
            self._mode.is_cumulative = False
        if self._scan is None or not _TWO_OBJECTS.search(piece):
            self._keep(piece)
            return ""
        return self._split(piece)

    def _split(self, piece: str) -> str:
        """Add a piece with `}{` in it, which may be text or the border of two objects."""
        scan = self._scanned()
        end = None if scan is None or scan.is_complete else scan.feed(piece)
        self._keep(piece[:end], is_scanned=True)
        return "" if end is None else self._add_second(piece, end)

    def _add_repeated(self, piece: str) -> str:
        """Add a piece that begins with all of the text so far."""
        size, scan, mode = self.size, self._scanned(), self._mode
        if scan is not None and not scan.is_complete:
            if scan.expects_value and not mode.is_cumulative:
                if mode.is_cumulative is False:
                    return self._append(piece)
                self._doubtful = piece
                return ""
            mode.is_cumulative = True
        elif begins_object(piece[size : size + 64]):
            return self._add_second(piece, size)
        return self._append(piece[size:]) if piece[size:].strip() else ""

    def _decide(self, following: str | None) -> None:
        """Add the doubtful piece, by what follows it: all of the text again, or a fragment."""
        piece, self._doubtful = self._doubtful or "", None
        candidate = piece if following is None else following
        is_cumulative = candidate.startswith(piece) and _is_one_object(
            candidate, must_end=following is None
        )
        self._mode.is_cumulative = is_cumulative
        self._append(piece[self.size :] if is_cumulative else piece)

    def _add_second(self, piece: str, start: int = 0) -> str:
        """Add what follows the complete object: repetitions of it, another version, or a rest."""
        repetitions = 0
        while match := _OBJECT_AHEAD.match(piece, start):
            repetitions += 1
            if repetitions > MAX_REPETITIONS:
                fail(FailureClass.PROTOCOL, "repeated the arguments of a tool call too often")
            start = match.start(1)
            end = ObjectScan().feed(piece, start)
            second = piece[start:end]
            if end is not None and self.equals(second):
                start = end
                continue
            if self.is_placeholder():
                return self._restart(piece[start:])
            if end is not None and second[1:-1].isspace() | (second == EMPTY):
                start = end  # a placeholder, late
                continue
            if end is None or not is_later(self._text(), second):
                return piece[start:]
            if self._sent:
                fail(FailureClass.PROTOCOL, "sent the arguments of a tool call in two versions")
            return self._restart(piece[start:])
        self._keep(piece[start:].strip(), is_scanned=True)
        return ""

    def _restart(self, piece: str) -> str:
        self._blocks, self._pieces, self._unscanned = [], [], []
        self.size, self._is_blank = 0, True
        return self._append(piece)

    # -------------------------------------------------------------- passing on

    def take_ready(self) -> str:
        """Return text that nothing can replace any more and was not returned before."""
        if self._scan is None or (self._sent == 0 and self._may_be_whole()):
            return ""
        return self._take()

    def take_all(self) -> str:
        """Return the rest, normalised; see `as_object`."""
        if self._doubtful is not None:
            self._decide(None)
        if self._sent or self._scan is not None:
            return self._take()
        text, self._sent = as_object(self._text()), self.size
        return text if self.size else ""

    def _take(self) -> str:
        if self._sent == self.size:
            return ""
        # Usually the last piece is all that is new.
        is_last = self._sent + len(self._pieces[-1]) == self.size
        text = self._pieces[-1] if is_last else self._text()[self._sent :]
        self._sent = self.size
        return text

    def _may_be_whole(self) -> bool:
        return self._pieces[-1].rstrip().endswith("}") and self.is_complete

    # -------------------------------------------------------------- the text

    def _keep(self, piece: str, *, is_scanned: bool = False) -> None:
        if piece:
            self._pieces.append(piece)
            self.size += len(piece)
            if not is_scanned and self._scan is not None:
                self._unscanned.append(piece)
            if len(self._pieces) > _JOIN_AT:
                self._join()

    def _join(self) -> None:
        """Join all pieces but the last one to a block."""
        *pieces, last = self._pieces
        self._blocks.append("".join(pieces))
        self._pieces = [last]
        self._scanned()  # it needs no pieces then

    def _text(self) -> str:
        if self._blocks or len(self._pieces) > 1:
            self._pieces = ["".join([*self._blocks, *self._pieces])]
            self._blocks = []
        return self._pieces[0] if self._pieces else ""

    def _scanned(self) -> ObjectScan | None:
        """Return the scan of all text so far, None if it begins no object."""
        scan, pieces = self._scan, self._unscanned
        if scan is not None and pieces:
            self._unscanned = []
            for piece in pieces:
                if not scan.is_complete:
                    scan.feed(piece)
        return scan

    def _is_repeated_by(self, piece: str) -> bool:
        return 0 < self.size <= len(piece) and piece.startswith(self._text())

    def __repr__(self) -> str:
        return f"<Arguments of {self.size} characters, {self._sent} sent>"


def _is_one_object(text: str, *, must_end: bool) -> bool:
    """Return whether `text` is the beginning of one object, or with `must_end` all of it."""
    scan = ObjectScan()
    end = scan.feed(text)
    return not must_end if end is None else not text[end:].strip()
