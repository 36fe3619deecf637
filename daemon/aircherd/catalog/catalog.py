"""The catalogue: what is known of a model, by its provider and its name there.

    shipped data < models.dev < the provider's own list < the user's configuration    (`merge`)

Everything is read when it is first needed and one model at a time: a request costs one look into a
dict, and a provider that nobody uses costs nothing. A new configuration begins with empty dicts.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import structlog

from aircherd.catalog.known_vendors import catalog_vendor_of
from aircherd.catalog.merge import Source, merged, overridden
from aircherd.catalog.model_list_cache import ModelList, ModelListCache
from aircherd.catalog.name_index import NameIndex, name_index
from aircherd.catalog.sanitize import MAX_LISTED
from aircherd.catalog.table import EMPTY, Table, TableFile
from aircherd.config.model import (
    DEFAULT_CONFIG,
    Config,
    Override,
    Provider,
    Route,
    is_loopback,
)
from aircherd.files.atomic_file import read_data
from aircherd.files.background_files import BackgroundFiles
from aircherd.vocabulary.models import Model, Prices, Rates

FREE = Prices(rates=Rates(input=Decimal(0), output=Decimal(0)))
MAX_HELD = 2000
"""Models that were asked for, in memory: clients may make up names, so there is an end to it."""

_NOTHING = TableFile(b'{"vendors":{}}')

log = structlog.get_logger()


class Known(msgspec.Struct, frozen=True):
    """A model and who says what is known of it."""

    model: Model
    sources: tuple[Source, ...]


class _Layers(msgspec.Struct, frozen=True):
    """What the sources have on one provider's models, the least believed first."""

    shipped: Table
    public: Table
    listed: Mapping[str, Model] | None

    def of(self, name: str) -> tuple[tuple[Source, Model | None], ...]:
        listed = self.listed or {}
        return (
            ("shipped", self.shipped.find(name)),
            ("models.dev", self.public.find(name)),
            # Ollama calls a model without a tag by the tag `latest`.
            ("provider", listed.get(name) or listed.get(f"{name}:latest")),
        )


def _unbilled(provider: Provider, model: Model) -> Model:
    """Give a model without prices those of a server of one's own: none.

    It needs no key and is on this machine. Anything further off may bill somebody all the same.
    """
    host = urlsplit(provider.base_url).hostname or ""
    if provider.needs_key or model.prices is not None or not is_loopback(host):
        return model
    return msgspec.structs.replace(model, prices=FREE)


class Catalog:
    """Looks models up, without waiting.

    `folder` is where fetched data is kept, None keeps nothing; `files` writes it.
    """

    def __init__(
        self,
        *,
        config: Callable[[], Config] = lambda: DEFAULT_CONFIG,
        folder: Path | None = None,
        files: BackgroundFiles | None = None,
    ) -> None:
        self._config = config
        self._for: Config | None = None
        self._folder = folder
        self._files = files or BackgroundFiles()
        self._lists = ModelListCache(folder, self._files.put)
        self._shipped: TableFile | None = None
        self._public: TableFile | None = None
        self._found: dict[tuple[str, str, str], Model] = {}
        self._routes: dict[str, tuple[Route, ...]] = {}
        self._layers: dict[tuple[str, str], _Layers] = {}
        self._offers: dict[tuple[str, str], NameIndex] = {}

    # -------------------------------------------------------------- one model

    def find(self, provider: Provider, name: str) -> Model:
        """Return what is known of the model that `provider` calls `name`, be it next to nothing."""
        self._follow_config()
        key = (provider.name, provider.base_url, name)
        model = self._found.get(key)
        if model is None:
            if len(self._found) >= MAX_HELD:
                self._found.clear()
            model = self._found[key] = self.known(provider, name).model
        return model

    def known(self, provider: Provider, name: str) -> Known:
        """Return the same with its sources, worked out anew."""
        layers = self._layers_of(provider).of(name)
        override = self._override(provider, name)
        sources = [source for source, layer in layers if layer is not None]
        if override is not None:
            sources.append("config")
        model = _unbilled(provider, merged(name, [layer for _, layer in layers]))
        return Known(overridden(model, override), tuple(sources))

    def _override(self, provider: Provider, name: str) -> Override | None:
        return self._config().catalog.get(f"{provider.name}/{name}")

    # -------------------------------------------------------------- what there is

    def models(self, provider: Provider) -> Iterator[Known]:
        """Yield the models of a provider.

        Those on its own list and in the configuration; while there is no list, all that anybody
        knows of it.
        """
        return (self.known(provider, name) for name in self._offer_of(provider).names)

    def listed(self, provider: Provider) -> Sequence[Model]:
        """Return the models that `provider` last said it has; () while it has not been asked."""
        found = self.list_of(provider)
        return found.models if found else ()

    def list_of(self, provider: Provider) -> ModelList | None:
        """Return a provider's own list with its date, None if it was never fetched."""
        return self._lists.get(provider)

    def is_unknown(self, provider: Provider, name: str) -> bool:
        """Tell whether the sources know the provider's models, and this is none of them."""
        layers = self._layers_of(provider)
        knows_any = layers.listed is not None or len(layers.shipped) > 0
        return knows_any and not self.known(provider, name).sources

    # -------------------------------------------------------------- names

    def routes(self, name: str) -> Sequence[Route]:
        """Return where a model is served under this bare name; () if nobody knows it.

        In the configuration's order, a vendor's own API before those who pass requests on.
        """
        self._follow_config()
        found = self._routes.get(name)
        if found is None:
            if len(self._routes) >= MAX_HELD:
                self._routes.clear()
            found = self._routes[name] = self._served(name)
        return found

    def _served(self, name: str) -> tuple[Route, ...]:
        providers = self._config().providers
        served = ((p, self._offer_of(p).meaning(name)) for p in providers.values())
        found = [(p, names[0]) for p, names in served if len(names) == 1]
        found.sort(key=lambda pair: pair[0].kind == "openrouter")
        return tuple(Route(provider.name, model) for provider, model in found)

    def namesakes(self, name: str) -> Sequence[Route]:
        """Return all that a bare name may mean, where a provider has several models of it."""
        providers = self._config().providers
        return [
            Route(p.name, model)
            for p in providers.values()
            for model in self._offer_of(p).meaning(name)
        ]

    def names(self, provider_name: str | None = None) -> Iterable[str]:
        """Return every name known, of one provider or of all: to find what was meant."""
        providers = self._config().providers
        chosen = [providers[provider_name]] if provider_name else providers.values()
        return dict.fromkeys(name for p in chosen for name in self._offer_of(p).short_names)

    # -------------------------------------------------------------- new data

    def take_list(self, provider: Provider, models: Sequence[Model], now: float) -> None:
        """Keep what a provider said it has, up to `MAX_LISTED` models."""
        kept = tuple(models[:MAX_LISTED])
        fetched = ModelList(origin=provider.origin, fetched_at=now, models=kept)
        if self._lists.put(provider, fetched):
            self._forget()

    async def take_public(self, data: bytes) -> None:
        """Keep what was fetched from models.dev, in the form of `encode_tables`.

        Raises:
            OSError: it cannot be kept, or not in time; what was known before stays.
        """
        public = TableFile(data)
        if self._folder is not None:
            await self._files.write(self._public_file, data)
        self._public = public
        self._forget()

    @property
    def public_date(self) -> float | None:
        """When models.dev was last fetched, a Unix time."""
        return self._public_data().fetched_at

    # -------------------------------------------------------------- inside

    def _follow_config(self) -> None:
        config = self._config()
        if config is not self._for:
            self._for = config
            self._forget()

    def _forget(self) -> None:
        self._found.clear()
        self._routes.clear()
        self._layers.clear()
        self._offers.clear()

    def _layers_of(self, provider: Provider) -> _Layers:
        self._follow_config()
        key = (provider.name, provider.base_url)
        layers = self._layers.get(key)
        if layers is None:
            found = self.list_of(provider)
            layers = self._layers[key] = _Layers(
                _table(self._shipped_data(), provider),
                _table(self._public_data(), provider),
                {model.id: model for model in found.models} if found else None,
            )
        return layers

    def _offer_of(self, provider: Provider) -> NameIndex:
        self._follow_config()
        key = (provider.name, provider.base_url)
        offer = self._offers.get(key)
        if offer is None:
            layers, start = self._layers_of(provider), f"{provider.name}/"
            own = [n.removeprefix(start) for n in self._config().catalog if n.startswith(start)]
            vendor = catalog_vendor_of(provider)
            prefix = vendor.prefix if vendor and vendor.needs_prefix else ""
            known = [f"{prefix}{n}" for n in (*layers.shipped.ids, *layers.public.ids)]
            offer = self._offers[key] = name_index(known, layers.listed, own)
        return offer

    def _shipped_data(self) -> TableFile:
        if self._shipped is None:
            file = resources.files("aircherd.catalog").joinpath("models.json")
            self._shipped = TableFile(file.read_bytes())
        return self._shipped

    def _public_data(self) -> TableFile:
        if self._public is None:
            self._public = self._read_public()
        return self._public

    def _read_public(self) -> TableFile:
        try:
            return TableFile(read_data(self._public_file)) if self._folder else _NOTHING
        except FileNotFoundError:
            return _NOTHING
        except OSError as error:
            log.warning("models_dev_unreadable", reason=error.strerror)
        except (ValueError, RecursionError):
            log.warning("models_dev_damaged", hint="aircher-cli models refresh fetches it again")
        return _NOTHING

    @property
    def _public_file(self) -> Path:
        assert self._folder is not None
        return self._folder / "models.dev.json"

    def __repr__(self) -> str:
        return f"<Catalog {len(self._found)} models in use, {self._lists!r}>"


def _table(file: TableFile, provider: Provider) -> Table:
    vendor = catalog_vendor_of(provider)
    if vendor is None:
        return EMPTY
    try:
        return file.table(vendor)
    except (ValueError, RecursionError):
        log.warning("catalog_damaged", vendor=vendor.name, data=repr(file))
        return EMPTY
