"""Fetches the providers' model lists in the background.

    at startup and every few minutes  Ollama and stale lists; never runs a key command
    after a login                     that provider's list
    a client lists models             missing and stale lists
    models.refresh                    all lists and models.dev

On failure, the error and its time are kept and reported by `models.list`, and the old list stays.
No cooldown follows and no key is rejected, since no request failed. Concurrent callers share one
fetch per provider. Fetches are cancelled when the daemon stops.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec
import structlog
import trio

from aircherd.catalog.catalog import Catalog
from aircherd.catalog.models_dev import read_models_dev
from aircherd.catalog.table import encode_tables
from aircherd.config.model import Config, Provider
from aircherd.errors import AircherError, ProviderFailed
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model

FETCH_SECONDS = 30.0
"""Deadline for one list, including reading the key."""
CHECK_INTERVAL_SECONDS = 300.0
"""Between checks for stale lists; also the longest time until a new Ollama is discovered."""
MAX_AGE_SECONDS = 86_400.0
"""When a vendor's list becomes stale."""
LOCAL_MAX_AGE_SECONDS = 60.0
"""When a local server's list becomes stale: users pull and remove models, and fetching is cheap."""
RETRY_SECONDS = 60.0
"""Between automatic attempts after a failure."""
MAX_CONCURRENT = 4

log = structlog.get_logger()


class FetchError(msgspec.Struct, frozen=True):
    """Why a list could not be fetched; `at` is a Unix time.

    `is_absent` means that a local server is not running, which most users need not see.
    """

    origin: str
    message: str
    at: float
    is_absent: bool = False


class FetchHooks(msgspec.Struct, frozen=True):
    """How providers and models.dev are queried.

    `list_models` and `download` (models.dev's bytes) raise AircherError. `can_query` tells whether
    a provider has a usable key, `can_query_silently` whether reading it runs no command and opens
    no password prompt.
    """

    list_models: Callable[[Provider], Awaitable[Sequence[Model]]]
    download: Callable[[], Awaitable[bytes]]
    can_query: Callable[[Provider], bool]
    can_query_silently: Callable[[Provider], bool]


class ModelFetcher:
    """Fetches lists; see the module's docstring. All fetches run inside `run`.

    `on_change` gets the names of the providers whose list, or its error, may have changed.
    """

    def __init__(
        self,
        *,
        catalog: Catalog,
        config: Callable[[], Config],
        hooks: FetchHooks,
        on_change: Callable[[Sequence[str]], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._catalog = catalog
        self._config = config
        self._hooks = hooks
        self._on_change = on_change
        self._clock = clock
        self._nursery: trio.Nursery | None = None
        self._limit = trio.CapacityLimiter(MAX_CONCURRENT)
        self._in_progress: dict[str, trio.Event] = {}
        self._errors: dict[str, FetchError] = {}

    async def run(self) -> None:
        """Fetch requested and stale lists until cancelled."""
        async with trio.open_nursery() as self._nursery:
            while True:
                providers = self._config().providers.values()
                self.start_fetching(p for p in providers if self._is_due_silently(p))
                await trio.sleep(CHECK_INTERVAL_SECONDS)

    # -------------------------------------------------------------- requests

    def start_fetching(self, providers: Iterable[Provider]) -> None:
        """Fetch the providers' lists in the background, except those already in progress."""
        for provider in providers:
            if self._nursery is not None and provider.name not in self._in_progress:
                done = self._in_progress[provider.name] = trio.Event()
                self._nursery.start_soon(self._fetch, provider, done)

    async def refresh(self, providers: Sequence[Provider]) -> None:
        """Fetch the providers' lists and wait for all of them."""
        self.start_fetching(providers)
        await self._wait_for(providers)

    async def refresh_stale(self, providers: Sequence[Provider], timeout: float) -> None:
        """Fetch missing and stale lists and wait at most `timeout` seconds for them."""
        due = [p for p in providers if self._hooks.can_query(p) and self._is_due(p)]
        self.start_fetching(due)
        with trio.move_on_after(timeout):
            await self._wait_for(due)

    def last_error(self, provider: Provider) -> FetchError | None:
        """Return why the last fetch of the provider's list failed, None if it succeeded."""
        error = self._errors.get(provider.name)
        return error if error and error.origin == provider.origin else None

    async def _wait_for(self, providers: Sequence[Provider]) -> None:
        for provider in providers:
            if provider.name in self._in_progress:
                await self._in_progress[provider.name].wait()

    # -------------------------------------------------------------- staleness

    def _is_due(self, provider: Provider) -> bool:
        error = self.last_error(provider)
        if error and not self._is_older(error.at, RETRY_SECONDS):
            return False
        known = self._catalog.cached_list(provider)
        max_age = MAX_AGE_SECONDS if provider.needs_key else LOCAL_MAX_AGE_SECONDS
        return known is None or self._is_older(known.fetched_at, max_age)

    def _is_due_silently(self, provider: Provider) -> bool:
        # Except for Ollama, the first fetch of a list waits for a client's request.
        is_wanted = provider.kind == "ollama" or self._catalog.cached_list(provider) is not None
        return is_wanted and self._hooks.can_query_silently(provider) and self._is_due(provider)

    def _is_older(self, at: float, seconds: float) -> bool:
        # A time in the future means that the clock was set back: treat it as long ago.
        return not 0 <= self._clock() - at < seconds

    # -------------------------------------------------------------- fetching

    async def _fetch(self, provider: Provider, done: trio.Event) -> None:
        try:
            async with self._limit:
                await self._fetch_list(provider)
        finally:
            del self._in_progress[provider.name]
            done.set()

    async def _fetch_list(self, provider: Provider) -> None:
        try:
            with trio.fail_after(FETCH_SECONDS):
                models = await self._hooks.list_models(provider)
        except AircherError as error:
            self._record_error(provider, error.message, is_absent=_is_not_running(provider, error))
        except trio.TooSlowError:
            self._record_error(provider, f"no complete list within {FETCH_SECONDS:g} s")
        except Exception:  # a malformed list must not stop the daemon
            log.exception("model_list_failed", provider=provider.name)
            self._record_error(provider, "internal error: see the log of aircherd")
        else:
            self._errors.pop(provider.name, None)
            self._catalog.store_list(provider, models, self._clock())
            self._on_change((provider.name,))

    def _record_error(self, provider: Provider, message: str, *, is_absent: bool = False) -> None:
        log.debug("no_model_list", provider=provider.name, reason=message)
        before, configured = self.last_error(provider), self._config().providers
        for name in self._errors.keys() - configured.keys():
            del self._errors[name]
        self._errors[provider.name] = FetchError(provider.origin, message, self._clock(), is_absent)
        if before is None or before.message != message:
            self._on_change((provider.name,))

    # -------------------------------------------------------------- models.dev

    async def refresh_models_dev(self) -> int:
        """Fetch models.dev and return the number of models of known vendors in it.

        Raises:
            AircherError: it cannot be fetched or stored; the previous data stays in use.
        """
        tables, count = await self._download_models_dev()
        try:
            await self._catalog.store_models_dev(tables)
        except OSError as error:
            raise AircherError(
                f"the data of models.dev cannot be stored: {error.strerror}"
            ) from None
        self._on_change(tuple(self._config().providers))
        return count

    async def _download_models_dev(self) -> tuple[bytes, int]:
        with trio.move_on_after(FETCH_SECONDS):
            data = await self._hooks.download()
            # In a thread because it parses megabytes of JSON. It does no I/O, so it cannot hang.
            return await trio.to_thread.run_sync(_convert_models_dev, data, self._clock())
        raise AircherError(f"models.dev: no complete response within {FETCH_SECONDS:g} s")

    def __repr__(self) -> str:
        in_progress = ", ".join(self._in_progress) or "none"
        return f"<ModelFetcher in progress: {in_progress}; {len(self._errors)} failed>"


def _convert_models_dev(data: bytes, now: float) -> tuple[bytes, int]:
    """Return models.dev's file in our format, and the number of models in it."""
    try:
        vendors = read_models_dev(data)
    except ValueError as error:
        raise AircherError(f"the data from models.dev is invalid: {error}") from None
    about = {"source": "https://models.dev"}
    count = sum(len(rows) for rows in vendors.values())
    return encode_tables(vendors, about=about, fetched_at=now), count


def _is_not_running(provider: Provider, error: AircherError) -> bool:
    return (
        not provider.needs_key
        and isinstance(error, ProviderFailed)
        and error.failure.kind is FailureClass.NETWORK
    )
