"""What a choice says, wherever servers put it: its text, its end, and its error."""

from aircherd.providers.chat_completions.chunks import Choice, Delta
from aircherd.providers.codec.finish import has_reason, known_reason
from aircherd.providers.codec.json_in import as_text


def take_old_text(choice: Choice) -> bool:
    """Take the text of a choice as its content, as servers sent before there were messages.

    Return whether that is all that it says: some servers send the content there too.
    """
    message = choice.delta or choice.message
    if message is None:
        message = choice.delta = Delta()
    if not message.content:
        message.content = choice.text if isinstance(choice.text, str) else None
    return message.content == choice.text


def reason_of(choice: Choice) -> object:
    """Return why a choice ended, wherever that is."""
    if has_reason(choice.finish_reason):
        return choice.finish_reason
    if has_reason(choice.finishReason):
        return choice.finishReason
    for part in (choice.delta, choice.message):
        if part is not None and has_reason(part.finish_reason):
            return part.finish_reason
    # These two may hold anything, and mean an end only if they are reasons.
    return known_reason(choice.stop_reason) or known_reason(choice.native_finish_reason)


def native_error(choice: Choice) -> object:
    """Return an error that only names the reason of the model's own vendor, if there is one."""
    native = as_text(choice.native_finish_reason)
    return {"message": f"the model ended with {native}"} if native else None
