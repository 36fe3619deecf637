"""`aircher-cli confirm`: asks you what other clients may do only with your word."""

import argparse
import json
import os
import select
import termios
import time

from aircher_cli.console import is_terminal
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, UsageError
from aircher_cli.parser import Parser, add_json, make_parser, positive_int
from aircher_cli.render.formatting import format_duration
from aircher_cli.values import Map, as_map, number, records, text
from aircher_client.errors import DaemonError
from aircher_client.proof import call_with_proof
from aircher_wire import codes, methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aircher_client import Client

EXAMPLES = """
aircher-cli confirm
aircher-cli confirm --list
aircher-cli confirm 3 --allow
"""

DESCRIPTION = """\
Wait for the questions of clients that may do something only if you confirm it, and ask you each on
this terminal, until Ctrl-C. A notification of the desktop asks, too, if it can have buttons; the
first answer counts. A question without an answer in 30 seconds ('[protect] timeout') is refused,
and so is every one that neither could show. With a number, answer that question."""

MAX_LINE = 4096
YES = frozenset({"y", "yes"})


def build_parser() -> Parser:
    """Return the parser of `confirm`."""
    parser = make_parser("confirm", DESCRIPTION, EXAMPLES)
    parser.add_argument(
        "number", nargs="?", type=positive_int, metavar="NUMBER", help="only this question"
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--allow", action="store_true", help="answer yes")
    choice.add_argument("--deny", action="store_true", help="answer no")
    choice.add_argument("--list", action="store_true", help="print the questions that wait")
    add_json(parser, "print JSON: with --list once, else one object for each question and outcome")
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Answer one question, list them, or wait for them; returns only in the first two cases.

    Raises:
        UsageError: options that do not fit, or there is no terminal to ask on.
        DaemonError: the question is not there any more.
    """
    has_answer = options.allow or options.deny
    if has_answer != (options.number is not None):
        hint = "name the question and the answer: aircher-cli confirm NUMBER --allow"
        raise UsageError(hint, "aircher-cli confirm --help")
    with context.connect() as client:
        if has_answer:
            _answer(client, options.number, allow=options.allow)
            if options.json:
                context.console.json({})
        elif options.list:
            _list(context, client, as_json=options.json)
        elif options.json:
            for event in _subscribe(client, context.console.json):
                context.console.json(event)
        else:
            _Terminal(context, client).run()
    return OK


def _answer(client: "Client", question: int, *, allow: bool) -> None:
    params: Map = {"number": question, "allow": allow}
    call_with_proof(client, methods.CONFIRM_ANSWER, params)


def _list(context: Context, client: "Client", *, as_json: bool) -> None:
    found = client.call(methods.CONFIRM_LIST)
    if as_json:
        context.console.json(found)
        return
    rows = records(found.get("questions"))
    for row in rows:
        context.console.line(f"{row.get('number')}  {describe(row, time.time())}")
    if not rows:
        context.console.line("no questions wait")


def _subscribe(client: "Client", take: "Callable[[Map], object]") -> "Iterator[Map]":
    """Return the events, after `take` got the questions that wait already."""

    def take_snapshot(result: Map) -> None:
        for row in records(as_map(result.get("snapshot")).get(methods.CONFIRM)):
            take(row)

    return client.events([methods.CONFIRM], take_snapshot)


def describe(row: Map, now: float) -> str:
    """Return a question as a sentence, with the time that is left."""
    pid, program = row.get("pid"), text(row.get("program"))
    where = f" ({_quoted(program) if program else 'unknown program'}, process {pid})" if pid else ""
    left = (number(row.get("until")) or now) - now
    client, action = text(row.get("client")), text(row.get("action"))
    return f"{_quoted(client)}{where} wants to {action} ({format_duration(left)} left)"


def _quoted(name: str) -> str:
    """Return a name that its client chose so that it cannot pass for other words of a question."""
    is_plain = name and all(char.isalnum() or char in "-_./@+" for char in name)
    return name if is_plain else json.dumps(name, ensure_ascii=False)


class _Terminal:
    """Asks one question after another on the terminal."""

    def __init__(self, context: Context, client: "Client") -> None:
        self._input = _terminal_of(context)
        self._console = context.console
        self._client = client
        self._waiting: dict[int, Map] = {}
        self._asked: int | None = None
        self._yes = YES
        self._is_interrupted = False

    def run(self) -> None:
        """Ask until Ctrl-C, or until the terminal is closed."""
        _subscribe(self._client, self._take)
        self._console.line("waiting for questions; Ctrl-C ends it", "dim")
        while True:
            self._ask_next()
            if not self._client.has_events:
                ready, _, _ = select.select([self._client.fileno(), self._input], [], [])
                if self._input in ready and not self._read():
                    return
                if self._client.fileno() not in ready:
                    continue
            for event in self._client.take_events():
                self._take(event)

    def _take(self, row: Map) -> None:
        """Note a question, or its outcome."""
        key = int(number(row.get("number")) or 0)
        outcome = text(row.get("outcome"))
        if not outcome:
            self._waiting[key] = row
            return
        self._waiting.pop(key, None)
        if key == self._asked:
            self._asked = None
            self._is_interrupted = True
            self._console.line()
            self._console.line(f"question {key}: {outcome.replace('_', ' ')}", "dim")

    def _ask_next(self) -> None:
        if self._asked is None and self._waiting:
            self._asked = next(iter(self._waiting))
            termios.tcflush(self._input, termios.TCIFLUSH)  # typed for an earlier question
            question = describe(self._waiting[self._asked], time.time())
            self._yes, how = YES, "[y/N]"
            if self._is_interrupted:
                # A client may swap its question just before the user answers.
                self._is_interrupted = False
                self._yes = frozenset({str(self._asked)})
                how = f"[type {self._asked} to allow it]"
            self._console.prompt(f"{question}. Allow it? {how} ")

    def _read(self) -> bool:
        """Take a line that was typed; return False at the end of the input."""
        typed = os.read(self._input, MAX_LINE)
        asked, self._asked = self._asked, None
        if not typed:
            return False
        if asked is None:
            return True  # typed before there was a question
        self._waiting.pop(asked, None)
        allow = typed.decode(errors="replace").strip().lower() in self._yes
        try:
            _answer(self._client, asked, allow=allow)
        except DaemonError as error:
            if error.code not in {codes.BAD_REQUEST, codes.FORBIDDEN}:
                raise
            self._console.note(error.message)
        else:
            self._console.line("allowed" if allow else "refused", "good" if allow else "dim")
        return True


def _terminal_of(context: Context) -> int:
    """Return the descriptor of the terminal that standard input is.

    Raises:
        UsageError: it is none.
    """
    try:
        if context.stdin is not None and is_terminal(context.stdin):
            return context.stdin.fileno()
    except (OSError, ValueError):
        pass  # closed, or not a file
    raise UsageError(
        "there is no terminal to ask on: use --list, and NUMBER with --allow or --deny",
        "aircher-cli confirm --help",
    )
