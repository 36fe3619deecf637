"""Fetching the providers' lists of models, behind everybody's back and in nobody's way.

    at the start, every few minutes   Ollama, and lists that are old; nothing that runs a command
    after a login                     that provider
    a client asks for models          whatever is missing or old
    models.refresh                    everything, and models.dev

What happens on each failure: it is remembered with its time and told in `models.list`; the old list
stays; nothing is cooled or rejected for it, because nobody's request failed. A list under way is
waited for by whoever wants it, never asked for twice, and ends with the daemon.
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
"""For one list, the key included."""
ROUND_SECONDS = 300.0
"""Between two looks at what is old; so long may an Ollama run before it is found by itself."""
OLD_SECONDS = 86_400.0
"""A list of a vendor is good for a day."""
LOCAL_OLD_SECONDS = 60.0
"""A list of a local server for less: people pull and remove models, and asking costs nothing."""
RETRY_SECONDS = 60.0
"""Who could not be asked is not asked again for so long, unless the user insists."""
AT_ONCE = 4

log = structlog.get_logger()


class FetchError(msgspec.Struct, frozen=True):
    """Why a list could not be fetched; `at` is a Unix time.

    `is_absent`: a local server that does not run, which is no trouble to most people.
    """

    origin: str
    message: str
    at: float
    is_absent: bool = False


class FetchHooks(msgspec.Struct, frozen=True):
    """How the world is asked.

    `list_models` raises AircherError; `download` gives models.dev's bytes or raises it too.
    `may_ask` tells whether a provider can be asked at all, `may_ask_unseen` whether nobody would
    notice: no command runs, no password is asked for.
    """

    list_models: Callable[[Provider], Awaitable[Sequence[Model]]]
    download: Callable[[], Awaitable[bytes]]
    may_ask: Callable[[Provider], bool]
    may_ask_unseen: Callable[[Provider], bool]


class ModelFetcher:
    """See the module's docstring. `run` owns every fetch; before it runs nothing is fetched."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        config: Callable[[], Config],
        asking: FetchHooks,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._catalog = catalog
        self._config = config
        self._asking = asking
        self._clock = clock
        self._nursery: trio.Nursery | None = None
        self._limit = trio.CapacityLimiter(AT_ONCE)
        self._under_way: dict[str, trio.Event] = {}
        self._troubles: dict[str, FetchError] = {}

    async def run(self) -> None:
        """Fetch what is wanted and what is old, for ever."""
        async with trio.open_nursery() as self._nursery:
            while True:
                providers = self._config().providers.values()
                self.wish(p for p in providers if self._is_due_unseen(p))
                await trio.sleep(ROUND_SECONDS)

    # -------------------------------------------------------------- wishes

    def wish(self, providers: Iterable[Provider]) -> None:
        """Have these lists fetched, in the background."""
        for provider in providers:
            if self._nursery is not None and provider.name not in self._under_way:
                done = self._under_way[provider.name] = trio.Event()
                self._nursery.start_soon(self._fetch, provider, done)

    async def refresh(self, providers: Sequence[Provider]) -> None:
        """Fetch these lists now, and wait for all of them."""
        self.wish(providers)
        await self._wait_for(providers)

    async def bring_up_to_date(self, providers: Sequence[Provider], patience: float) -> None:
        """Have what is missing or old fetched, and wait at most `patience` seconds for it."""
        wanted = [p for p in providers if self._asking.may_ask(p) and self._is_due(p)]
        self.wish(wanted)
        with trio.move_on_after(patience):
            await self._wait_for(wanted)

    def trouble(self, provider: Provider) -> FetchError | None:
        """Return why the last try at a list failed, None if it did not."""
        trouble = self._troubles.get(provider.name)
        return trouble if trouble and trouble.origin == provider.origin else None

    async def _wait_for(self, providers: Sequence[Provider]) -> None:
        for provider in providers:
            if provider.name in self._under_way:
                await self._under_way[provider.name].wait()

    # -------------------------------------------------------------- what is due

    def _is_due(self, provider: Provider) -> bool:
        trouble = self.trouble(provider)
        if trouble and not self._is_past(trouble.at, RETRY_SECONDS):
            return False
        known = self._catalog.list_of(provider)
        good_for = OLD_SECONDS if provider.needs_key else LOCAL_OLD_SECONDS
        return known is None or self._is_past(known.fetched_at, good_for)

    def _is_due_unseen(self, provider: Provider) -> bool:
        # The first list of a server that is not known to be local waits until somebody asks.
        is_wanted = provider.kind == "ollama" or self._catalog.list_of(provider) is not None
        return is_wanted and self._asking.may_ask_unseen(provider) and self._is_due(provider)

    def _is_past(self, at: float, seconds: float) -> bool:
        # A time in the future comes from a clock that was set back: as good as long ago.
        return not 0 <= self._clock() - at < seconds

    # -------------------------------------------------------------- fetching

    async def _fetch(self, provider: Provider, done: trio.Event) -> None:
        try:
            async with self._limit:
                await self._ask(provider)
        finally:
            del self._under_way[provider.name]
            done.set()

    async def _ask(self, provider: Provider) -> None:
        try:
            with trio.fail_after(FETCH_SECONDS):
                models = await self._asking.list_models(provider)
        except AircherError as error:
            self._note(provider, error.message, is_absent=_is_absent(provider, error))
        except trio.TooSlowError:
            self._note(provider, f"no whole list within {FETCH_SECONDS:g} s")
        except Exception:  # the edge: whatever a list brings, the daemon goes on
            log.exception("model_list_failed", provider=provider.name)
            self._note(provider, "aircherd made a mistake: see its log")
        else:
            self._troubles.pop(provider.name, None)
            self._catalog.take_list(provider, models, self._clock())

    def _note(self, provider: Provider, message: str, *, is_absent: bool = False) -> None:
        log.debug("no_model_list", provider=provider.name, reason=message)
        self._troubles[provider.name] = FetchError(
            provider.origin, message, self._clock(), is_absent
        )

    # -------------------------------------------------------------- models.dev

    async def refresh_public(self) -> int:
        """Fetch models.dev; return how many models it knows of the vendors we know.

        Raises:
            AircherError: it cannot be had, or kept; what was known before stays.
        """
        digest, count = await self._download_public()
        try:
            await self._catalog.take_public(digest)
        except OSError as error:
            raise AircherError(f"models.dev cannot be kept: {error.strerror}") from None
        return count

    async def _download_public(self) -> tuple[bytes, int]:
        with trio.move_on_after(FETCH_SECONDS):
            data = await self._asking.download()
            # In a thread: megabytes of JSON. It touches no file, so it ends.
            return await trio.to_thread.run_sync(_digest, data, self._clock())
        raise AircherError(f"models.dev: no whole answer within {FETCH_SECONDS:g} s")

    def __repr__(self) -> str:
        under_way = ", ".join(self._under_way) or "none"
        return f"<ModelFetcher under way: {under_way}; {len(self._troubles)} in trouble>"


def _digest(data: bytes, now: float) -> tuple[bytes, int]:
    """Return what is kept of models.dev's file, and the number of models in it."""
    try:
        vendors = read_models_dev(data)
    except ValueError as error:
        raise AircherError(f"what models.dev sent cannot be used: {error}") from None
    about = {"source": "https://models.dev"}
    count = sum(len(rows) for rows in vendors.values())
    return encode_tables(vendors, about=about, fetched_at=now), count


def _is_absent(provider: Provider, error: AircherError) -> bool:
    return (
        not provider.needs_key
        and isinstance(error, ProviderFailed)
        and error.failure.kind is FailureClass.NETWORK
    )
