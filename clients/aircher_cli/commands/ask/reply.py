"""Shows a reply of `ask`: the text as it streams, and notes about it."""

import math
import time

from aircher_cli.console import Console, strip_controls
from aircher_cli.render.formatting import (
    available_again,
    describe_reason,
    format_cost,
    format_duration,
    with_subject,
)
from aircher_cli.values import Map, number, records, text, without_label

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from aircher_cli.render.answer.answer import AnswerRenderer


class ReplyPrinter:
    """Prints deltas as they arrive.

    Args:
        console: The output.
        quiet: Print no text; for `--json`, which prints everything at the end.
        verbose: Print each attempt as it happens.
        with_reasoning: Show the model's reasoning on standard error.
        renders: Wrap the text at words, and show Markdown as formatted text.
    """

    def __init__(
        self,
        console: Console,
        *,
        quiet: bool,
        verbose: bool,
        with_reasoning: bool = False,
        renders: bool = False,
    ) -> None:
        self._console = console
        self._quiet = quiet
        self._verbose = verbose
        self._with_reasoning = with_reasoning
        self._renders = renders
        self._renderer: AnswerRenderer | None = None
        self._thoughts: AnswerRenderer | None = None  # while the model thinks
        self.has_begun = False
        """Whether a part of the answer has arrived."""
        self._shown: list[str] = []
        self._saw_reasoning = False
        self._saw_others = False
        self._saw_attempts = False
        self._shown_skips: set[str] = set()

    def on_delta(self, delta: Map) -> None:
        """Show one `chat.delta`; unknown types, of a later daemon, are ignored."""
        kind = delta.get("type")
        self.has_begun = self.has_begun or kind != "attempt"
        if kind == "text":
            if not self._quiet:
                self.write(text(delta.get("text")))
        elif kind == "reasoning":
            self._show_reasoning(text(delta.get("text")))
        elif kind == "attempt":
            self._end_reasoning()  # which belongs to the attempt that failed
            self._show_attempt(delta)
            if self._renders and self._renderer is None:
                self._renderer = self._new_renderer()  # while the provider is waited for
        elif kind == "audio" and not self._quiet:
            self.write(text(delta.get("transcript")))
        elif kind == "other" and self._verbose:
            self._saw_others = True
            self._note(other_line(delta))

    def _show_attempt(self, delta: Map) -> None:
        """Show an attempt if verbose; show that a provider is awaited on any terminal."""
        outcome = delta.get("outcome")
        if outcome == "skipped":
            self._show_skip(delta)
        elif self._verbose or (outcome == "waiting" and self._console.err_is_terminal):
            self._saw_attempts = self._verbose
            self._note(attempt_line(delta))

    def _show_skip(self, skipped: Map) -> None:
        """Show once that a candidate is skipped, and why; after a wait the round starts again.

        If it is skipped for a different reason later, that is shown too.
        """
        line = skip_line(skipped)
        if self._verbose and line not in self._shown_skips:
            self._shown_skips.add(line)
            self._note(f"skipped: {line}{_available_again_note(skipped, time.time())}")

    def _show_reasoning(self, piece: str) -> None:
        if self._with_reasoning and piece:
            self._saw_reasoning = True
            self._end_answer()
            if self._renders and self._console.err_is_terminal:
                self._thoughts = self._thoughts or self._new_renderer(has_styles=False)
                piece = self._thoughts.feed(strip_controls(piece))
            self._console.aside(piece)

    def _end_reasoning(self) -> None:
        if self._thoughts is not None:
            self._console.aside(self._thoughts.finish())
            self._thoughts = None
        self._console.end_aside()

    def _note(self, line: str) -> None:
        self.end_text()
        self._console.note(line)

    def write(self, piece: str) -> None:
        """Show a piece of the answer."""
        self._end_reasoning()
        self._shown.append(piece)
        if self._renders:
            self._render(piece)
        else:
            self._console.write(piece)

    def _render(self, piece: str) -> None:
        if not piece:
            return
        if self._renderer is None:
            self._renderer = self._new_renderer()
        if self._console.is_at_line_start:
            self._renderer.restart_line()
        self._console.write_rendered(self._renderer.feed(strip_controls(piece)))

    def _new_renderer(self, *, has_styles: bool = True) -> "AnswerRenderer":
        from aircher_cli.render.answer.answer import AnswerRenderer  # noqa: PLC0415 -- only on a terminal, after the request was sent

        console = self._console
        return AnswerRenderer(lambda: console.width, has_styles=has_styles and console.has_colour)

    def end_text(self) -> None:
        """Show what is held back, before something else is printed."""
        self._end_reasoning()
        self._end_answer()

    def _end_answer(self) -> None:
        if self._renderer is not None:
            self._console.write_rendered(self._renderer.finish())

    @property
    def shown(self) -> str:
        """The text shown so far."""
        return "".join(self._shown)

    @property
    def has_shown_attempts(self) -> bool:
        """Whether attempts and skips were shown as they happened."""
        return self._saw_attempts or bool(self._shown_skips)

    def finish(self, result: Map, *, show_text: bool) -> None:
        """Show what the deltas did not: an answer that was not streamed, and its attempts."""
        if not self._saw_reasoning:
            self._show_reasoning(reply_text(result, "reasoning"))
        self._end_reasoning()
        if show_text:
            if not self._shown:
                self.write(reply_text(result))
            self.end_text()
            self._console.finish_line()
            for call in tool_calls(result):
                self._console.json({"tool_call": call})
            if has_rare_parts(result):
                self._show_rare_parts(result)
        if self._verbose:
            self._show_attempts(result)
        if result.get("empty"):
            self._console.note(f"aircher-cli: {target_name(result)} answered with nothing")
        if note := self.finish_note(result):
            self._console.note(f"aircher-cli: {note}")

    def finish_note(self, result: Map) -> str:
        """Return why an answer looks complete but is not; empty if it is."""
        return FINISH_NOTES.get(text(result.get("finish"))) or waiting_note(result)

    def _show_rare_parts(self, result: Map) -> None:
        """Show the URLs of images, the sources, and what was not streamed."""
        from aircher_cli.commands.ask.rare_parts import image_urls, opaque_note, source_lines  # noqa: PLC0415 -- rarely needed

        for url in image_urls(result):
            self._console.line(url)
        for line in source_lines(result):
            self._console.note(line)
        if self._verbose and not self._saw_others:
            for part in records(_content(result)):
                if part.get("type") == "other":
                    self._console.note(other_line(part))
        if note := opaque_note(result):
            self._console.note(note)

    def _show_attempts(self, result: Map) -> None:
        """Show the attempts and skips that were not shown yet, and which attempt answered."""
        for skipped in records(result.get("skipped")):
            self._show_skip(skipped)
        for attempt in records(result.get("attempts")):
            if not self._saw_attempts or attempt.get("outcome") == "ok":
                self._console.note(attempt_line(attempt))

    def __repr__(self) -> str:
        return f"<ReplyPrinter shown={len(self.shown)}>"


FINISH_NOTES: dict[str, str] = {
    "length": "the answer was cut off at the maximum length (--max-tokens)",
    "content_filter": "the provider's content filter ended the answer",
    "refusal": "the model refused to answer",
    "pause": "the provider paused the answer, and did not complete it",
}
"""Finish reason -> note, where an answer looks complete but is not."""


def waiting_note(result: Map) -> str:
    """Return a note if the model waits for an answer to what is no tool call, else ""."""
    if result.get("finish") != "tool_calls" or tool_calls(result):
        return ""
    kinds = [text(each.get("kind")) for each in records(_content(result))]
    asked = next((kind for kind in reversed(kinds) if kind), "a call")
    return f"the model waits for an answer to {asked}, and ask has none: see --json"


def broken_json(result: Map, *, wants_json: bool) -> str:
    """Return a note if JSON, of the answer or of a tool call, was cut off; else an empty string.

    Text that ends early is still text. JSON is not, and a script must not use it.
    """
    if result.get("finish") not in FINISH_NOTES:
        return ""
    if wants_json and result.get("finish") == "refusal":
        return "aircher-cli: the answer is therefore not the requested JSON"
    if wants_json:
        return "aircher-cli: the JSON is therefore incomplete"
    if tool_calls(result):
        return "aircher-cli: the arguments of the last tool call may be incomplete"
    return ""


MAX_OTHER_DATA = 120
"""Characters of a part's data that `-v` shows."""


def other_line(part: Map) -> str:
    """Return a part that only its provider understands as one line: kind and data."""
    data = " ".join(text(part.get("data")).split())
    shown = data if len(data) <= MAX_OTHER_DATA else f"{data[:MAX_OTHER_DATA]}..."
    return f"{text(part.get('kind'))}: {shown}"


def attempt_line(attempt: Map) -> str:
    """Return an attempt as one line: provider, model, key, outcome and duration."""
    key = f" (key {attempt['key']})" if attempt.get("key") else ""
    outcome = text(attempt.get("outcome"))
    if outcome == "trying":
        return f"trying {target_name(attempt)}{key}"
    if outcome == "waiting":
        return waiting_line(attempt)
    took = f" after {attempt['ms']} ms" if attempt.get("ms") is not None else ""
    message = f": {attempt['message']}" if attempt.get("message") else ""
    words = "failed" if message else describe_reason(outcome)
    return f"{target_name(attempt)}{key} {words}{took}{message}"


def waiting_line(attempt: Map) -> str:
    """Return which provider is awaited, for how long (`ms` from now), and why."""
    ms = number(attempt.get("ms"))
    span = "" if ms is None else f" {format_duration(math.ceil(ms / 1000))}"
    why = f": {attempt['message']}" if attempt.get("message") else ""
    return f"waiting{span} for {target_name(attempt)}{why}"


def skip_line(skipped: Map) -> str:
    """Return a skipped candidate as one line."""
    key = f" (key {skipped['key']})" if skipped.get("key") else ""
    message = text(skipped.get("message")) or describe_reason(text(skipped.get("reason")))
    return with_subject(f"{target_name(skipped)}{key}", text(skipped.get("provider")), message)


def _available_again_note(skipped: Map, now: float) -> str:
    until = number(skipped.get("until"))
    return "" if until is None else f"; {available_again(until, now)}"


def target_name(entry: Map) -> str:
    """Return `provider/model` of a result, an attempt or a skipped candidate."""
    return "/".join(text(entry[part]) for part in ("provider", "model") if entry.get(part))


def route_note(result: Map, requested: str | None) -> str:
    """Return a note if the answer did not come from the first choice, else an empty string.

    Providers without a key are not mentioned: most users have keys for one or two.

    Args:
        result: The final result of the chat.
        requested: The model that the user named.
    """
    provider, attempts = text(result.get("provider")), records(result.get("attempts"))
    failed = {
        _failed_name(entry, provider): _failure(entry)
        for entry in attempts
        if entry.get("outcome") != "ok"
    }
    for entry in records(result.get("skipped")):
        if entry.get("reason") != "not_authenticated":
            failed.setdefault(_failed_name(entry, provider), f" skipped: it {_reason(entry)}")
    answered = target_name(result)
    if result.get("empty"):  # which is said already
        others = (each for each in failed.items() if not _is_of(each[0], provider))
        return "; ".join(f"{name}{what}" for name, what in others)
    if failed:
        failures = "; ".join(f"{name}{what}" for name, what in failed.items())
        key = text(attempts[-1].get("key")) if attempts else ""
        is_other_key = key and any(_is_of(name, provider) for name in failed)
        return f"{failures}; {answered}{f' (key {key})' if is_other_key else ''} answered"
    if requested and "/" in requested and not answered.startswith(without_label(requested)):
        return f"{answered} answered"
    return ""


def _failed_name(entry: Map, answered: str) -> str:
    """Return the provider of an attempt or a skip, with its key if another one of it answered."""
    provider, key = text(entry.get("provider")), text(entry.get("key"))
    return f"{provider} (key {key})" if key and provider == answered else provider


def _is_of(name: str, provider: str) -> bool:
    return name == provider or name.startswith(f"{provider} (")


def _failure(attempt: Map) -> str:
    """Return what follows the provider's name: a request that it cannot take is not its fault."""
    outcome, message = text(attempt.get("outcome")), text(attempt.get("message"))
    if outcome != "bad_request" or not message:
        return f" {describe_reason(outcome)}"
    # The user has written no messages: their position is of no use.
    return f": {message.partition(': ')[2] if message.startswith('messages[') else message}"


def _reason(entry: Map) -> str:
    return describe_reason(text(entry.get("reason")))


COMMON_PARTS = frozenset({"text", "reasoning", "tool_call"})

SAID_IN: dict[str, str] = {"text": "text", "audio": "transcript"}
"""Type of part -> its field with what the model says."""


def reply_text(result: Map, kind: str = "text") -> str:
    """Return the text of all parts of this kind in a reply's message."""
    content = _content(result)
    if isinstance(content, str):
        return content if kind == "text" else ""
    fields = SAID_IN if kind == "text" else {kind: "text"}
    said = (part.get(fields.get(text(part.get("type")), "")) for part in records(content))
    return "".join(map(text, said))


def has_rare_parts(result: Map) -> bool:
    """Tell whether a reply has more than text, reasoning and tool calls."""
    return any(
        part.get("type") not in COMMON_PARTS or part.get("citations")
        for part in records(_content(result))
    )


def tool_calls(result: Map) -> list[Map]:
    """Return the tool calls of a reply, with what a script needs to run them.

    `custom` is there if the call is that of a custom tool, whose arguments are any text.
    """
    return [
        {name: part.get(name) for name in ("id", "name", "arguments")}
        | ({"custom": True} if part.get("custom") else {})
        for part in records(_content(result))
        if part.get("type") == "tool_call"
    ]


def _content(result: Map) -> object:
    message = result.get("message")
    return message.get("content") if isinstance(message, dict) else None


def reply_record(result: Map) -> Map:
    """Return the output of `ask --json`: a fixed set of fields, and others if there are any.

    They are `tool_calls`, `citations`, and `empty` if the provider answered with nothing.

    `message` can be sent back as a part of the conversation; it includes the signatures.
    """
    names = ("message", "provider", "model", "finish", "usage", "cost", "attempts", "skipped")
    record: Map = {"text": reply_text(result), **{name: result.get(name) for name in names}}
    if calls := tool_calls(result):
        record["tool_calls"] = calls
    if result.get("empty"):
        record["empty"] = True
    if has_rare_parts(result):
        from aircher_cli.commands.ask.rare_parts import citations  # noqa: PLC0415 -- rarely needed

        if sources := citations(result):
            record["citations"] = sources
    return record


def usage_line(result: Map) -> str:
    """Return tokens and cost as one line; missing values are "unknown".

    The cost is rounded; `reply_record` has it exactly.
    """
    money = _rounded_cost(text(result.get("cost")))
    usage = result.get("usage")
    if not isinstance(usage, dict):
        return f"tokens unknown, {money}, {target_name(result)}"
    of_input = {"cached_tokens": "cached", "cache_write_tokens": "written to the cache"}
    into = _count(usage, "input_tokens", of_input)
    out = _count(usage, "output_tokens", {"reasoning_tokens": "reasoning"})
    return f"{into} tokens in, {out} out, {money}, {target_name(result)}"


def _rounded_cost(cost: str) -> str:
    try:
        return format_cost(float(cost))
    except ValueError:
        return "cost unknown"


def _count(usage: Map, name: str, parts: dict[str, str]) -> str:
    extras = ", ".join(f"{usage[part]} {word}" for part, word in parts.items() if usage.get(part))
    return f"{usage.get(name, 0)} ({extras})" if extras else f"{usage.get(name, 0)}"
