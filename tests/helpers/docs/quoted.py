"""The output that a page quotes below its commands, and what a command really printed.

What depends on the time or on the test is masked in both.
"""

import re
from collections.abc import Mapping, Sequence

from helpers.docs.blocks import blocks_of, read
from helpers.docs_commands import Ran

MASKS = {
    r"\s+": " ",
    r"checked (just now|.* ago) by": "checked by",
    r"; keys: \S+$": "",  # not shown for a server other than the vendor's, as the simulator is
    r"\$[\d.]+ (?=of |first |next )": "",  # depends on what was asked before
    r"after \d+ ms": "after some time",
    r"\$0\.50\+": "$0.50",  # a price of the reader's own has no second rate for long prompts
    r"resets (at|in|on|any) .*": "resets",  # other words near the end of a day
    r"\(process \d+, up \d+ s\)": "(process 1)",
}
"""What depends on the time or on the simulator -> what is compared."""

ONLY_ON_A_TERMINAL = ("Keys for ", "Key for ")


def quoted(page: str, more: Mapping[str, str] | None = None) -> dict[int, list[str]]:
    """Return the line of each command whose output the page quotes, and that output, masked."""
    found: dict[int, list[str]] = {}
    for block in blocks_of(read(page)):
        if block.language == "console":
            at = 0
            for number, line in enumerate(block.text.splitlines(), block.line):
                if line.startswith("$ "):
                    at = number
                elif at and not line.startswith(ONLY_ON_A_TERMINAL):
                    found.setdefault(at, []).append(masked(line, more))
    return found


def assert_quoted(page: str, ran: Sequence[Ran], more: Mapping[str, str] | None = None) -> None:
    """Fail unless each line that the page quotes of these commands is one that they printed.

    Args:
        page: The page that was run.
        ran: Its commands; at least one has quoted output.
        more: Patterns of what depends on the test -> what is compared, beside `MASKS`.
    """
    printed = {
        each.shown.line: [masked(line, more) for line in each.out.splitlines()] for each in ran
    }
    expected = {at: lines for at, lines in quoted(page, more).items() if at in printed}
    assert expected
    missing = {at: [x for x in lines if x not in printed[at]] for at, lines in expected.items()}
    assert {at: (x, printed[at]) for at, x in missing.items() if x} == {}


def masked(line: str, more: Mapping[str, str] | None = None) -> str:
    """Return a line without what depends on the time or on the test."""
    for pattern, text in {**MASKS, **(more or {})}.items():
        line = re.sub(pattern, text, line)
    return line.strip()
