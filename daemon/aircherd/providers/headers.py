"""The headers of a request to a provider: the key, the adapter's own, and the user's."""

from aircher_wire.version import __version__
from aircherd.config.model import Provider
from aircherd.errors import fail
from aircherd.providers.transport.request import Headers
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.secret import Secret

_COMMON = (("user-agent", f"aircher/{__version__}"), ("accept-encoding", "identity"))


def key_text(key: Secret) -> str:
    """Return the key as header text.

    Raises:
        ProviderFailed: AUTH: it cannot be put into a header. Checked here because the HTTP
            library's own error would quote the whole value.
    """
    text = key.reveal()
    if not (text and text.isascii() and text.isprintable()) or " " in text:
        fail(
            FailureClass.AUTH,
            "the key is empty or holds spaces, control or non-ASCII characters: store it again",
        )
    return text


def bearer(key: Secret | None) -> Headers:
    """Return the usual header for a key, none without one."""
    return [("authorization", f"Bearer {key_text(key)}")] if key else []


def call_headers(provider: Provider, own: Headers, *, accept: str = "application/json") -> Headers:
    """Return all headers: the common ones, the adapter's `own`, overridden by the user's.

    They ask for an uncompressed body: a compressor would delay the pieces of a stream.
    """
    headers = [*_COMMON, ("accept", accept), *own]
    if not provider.headers:
        return headers
    users = {name.lower(): value for name, value in provider.headers.items()}
    return list((dict(headers) | users).items())


def chat_headers(provider: Provider, own: Headers, *, stream: bool) -> Headers:
    """Return the headers of a chat request."""
    accept = "text/event-stream" if stream else "application/json"
    return call_headers(provider, [("content-type", "application/json"), *own], accept=accept)
