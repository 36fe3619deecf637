"""What the user can do about a failure that only some providers have."""

import re

import msgspec

from aircherd.config.model import Provider
from aircherd.providers.error_mapping.rules import CHECK_ADDRESS
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.models import Model

_VERSION = re.compile(r"/v\d")


def with_hint(failure: Failure, provider: Provider, model: Model) -> Failure:
    """Return the failure of a chat, with what the user can do in its message if that is known."""
    hint = _hint(failure, provider, model)
    if hint is None:
        return failure
    return msgspec.structs.replace(failure, message=f"{failure.message}; {hint}")


def _hint(failure: Failure, provider: Provider, model: Model) -> str | None:
    if failure.status not in (404, 405, None):  # None: an error in a successful response
        return None
    is_missing = failure.kind is FailureClass.MODEL and failure.status == 404
    if is_missing and provider.kind == "ollama" and not provider.needs_key:
        return f"install it with 'ollama pull {model.id}'"
    is_address = failure.kind is FailureClass.PROTOCOL and CHECK_ADDRESS in failure.message
    if is_address and provider.kind == "openai" and not _VERSION.search(provider.base_url):
        return "it usually ends in /v1"
    return None
