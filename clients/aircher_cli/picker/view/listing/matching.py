"""Matches what the user types against names: parts anywhere, in any order.

The query is split at spaces, and every word has to match. A word matches, from best to worst:

    the whole name          `gpt-4.1`       openai/gpt-4.1
    the whole provider      `work`          work/gpt-4.1, before openrouter/fireworks
    a run at a word start   `son`           anthropic/claude-sonnet-5
    a run without the       `gpt4`          openai/gpt-4.1
    separators
    a run inside a word     `net`           anthropic/claude-sonnet-5
    a run with a typo       `gtp4`          openai/gpt-4.1
    letters in order        `z41`           zed/gpt-4.1

Vendors write the same version as 4.5 and 4-5, so all separators but the slash are the same. Among
runs at a word start, those that end with a word come first (`mini` is no `minimax`), and those that
begin a name. If a version was typed, names with the words next to each other come first: `gpt 5
mini` means gpt-5-mini. Without one the newest model is meant: `gemini pro` is not gemini-pro.

Typos and letters in order match too much to be useful where there is any better match, so callers
ask for them only if there is none.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from aircher_cli.picker.view.listing.typing_errors import near_words

WHOLE = 900
WHOLE_SQUEEZED = 890
"""The whole name but for its separators: `gpt 4o` for gpt-4o."""
PROVIDER = 850
WORD_START = 800
SQUEEZED = 700
"""At a word start; elsewhere it counts as `INSIDE`."""
INSIDE = 600
TITLE = 400
"""The score of a match in the display name."""
ABOUT = 300
"""The score of a match in what is known about a model, such as an ability."""
TYPO = 200
"""The score of a match but for one typing error."""
LETTERS = 100
"""The best score of letters in order; each gap costs points."""

# Added to the score of a match, and too little to lift it to that of a better kind.
WORD_END = 20
PART_START = 12
VERSION_END = 12
"""For `sonnet 5`, which means claude-sonnet-5 rather than claude-sonnet-5-5."""
AS_TYPED = 10

MAX_CORRECTIONS = 20

MAX_QUERY = 100
"""Characters of a query that count: more would be a pasted text."""

_SEPARATORS = re.compile(r"[\W_]+")
_WORD_START = re.compile(r"(?:(?<![^\W_])|(?<=\d)(?=\D)|(?<=\D)(?=\d))(?=[^\W_])")
_DIGIT = re.compile(r"\d")
_MARK = "\0"
_NO_SEPARATORS = {code: None for code in range(128) if not chr(code).isalnum()}
_SAME_SEPARATORS = str.maketrans("._:@", "----")
_PIECES = re.compile(r"[^\W\d_]+|[\W\d_]+")


class Match(NamedTuple):
    """How well a text matches, larger is better, and which characters matched."""

    score: int
    positions: tuple[int, ...]


class Searchable(NamedTuple):
    """What can be found of one row, in lower case and with the same separators.

    `marked` is the name with a mark at each start of a word, which makes the search for one as fast
    as any other; `squeezed` is the name without separators.
    """

    name: str
    marked: str
    squeezed: str
    title: str
    about: str


def searchable(name: str, title: str = "", about: str = "") -> Searchable:
    """Return the texts of a row, prepared for `Query.score`."""
    lower = _plain(name)
    # For ASCII text, `translate` takes a fifth of the time of the pattern.
    squeezed = lower.translate(_NO_SEPARATORS) if lower.isascii() else _SEPARATORS.sub("", lower)
    return Searchable(lower, _marked(lower), squeezed, _plain(title), _marked_about(about))


@lru_cache(maxsize=256)
def _marked_about(text: str) -> str:
    """Mark what is known about a model: thousands of models have few different abilities."""
    return _marked(_lower(text))


def _marked(text: str) -> str:
    return _WORD_START.sub(_MARK, text)


def _squeezed(text: str) -> str:
    """Return a text without its separators."""
    return _SEPARATORS.sub("", text)


def _plain(text: str) -> str:
    """Return `text` in lower case with the same separators; the number of characters stays."""
    return _lower(text).translate(_SAME_SEPARATORS)


def _lower(text: str) -> str:
    """Return `text` in lower case with the same number of characters."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(low if len(low := each.lower()) == 1 else each for each in text)


class _Word:
    """One word of a query, with its patterns compiled."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.squeezed = _squeezed(text) or text
        self.marked = _MARK + _marked(text).removeprefix(_MARK)
        self.first_part, self.last_part = f"{text}/", f"/{text}"
        self._at_part_start = f"/{self.marked}"
        self._at_word_end = tuple(f"{self.marked}{end}" for end in (_MARK, "-", "/"))
        self._pattern: re.Pattern[str] | None = None
        self._letters: re.Pattern[str] | None = None

    def score(self, row: Searchable) -> int:
        """Return how well a row matches; 0 if it does not, or only by letters in order."""
        if self.text in row.name:
            return self._run_score(row)
        if self.squeezed in row.squeezed:
            found = self._loose().search(row.marked)
            return SQUEEZED + _part_start(row.marked, found.start()) if found else INSIDE
        if self.text in row.title:
            return TITLE
        return ABOUT if self.marked in row.about else 0

    def _run_score(self, row: Searchable) -> int:
        """Return the score of a row whose name has the word."""
        if self.marked not in row.marked:
            return INSIDE
        if row.name == self.text or row.name.endswith(self.last_part):
            return WHOLE
        if row.name.startswith(self.first_part):
            return PROVIDER
        return WORD_START + self._closeness(row.marked)

    def _closeness(self, name: str) -> int:
        """Return what is added for the places of the word in a name with marks.

        Written without a loop: one letter may match thousands of rows.
        """
        one, two, three = self._at_word_end
        ends = name.endswith(self.marked) or one in name or two in name or three in name
        starts = name.startswith(self.marked) or self._at_part_start in name
        return WORD_END * ends + PART_START * starts

    def _loose(self) -> re.Pattern[str]:
        """Return the pattern of the word at a word start, with separators between its letters."""
        if self._pattern is None:
            self._pattern = re.compile(_MARK + r"[\W_]*".join(map(re.escape, self.squeezed)))
        return self._pattern

    def _letters_pattern(self) -> re.Pattern[str]:
        """Return the pattern of the letters in order, with anything between them."""
        if self._letters is None:
            # Possessive: a failed match costs the length of the name once.
            letters = [re.escape(letter) for letter in self.text]
            pattern = "".join(f"[^{each}]*+{each}" for each in letters)
            self._letters = re.compile(pattern, re.DOTALL)
        return self._letters

    def letters_score(self, row: Searchable) -> int:
        """Return the score of letters in order; 0 if they are not there."""
        positions = self.find_letters(row.name)
        if positions is None:
            return 0
        gaps = sum(after - before > 1 for before, after in pairwise(positions))
        inside = sum(not _is_start(row.name, at) for at in _run_starts(positions))
        return max(1, LETTERS - 5 * gaps - 10 * inside - min(20, positions[-1] - positions[0]))

    def find_letters(self, name: str) -> list[int] | None:
        """Return where the letters are, in order and close together; None if they are not there."""
        if self._letters_pattern().match(name) is None:
            return None
        at = -1
        for letter in self.text:
            at = name.index(letter, at + 1)
        # Backwards from the earliest end, each letter as late as possible: the tightest fit there.
        positions, end = [], at + 1
        for letter in reversed(self.text):
            end = name.rindex(letter, 0, end)
            positions.append(end)
        return positions[::-1]

    def positions(self, name: str) -> list[int]:
        """Return the characters of a name that match, for highlighting."""
        if (at := self._find_run(name)) >= 0:
            return list(range(at, at + len(self.text)))
        if (run := _find_squeezed(self.squeezed, name)) is not None:
            return run
        return self.find_letters(name) or []

    def _find_run(self, name: str) -> int:
        """Return where the word is, at the start of a word if possible; -1 if nowhere."""
        marked = _marked(name)
        at = marked.find(self.marked)
        return at - marked.count(_MARK, 0, at) if at >= 0 else name.find(self.text)


class Query:
    """What the user typed, prepared for thousands of rows."""

    def __init__(self, text: str) -> None:
        words = dict.fromkeys(_plain(text[:MAX_QUERY]).split())
        # The longest word excludes most rows, so it comes first.
        self._words = [_Word(each) for each in sorted(words, key=len, reverse=True)]
        joined = "".join(map(_squeezed, words))
        self._version = joined if _DIGIT.search(joined) else ""

    def __bool__(self) -> bool:
        return bool(self._words)

    def close_scores(self, rows: Sequence[Searchable]) -> list[tuple[int, int]]:
        """Return (score, index) of the rows that match without a typo or a gap."""
        if len(self._words) == 1 and not self._version:
            score = self._words[0].score
            return [(found, at) for at, row in enumerate(rows) if (found := score(row))]
        return [(found, at) for at, row in enumerate(rows) if (found := self._close_score(row))]

    def corrected_scores(
        self, rows: Sequence[Searchable], known: Collection[str]
    ) -> list[tuple[int, int]]:
        """Return (score, index) of the rows that match if one letter of a word may be wrong.

        Meant for rows of which none matched better; `known` are their `known_words`.
        """
        words = [(word, _corrections(word.text, known)) for word in self._words]
        if not any(corrected for _, corrected in words):
            return []
        found = []
        for at, row in enumerate(rows):
            scores = [word.score(row) or _corrected_score(each, row) for word, each in words]
            if all(scores):
                found.append((min(sum(scores) // len(scores), TYPO + WORD_END), at))
        return found

    def letters_scores(self, rows: Sequence[Searchable]) -> list[tuple[int, int]]:
        """Return (score, index) of the rows that match if letters in order count too.

        Meant for rows of which none matched better.
        """
        if len(self._words) == 1:
            score = self._words[0].letters_score
            return [(found, at) for at, row in enumerate(rows) if (found := score(row))]
        return [(found, at) for at, row in enumerate(rows) if (found := self.score(row))]

    def _close_score(self, row: Searchable) -> int:
        total = 0
        for word in self._words:
            score = word.score(row)
            if not score:
                return 0
            total += score
        score = total // len(self._words)
        if self._version and self._version in row.squeezed:
            return self._with_order(score, row)
        return score

    def _with_order(self, score: int, row: Searchable) -> int:
        """Return the score of a row that has the words next to each other, as typed."""
        if score >= WHOLE_SQUEEZED:
            return score
        if row.squeezed.endswith(self._version):
            if _squeezed(row.name.rpartition("/")[2]) == self._version:
                return WHOLE_SQUEEZED
            if self._version[-1].isdigit():
                return score + VERSION_END
        return score + AS_TYPED if self._words[1:] else score

    def score(self, row: Searchable) -> int:
        """Return how well a row matches; 0 if it does not."""
        total = 0
        for word in self._words:
            score = word.score(row) or word.letters_score(row)
            if not score:
                return 0
            total += score
        return total // len(self._words) if self._words else 0

    def is_word(self, name: str) -> bool:
        """Tell whether one of the words is exactly this name, or this name and a slash."""
        lower = _plain(name)
        return any(word.text in {lower, f"{lower}/"} for word in self._words)

    def positions(self, name: str) -> tuple[int, ...]:
        """Return the characters of a name that match, in order, for highlighting."""
        lower = _plain(name)
        return tuple(sorted({at for word in self._words for at in word.positions(lower)}))


def is_close(score: int) -> bool:
    """Tell whether a match is better than letters in order."""
    return score > LETTERS


def _part_start(name: str, at: int) -> int:
    """Return what is added for a match at the beginning of a name, or after a slash."""
    return PART_START if at == 0 or name[at - 1] == "/" else 0


# ------------------------------------------------------------------ typing errors


def known_words(rows: Iterable[Searchable]) -> set[str]:
    """Return the words of letters in the names and abilities of all rows."""
    texts = dict.fromkeys(text for row in rows for text in (row.marked, row.about))
    return {piece for text in texts for piece in _PIECES.findall(text) if piece.isalpha()}


def _corrections(text: str, known: Collection[str]) -> list[_Word]:
    """Return what a word with one typing error may mean: known words, or how they begin."""
    found: dict[str, None] = {}
    for piece in _PIECES.finditer(text):
        before, after = text[: piece.start()], text[piece.end() :]
        for meant in sorted(near_words(piece.group(), known)):
            found[f"{before}{meant}{after}"] = None
    return [_Word(each) for each in list(found)[:MAX_CORRECTIONS]]


def _corrected_score(words: Sequence[_Word], row: Searchable) -> int:
    """Return the score of the best of the corrected words at a word start; 0 without any."""
    best = max((word.score(row) for word in words), default=0)
    if best >= SQUEEZED:
        return TYPO + (best - SQUEEZED) // 10
    return TYPO if best == ABOUT else 0


def match(query: str, text: str) -> Match | None:
    """Match a query against one text; None if a word of it is not found.

    An empty query matches everything with the score 0.
    """
    prepared = Query(query)
    if not prepared:
        return Match(0, ())
    score = prepared.score(searchable(text))
    return Match(score, prepared.positions(text)) if score else None


def _is_start(name: str, at: int) -> bool:
    """Tell whether a word starts at `at`: after a separator, or between a letter and a digit."""
    if at == 0:
        return True
    before, here = name[at - 1], name[at]
    return not before.isalnum() or before.isdigit() != here.isdigit()


def _run_starts(positions: list[int]) -> list[int]:
    return [at for before, at in zip([-2, *positions], positions, strict=False) if at != before + 1]


def _find_squeezed(word: str, name: str) -> list[int] | None:
    """Return where a run is in a name whose separators are ignored."""
    kept = [at for at, each in enumerate(name) if not _SEPARATORS.match(each)]
    start = "".join(name[at] for at in kept).find(word)
    return kept[start : start + len(word)] if start >= 0 else None
