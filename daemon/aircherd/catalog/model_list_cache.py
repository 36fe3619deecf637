"""The providers' own lists of models, as they were last fetched: in memory and on disk.

A list is for one provider at one origin: after a move to another server the old one's is not shown.
A file that is damaged or cannot be read is as good as none, for the list can be fetched again.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from aircherd.catalog.sanitize import sanitized
from aircherd.config.model import Provider
from aircherd.files.atomic_file import read_data
from aircherd.vocabulary.models import Model

REWRITE_SECONDS = 3600.0
"""A list that came again as it was is written again only if its date is off by more than this."""

log = structlog.get_logger()


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider said it has; `fetched_at` is a Unix time."""

    origin: str
    fetched_at: float
    models: tuple[Model, ...]


_LIST = msgspec.json.Decoder(ModelList)


class ModelListCache:
    """The lists by provider; read from `folder` when first asked for, None keeps them in memory.

    `write` has a file written some time, without waiting for it: `DataFiles.put`.
    """

    def __init__(self, folder: Path | None, write: Callable[[Path, bytes], None]) -> None:
        self._folder = folder
        self._write_soon = write
        self._lists: dict[str, ModelList | None] = {}

    def get(self, provider: Provider) -> ModelList | None:
        """Return the provider's list, None if it was never fetched where the provider is now."""
        name = provider.name
        if name not in self._lists:
            self._lists[name] = self._read(name)
        known = self._lists[name]
        return known if known is not None and known.origin == provider.origin else None

    def put(self, provider: Provider, fetched: ModelList) -> bool:
        """Keep a list, soon on disk too; return whether it says anything new."""
        known = self.get(provider)
        self._lists[provider.name] = fetched
        is_news = known is None or known.models != fetched.models
        # A local server is asked every few minutes: no disk needs to turn for the same answer.
        if is_news or known is None or fetched.fetched_at - known.fetched_at >= REWRITE_SECONDS:
            self._write(provider, fetched)
        return is_news

    def _write(self, provider: Provider, fetched: ModelList) -> None:
        if self._folder is not None:
            self._write_soon(self._file(provider.name), msgspec.json.encode(fetched))

    def _read(self, name: str) -> ModelList | None:
        if self._folder is None:
            return None
        try:
            found = _LIST.decode(read_data(self._file(name)))
            return msgspec.structs.replace(found, models=tuple(sanitized(found.models)))
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("model_list_unreadable", provider=name, reason=error.strerror)
        except (ValueError, RecursionError):
            log.warning("model_list_damaged", provider=name, hint="it is fetched again")
        return None

    def _file(self, name: str) -> Path:
        assert self._folder is not None
        return self._folder / f"list-{name}.json"

    def __repr__(self) -> str:
        known = [name for name, found in self._lists.items() if found]
        return f"<ModelListCache of {', '.join(known) or 'nobody'}>"
