"""What to say if the daemon is of another version than this client. Imported only then."""

from aircher_wire import codes
from aircher_wire.version import __version__

CODE = "version_differs"
"""The code of the notice, in the form of the daemon's own notices."""

REPLACED = "installation_replaced"
"""The daemon's notice that its files are of another version by now, which says the same."""

_UNKNOWN = ("there is no field", ": cannot be ", "unknown topic")
"""Parts of the daemon's messages about what it does not know."""


def version_notice(name: str, daemon_version: str) -> dict[str, str]:
    """Return the notice: both versions, and what to do."""
    versions = f"aircherd {daemon_version} is running, and this is {name} {__version__}"
    if _order(daemon_version) > _order(__version__):
        advice = "which is older: update it, or go back with 'aircher-cli daemon restart'"
        return {"code": CODE, "message": f"{versions}, {advice}"}
    advice = "run 'aircher-cli daemon restart' to start the new version"
    return {"code": CODE, "message": f"{versions}: {advice}"}


def explain(error: object, notice: dict[str, str]) -> dict[str, object] | None:
    """Return the error with the versions in its message, None if they are not the reason.

    They may be if the daemon does not know a method, a field, a value or a topic.
    """
    if not isinstance(error, dict):
        return None
    code, message = error.get("code"), str(error.get("message"))
    is_unknown_part = code == codes.BAD_REQUEST and any(each in message for each in _UNKNOWN)
    if code != codes.UNKNOWN_METHOD and not is_unknown_part:
        return None
    return {**error, "message": f"{message}; {notice['message']}"}


def _order(version: str) -> list[int]:
    """Return the release of a version, for comparisons: its leading numbers."""
    numbers: list[int] = []
    for part in version.split("."):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return numbers
