"""Encodes responses: results in one pass from struct to msgpack, errors as maps."""

import msgspec
import structlog

from aircher_wire import codes, frames
from aircherd.errors import AircherError, Busy, ShuttingDown
from aircherd.installation import INSTALLATION
from aircherd.memory.budget import SMALL
from aircherd.memory.request_memory import RequestMemory

_encode = msgspec.msgpack.Encoder().encode

log = structlog.get_logger()


def encode_result(msgid: int, result: object, memory: RequestMemory | None = None) -> bytes:
    """Return the response of a successful request.

    A result that does not fit into a frame is an `internal` error. One that is larger than what
    `memory` holds for it already is counted there, and `busy` if there is no room.
    """
    try:
        data = _encode((1, msgid, None, result))
    except UnicodeEncodeError:
        data = frames.encode_response(msgid, msgspec.to_builtins(result))
    except (TypeError, ValueError, OverflowError) as error:
        log.exception("response_not_encoded")
        return encode_error(msgid, internal_error(error))
    return data if len(data) <= SMALL else _checked(msgid, data, memory)


def _checked(msgid: int, data: bytes, memory: RequestMemory | None) -> bytes:
    if len(data) > frames.MAX_FRAME:
        large = AircherError(f"the response has {len(data)} bytes, more than a frame may have")
        return encode_error(msgid, large)
    if memory is not None and (more := len(data) - memory.size) > SMALL:
        try:
            memory.grow(more)
        except Busy as error:
            return encode_error(msgid, error)
    return data


def encode_error(msgid: int, error: AircherError) -> bytes:
    """Return the response of a failed request."""
    data = frames.encode_error(msgid, wire_error(error))
    if len(data) > frames.MAX_FRAME:
        large = AircherError(f"the error has {len(data)} bytes, more than a frame may have")
        return frames.encode_error(msgid, wire_error(large))
    return data


def wire_error(error: AircherError) -> dict[str, object]:
    """Return an error as the map that the protocol defines."""
    return {"code": error.code, "message": error.message, "data": error.data}


def internal_error(error: Exception) -> AircherError:
    """Return the error for a bug: its type without its text, which may contain a secret.

    A module or a file of ours that is missing is none if the installation was removed.
    """
    if _is_about_files(error) and (problem := INSTALLATION.problem()):
        return AircherError(problem[1])
    return AircherError(f"internal error ({type(error).__name__}); see the log of aircherd")


def _is_about_files(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(_is_about_files(each) for each in error.exceptions)
    return isinstance(error, OSError | ImportError)


class RequestCancelled(AircherError):
    """The client cancelled the request."""

    code = codes.CANCELLED


def cancelled_error(*, is_draining: bool) -> AircherError:
    """Return the error of a request that was cancelled by its client or by the shutdown."""
    if is_draining:
        return ShuttingDown("the daemon is shutting down")
    return RequestCancelled("cancelled")
