"""The providers' own model lists as last fetched, in memory and on disk.

A list belongs to one provider at one origin: it is ignored after the provider's URL changes to
another server. A damaged or unreadable file is ignored, since the list can be fetched again.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from aircher_wire.atomic_file import read_data, write_data
from aircherd.catalog.sanitize import sanitize_models
from aircherd.config.model import Provider
from aircherd.vocabulary.models import Model

REWRITE_SECONDS = 3600.0
"""An unchanged list is rewritten only if the date on disk is older than this."""

log = structlog.get_logger()


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's own list; `fetched_at` is a Unix time."""

    origin: str
    fetched_at: float
    models: tuple[Model, ...]


_LIST = msgspec.json.Decoder(ModelList)


def move_old_folder(old: Path, new: Path) -> None:
    """Move fetched files from the data directory, where versions up to 0.1 kept them, to the cache.

    A file that `new` has already stays as it is. After a failure the next start tries again.
    """
    try:
        files = list(old.iterdir())
    except OSError:
        return
    try:
        for file in files:
            if not (new / file.name).exists():
                write_data(new / file.name, read_data(file))
            file.unlink()
        old.rmdir()
    except OSError as error:
        log.warning("catalog_not_moved", folder=str(old), reason=error.strerror)


class ModelListCache:
    """Lists by provider, read lazily from `folder`; None keeps them in memory only.

    `write` queues a file for writing without blocking: `BackgroundFiles.put`.
    """

    def __init__(self, folder: Path | None, write: Callable[[Path, bytes], None]) -> None:
        self._folder = folder
        self._write_soon = write
        self._lists: dict[str, ModelList | None] = {}

    def get(self, provider: Provider) -> ModelList | None:
        """Return the provider's list, None if it was never fetched from its current origin."""
        name = provider.name
        if name not in self._lists:
            self._lists[name] = self._read(name)
        known = self._lists[name]
        return known if known is not None and known.origin == provider.origin else None

    def put(self, provider: Provider, fetched: ModelList) -> bool:
        """Store a list in memory and queue it for the disk; return whether its models changed."""
        known = self.get(provider)
        self._lists[provider.name] = fetched
        has_changed = known is None or known.models != fetched.models
        # A local server is queried every few minutes: avoid a disk write for an unchanged list.
        if has_changed or known is None or fetched.fetched_at - known.fetched_at >= REWRITE_SECONDS:
            self._write(provider, fetched)
        return has_changed

    def _write(self, provider: Provider, fetched: ModelList) -> None:
        if self._folder is not None:
            self._write_soon(self._file(provider.name), msgspec.json.encode(fetched))

    def _read(self, name: str) -> ModelList | None:
        if self._folder is None:
            return None
        try:
            found = _LIST.decode(read_data(self._file(name)))
            return msgspec.structs.replace(found, models=tuple(sanitize_models(found.models)))
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("model_list_unreadable", provider=name, reason=error.strerror)
        except (ValueError, RecursionError):
            log.warning("model_list_damaged", provider=name, hint="it will be fetched again")
        return None

    def _file(self, name: str) -> Path:
        assert self._folder is not None
        return self._folder / f"list-{name}.json"

    def __repr__(self) -> str:
        known = [name for name, found in self._lists.items() if found]
        return f"<ModelListCache of {', '.join(known) or 'no provider'}>"
