"""What `ask` shows of a reply: the text as it comes, and what is to be said about it."""

import math
import time

from aircher_cli.console import Console
from aircher_cli.render.formatting import (
    available_again,
    describe_reason,
    format_duration,
    with_subject,
)
from aircher_cli.values import Map, number, records, text


class ReplyPrinter:
    """Prints deltas as they come.

    Args:
        console: Where to.
        quiet: No text; for `--json`, which prints everything at the end.
        verbose: Every attempt, as it happens.
        thinking: The model's thinking, on standard error.
    """

    def __init__(
        self, console: Console, *, quiet: bool, verbose: bool, thinking: bool = False
    ) -> None:
        self._console = console
        self._quiet = quiet
        self._verbose = verbose
        self._with_reasoning = thinking
        self._shown: list[str] = []
        self._saw_reasoning = False
        self._saw_attempts = False
        self._shown_skips: set[str] = set()

    def on_delta(self, delta: Map) -> None:
        """Show one `chat.delta`; types that a later daemon adds are passed over."""
        kind = delta.get("type")
        if kind == "text":
            if not self._quiet:
                self.write(text(delta.get("text")))
        elif kind == "reasoning":
            self._show_reasoning(text(delta.get("text")))
        elif kind == "attempt":
            self._console.end_aside()  # what was thought so far belongs to who failed
            self._show_attempt(delta)

    def _show_attempt(self, delta: Map) -> None:
        """Say what happens; that it is waited for somebody, to everyone who sits there."""
        outcome = delta.get("outcome")
        if outcome == "skipped":
            self._show_skip(delta)
        elif self._verbose or (outcome == "waiting" and self._console.err_is_terminal):
            self._saw_attempts = self._verbose
            self._console.note(attempt_line(delta))

    def _show_skip(self, skipped: Map) -> None:
        """Say once who is passed over and why: a wait begins the round anew, and the end tells all.

        A provider may be passed over for another reason later; that is told too.
        """
        line = skip_line(skipped)
        if self._verbose and line not in self._shown_skips:
            self._shown_skips.add(line)
            self._console.note(f"passed over: {line}{_available_again_note(skipped, time.time())}")

    def _show_reasoning(self, piece: str) -> None:
        if self._with_reasoning and piece:
            self._saw_reasoning = True
            self._console.aside(piece)

    def write(self, piece: str) -> None:
        """Show a piece of the answer."""
        self._shown.append(piece)
        self._console.write(piece)

    @property
    def shown(self) -> str:
        """The text shown so far."""
        return "".join(self._shown)

    @property
    def has_shown_attempts(self) -> bool:
        """Whether who was asked and who was passed over was shown as it happened."""
        return self._saw_attempts or bool(self._shown_skips)

    def finish(self, result: Map, *, show_text: bool) -> None:
        """Show what the deltas did not: an answer that was not streamed, and the way to it."""
        if not self._saw_reasoning:
            self._show_reasoning(reply_text(result, "reasoning"))
        self._console.end_aside()
        if show_text:
            if not self._shown:
                self.write(reply_text(result))
            self._console.finish_line()
            for call in tool_calls(result):
                self._console.json({"tool_call": call})
        if self._verbose:
            self._show_attempts(result)
        if note := FINISH_NOTES.get(text(result.get("finish"))):
            self._console.note(note)

    def _show_attempts(self, result: Map) -> None:
        """Tell of the way what was not told as it happened, and who answered."""
        for skipped in records(result.get("skipped")):
            self._show_skip(skipped)
        for attempt in records(result.get("attempts")):
            if not self._saw_attempts or attempt.get("outcome") == "ok":
                self._console.note(attempt_line(attempt))

    def __repr__(self) -> str:
        return f"<ReplyPrinter shown={len(self.shown)}>"


FINISH_NOTES: dict[str, str] = {
    "length": "aircher-cli: the answer stops at the longest the model may write (--max-tokens)",
    "content_filter": "aircher-cli: the provider's content filter ended the answer",
}
"""Ways to finish that look like a whole answer and are none."""


def broken_json(result: Map, *, wants_json: bool) -> str:
    """Say that JSON was asked for, of the answer or of a call, and ends in its middle; or nothing.

    Text that ends early is still text. JSON is none then, and a script must not take it for some.
    """
    if result.get("finish") not in FINISH_NOTES:
        return ""
    if wants_json:
        return "aircher-cli: so the JSON is not whole"
    if tool_calls(result):
        return "aircher-cli: so the arguments of the last tool call may not be whole"
    return ""


def attempt_line(attempt: Map) -> str:
    """Return an attempt as one line: who, with which key, what came of it, how long it took."""
    key = f" (key {attempt['key']})" if attempt.get("key") else ""
    outcome = text(attempt.get("outcome"))
    if outcome == "trying":
        return f"trying {_target_name(attempt)}{key}"
    if outcome == "waiting":
        return waiting_line(attempt)
    took = f" after {attempt['ms']} ms" if attempt.get("ms") is not None else ""
    message = f": {attempt['message']}" if attempt.get("message") else ""
    words = "failed" if message else describe_reason(outcome)
    return f"{_target_name(attempt)}{key} {words}{took}{message}"


def waiting_line(attempt: Map) -> str:
    """Return who is waited for, for how long (`ms` is still to come), and why."""
    ms = number(attempt.get("ms"))
    span = "" if ms is None else f" {format_duration(math.ceil(ms / 1000))}"
    why = f": {attempt['message']}" if attempt.get("message") else ""
    return f"waiting{span} for {_target_name(attempt)}{why}"


def skip_line(skipped: Map) -> str:
    """Return a candidate that was not called as one line."""
    key = f" (key {skipped['key']})" if skipped.get("key") else ""
    message = text(skipped.get("message")) or describe_reason(text(skipped.get("reason")))
    return with_subject(f"{_target_name(skipped)}{key}", text(skipped.get("provider")), message)


def _available_again_note(skipped: Map, now: float) -> str:
    until = number(skipped.get("until"))
    return "" if until is None else f"; {available_again(until, now)}"


def _target_name(entry: Map) -> str:
    return "/".join(text(entry[part]) for part in ("provider", "model") if entry.get(part))


def route_note(result: Map, asked: str | None) -> str:
    """Return a line about an answer that did not come from the first choice, or nothing.

    A provider without any key is no news: most people have keys of one or two. Whoever lost its
    place for another reason is named.

    Args:
        result: The final result of the chat.
        asked: The model as the user named it.
    """
    failed = {
        text(entry.get("provider")): describe_reason(text(entry.get("outcome")))
        for entry in records(result.get("attempts"))
        if entry.get("outcome") != "ok"
    }
    for entry in records(result.get("skipped")):
        if entry.get("reason") != "not_authenticated":
            failed.setdefault(text(entry.get("provider")), f"passed over: it {_reason(entry)}")
    answered = _target_name(result)
    if failed:
        told = "; ".join(f"{who} {what}" for who, what in failed.items())
        return f"{told}; {answered} answered"
    if asked and "/" in asked and not answered.startswith(asked):
        return f"{answered} answered"
    return ""


def _reason(entry: Map) -> str:
    return describe_reason(text(entry.get("reason")))


def reply_text(result: Map, kind: str = "text") -> str:
    """Return the whole text of a reply's parts of this kind, from its message."""
    content = _content(result)
    if isinstance(content, str):
        return content if kind == "text" else ""
    return "".join(text(part.get("text")) for part in records(content) if part.get("type") == kind)


def tool_calls(result: Map) -> list[Map]:
    """Return the tool calls of a reply: what a script needs to run them."""
    return [
        {name: part.get(name) for name in ("id", "name", "arguments")}
        for part in records(_content(result))
        if part.get("type") == "tool_call"
    ]


def _content(result: Map) -> object:
    message = result.get("message")
    return message.get("content") if isinstance(message, dict) else None


def reply_record(result: Map) -> Map:
    """Return what `ask --json` prints: always the same names, and `tool_calls` if there are any.

    `message` is the reply as it goes back with the rest of a conversation, signatures and all.
    """
    names = ("message", "provider", "model", "finish", "usage", "cost", "attempts", "skipped")
    record: Map = {"text": reply_text(result), **{name: result.get(name) for name in names}}
    if calls := tool_calls(result):
        record["tool_calls"] = calls
    return record


def usage_line(result: Map) -> str:
    """Return tokens and cost as one line; what is not known is said not to be."""
    cost = text(result.get("cost"))
    money = f"${cost}" if cost else "cost unknown"
    usage = result.get("usage")
    if not isinstance(usage, dict):
        return f"tokens unknown, {money}, {_target_name(result)}"
    into = _count(usage, "input_tokens", {"cached_tokens": "cached"})
    out = _count(usage, "output_tokens", {"reasoning_tokens": "reasoning"})
    return f"{into} tokens in, {out} out, {money}, {_target_name(result)}"


def _count(usage: Map, name: str, parts: dict[str, str]) -> str:
    extras = ", ".join(f"{usage[part]} {word}" for part, word in parts.items() if usage.get(part))
    return f"{usage.get(name, 0)} ({extras})" if extras else f"{usage.get(name, 0)}"
