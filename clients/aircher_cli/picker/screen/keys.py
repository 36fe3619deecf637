"""The keys of the picker: one table for the bindings, the foot of the screen and the help.

Letters are no commands, since typing filters. Not used: Ctrl-S and Ctrl-Q (flow control); Ctrl-I,
-M, -J, -H and -[ (the same bytes as Tab, Enter, Backspace and Esc); Ctrl-A and Ctrl-B (the prefixes
of screen and tmux).
"""

from dataclasses import dataclass

from aircher_cli.render.marks import Mark

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from textual import events


@dataclass(frozen=True)
class Key:
    """A key or several with the same effect.

    Attributes:
        presses: The names that Textual gives to them.
        action: What it does; a method `do_ACTION` of `PickerApp`.
        label: How the foot calls the key.
        word: What the foot says about it; empty if it is not shown there.
        name: How the help calls the keys.
        about: What the help says about it.
    """

    presses: tuple[str, ...]
    action: str
    label: str
    word: str
    name: str
    about: str


KEYS: tuple[Key, ...] = (
    Key(("enter",), "choose", "Enter", "choose", "Enter", "choose the model"),
    Key(
        ("escape",),
        "back",
        "Esc",
        "leave",
        "Esc",
        "clear the filter; without a filter, leave and change nothing",
    ),
    Key(("ctrl+l",), "sign_in", "^L", "sign in", "Ctrl-L", "sign in, or unlock all keys"),
    Key(
        ("ctrl+x",),
        "clear_cooldowns",
        "^X",
        "end cooldown",
        "Ctrl-X",
        "end the cooldowns of the provider now",
    ),
    Key(
        ("ctrl+t",),
        "test",
        "^T",
        "test",
        "Ctrl-T",
        "check the keys of the provider now, free of charge",
    ),
    Key(
        ("ctrl+f",),
        "favourite",
        "^F",
        "favourite",
        "Ctrl-F",
        "make the model a favourite, or no longer",
    ),
    Key(
        ("ctrl+e",),
        "toggle_all",
        "^E",
        "all models",
        "Ctrl-E",
        "show everything, or fold old models and providers that are not signed in",
    ),
    Key(
        ("ctrl+o",),
        "sort",
        "^O",
        "sort",
        "Ctrl-O",
        "sort by the best, price, context window or speed",
    ),
    Key(
        ("tab",), "details", "Tab", "details", "Tab", "show everything about the model, or the list"
    ),
    Key(("ctrl+y",), "copy", "^Y", "copy", "Ctrl-Y", "copy the name to the clipboard"),
    Key(("ctrl+r",), "refresh", "^R", "refresh", "Ctrl-R", "fetch the lists of models again"),
    Key(
        ("ctrl+d",),
        "sign_out",
        "^D",
        "sign out",
        "Ctrl-D",
        "sign out of the provider; you are asked first",
    ),
    Key(("ctrl+g", "f1"), "help", "^G", "help", "Ctrl-G, F1", "show this help"),
)
"""Commands, in the order in which the foot drops them from the end; the last one is kept."""

KEY_NAMES: dict[str, str] = {key.action: key.name for key in KEYS}
"""Action -> how texts call its key."""
KEY_NAMES["unlock"] = KEY_NAMES["sign_in"]  # no key can be stored until all are unlocked

MOVES: dict[str, str] = {
    "up": "up",
    "ctrl+p": "up",
    "down": "down",
    "ctrl+n": "down",
    "pageup": "page_up",
    "pagedown": "page_down",
    "home": "first",
    "end": "last",
}
"""Key -> movement of the selection."""

EDITS: dict[str, str] = {
    "backspace": "delete_left",
    "ctrl+h": "delete_left",
    "delete": "delete_right",
    "left": "cursor_left",
    "right": "cursor_right",
    "ctrl+w": "delete_word",
    "ctrl+backspace": "delete_word",
    "alt+backspace": "delete_word",
    "ctrl+u": "clear_query",
}
"""Key -> change of the filter."""

OTHER_HELP: tuple[tuple[str, str], ...] = (
    ("Up, Down", "move the selection; also Ctrl-P and Ctrl-N"),
    ("PgUp, PgDn", "move by a page"),
    ("Home, End", "go to the first or last model"),
    ("letters", "filter by name, provider and ability; several words must all match"),
    ("Ctrl-W, Ctrl-U", "delete a word of the filter, or all of it"),
    ("Ctrl-C", "leave at once"),
    ("Ctrl-Z", "suspend; fg in the shell comes back"),
)
"""What the help says about keys without an entry in `KEYS`."""

_COOLING = frozenset({Mark.COOLING, Mark.UNREACHABLE, Mark.NO_CREDIT})
_SIGNED_OUT = frozenset({Mark.NOT_CONFIGURED, Mark.LOCAL, Mark.STOPPED})


def is_typed(event: "events.Key") -> bool:
    """Tell whether a key stands for a character, which keys with Alt do not."""
    return event.is_printable and bool(event.character) and not event.key.startswith("alt+")


def foot_keys(
    mark: Mark | None, width: int, rows: int, *, has_query: bool, is_locked: bool = False
) -> list[list[Key]]:
    """Return the keys for each line of the foot: those for the state of the selected line.

    As many as fit; the last key, help, is always there.
    """
    fitting = [key for key in KEYS[:-1] if _applies(key, mark)]
    help_key = KEYS[-1]
    while True:
        lines = _broken([*fitting, help_key], width, has_query=has_query, is_locked=is_locked)
        if len(lines) <= rows or not fitting:
            return lines[: max(rows, 0)]
        fitting.pop()


def foot_word(key: Key, *, has_query: bool, is_locked: bool = False) -> str:
    """Return what the foot says about a key: Esc clears a filter before it leaves.

    While all keys are locked, that for signing in unlocks them.
    """
    if is_locked and key.action == "sign_in":
        return "unlock"
    return "clear" if key.action == "back" and has_query else key.word


def _applies(key: Key, mark: Mark | None) -> bool:
    if key.action == "clear_cooldowns":
        return mark in _COOLING
    if key.action == "sign_out":
        return mark is not None and mark not in _SIGNED_OUT
    return True


def _broken(keys: list[Key], width: int, *, has_query: bool, is_locked: bool) -> list[list[Key]]:
    """Break keys into lines."""
    lines: list[list[Key]] = [[]]
    used = 0
    for key in keys:
        size = len(key.label) + 1 + len(foot_word(key, has_query=has_query, is_locked=is_locked))
        if lines[-1] and used + 2 + size > width - 2:
            lines.append([])
            used = 0
        lines[-1].append(key)
        used += size + 2 * (len(lines[-1]) > 1)
    return lines
