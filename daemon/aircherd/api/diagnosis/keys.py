"""Pure: the environment file, the keyring and the list of stored keys, as findings."""

from collections.abc import Sequence

from aircherd.api.diagnosis.finding import Finding, Status, refused
from aircherd.auth.stores.base import FileProtection, StoreHealth
from aircherd.auth.stores.keyring_store import KeyringDetails
from aircherd.auth.variables.environment_file import LineProblem

ENVIRONMENT = "environment file"
KEYRING = "keyring"
INDEX = "list of keys"
SEALING = "key file"

SEAL_AGAIN = "when that is fixed: aircher-cli config reload"

START_KEYRING = (
    "start a keyring (for example gnome-keyring), then sign in again with 'aircher-cli auth login "
    "PROVIDER'"
)
UNLOCK_KEYRING = (
    "unlock it, or create one if there is none: log in to the desktop, or open its keyring "
    "application"
)
REACH_KEYRING = (
    "run this again, in a terminal of your desktop session if you have one; if it stays so, "
    "restart the keyring, or keep keys in a file that is not encrypted with "
    "'aircher-cli auth login PROVIDER --store file'"
)


def lock_findings(reason: str | None) -> list[Finding]:
    """Return the finding that all keys are locked, none if they are not."""
    if reason is None:
        return []
    return [Finding("keys", "problem", reason, "aircher-cli auth unlock")]


def environment_findings(
    file: str, *, exists: bool, refusal: str | None, problems: Sequence[LineProblem]
) -> list[Finding]:
    """Return the findings about the environment file, none if there is no file."""
    if refusal is not None:
        return [refused(ENVIRONMENT, "problem", refusal)]
    found = [
        Finding(
            ENVIRONMENT,
            "warning",
            f"{file}, line {problem.line}: {problem.message}",
            f"correct line {problem.line} of {file}; it is ignored until then",
        )
        for problem in problems
    ]
    return found or [Finding(ENVIRONMENT, "ok", f"{file} is used")] * exists


def keyring_findings(details: KeyringDetails, stored: int) -> list[Finding]:
    """Return the finding about the keyring, in which `stored` keys are listed."""
    reason = _reason(details)
    if details.state.health is StoreHealth.USABLE:
        return [Finding(KEYRING, "ok", f"it can be used ({reason})")]
    keys = f"; {stored} {'key is' if stored == 1 else 'keys are'} in it" if stored else ""
    if details.state.health is not StoreHealth.UNAVAILABLE:
        status: Status = "problem" if stored else "warning"
        is_locked = details.state.health is StoreHealth.LOCKED
        cure = UNLOCK_KEYRING if is_locked else REACH_KEYRING
        return [Finding(KEYRING, status, f"{reason}{keys}", cure)]
    if stored:
        return [Finding(KEYRING, "problem", f"{reason}{keys}", START_KEYRING)]
    if details.bus is None and details.backend is None:
        # Nothing is wrong with a server that has none, and nothing could be started there.
        message = f"{reason}, as on a server; keys go to a file that only you can read"
        return [Finding(KEYRING, "ok", message)]
    message = f"{reason}; new keys go to a file that is not encrypted"
    return [Finding(KEYRING, "warning", message, START_KEYRING)]


def _reason(details: KeyringDetails) -> str:
    """Return why the keyring cannot be used, and which one it is."""
    bus = f"bus {details.bus}" if details.bus else None
    name = ", ".join(filter(None, (details.backend, bus)))
    why = (details.state.reason or "").split(";")[0]
    if not name or (details.bus and details.bus in why):
        return why
    return f"{why} ({name})" if why else name


def sealing_findings(wanted: str | None, file: FileProtection, stored: int) -> list[Finding]:
    """Return the finding about `[auth] encrypt_with`, none if it is not set, or set to nothing.

    Args:
        wanted: the setting.
        file: whether the file of keys is encrypted.
        stored: the number of keys in it.
    """
    if not wanted:
        return []
    setting = f'[auth] encrypt_with = "{wanted}"'
    if not stored:
        return [Finding(SEALING, "ok", f"{setting}: no key is in the file yet")]
    if file.problem or file.encrypted_with != wanted:
        now = f"encrypted with {file.encrypted_with}" if file.encrypted_with else "not encrypted"
        why = f": {file.problem}" if file.problem else ""
        message = f"{setting} is not in force, the file of keys is {now}{why}"
        return [Finding(SEALING, "problem", message, SEAL_AGAIN)]
    return [Finding(SEALING, "ok", f"the file of keys is encrypted with {wanted}")]


def index_findings(problem: str | None) -> list[Finding]:
    """Return the finding about the list of stored keys if there is a problem."""
    return [] if problem is None else [refused(INDEX, "problem", problem)]
