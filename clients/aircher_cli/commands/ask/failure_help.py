"""What `ask` adds to an error: the text so far, suggestions, and how to choose a model."""

import re

from aircher_cli.commands.inputs.file_input import display_name
from aircher_cli.commands.inputs.json_input import OPENERS
from aircher_cli.exit_codes import reasons
from aircher_cli.registry import suggest
from aircher_cli.render.advice import no_default_lines
from aircher_cli.render.keys import is_signed_in
from aircher_cli.values import as_map, records, text
from aircher_client import Client, ClientError, DaemonError
from aircher_wire import codes, methods

TIMEOUT_SECONDS = 5.0
"""Seconds for each call that is made to explain a failure."""


def unshown_text(error: DaemonError, shown: str) -> str:
    """Return the part of the partial answer that is not shown yet."""
    text = str(error.data.get("text") or "")
    return text[len(shown) :] if text.startswith(shown) else ""


def with_model_suggestion(client: Client, error: DaemonError) -> DaemonError:
    """Return the error with similar names of models, if a provider does not know the model."""
    unknown = [
        attempt
        for attempt in records(error.data.get("attempts"))
        if attempt.get("outcome") == codes.UNKNOWN_MODEL
    ]
    suggestions = [
        suggestion for attempt in unknown if (suggestion := _suggest_model(client, attempt))
    ]
    if not suggestions:
        return error
    message = f"{error.message}{''.join(dict.fromkeys(suggestions))}"
    return DaemonError(error.code, message, error.data)


def _suggest_model(client: Client, attempt: dict[str, object]) -> str:
    """Suggest a model of the same provider with a similar name; empty if there is none."""
    provider, asked = text(attempt.get("provider")), text(attempt.get("model"))
    listed = records(_try_call(client, methods.MODELS_LIST, {"provider": provider}).get("models"))
    known = {text(model.get("model")) for model in listed} - {asked}
    return suggest(f"{provider}/{asked}", [f"{provider}/{name}" for name in sorted(known)])


def with_file_name(error: DaemonError, messages: str | None) -> DaemonError:
    """Return the error with the name of the file if it is about the messages of `--messages`.

    The daemon counts messages from 0 and does not know the file.
    """
    named = re.match(r"(?:chat: )?(messages\b.*)", error.message, re.DOTALL)
    if messages is None or named is None or error.code != codes.BAD_REQUEST:
        return error
    place = "--messages" if messages.lstrip().startswith(OPENERS) else display_name(messages)
    return DaemonError(error.code, f"{place}: {named[1]}", error.data)


_POSITION = re.compile(r"\bmessages\[\d+\]: ")

_MODELS_HINTS: dict[str, str] = {
    "PDF": "models that read PDFs: aircher-cli models list --documents",
    "sound": "models that take sound: aircher-cli models list --audio",
}
"""Word in an error -> where models are listed that can do it."""


def with_models_hint(error: DaemonError, files: list[str]) -> DaemonError:
    """Return an error about a file of `-f` with a hint at models that can read it.

    The message's position in the request is left out: the user has written no messages.
    """
    if not files or {codes.BAD_REQUEST}.isdisjoint([error.code, *reasons(error.data)]):
        return error
    entries = {
        name: [_without_position(entry) for entry in records(error.data.get(name))]
        for name in ("attempts", "skipped")
    }
    message = _POSITION.sub("", error.message)
    hints = [f"  {hint}" for word, hint in _MODELS_HINTS.items() if word in message]
    return DaemonError(error.code, "\n".join([message, *hints]), {**error.data, **entries})


def _without_position(entry: dict[str, object]) -> dict[str, object]:
    message = entry.get("message")
    return {**entry, "message": _POSITION.sub("", message)} if isinstance(message, str) else entry


def other_model_help(client: Client, error: DaemonError, model: str | None) -> str:
    """Return how to choose a model, to a user signed in only to providers of no default.

    Empty in all other cases. The error does not say whether there is a default model.
    """
    why = reasons(error.data) or [error.code]
    if model is not None or set(why) != {codes.NOT_AUTHENTICATED}:
        return ""
    status = _try_call(client, methods.STATUS)
    if as_map(status.get("default")).get("candidates"):
        return ""  # the request excluded them
    if not is_signed_in(records(status.get("providers"))):
        return ""
    return "\n".join(no_default_lines(status, {}))


def _try_call(
    client: Client, method: str, params: dict[str, object] | None = None
) -> dict[str, object]:
    try:
        return as_map(client.call(method, params, timeout=TIMEOUT_SECONDS))
    except ClientError:  # the original error is reported
        return {}
