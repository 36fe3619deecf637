"""What the error of a key check says about the key."""

from collections.abc import Mapping

from aircherd.providers.error_mapping.classify import is_web_page
from aircherd.providers.error_mapping.parse import RETRY_NEVER, read_error
from aircherd.providers.error_mapping.rules import matching_rule
from aircherd.vocabulary.failure import FailureClass


def is_key_valid(status: int, headers: Mapping[str, str], body: bytes) -> bool | None:
    """Return what a failed key check says about the key: True valid, False refused, None unknown.

    Only a recognised key gets an error about credit or permissions. A 403 may also come from a
    firewall or concern the country.
    """
    reply = read_error(status, headers, body, now=0.0)
    rule = matching_rule(reply)
    kind = rule.kind
    if is_web_page(headers):
        return None
    if kind is FailureClass.AUTH:
        return False
    if kind is FailureClass.PERMISSION and reply.is_json:
        return True if "scope" in reply.text or "permission" in reply.text else None
    is_known_key = kind is FailureClass.QUOTA and reply.is_json and RETRY_NEVER not in rule.codes
    return True if is_known_key else None
