"""Translates the HTTP transport's errors into failures; the only module that reads them."""

import errno
import os
import re

import httpx

from aircherd.config.model import Network, Provider
from aircherd.vocabulary.failure import Failure, FailureClass

TransportError = httpx.HTTPError | httpx.StreamError
"""What a transport raises."""

_PROXY = re.compile(r" \(by the proxy [^)]*\)")
"""What the transport adds to the name of a server that is called through a proxy."""

CONNECTION_REFUSED = os.strerror(errno.ECONNREFUSED)


def network_failure(
    error: TransportError,
    provider: Provider,
    network: Network,
    *,
    answered: bool,
) -> Failure:
    """Translate a transport error; `answered` says whether a response had begun."""
    origin = provider.origin
    if isinstance(error, httpx.TimeoutException):
        return Failure(
            kind=FailureClass.TIMEOUT,
            message=_timeout_message(error, origin, network, answered=answered),
        )
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return Failure(kind=FailureClass.NETWORK, message=_connect_message(error, provider))
    if isinstance(error, httpx.DecodingError):
        return Failure(kind=FailureClass.PROTOCOL, message=str(error))
    if isinstance(error, httpx.LocalProtocolError | httpx.StreamError):
        # Our own error; its text may quote a header, so only say where it happened.
        return Failure(
            kind=FailureClass.NETWORK, message=f"the request to {origin} is not valid HTTP"
        )
    happened = "broke off" if answered else "was closed before a response came"
    return Failure(
        kind=FailureClass.NETWORK, message=f"the connection to {origin} {happened}{_reason(error)}"
    )


def _timeout_message(
    error: httpx.TimeoutException, origin: str, network: Network, *, answered: bool
) -> str:
    if proxy := _PROXY.search(str(error)):
        origin += proxy[0]
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return f"no connection to {origin} within {network.connect_timeout:g} s"
    if isinstance(error, httpx.WriteTimeout):
        return f"{origin} did not take the request within {network.idle_timeout:g} s"
    if answered:
        return f"{origin} sent nothing more for {network.idle_timeout:g} s"
    return f"no answer from {origin} within {network.first_byte_timeout:g} s"


def _connect_message(error: httpx.HTTPError, provider: Provider) -> str:
    # The transport's message names the host already, and for certificates what to do.
    text = str(error).strip()
    host = provider.origin.partition("//")[2]
    if provider.kind == "ollama" and text.startswith(
        f"cannot connect to {host}: {CONNECTION_REFUSED}"
    ):
        return f"Ollama does not run at {provider.base_url} (start it with 'ollama serve')"
    if text.startswith("cannot connect"):
        return text
    return f"cannot connect to {provider.origin}{_reason(error)}"


def _reason(error: Exception) -> str:
    text = str(error).strip()
    return f": {text}" if text else ""
