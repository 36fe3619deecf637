"""Keeps a question and its answer, for `ask -c` and `chats`. Imported when the answer is shown.

Whatever goes wrong here is one notice on standard error: the user has the answer.
"""

from aircher_cli.commands.ask.reply import tool_calls
from aircher_cli.commands.ask.request import Asked
from aircher_cli.values import Map, as_map, records, text
from aircher_client import Client
from aircher_client.conversations import (
    ConversationError,
    ConversationStore,
    Settings,
    keep_settings,
    this_terminal,
    with_project,
)

CUT_OFF = frozenset({"length", "content_filter", "pause"})
"""Finish reasons of answers that are not whole."""


def keep_result(client: Client, asked: Asked, result: Map) -> None:
    """Keep a finished answer.

    One with nothing in it cannot be sent back, and `ask` cannot go on from a call of the user's
    own tools: these are not kept.
    """
    reply = as_map(result.get("message"))
    if not reply.get("content") or tool_calls(result):
        return
    finish = text(result.get("finish"))
    names = (text(result.get("provider")), text(result.get("model")))
    cut_off = finish if finish in CUT_OFF else ""
    _keep(client, asked, reply, answered_by="/".join(filter(None, names)), cut_off=cut_off)


def keep_part(client: Client, asked: Asked, shown: str, why: str) -> None:
    """Keep what was shown of an answer; `why` says why it is not whole."""
    _keep(client, asked, {"role": "assistant", "content": shown}, answered_by="", cut_off=why)


def _keep(client: Client, asked: Asked, reply: Map, *, answered_by: str, cut_off: str) -> None:
    settings = keep_settings(client.server, asked.context.environ)
    if not settings.is_on or asked.is_whole_conversation:
        return
    console = asked.context.console
    try:
        store = ConversationStore.of(asked.context.environ)
        conversation = asked.earlier or store.new()
        chosen = with_project(_settings(asked), client.server)
        had_key = conversation.is_new or "key" in (conversation.settings.route or {})
        added = conversation.append(
            _new_messages(asked, len(conversation.kept_messages)),
            reply,
            settings=chosen,
            answered_by=answered_by,
            cut_off=cut_off,
            paths=[name for name in asked.options.file if "://" not in name],
        )
    except ConversationError as error:
        console.note(
            f"aircher-cli: this answer is not kept, and -c will not know it: {error}. To keep "
            "none: AIRCHER_KEEP=0, or aircher-cli config set conversations.keep false"
        )
        return
    if added > 0:
        console.note(
            f"aircher-cli: {added} question{'s' if added > 1 else ''} of another terminal came in "
            f"between in {conversation.name}; yours is after {'them' if added > 1 else 'it'}"
        )
    key = (chosen.route or {}).get("key")
    if key is not None and not had_key:
        console.note(f"aircher-cli: from now on {conversation.name} uses only keys named {key}")
    for note in conversation.notes:
        console.note(f"aircher-cli: {note}")
    store.set_last(this_terminal(), conversation)
    store.prune(settings.days)


def _new_messages(asked: Asked, kept: int) -> list[Map]:
    """Return the messages that are new; `kept` ones are in the conversation already.

    With `--cache`, the system prompt is a message before all others.
    """
    has_system_message = asked.options.cache is not None and bool(asked.system)
    return records(asked.request.get("messages"))[kept + has_system_message :]


def _settings(asked: Asked) -> Settings:
    request = asked.request
    return Settings(
        model=_name(request.get("model")),
        task=_name(request.get("task")),
        system=asked.system,
        route=as_map(request.get("route")) or None,
    )


def _name(value: object) -> str | None:
    return value if isinstance(value, str) else None
