"""The services that handlers use; `app` creates them."""

from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec
import trio

from aircherd.access.questions import Questions
from aircherd.api.model_rows import ModelRows
from aircherd.api.params import HttpOpenParams, TokenCreateParams
from aircherd.api.turns import Turns
from aircherd.audit.audit_log import AuditLog
from aircherd.auth.manager import AuthManager
from aircherd.catalog.catalog import Catalog
from aircherd.catalog.fetcher import ModelFetcher
from aircherd.chat.controller import ChatController
from aircherd.config.paths import Paths
from aircherd.config.store import ConfigStore
from aircherd.config.watcher.file_watcher import FileWatcher
from aircherd.events import EventBus
from aircherd.memory.budget import MemoryBudget
from aircherd.providers.client import ProviderClient
from aircherd.usage.ledger.ledger import Ledger
from aircherd.usage.limits.tracker import LimitTracker

if TYPE_CHECKING:
    from aircherd.config.changes import ReloadResult
    from aircherd.shared_state.fleet_status import Fleet


class Shutdown:
    """Requests that the daemon stop: `requested` lets requests end, `forced` cancels them."""

    def __init__(self) -> None:
        self.requested = trio.Event()
        self.forced = trio.Event()


class About(msgspec.Struct, frozen=True):
    """Facts that do not change while the daemon runs. `started_at` is a Unix time.

    `log_file` is None if the log goes to standard error, such as to the journal of systemd.
    """

    version: str
    pid: int
    started_by: str
    started_at: float
    socket: Path
    paths: Paths
    log_file: Path | None = None


class OneTimeNotices(msgspec.Struct):
    """Notices that are shown once and then never again: code -> message.

    `remember` records for later daemons that a code was shown. `recheck` drops what is no longer
    true; it is called before notices are sent.
    """

    remember: Callable[[str], None]
    pending: dict[str, str] = {}
    recheck: Callable[[], Awaitable[None]] | None = None


class Connected(Protocol):
    """A connected client."""

    def describe(self) -> dict[str, object]:
        """Return its row for `status`."""

    def decide_rights(self) -> None:
        """Apply the rights of a new configuration."""


class Doors(Protocol):
    """The doors for HTTP clients."""

    @property
    def port(self) -> int | None:
        """The port that is open now, None if none is."""

    def state(self) -> dict[str, object]:
        """Return the row of `status`: `socket`, `ports`, `connections`, and what is wrong."""

    def open_port(self, wanted: int | None = None) -> AbstractAsyncContextManager[int]:
        """Hold a port open inside the context; see `HttpDoors`."""


class Tokens(Protocol):
    """The tokens of programs that come over HTTP: `http_api`, which is above `api`, has them."""

    @property
    def problem(self) -> str | None:
        """Why none of them is let in, None if nothing is wrong."""

    async def create(self, params: TokenCreateParams) -> dict[str, object]:
        """Create a token; the result has it, and nothing else ever does.

        Raises:
            BadRequest: a parameter is wrong, or there is a token of that name.
            AircherError: it cannot be stored; nothing changed.
        """

    async def list(self) -> dict[str, object]:
        """Return all tokens without their values."""

    async def revoke(self, name: str) -> dict[str, object]:
        """End a token.

        Raises:
            BadRequest: there is none of that name.
            AircherError: the change cannot be stored; nothing changed.
        """

    def open(
        self, params: HttpOpenParams, host: str | None = None
    ) -> AbstractAsyncContextManager[dict[str, object]]:
        """Let in a token, and hold a port open, inside the context.

        `host` is the other machine that its program is at, if it is at one.

        Raises:
            BadRequest: the token is open already.
            AircherError: the port cannot be opened.
        """


def no_fleet() -> "Fleet | None":
    """Return the fleet of a daemon that shares nothing."""
    return None


class Services(msgspec.Struct, frozen=True):
    """The services of the daemon.

    `reload` loads the configuration again and returns what changed; it raises ConfigInvalid.
    `one_time` are notices to show once. `watcher` notices changed files. `clients` has one item per
    connected client. `variables` returns the environment variables that change what the daemon
    does, without secrets. `model_rows` are the rows of `models.list`. `turns` bounds costly calls.
    `questions` asks the user. `mask_keys` is `Redactor.mask`, for what is sent to clients.
    `memory` is the budget that clients share.
    `fleet` returns what is shared with other machines, None without `[shared]`.
    `audit` is the audit log. `doors` are those for HTTP clients, `tokens` what lets them in there.
    `forwarding` returns the state of the extra socket for `status`.
    """

    about: About
    config: ConfigStore
    auth: AuthManager
    catalog: Catalog
    fetcher: ModelFetcher
    provider_client: ProviderClient
    ledger: Ledger
    limits: LimitTracker
    chat: ChatController
    bus: EventBus
    reload: Callable[[], Awaitable["ReloadResult"]]
    one_time: OneTimeNotices
    watcher: FileWatcher
    shutdown: Shutdown
    clients: Collection[Connected]
    variables: Callable[[], dict[str, str]]
    mask_keys: Callable[[bytes], bytes]
    model_rows: ModelRows
    turns: Turns
    questions: Questions
    memory: MemoryBudget
    audit: AuditLog
    doors: Doors
    tokens: Tokens
    forwarding: Callable[[], dict[str, object]]
    fleet: Callable[[], "Fleet | None"] = no_fleet
