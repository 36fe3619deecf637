"""What the network did to us, in our words: the only place that reads the HTTP library's errors."""

import errno
import os

import httpx

from aircherd.config.model import Network, Provider
from aircherd.vocabulary.failure import Failure, FailureClass

TransportError = httpx.HTTPError | httpx.StreamError
"""What a transport raises."""

REFUSED = os.strerror(errno.ECONNREFUSED)


def network_failure(
    error: TransportError,
    provider: Provider,
    network: Network,
    *,
    answered: bool,
) -> Failure:
    """Translate what the transport raised; `answered` says whether a response had begun."""
    where = provider.origin
    if isinstance(error, httpx.TimeoutException):
        return Failure(
            kind=FailureClass.TIMEOUT, message=_overdue(error, where, network, answered=answered)
        )
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return Failure(kind=FailureClass.NETWORK, message=_no_way(error, provider))
    if isinstance(error, httpx.LocalProtocolError | httpx.StreamError):
        # Ours, and its text may quote a header: say where to look and nothing more.
        return Failure(
            kind=FailureClass.NETWORK, message=f"the request to {where} could not be put into HTTP"
        )
    happened = "broke off" if answered else "broke before an answer came"
    return Failure(
        kind=FailureClass.NETWORK, message=f"the connection to {where} {happened}{_why(error)}"
    )


def _overdue(error: httpx.TimeoutException, where: str, network: Network, *, answered: bool) -> str:
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return f"no connection to {where} within {network.connect_timeout:g} s"
    if isinstance(error, httpx.WriteTimeout):
        return f"{where} did not take the request within {network.idle_timeout:g} s"
    if answered:
        return f"{where} sent nothing more for {network.idle_timeout:g} s"
    return f"no answer from {where} within {network.first_byte_timeout:g} s"


def _no_way(error: httpx.HTTPError, provider: Provider) -> str:
    # The transport's own sentence names the place already, and for certificates the cure.
    text = str(error).strip()
    place = provider.origin.partition("//")[2]
    if provider.kind == "ollama" and text.startswith(f"cannot connect to {place}: {REFUSED}"):
        return f"Ollama does not run at {provider.base_url} (start it with 'ollama serve')"
    if text.startswith("cannot connect"):
        return text
    return f"cannot connect to {provider.origin}{_why(error)}"


def _why(error: Exception) -> str:
    text = str(error).strip()
    return f": {text}" if text else ""
