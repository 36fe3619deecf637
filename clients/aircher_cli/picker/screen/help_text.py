"""The help of the picker: all keys, and what the symbols mean."""

from textwrap import wrap

from aircher_cli.picker.screen.columns import ABILITY_LETTERS, DEFAULT, FAVOURITE, TITLES
from aircher_cli.picker.screen.keys import KEYS, OTHER_HELP
from aircher_cli.render.layout import Line
from aircher_cli.render.marks import Mark

_GAP = 2

MARKS: tuple[tuple[Mark, str], ...] = (
    (Mark.READY, "signed in, and can answer now"),
    (Mark.UNCHECKED, "there is a key; it was not checked yet"),
    (Mark.LOCAL, "runs on this machine, or needs no key"),
    (Mark.STOPPED, "a local server that is not running"),
    (Mark.LIMITED, "one of your limits is used up"),
    (Mark.COOLING, "skipped for a while after a failure"),
    (Mark.NO_CREDIT, "the provider has no credit left for this key"),
    (Mark.UNREACHABLE, "the provider could not be reached"),
    (Mark.LOCKED, "its keyring or all keys are locked"),
    (Mark.UNREADABLE, "the command that prints its key failed"),
    (Mark.REJECTED, "the provider refused the key"),
    (Mark.INVALID, "the entry in the configuration is invalid"),
    (Mark.NOT_ALLOWED, "the configuration keeps it from this client"),
    (Mark.NOT_CONFIGURED, "no key is known: sign in with Ctrl-L"),
    (Mark.UNKNOWN, "not known yet"),
)

COLUMNS: tuple[tuple[str, str], ...] = (
    (TITLES["window"], "tokens of a prompt and its answer"),
    (TITLES["price"], "dollars for a million tokens of input and of output"),
    (TITLES["latency"], "seconds until recent answers began"),
    (TITLES["left"], "the smallest rest of your limits and of the provider's rate limit"),
    (TITLES["chain"], "which providers are tried next if the first one fails"),
)


def help_lines(width: int) -> list[Line]:
    """Return the help for a screen of this width."""
    keys = [(key.name, key.about) for key in KEYS]
    marks = [(f"{mark.symbol} {mark.word}", about) for mark, about in MARKS]
    flags = [(DEFAULT, "the default model, used without -m"), (FAVOURITE, "a favourite")]
    return [
        *([(line, "bold")] for line in wrap("Typing filters the list at once.", max(10, width))),
        [],
        *_table([*OTHER_HELP[:5], *keys, *OTHER_HELP[5:]], width),
        [],
        [("Symbols", "bold")],
        [],
        *_table([*marks, *flags], width),
        [],
        [("Columns", "bold")],
        [],
        *_table([*COLUMNS, (TITLES["letters"], _legend())], width),
    ]


def _legend() -> str:
    return ", ".join(f"{letter} {ability}" for ability, letter in ABILITY_LETTERS.items())


def _table(pairs: list[tuple[str, str]], width: int) -> list[Line]:
    """Return names and explanations in two columns; below each other if it is too narrow."""
    column = max(len(name) for name, _ in pairs) + _GAP
    lines: list[Line] = []
    for name, about in pairs:
        if width < column + 20:
            lines.append([(name, "bold")])
            lines += [[("  ", ""), (part, "")] for part in wrap(about, max(10, width - 2))]
            continue
        for at, part in enumerate(wrap(about, width - column)):
            lines.append([(f"{name if at == 0 else '':<{column}}", "bold"), (part, "")])
    return lines
