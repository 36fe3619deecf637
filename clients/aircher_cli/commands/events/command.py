"""`aircher-cli events`: prints events, one per line, until Ctrl-C; or what happened before."""

import argparse
import time

from aircher_cli.commands.events.gap import Heard, is_cut
from aircher_cli.commands.events.history import (
    ALL,
    FAILED,
    as_events,
    headline,
    is_listed,
    matches,
    notes,
    read_params,
)
from aircher_cli.commands.inputs.time_input import TIME_FORMATS
from aircher_cli.context import Context
from aircher_cli.exit_codes import INTERRUPTED, OK, UsageError
from aircher_cli.parser import PROGRAM, Parser, add_json, make_parser, non_empty_name
from aircher_cli.registry import suggest
from aircher_cli.render.events import PAST, attempt_lines, event_line, event_style
from aircher_cli.render.formatting import count
from aircher_cli.render.layout import paragraph
from aircher_cli.values import Map, records, text
from aircher_cli.watching.link import GONE, Link, is_loss
from aircher_cli.watching.loop import wait_for_events
from aircher_client import ClientError
from aircher_wire import methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

EXAMPLES = """
aircher-cli events
aircher-cli events --topic auth --topic provider
aircher-cli events --since 1h
aircher-cli events --since today --provider openai --outcome all
aircher-cli events --since 1h --follow
aircher-cli events --json | jq -c 'select(.topic == "attempt")'
"""

DESCRIPTION = """\
Print events as they happen, one per line, until you press Ctrl-C. After a restart of the daemon
they go on. With --since, print the attempts in the ledger instead: those that failed, and what
answered then. A request for which no provider was asked, as after a limit, is no attempt."""

MAX_WAIT = 3600.0
"""Seconds; only events and the end of the output matter."""
MAX_LIMIT = 1000
"""The most rows that the daemon returns."""


def build_parser() -> Parser:
    """Return the parser of `events`."""
    parser = make_parser("events", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add(
        "--topic",
        action="append",
        choices=methods.TOPICS,
        metavar="TOPIC",
        help=f"only this topic; repeatable: {', '.join(methods.TOPICS)}",
    )
    add("--since", metavar="WHEN", help=f"show what happened before: {TIME_FORMATS}")
    add("--until", metavar="WHEN", help="likewise; a day is included entirely")
    add("--provider", type=non_empty_name, metavar="NAME", help="only this provider")
    outcome_help = "only attempts that ended so: failed, all, or one such as timeout or ok"
    add("--outcome", type=_outcome, metavar="WHAT", help=outcome_help)
    limit_help = f"the newest N attempts, at most {MAX_LIMIT:,} (default: 200)"
    add("--limit", type=_limit, default=200, metavar="N", help=limit_help)
    add("--follow", action="store_true", help="after that, go on with events as they happen")
    add_json(parser, "one JSON object per line")
    return parser


def _outcome(typed: str) -> str:
    """Accept the outcome of an attempt, or a word for several."""
    known = [FAILED, ALL, *PAST]
    if typed not in known:
        meant = suggest(typed, known)
        raise argparse.ArgumentTypeError(f"must be one of {', '.join(known)}{meant}")
    return typed


def _limit(typed: str) -> int:
    if not typed.isdecimal() or not 1 <= int(typed) <= MAX_LIMIT:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to {MAX_LIMIT}")
    return int(typed)


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the history, if there is a period, and events until Ctrl-C, if there is none.

    Raises:
        UsageError: options exclude each other.
        DaemonError: the ledger cannot be read.
        DaemonUnreachable: there is no daemon to begin with.
    """
    _check(options)
    if options.since is not None and not options.follow:
        with context.connect() as client:
            _print_history(context, options, client.call)
        return OK
    try:
        _run_live(context, options)
    except KeyboardInterrupt:
        # The usual end: with --json it is no error that a script would want to read.
        return INTERRUPTED


def _run_live(context: Context, options: argparse.Namespace) -> "NoReturn":
    """Print events until Ctrl-C; the history of a period before them."""
    if options.since is None:
        link = _open(context, options)
        _say_live(context, options)
        _follow(context, link, options)
    # Subscribed first, so that nothing is missed in between.
    link = _open(context, options)
    assert link.client is not None
    listed = _print_history(context, options, link.client.call)
    for event in link.client.take_events():
        if not is_listed(event, listed):
            _print(context, event, options)
    _say_live(context, options)
    _follow(context, link, options)


def _say_live(context: Context, options: argparse.Namespace) -> None:
    """Tell a person what is waited for: nothing may happen for hours."""
    if context.console.is_terminal and not options.json:
        context.console.note("live; Ctrl-C leaves")


def _check(options: argparse.Namespace) -> None:
    if options.since is None:
        for name in ("until", "follow"):
            if getattr(options, name):
                raise UsageError(f"--{name}: needs --since", "aircher-cli events --help")
    elif options.follow and options.until is not None:
        raise UsageError("--follow: goes on from now, so there is no --until")
    elif options.topic and not options.follow and "attempt" not in options.topic:
        raise UsageError("--since: only attempts are kept; other topics need --follow")


def _open(context: Context, options: argparse.Namespace) -> Link:
    """Subscribe; a filter by outcome without a topic is about attempts only."""
    if options.topic:
        link = Link(context, options.topic, optional=())
    else:
        link = Link(context, ("attempt",) if options.outcome else methods.TOPICS)
    link.open()
    return link


def _print_history(
    context: Context, options: argparse.Namespace, call: "Callable[..., Map]"
) -> list[Map]:
    """Print the attempts of the period, and return them."""
    now, console = time.time(), context.console
    params = read_params(options, now)
    listed = call(methods.ATTEMPTS_LIST, params)
    rows = records(listed.get("rows"))
    if options.json:
        for event in as_events(listed):
            console.json(event)
    else:
        has_more = bool(listed.get("more"))
        title = headline(params, rows, has_more=has_more)
        lines = paragraph(title, console.width, style="dim" if rows else "")
        clients = max((len(text(row.get("client"))) for row in rows), default=0)
        has_next = options.outcome == ALL  # what answered then has a line of its own
        for row in rows:
            shown = {**row, "then": None} if has_next else row
            lines += attempt_lines(shown, now, console.width, clients=clients)
        for line in lines:
            console.styled(line)
        if has_more:
            console.note(f"{PROGRAM}: there are older ones: see --limit and --until")
    for note in notes(listed):
        console.note(f"{PROGRAM}: {note}")
    return rows


def _follow(context: Context, link: Link, options: argparse.Namespace) -> "NoReturn":
    """Print events until Ctrl-C, also those of later daemons."""
    heard = Heard(time.time())
    try:
        while True:
            try:
                for event in _wait(context, link):
                    if heard.add(event):
                        _print(context, event, options)
                continue
            except ClientError as error:
                if not is_loss(error):
                    raise
            _reconnect(context, link, options, heard)
    finally:
        link.close()


def _wait(context: Context, link: Link) -> list[Map]:
    """Wait for events, and return them.

    Raises:
        OutputClosed: the reader is gone. The next event may come in hours.
        ClientError: the daemon is gone.
    """
    client = link.client
    assert client is not None
    if not client.has_events:
        wait_for_events(client.fileno(), context.console.fileno(), MAX_WAIT)
    return client.take_events()


def _reconnect(context: Context, link: Link, options: argparse.Namespace, heard: Heard) -> None:
    """Wait for the next daemon, and print the attempts of the meantime that the ledger has.

    A script has to know of the gap, because events of other topics were missed.
    """
    context.console.note(f"{PROGRAM}: {GONE}")
    link.drop()
    lost_at = heard.note_loss(time.time())
    link.wait_reopened()
    missed, said = list[Map](), ""
    if options.topic is None or "attempt" in options.topic:
        try:
            missed, said = _missed(link, options, heard, lost_at)
        except ClientError as error:
            said = f"; attempts meanwhile cannot be read: {error.message}"
    context.console.note(f"{PROGRAM}: the daemon is back{said}")
    for event in missed:
        _print(context, event, options)
    if options.json:
        context.console.json({"topic": "reconnected", "at": round(time.time(), 3)})


def _missed(
    link: Link, options: argparse.Namespace, heard: Heard, lost_at: float
) -> tuple[list[Map], str]:
    """Return the attempts of the ledger that no event reported, as events, and what to say."""
    assert link.client is not None
    listed = link.client.call(methods.ATTEMPTS_LIST, heard.read_params())
    events = heard.take_missed(records(listed.get("rows")), lost_at)
    missed = [event for event in events if _is_selected(event, options)]
    said = f"; what the ledger has of the meantime: {count(len(missed), 'attempt')}"
    if is_cut(listed, lost_at):
        return missed, f"{said}, and older ones, which '{PROGRAM} events --since' prints"
    return missed, said if missed else ""


def _print(context: Context, event: Map, options: argparse.Namespace) -> None:
    """Print an event that the options select."""
    if not _is_selected(event, options):
        return
    if options.json:
        context.console.json(event)
    else:
        context.console.line(event_line(event, time.time()), event_style(event))


def _is_selected(event: Map, options: argparse.Namespace) -> bool:
    outcome = options.outcome or (FAILED if options.since is not None else None)
    return matches(event, options.provider, outcome)
