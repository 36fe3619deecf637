"""The list of models as sentences, for a screen reader: no columns, no symbols, no colours."""

from collections.abc import Iterator, Mapping, Sequence

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.here import model_of_folder
from aircher_cli.picker.view.listing.rows import Group, Row
from aircher_cli.picker.view.sign_in.first_steps import first_steps, lost_keys, needs_first_steps
from aircher_cli.picker.view.sign_in.old_files import old_files
from aircher_cli.picker.view.states.live_states import explain_link
from aircher_cli.picker.view.states.table import State
from aircher_cli.render.config.problems import NOTHING_IN_USE
from aircher_cli.render.formatting import count, relative_time
from aircher_cli.render.marks import Mark
from aircher_cli.values import as_map, text

MAX_LISTED = 40
"""Rows that are read out at once."""

MORE = "+"
"""What the user types to go on in a list."""

ALL = "*"
"""What the user types to list what is folded."""

PROMPT = f"A number, a name, or a part of one to search; {ALL} lists all models; Enter leaves:"
ABOUT_PRICES = "Prices are for a million tokens."
ABOUT_OTHERS = (
    "This list chooses and signs in; to check a key: aircher-cli auth test; to sign out: "
    "aircher-cli auth logout; to end a cooldown: aircher-cli cooldowns clear."
)


def list_lines(groups: Sequence[Group], start: int = 0) -> list[str]:
    """Return the lines of the list, from the row at index `start` on.

    Rows are numbered from 1 over all groups. A group is named before its first row that is listed.
    """
    lines: list[str] = []
    number, end = 0, start + MAX_LISTED
    for group in groups:
        first, number = number, number + len(group.rows)
        shown = group.rows[max(0, start - first) : max(0, end - first)]
        if shown or (not group.rows and start <= first < end):
            lines.append(_heading(group))
        at = max(first, start) + 1
        lines += [f"{at + n}. {row_text(row, group.mark)}" for n, row in enumerate(shown)]
    if number > end:
        left = count(number - end, "more model")
        lines.append(f"And {left}: {MORE} goes on, or search for a part of the name.")
    return lines


def _heading(group: Group) -> str:
    """Return a heading; of a provider that cannot answer with the reason."""
    words = [group.title]
    if group.mark is not None:
        words.append(group.mark.word)
    if group.why and group.mark not in _OBVIOUS:
        words.append(group.why)
    if group.folded:
        words.append(f"{count(group.folded, 'more model' if group.rows else 'model')} not listed")
    return f"{', '.join(words)}{':' if group.rows else '.'}"


_OBVIOUS = (Mark.NOT_CONFIGURED, Mark.STOPPED)
"""States whose word says it all."""


def row_text(row: Row, known: Mark | None = None) -> str:
    """Return one row: its name, state, price in words, and what is special about it.

    The state is left out if it is the one that is `known` from the heading.
    """
    parts = [row.name]
    if row.kind == "alias":
        parts.append(f"alias of {row.provider}/{row.model}")
    if row.mark is not known:
        parts.append(row.mark.word)
    parts.append(price_text(row))
    if row.left:
        parts.append(
            f"{row.left} of the limit left" if row.mark.answers else f"ready again {row.left}"
        )
    if row.is_default:
        parts.append("the default")
    if row.is_favourite:
        parts.append("a favourite")
    if not row.chats:
        parts.append("does not chat")
    return ", ".join(parts)


def price_text(row: Row) -> str:
    """Return the price in words, since `$` and `/` are read out in many ways."""
    if row.price == "free":
        return "free"
    if not row.price_key:
        return "price unknown"
    _, into, out = row.price_key
    return f"{_dollars(into)} in, {_dollars(out)} out"


def _dollars(amount: float) -> str:
    return f"{amount:g} dollar{'' if amount == 1 else 's'}"


def opening_lines(view: DaemonView, title: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what comes before the list: its title, the default, and what to do if nothing answers.

    Args:
        view: What the daemon said.
        title: The first line.
        environ: The caller's environment, for the names of variables with keys.
    """
    yield title
    if link := explain_link(view):
        yield f"{link.why}."
    config = as_map(view.config)
    if config.get("in_use") == NOTHING_IN_USE:
        yield "The configuration is invalid, so no provider is asked: aircher-cli config check"
    yield f"The default is {view.default}." if view.default else "There is no default yet."
    if asked := model_of_folder(view.here, view.tasks, view.default):
        yield f"{asked[0].upper()}{asked[1:]}."
    if needs_first_steps(view):
        if lost := lost_keys(view.keys):
            yield f"{lost}."
        yield "No provider can answer yet. To start, use one of these:"
        for step in first_steps(view, environ, old_files(environ)):
            yield f"{step.title}: {step.command}" if step.command else f"{step.title}."
    yield ABOUT_PRICES
    yield ABOUT_OTHERS


def state_lines(provider: str, state: State, now: float) -> Iterator[str]:
    """Yield why a provider cannot answer now, until when, and what to do."""
    yield f"{provider} is {state.mark.word}: {state.why}."
    if state.until is not None and state.until > now:
        yield f"It is ready again {relative_time(state.until, now)}."
    if state.advice:
        yield f"What to do: {state.advice}"


def keys_page(view: DaemonView, provider: str) -> str:
    """Return where keys of a provider are created; empty if it is not known."""
    pages = (text(row.get("keys_page")) for row in view.keys if row.get("provider") == provider)
    return next(filter(None, pages), "")
