"""A conversation as Markdown, for `chats export` and `chats show`."""

from aircher_cli.values import text
from aircher_client.conversations import SavedConversation, Turn
from aircher_client.conversations.texts import message_text, title

CUT_OFF: dict[str, str] = {
    "stopped": "stopped by you",
    "broken off": "broken off by a failure",
    "length": "cut off: the maximum length was reached",
    "content_filter": "ended by the provider's content filter",
    "pause": "paused by the provider, and not completed",
}
"""Mark of an answer -> what is shown after it."""


def settings_line(conversation: SavedConversation) -> str:
    """Return model, task and providers in one line; empty if nothing was chosen."""
    fields = conversation.settings.fields()
    named = [f"{name} {fields[name]}" for name in ("model", "task") if name in fields]
    route = conversation.settings.route or {}
    named += [f"{name.replace('_', ' ')} {_shown(route[name])}" for name in sorted(route)]
    return ", ".join(named)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def answer_note(turn: Turn) -> str:
    """Return who answered, and why the answer is not whole; empty if neither is known."""
    cut_off = CUT_OFF.get(turn.cut_off, turn.cut_off)
    return ", ".join(filter(None, (turn.answered_by, cut_off)))


def to_markdown(conversation: SavedConversation) -> str:
    """Return the whole conversation as Markdown."""
    parts = [f"# {title(conversation.turns) or conversation.name}"]
    if settings := settings_line(conversation):
        parts.append(f"({settings})")
    if conversation.system:
        parts += ["## system", conversation.system]
    for turn in conversation.turns:
        for message in turn.asked:
            parts += [f"## {text(message.get('role'))}", message_text(message)]
        parts += ["## assistant", message_text(turn.reply)]
        if note := answer_note(turn):
            parts.append(f"({note})")
    return "\n\n".join(filter(None, parts)) + "\n"
