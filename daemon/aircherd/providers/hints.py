"""What the user can do about a failure that only one kind of provider has."""

import msgspec

from aircherd.config.model import Provider
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.models import Model


def with_hint(failure: Failure, provider: Provider, model: Model) -> Failure:
    """Return the failure of a chat, with what the user can do in its message if that is known."""
    is_missing = failure.kind is FailureClass.MODEL and failure.status == 404
    if not (is_missing and provider.kind == "ollama" and not provider.needs_key):
        return failure
    message = f"{failure.message}; install it with 'ollama pull {model.id}'"
    return msgspec.structs.replace(failure, message=message)
