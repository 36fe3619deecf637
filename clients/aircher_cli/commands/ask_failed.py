"""What `ask` adds when nobody answered: the text so far, and what somebody without a key can do."""

from aircher_cli.context import Context
from aircher_cli.exits import reasons
from aircher_cli.render.advice import nobody_lines
from aircher_cli.render.words import as_map, texts
from aircher_client import Client, ClientError, DaemonError
from aircher_wire import codes, methods

PATIENCE = 5.0
"""Seconds for each question that we put after a failure."""


def rest_of_text(error: DaemonError, shown: str) -> str:
    """Return what the broken answer has and the screen has not."""
    text = str(error.data.get("text") or "")
    return text[len(shown) :] if text.startswith(shown) else ""


def newcomer_note(context: Context, client: Client, error: DaemonError, model: str | None) -> str:
    """Return what to do for someone without a key for any default, or nothing for anyone else.

    The error knows only those who were to be asked: who else is signed in, the daemon's status
    tells.
    """
    why = reasons(error.data) or [error.code]
    if model is not None or set(why) != {codes.NOT_AUTHENTICATED}:
        return ""
    status = _ask(client, methods.STATUS)
    if as_map(status.get("default")).get("candidates"):
        return ""  # it was the request that left them out
    wanted = texts(_ask(client, methods.AUTH_STATUS).get("environment"))
    variables = [name for name in wanted if context.environ.get(name, "").strip()]
    return "\n".join(nobody_lines(status, variables=variables))


def _ask(client: Client, method: str) -> dict[str, object]:
    try:
        return as_map(client.call(method, timeout=PATIENCE))
    except ClientError:  # the first error is the one to report
        return {}
