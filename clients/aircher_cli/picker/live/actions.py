"""What the user does in the picker: each call on a connection of its own, with a deadline.

An action never raises what the daemon or the connection may raise: its outcome says what happened,
in plain text. It blocks, so it is called from a thread; what it changes comes with the feed's next
view. No action but `start_daemon` starts a daemon. A key is in no outcome, no error and no `repr`.
"""

import unicodedata
from collections.abc import Callable, Mapping

from aircher_cli.exit_codes import CommandFailed
from aircher_cli.picker.live import outcome
from aircher_cli.picker.live.outcome import Outcome
from aircher_cli.values import Map, as_map, records, text
from aircher_client import Client, ClientError, DaemonError
from aircher_client.proof import call_with_proof
from aircher_wire import methods

__all__ = ["Actions", "NotAKey", "Outcome", "clean_key"]

QUICK_SECONDS = 10.0
"""For calls that the daemon answers by itself."""
WRITE_SECONDS = 25.0
"""To change the default: its provider may be asked for its list first, and a disk may be slow."""
CHECK_SECONDS = 60.0
"""For calls that ask providers, each with deadlines of its own."""

DEFAULT_LABEL = "default"
"""Of a key that is stored without one."""
MAX_KEY = 8 * 1024
"""In bytes, as in the daemon."""

KEPT = "The key stored before stays as it is."

_PASTE = ("\x1b[200~", "\x1b[201~")
"""What some terminals put around a pasted text."""
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"
"""Characters without a width, which come with a text that was copied from a page."""


class NotAKey(ValueError):
    """The text cannot be a key; the message says why, and never repeats it."""


def clean_key(pasted: str) -> str:
    """Return the key in a pasted text: without white space and newlines around it.

    Raises:
        NotAKey: it is empty, too long, or has white space, control or other characters inside.
    """
    key = pasted.strip()
    key = key.removeprefix(_PASTE[0]).removesuffix(_PASTE[1])
    before = ""
    while key != before:
        before, key = key, key.strip().strip(_INVISIBLE)
    if problem := _key_problem(key):
        raise NotAKey(f"that is not a key: {problem}")
    return key


def _key_problem(key: str) -> str:
    if not key:
        return "it is empty"
    if len(key) > MAX_KEY:
        return f"it is longer than {MAX_KEY} bytes; was a whole file pasted?"
    if any(character.isspace() for character in key):
        return "it contains white space; was more than the key pasted?"
    if any(unicodedata.category(character)[0] == "C" for character in key):
        return "it contains a control character"
    if not key.isascii():
        return "it contains characters other than printable ASCII"
    return ""


class Actions:
    """Calls of the daemon. `connect` is `Context.connect`.

    `start` starts the daemon, or raises; without it a connection does, unless AIRCHER_AUTOSTART is
    off. See `starting.start_quietly`. `request` is what requests from here have besides a model.
    """

    def __init__(
        self,
        connect: Callable[..., Client],
        start: Callable[[], object] | None = None,
        request: Mapping[str, object] | None = None,
    ) -> None:
        self._connect = connect
        self._start = start
        self._request = dict(request or {})

    # -------------------------------------------------------------- models

    def choose_default(self, name: str) -> Outcome:
        """Write the default model to the configuration file, and load it."""

        def describe(result: Map) -> Outcome:
            return Outcome(True, f"{text(result.get('model'))} is now the default model", result)

        return self._do(methods.MODELS_USE, {"model": name}, WRITE_SECONDS, describe)

    def refresh(self, provider: str | None = None) -> Outcome:
        """Fetch the list of one provider, or all lists and models.dev."""
        params: Map = {"provider": provider} if provider else {}
        return self._do(methods.MODELS_REFRESH, params, CHECK_SECONDS, outcome.refreshed)

    def explain(self, name: str) -> Outcome:
        """Ask which candidates a request for a model would use now; `data` has them."""
        request = {**self._request, "model": name}
        return self._do(methods.ROUTE_EXPLAIN, request, QUICK_SECONDS, outcome.explained)

    # -------------------------------------------------------------- keys

    def sign_in(self, provider: str, key: str, label: str | None = None) -> Outcome:
        """Check a key with its provider, and store it if it works; `data` is its row.

        A key that is refused is not stored, and the one that was stored stays.
        """
        try:
            key = clean_key(key)
        except NotAKey as error:
            return Outcome(False, str(error))
        params: Map = {"provider": provider, "key": key}
        if label:
            params["label"] = label
        try:
            with self._client() as client:
                return _signed_in(client, params)
        except ClientError as error:
            return _without_key(outcome.failed(error), key)

    def sign_out(self, provider: str, label: str | None = None) -> Outcome:
        """Remove one stored key, or all of a provider."""
        params: Map = {"provider": provider, **({"label": label} if label else {})}
        return self._do(
            methods.AUTH_LOGOUT,
            params,
            WRITE_SECONDS,
            lambda result: outcome.signed_out(provider, result),
        )

    def test(self, provider: str) -> Outcome:
        """Check all keys of a provider live, free of charge; `data` has their rows."""
        return self._do(
            methods.AUTH_TEST,
            {"provider": provider},
            CHECK_SECONDS,
            lambda result: outcome.tested(provider, result),
        )

    def import_keys(self, variables: Mapping[str, str]) -> Outcome:
        """Check and store the keys in these variables; `data` has the outcome of each."""
        params: Map = {"variables": dict(variables)}
        return self._do(methods.AUTH_IMPORT, params, CHECK_SECONDS, outcome.imported)

    def unlock(self) -> Outcome:
        """End the lock of all keys; the daemon wants a proof that the user's files can be read."""
        try:
            with self._client() as client:
                result = call_with_proof(client, methods.AUTH_UNLOCK, {}, timeout=WRITE_SECONDS)
        except ClientError as error:
            return outcome.failed(error)
        return outcome.unlocked(as_map(result))

    # -------------------------------------------------------------- the daemon

    def clear_cooldowns(self, provider: str) -> Outcome:
        """End the cooldowns of a provider: it is asked again at once."""
        return self._do(
            methods.COOLDOWNS_CLEAR,
            {"provider": provider},
            QUICK_SECONDS,
            lambda result: outcome.cleared(provider, result),
        )

    def start_daemon(self) -> Outcome:
        """Start the daemon because the user asked for it; the feed connects by itself."""
        try:
            if self._start is not None:
                self._start()
            else:
                with self._connect(on_notices=_ignore, on_wait=_ignore) as client:
                    client.call(methods.PING, timeout=QUICK_SECONDS)
        except ClientError as error:
            return outcome.failed(error)
        except CommandFailed as error:
            return Outcome(False, error.message)
        return Outcome(True, "the daemon is running")

    # -------------------------------------------------------------- inside

    def _do(
        self, method: str, params: Map, seconds: float, describe: Callable[[Map], Outcome]
    ) -> Outcome:
        try:
            with self._client() as client:
                result = as_map(client.call(method, params, timeout=seconds))
        except ClientError as error:
            return outcome.failed(error)
        return describe(result)

    def _client(self) -> Client:
        return self._connect(autostart=False, on_notices=_ignore, on_wait=_ignore)

    def __repr__(self) -> str:
        return "<Actions>"


def _ignore(_: object) -> None:
    """The feed has the daemon's notices."""


def _signed_in(client: Client, params: Map) -> Outcome:
    provider, key = text(params["provider"]), text(params["key"])
    try:
        row = as_map(client.call(methods.AUTH_LOGIN, params, timeout=CHECK_SECONDS))
    except DaemonError as error:
        refused = _without_key(outcome.failed(error), key)
        if not _has_stored_key(client, provider, text(params.get("label")) or DEFAULT_LABEL):
            return refused
        return Outcome(False, f"{refused.message.rstrip('.')}. {KEPT}", refused.data)
    masked = text(row.get("masked"))
    return Outcome(True, f"signed in to {provider} with the key {masked}".rstrip(), row)


def _has_stored_key(client: Client, provider: str, label: str) -> bool:
    try:
        result = as_map(client.call(methods.AUTH_STATUS, timeout=QUICK_SECONDS))
    except ClientError:
        return False  # the reason why the key was refused matters more
    rows = records(result.get("rows"))
    return any(row.get("provider") == provider and row.get("key") == label for row in rows)


def _without_key(found: Outcome, key: str) -> Outcome:
    """Remove the key from the message: a provider may have repeated it."""
    return Outcome(found.ok, found.message.replace(key, "(the key)"), found.data)
