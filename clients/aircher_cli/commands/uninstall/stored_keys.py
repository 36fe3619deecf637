"""The stored keys: read from their list, and removed by the daemon, which knows both stores.

The list names the keys and has none of them. A keyring cannot list its keys: without the list
nothing could find them, so they are removed first, and a failure ends the command.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.render.formatting import count
from aircher_cli.values import records, text
from aircher_client.errors import ClientError
from aircher_wire import address, methods
from aircher_wire.atomic_file import read_data

KEYRING = "keyring"


class StoredKey(NamedTuple):
    """A key in the list; `store` is `keyring` or `file`."""

    provider: str
    label: str
    store: str

    def __str__(self) -> str:
        where = "" if self.label == "default" else f"@{self.label}"
        return f"{self.provider}{where} ({self.store})"


def read_stored_keys(environ: Mapping[str, str]) -> list[StoredKey]:
    """Return the keys in the list; none if there is no list.

    Raises:
        CommandFailed: the list cannot be read, so the keys in the keyring are not known.
    """
    path = address.data_directory(environ) / "keys.json"
    try:
        found = json.loads(read_data(path))["keys"]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise CommandFailed(
            f"the list of stored keys, {path}, cannot be read ({error}): the keyring may have keys "
            "of aircher that nothing else could find. Repair the list, or remove it; or leave all "
            "keys with --keep-keys"
        ) from None
    rows = records(found)
    return [StoredKey(*(text(row.get(name)) for name in StoredKey._fields)) for row in rows]


def remove_stored_keys(context: Context, keys: Sequence[StoredKey]) -> list[str]:
    """Have the daemon remove the keys; return what it says about those that may be left.

    Raises:
        CommandFailed: a key in the keyring cannot be removed; the files are still there.
    """
    notes: list[str] = []
    environ = {k: value for k, value in context.environ.items() if k != "AIRCHER_AUTOSTART"}
    starter = Context(context.console, environ, context.stdin, context.own_notices)
    for provider in dict.fromkeys(key.provider for key in keys):
        try:
            with starter.connect() as client:
                result = client.call(methods.AUTH_LOGOUT, {"provider": provider})
        except ClientError as error:
            left = [key for key in keys if key.provider == provider and key.store == KEYRING]
            if not left:
                continue  # in a file, which is removed
            raise CommandFailed(
                f"the keyring still has {count(len(left), 'key')} of {provider}: {error.message}. "
                "No file was removed. Try again when that is solved, or leave all keys with "
                "--keep-keys"
            ) from None
        notes += [hint for row in records(result.get("rows")) if (hint := _leftover(row))]
    return notes


def _leftover(row: Mapping[str, object]) -> str:
    hint = text(row.get("hint"))
    return hint if "may still be in it" in hint else ""
