"""The model catalogue: looks up a model's metadata by provider and model name.

    shipped data < models.dev < the provider's own list < the user's configuration    (`merge`)

Everything is read lazily, one model at a time: a request costs one dict lookup, and an unused
provider costs nothing. A new configuration clears the caches.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import structlog

from aircher_wire.atomic_file import read_data
from aircherd.catalog.merge import Source, apply_override, merge_layers
from aircherd.catalog.model_list_cache import ModelList, ModelListCache
from aircherd.catalog.name_index import NameIndex, build_name_index
from aircherd.catalog.priced_vendors import catalog_vendor_of
from aircherd.catalog.sanitize import MAX_LISTED
from aircherd.catalog.table import EMPTY, Table, TableFile
from aircherd.config.model import (
    DEFAULT_CONFIG,
    Config,
    Override,
    Provider,
    Route,
)
from aircherd.files.background_files import BackgroundFiles
from aircherd.vocabulary.hosts import is_loopback
from aircherd.vocabulary.models import Model, Prices, Rates

FREE = Prices(rates=Rates(input=Decimal(0), output=Decimal(0)))
MAX_CACHED = 2000
"""Models and names kept in memory. Bounded because clients can send arbitrary names."""

_EMPTY_FILE = TableFile(b'{"vendors":{}}')

log = structlog.get_logger()


class SourcedModel(msgspec.Struct, frozen=True):
    """A merged model and the sources that contributed to it."""

    model: Model
    sources: tuple[Source, ...]


class _Layers(msgspec.Struct, frozen=True):
    """The sources of one provider's models, in rising priority."""

    shipped: Table
    public: Table
    listed: Mapping[str, Model] | None

    def find(self, name: str) -> tuple[tuple[Source, Model | None], ...]:
        listed = self.listed or {}
        return (
            ("shipped", self.shipped.find(name)),
            ("models.dev", self.public.find(name)),
            # For Ollama, a name without a tag means the tag `latest`.
            ("provider", listed.get(name) or listed.get(f"{name}:latest")),
        )


def _with_free_prices(provider: Provider, model: Model) -> Model:
    """Set the prices of an unpriced model on a local, keyless server to zero.

    A server on another machine may be billed even if it needs no key.
    """
    host = urlsplit(provider.base_url).hostname or ""
    if provider.needs_key or model.prices is not None or not is_loopback(host):
        return model
    return msgspec.structs.replace(model, prices=FREE)


class Catalog:
    """Looks up models without blocking.

    Fetched data is stored in `folder` (None stores nothing) and written by `files`.
    """

    def __init__(
        self,
        *,
        config: Callable[[], Config] = lambda: DEFAULT_CONFIG,
        folder: Path | None = None,
        files: BackgroundFiles | None = None,
    ) -> None:
        self.generation = 0
        """Grows whenever what is known of models changes."""
        self._config = config
        self._cached_for: Config | None = None
        self._folder = folder
        self._files = files or BackgroundFiles()
        self._lists = ModelListCache(folder, self._files.put)
        self._shipped: TableFile | None = None
        self._models_dev: TableFile | None = None
        self._merged: dict[tuple[str, str, str], Model] = {}
        self._routes: dict[str, tuple[Route, ...]] = {}
        self._layers: dict[tuple[str, str], _Layers] = {}
        self._name_indexes: dict[tuple[str, str], NameIndex] = {}

    # -------------------------------------------------------------- one model

    def find(self, provider: Provider, name: str) -> Model:
        """Return the metadata of the provider's model `name`; unknown fields are None."""
        self._check_config()
        key = (provider.name, provider.base_url, name)
        model = self._merged.get(key)
        if model is None:
            if len(self._merged) >= MAX_CACHED:
                self._merged.clear()
            model = self._merged[key] = self.known(provider, name).model
        return model

    def known(self, provider: Provider, name: str) -> SourcedModel:
        """Return the model with its sources. Not cached."""
        layers = self._layers_of(provider).find(name)
        override = self._override(provider, name)
        sources = [source for source, layer in layers if layer is not None]
        if override is not None:
            sources.append("config")
        model = _with_free_prices(provider, merge_layers(name, [layer for _, layer in layers]))
        return SourcedModel(apply_override(model, override), tuple(sources))

    def _override(self, provider: Provider, name: str) -> Override | None:
        return self._config().catalog.get(f"{provider.name}/{name}")

    # -------------------------------------------------------------- lists of models

    def models(self, provider: Provider) -> Iterator[SourcedModel]:
        """Yield a provider's models: those on its own list and in the configuration.

        Without a list, yield the models that the shipped data and models.dev have for it.
        """
        return (self.known(provider, name) for name in self._name_index_of(provider).names)

    def listed(self, provider: Provider) -> Sequence[Model]:
        """Return the models on the provider's own list, () if it was never fetched."""
        found = self.cached_list(provider)
        return found.models if found else ()

    def cached_list(self, provider: Provider) -> ModelList | None:
        """Return the provider's own list with its date, None if it was never fetched."""
        return self._lists.get(provider)

    def is_unknown(self, provider: Provider, name: str) -> bool:
        """Tell whether the provider's models are known and `name` is not among them."""
        layers = self._layers_of(provider)
        knows_any = layers.listed is not None or len(layers.shipped) > 0
        return knows_any and not self.known(provider, name).sources

    # -------------------------------------------------------------- names

    def routes(self, name: str) -> Sequence[Route]:
        """Return the routes that serve a bare model name, () if it is unknown.

        In the order of the configuration, with vendors' own APIs before OpenRouter.
        """
        self._check_config()
        found = self._routes.get(name)
        if found is None:
            if len(self._routes) >= MAX_CACHED:
                self._routes.clear()
            found = self._routes[name] = self._find_routes(name)
        return found

    def _find_routes(self, name: str) -> tuple[Route, ...]:
        providers = self._config().named_providers()
        served = ((p, self._name_index_of(p).matches(name)) for p in providers)
        found = [(p, names[0]) for p, names in served if len(names) == 1]
        found.sort(key=lambda pair: pair[0].kind == "openrouter")
        return tuple(Route(provider.name, model) for provider, model in found)

    def matching_routes(self, name: str) -> Sequence[Route]:
        """Return every route that a bare name matches, several per provider if it is ambiguous."""
        providers = self._config().providers
        return [
            Route(p.name, model)
            for p in providers.values()
            for model in self._name_index_of(p).matches(name)
        ]

    def names(self, provider_name: str | None = None) -> Iterable[str]:
        """Return all known model names of one provider or of all, for suggestions."""
        providers = self._config().providers
        chosen = [providers[provider_name]] if provider_name else providers.values()
        return dict.fromkeys(name for p in chosen for name in self._name_index_of(p).short_names)

    # -------------------------------------------------------------- new data

    def store_list(self, provider: Provider, models: Sequence[Model], now: float) -> None:
        """Store a provider's own list, up to `MAX_LISTED` models."""
        from aircherd.catalog.release_dates import drop_implausible  # noqa: PLC0415 -- not at start

        is_vendor = catalog_vendor_of(provider) is not None
        kept = tuple(drop_implausible(models[:MAX_LISTED], is_vendor=is_vendor, now=now))
        fetched = ModelList(origin=provider.origin, fetched_at=now, models=kept)
        if self._lists.put(provider, fetched):
            self._clear_caches()

    async def store_models_dev(self, data: bytes) -> None:
        """Store what was fetched from models.dev, as encoded by `encode_tables`.

        Raises:
            OSError: the file cannot be written in time; the previous data stays in use.
        """
        parsed = TableFile(data)
        if self._folder is not None:
            await self._files.write(self._models_dev_file, data)
        self._models_dev = parsed
        self._clear_caches()

    @property
    def models_dev_date(self) -> float | None:
        """The Unix time when models.dev was last fetched."""
        return self._models_dev_data().fetched_at

    # -------------------------------------------------------------- inside

    def current_generation(self) -> int:
        """Return `generation`, which a new configuration raises, too."""
        self._check_config()
        return self.generation

    def _check_config(self) -> None:
        config = self._config()
        if config is not self._cached_for:
            self._cached_for = config
            self._clear_caches()

    def _clear_caches(self) -> None:
        self.generation += 1
        self._merged.clear()
        self._routes.clear()
        self._layers.clear()
        self._name_indexes.clear()

    def _layers_of(self, provider: Provider) -> _Layers:
        self._check_config()
        key = (provider.name, provider.base_url)
        layers = self._layers.get(key)
        if layers is None:
            found = self.cached_list(provider)
            layers = self._layers[key] = _Layers(
                _table(self._shipped_data(), provider),
                _table(self._models_dev_data(), provider),
                {model.id: model for model in found.models} if found else None,
            )
        return layers

    def _name_index_of(self, provider: Provider) -> NameIndex:
        self._check_config()
        key = (provider.name, provider.base_url)
        index = self._name_indexes.get(key)
        if index is None:
            layers, start = self._layers_of(provider), f"{provider.name}/"
            own = [n.removeprefix(start) for n in self._config().catalog if n.startswith(start)]
            vendor = catalog_vendor_of(provider)
            prefix = vendor.prefix if vendor and vendor.needs_prefix else ""
            known = [f"{prefix}{n}" for n in (*layers.shipped.ids, *layers.public.ids)]
            index = self._name_indexes[key] = build_name_index(known, layers.listed, own)
        return index

    def load(self) -> None:
        """Read the shipped data into memory; otherwise the first lookup does."""
        self._shipped_data()

    def _shipped_data(self) -> TableFile:
        if self._shipped is None:
            file = resources.files("aircherd.catalog").joinpath("models.json")
            self._shipped = TableFile(file.read_bytes())
        return self._shipped

    def _models_dev_data(self) -> TableFile:
        if self._models_dev is None:
            self._models_dev = self._read_models_dev()
        return self._models_dev

    def _read_models_dev(self) -> TableFile:
        try:
            return TableFile(read_data(self._models_dev_file)) if self._folder else _EMPTY_FILE
        except FileNotFoundError:
            return _EMPTY_FILE
        except OSError as error:
            log.warning("models_dev_unreadable", reason=error.strerror)
        except (ValueError, RecursionError):
            log.warning("models_dev_damaged", hint="aircher-cli models refresh fetches it again")
        return _EMPTY_FILE

    @property
    def _models_dev_file(self) -> Path:
        assert self._folder is not None
        return self._folder / "models.dev.json"

    def __repr__(self) -> str:
        return f"<Catalog {len(self._merged)} models cached, {self._lists!r}>"


def _table(file: TableFile, provider: Provider) -> Table:
    vendor = catalog_vendor_of(provider)
    if vendor is None:
        return EMPTY
    try:
        return file.table(vendor)
    except (ValueError, RecursionError):
        log.warning("catalog_damaged", vendor=vendor.name, data=repr(file))
        return EMPTY
