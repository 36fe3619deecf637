"""What `ask` adds when nobody answered: the text so far, and a newcomer's first steps."""

from aircher_cli.context import Context
from aircher_cli.exits import reasons
from aircher_cli.render.words import texts
from aircher_client import Client, DaemonError
from aircher_wire import codes, methods


def rest_of_text(error: DaemonError, shown: str) -> str:
    """Return what the broken answer has and the screen has not."""
    text = str(error.data.get("text") or "")
    return text[len(shown) :] if text.startswith(shown) else ""


def newcomer_note(context: Context, client: Client, error: DaemonError, model: str | None) -> str:
    """Return first steps for someone who has no key anywhere, or nothing for anyone else."""
    why = reasons(error.data) or [error.code]
    if model is not None or set(why) != {codes.NOT_AUTHENTICATED}:
        return ""
    return first_steps(_set_variables(context, client))


def first_steps(variables: list[str]) -> str:
    """Return what to run next; `variables` hold keys in the caller's shell."""
    steps = [
        ("aircher-cli auth login anthropic", "or openai, openrouter: asks for your key"),
        ("ollama serve", "models of your own machine, without any key"),
        ("aircher-cli demo", "see how it works, without key or network"),
    ]
    if variables:
        steps.insert(
            0, ("aircher-cli auth import", f"takes {', '.join(variables)} from this shell")
        )
    lines = "\n".join(f"  {command:<33} {about}" for command, about in steps)
    return f"Nobody is signed in yet. Any of these is a start:\n{lines}"


def _set_variables(context: Context, client: Client) -> list[str]:
    try:
        status = client.call(methods.AUTH_STATUS, timeout=5.0)
    except DaemonError:  # the first error is the one to report
        return []
    wanted = texts(status.get("environment")) if isinstance(status, dict) else []
    return [name for name in wanted if context.environ.get(name, "").strip()]
