"""The daemon: one context manager that opens all services in order.

    paths -> config -> bus, redactor -> catalog, providers -> auth -> chat -> the socket

A package that needs something from a package above it gets a callable here: `auth` gets the live
key check of `providers`, and `catalog` the providers' lists of models.
"""

import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
import trio

from aircher_wire import address
from aircher_wire.directories import check_ownership
from aircher_wire.version import __version__
from aircherd.about import describe_daemon
from aircherd.access.questions import Questions
from aircherd.api.audit import question_noter
from aircherd.api.model_rows import ModelRows
from aircherd.api.services import About, OneTimeNotices, Services, Shutdown
from aircherd.api.turns import Turns
from aircherd.audit.audit_log import AuditLog
from aircherd.auth.manager import AuthManager
from aircherd.auth.outside_changes import OutsideChanges
from aircherd.auth.stores.base import KeyStore
from aircherd.auth.stores.checked_keys import CheckedKeys
from aircherd.auth.stores.file_cipher import file_sealing
from aircherd.auth.stores.file_store import FileStore
from aircherd.auth.stores.index import KeyIndex
from aircherd.auth.stores.keyring_store import KeyringStore
from aircherd.catalog.catalog import Catalog
from aircherd.catalog.fetcher import ModelFetcher
from aircherd.catalog.model_list_cache import move_old_folder
from aircherd.chat.accounting import UsageAccounting
from aircherd.chat.controller import ChatController
from aircherd.chat.spending.observed_file import ObservedUseFile
from aircherd.config.accounts import EngineAccount
from aircherd.config.model import Shared
from aircherd.config.paths import resolve_paths
from aircherd.config.store import ConfigStore
from aircherd.config.watcher.file_watcher import FileWatcher
from aircherd.desktop.notifier import DesktopNotifier
from aircherd.errors import BadRequest
from aircherd.events import EventBus
from aircherd.files.background_files import BackgroundFiles
from aircherd.files.private_directory import check_directories
from aircherd.fleet.switch import FleetSwitch
from aircherd.hooks import fetch_hooks, recovery_checks, token_hooks
from aircherd.http_api.server.doors import HttpDoors
from aircherd.http_api.tokens.service import TokenHooks, TokenService
from aircherd.http_api.tokens.store import TokenStore
from aircherd.ipc.forwarded.door import ExtraDoor
from aircherd.ipc.listener import Listener
from aircherd.ipc.session import Session
from aircherd.ipc.socket_file import BoundSocket, claim_socket
from aircherd.memory.allocator import MemoryReturn
from aircherd.memory.budget import MEGABYTE, MemoryBudget
from aircherd.process.time_zone import LOCALTIME, TimeZone
from aircherd.providers.client import ProviderClient
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.providers.health.persistence import CooldownPersistence
from aircherd.providers.health.recovery import Recovery
from aircherd.providers.transport.transport_by_network import Transports
from aircherd.redaction import Redactor
from aircherd.reload import BACKFILL_SECONDS, Reloader
from aircherd.sockets.joined import Joined
from aircherd.sockets.places import Places, client_capacity
from aircherd.usage.learned_output import restore_estimates
from aircherd.usage.ledger.ledger import Ledger, open_ledger
from aircherd.usage.limits.backfill import Backfill
from aircherd.usage.limits.tracker import LimitTracker
from aircherd.usage.output_estimator import OutputEstimator
from aircherd.vocabulary.keys import KeyCheck
from aircherd.vocabulary.secret import Secret

if TYPE_CHECKING:
    from aircherd.fleet.member import FleetMember, ShareMore  # imported only under [shared]
    from aircherd.shared_state.base import SharedState  # likewise
    from aircherd.systemd.manager import ServiceManager  # imported only if there is one

CLOCK_SECONDS = 10.0
"""Between two looks at the clock, while no limit makes each request look."""

log = structlog.get_logger()


@asynccontextmanager
async def open_daemon(
    environ: Mapping[str, str],
    redactor: Redactor,
    shutdown: Shutdown,
    *,
    keyring: KeyStore | None = None,
    manager: "ServiceManager | None" = None,
    log_file: Path | None = None,
) -> AsyncIterator[Services]:
    """Open all services and serve clients for the duration of the context.

    When the context is entered, the socket accepts requests. `shutdown.requested` drains the
    clients; so does leaving the context, which waits until they are drained. `keyring` replaces the
    system's keyring, for tests. `manager` is the service manager that started the daemon.
    `log_file` is where the log goes, for `status`.

    Raises:
        AlreadyRunning: another daemon has the socket or the data directory.
        AddressError: the socket's path or a directory cannot be used.
    """
    check_ownership(environ)
    paths = resolve_paths(environ)
    check_directories(paths.home, (paths.state, paths.cache))
    passed = manager.socket_at(address.socket_path(environ)) if manager else None
    about = describe_daemon(environ, paths, log_file, is_socket_passed=passed is not None)
    async with _claimed_socket(about, manager, passed, shutdown) as bound:
        config = ConfigStore(paths.config_file)
        if config.problem:
            # The daemon runs anyway, and reports the problem to clients.
            log.warning("config_invalid", problem=config.problem.message, in_use=config.in_use)
        zone = TimeZone()
        zone.use(config.current.time_zone)
        async with (
            aclosing(Transports(environ)) as transports,
            # Closed after every service that writes files, with 2 s to flush.
            aclosing(BackgroundFiles()) as files,
            aclosing(AuditLog(paths.audit_file, redact=redactor.redact)) as audit,
            open_ledger(
                paths.data / "ledger.db",
                clock=time.time,
                keep_days=lambda: config.current.keep_days,
            ) as ledger,
        ):
            bus = EventBus()
            memory = MemoryBudget(config.current.daemon.max_memory * MEGABYTE)
            cooldowns = CooldownManager(bus)
            cooldown_file = CooldownPersistence(
                paths.data / "cooldowns.json", cooldowns.store, files
            )
            cooldown_file.load(config.current.providers)
            move_old_folder(paths.data / "catalog", paths.cache / "catalog")
            catalog = Catalog(
                config=lambda: config.current, folder=paths.cache / "catalog", files=files
            )
            provider_client = ProviderClient(
                transport_for=transports.get,
                network=lambda: config.current.network,
                cooldowns=cooldowns,
                redactor=redactor,
            )
            checked = CheckedKeys(paths.data / "checked_keys.json", files)
            checked.load()
            auth = AuthManager(
                config=lambda: config.current,
                environ=environ,
                keyring=keyring or KeyringStore(environ, paths.keyring_service),
                file=FileStore(
                    paths.credentials_file,
                    sealing=lambda: file_sealing(config.current.auth, environ, paths.home),
                ),
                index=KeyIndex(paths.index_file),
                bus=bus,
                redactor=redactor,
                check_key=provider_client.free_calls.check_key,
                check_password=partial(_check_password, config),
                environment_file=paths.environment_file,
                on_key_replaced=partial(_note_other_key, config, cooldowns, transports),
                lock_file=paths.lock_file,
                on_locked=partial(_drop_connections, provider_client, transports),
                checked=checked,
            )
            fetcher = ModelFetcher(
                catalog=catalog,
                config=lambda: config.current,
                hooks=fetch_hooks(config, auth, provider_client),
                on_change=lambda names: bus.publish("models", {"providers": list(names)}),
            )
            await ledger.start_steady_clock()
            limits = _open_limits(ledger)
            output_estimator = OutputEstimator()
            backfill = Backfill(ledger, limits)
            fleet = FleetSwitch(
                config.current,
                partial(
                    _fleet_member,
                    ledger=ledger,
                    limits=limits,
                    backfill=backfill,
                    bus=bus,
                    path=paths.data / "fleet.json",
                    files=files,
                    auth=auth,
                    share_more=partial(
                        _share_cooldowns, config=config, auth=auth, cooldowns=cooldowns, bus=bus
                    ),
                ),
            )
            token_store = TokenStore(paths.data / "tokens.json", files)
            backfill.configure(
                token_store.with_limits(config.current.limits),
                refuses_unknown=config.current.refuses_unknown,
            )
            accounting = UsageAccounting(
                ledger, limits, bus, output_estimator, key_uses=audit.key_uses
            )
            observed_file = ObservedUseFile(
                paths.data / "observed_use.json", accounting.expectations, files
            )
            observed_file.load()
            sessions: set[Session] = set()
            doors, extra = _open_doors(str(about.socket), manager)
            reloader = Reloader(
                backfill,
                transports,
                zone,
                manager.report.reloading if manager else nullcontext,
                limits_with=token_store.with_limits,
                share=fleet.configure,
            )
            watcher = FileWatcher(is_observed=lambda: bus.has_clients("config"))
            watcher.add(config.file, lambda: reloader.reload_changed_file(services))
            watcher.add(LOCALTIME, partial(_follow_zone, zone, limits))
            outside = OutsideChanges(auth)
            outside.watch(watcher.add, paths, environ)
            tokens = _open_tokens(
                token_store,
                doors,
                token_hooks(config, lambda: reloader.apply_limits(config.current)),
                watcher,
            )
            services = Services(
                about=about,
                config=config,
                auth=auth,
                catalog=catalog,
                fetcher=fetcher,
                provider_client=provider_client,
                chat=ChatController(
                    config=config,
                    auth=auth,
                    catalog=catalog,
                    provider_client=provider_client,
                    accounting=accounting,
                    bus=bus,
                    fetch_model_lists=fetcher.refresh,
                ),
                ledger=ledger,
                limits=limits,
                bus=bus,
                reload=lambda: reloader.reload(services),
                one_time=OneTimeNotices(lambda code: files.put(paths.shown_file(code), b"")),
                watcher=watcher,
                shutdown=shutdown,
                clients=Joined(lambda: (sessions, extra.sessions, doors.clients)),
                variables=lambda: _variables(environ),
                mask_keys=redactor.mask,
                model_rows=ModelRows(catalog),
                turns=Turns(),
                questions=Questions(
                    bus,
                    timeout=lambda: config.current.protect.timeout,
                    desktop=DesktopNotifier(environ, lambda: config.current.protect.desktop),
                    note=question_noter(audit),
                ),
                memory=memory,
                audit=audit,
                doors=doors,
                tokens=tokens,
                fleet=fleet.current,
                forwarding=extra.state,
            )
            listener = Listener(
                bound,
                services,
                sessions,
                doors.all_places,
                others_idle=lambda: min(doors.idle_seconds, extra.idle_seconds),
            )
            background = (
                transports.sweep,
                files.run,
                cooldown_file.run,
                observed_file.run,
                token_store.run,
                provider_client.links.run,
                Recovery(cooldowns, recovery_checks(config, auth, provider_client)).run,
                outside.run,
                auth.locker.run,
                auth.record_checks,
                audit.run,
                services.questions.run,
                reloader.run,
                partial(_watch_clock, limits),
                fleet.run,
                services.turns.run,
                bound.data_lock.run,
                MemoryReturn(memory).run,
            )
            after_start = (
                partial(restore_estimates, ledger, output_estimator),
                watcher.run,
                partial(_finish_start, environ, services),
            )
            async with _serving(
                services, (listener, doors, extra), backfill, after_start, *background
            ):
                yield services


@asynccontextmanager
async def _serving(
    services: Services,
    open_doors: tuple[Listener, HttpDoors, ExtraDoor],
    backfill: Backfill,
    after_start: Sequence[Callable[[], Awaitable[None]]],
    *background: Callable[[], Awaitable[None]],
) -> AsyncIterator[None]:
    """Run `background` tasks, serve clients, run `after_start`; at the end drain the clients."""
    listener, doors, extra = open_doors
    # Prepared requests contain keys: drop them when a key is replaced or removed.
    with services.bus.subscribed(("auth",), lambda _: services.provider_client.forget_keys()):
        async with trio.open_nursery() as nursery:
            # Reading keys takes seconds if the keyring hangs; only requests that need a key wait.
            nursery.start_soon(services.auth.preload)
            nursery.start_soon(services.fetcher.run)
            for run in (*background, backfill.run):
                nursery.start_soon(run)
            await backfill.wait(BACKFILL_SECONDS)
            doors.bind()
            extra.bind()
            await nursery.start(listener.serve)
            log.info("ready", socket=str(services.about.socket), version=__version__)
            nursery.start_soon(doors.serve, services)
            nursery.start_soon(extra.serve, services)
            for run in after_start:
                nursery.start_soon(run)
            yield
            services.shutdown.requested.set()
            for door in open_doors:
                await door.wait_closed()
            nursery.cancel_scope.cancel()


def _open_limits(ledger: Ledger) -> LimitTracker:
    limits = LimitTracker(
        time.time,
        lost_at=lambda: ledger.lost_at,
        steady=ledger.steady,
        outage=lambda: ledger.outage,
    )
    limits.after_jump = ledger.note_clock
    return limits


def _fleet_member(
    shared: Shared,
    *,
    ledger: Ledger,
    limits: LimitTracker,
    backfill: Backfill,
    bus: EventBus,
    path: Path,
    files: BackgroundFiles,
    auth: AuthManager,
    share_more: "ShareMore",
) -> "FleetMember":
    from aircherd.fleet.member import FleetMember, engine_opener  # noqa: PLC0415 -- for a fleet
    from aircherd.fleet.password import EnginePassword  # noqa: PLC0415 -- likewise

    member = FleetMember(
        shared,
        ledger,
        limits,
        backfill,
        bus=bus,
        path=path,
        files=files,
        open_engine=engine_opener(EnginePassword(auth)),
        share_more=share_more,
    )
    auth.on_password_change(member.try_now)
    return member


async def _check_password(config: ConfigStore, account: EngineAccount, secret: Secret) -> KeyCheck:
    from aircherd.fleet.password import check_password  # noqa: PLC0415 -- for a fleet

    shared = config.current.shared
    if shared is None or shared.address.origin != account.origin:
        raise BadRequest("[shared] has been changed meanwhile: sign in again")
    return await check_password(shared, secret)


async def _share_cooldowns(
    engine: "SharedState",
    label: str,
    *,
    config: ConfigStore,
    auth: AuthManager,
    cooldowns: CooldownManager,
    bus: EventBus,
) -> None:
    """Let what cools here cool on all machines of a fleet, and the reverse; never returns."""
    from aircherd.providers.health.fleet.exchange import (  # noqa: PLC0415 -- for a fleet only
        FleetCooldowns,
    )

    fleet = FleetCooldowns(
        engine,
        cooldowns,
        label=label,
        providers=lambda: config.current.providers,
        keys_of=auth.known_keys,
    )
    await fleet.run(bus)


def _open_tokens(
    store: TokenStore, doors: HttpDoors, hooks: TokenHooks, watcher: FileWatcher
) -> TokenService:
    """Let in programs with a token, as the file of tokens has them now."""
    tokens = TokenService(store, doors, hooks)
    doors.tokens = tokens
    watcher.add(store.path, tokens.refresh)
    return tokens


def _note_other_key(
    config: ConfigStore, cooldowns: CooldownManager, transports: Transports, name: str, key: str
) -> None:
    """Nothing that the old key caused or opened applies to the new one."""
    cooldowns.note_other_key(name, key)
    if provider := config.current.providers.get(name):
        transports.close_unused(config.current.network, [provider.base_url])


def _drop_connections(provider_client: ProviderClient, transports: Transports) -> None:
    """Drop what holds a key: prepared requests, and connections that requests were sent over."""
    provider_client.forget_keys()
    transports.close_idle()


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    from aircherd.config.effective import effective_variables  # noqa: PLC0415 -- rarely needed

    return effective_variables(environ)


@asynccontextmanager
async def _claimed_socket(
    about: About,
    manager: "ServiceManager | None",
    passed: socket.socket | None,
    shutdown: Shutdown,
) -> AsyncIterator[BoundSocket]:
    """Hold the daemon's locks and its socket, which is `passed` if there is one."""
    if manager is None or passed is None:
        with claim_socket(about.socket, about.paths.data) as bound:
            yield bound
        return
    from aircherd.ipc.passed_socket import claim_passed_socket  # noqa: PLC0415 -- rarely needed

    async with claim_passed_socket(
        about.socket,
        about.paths.data,
        passed,
        on_wait=manager.report.waiting,
        stop_requested=shutdown.requested,
    ) as bound:
        yield bound


def _open_doors(main: str, manager: "ServiceManager | None") -> tuple[HttpDoors, ExtraDoor]:
    """Return the doors beside the socket `main`: for HTTP clients, and for other machines."""
    path = Path(address.http_socket(main))
    passed = manager.http_socket_at(path) if manager else None
    places = Places(client_capacity())
    return HttpDoors(path, places, passed=passed), ExtraDoor(
        Path(address.extra_socket(main)), places
    )


async def _watch_clock(limits: LimitTracker) -> None:
    """Have the ledger record when the clock is set, for limits that are to come."""
    while True:
        await trio.sleep(CLOCK_SECONDS)
        limits.notice_clock()


async def _follow_zone(zone: TimeZone, limits: LimitTracker) -> None:
    """Let days begin at the midnight of the machine's zone, after it was changed."""
    if zone.refresh():
        limits.change_zone()


async def _finish_start(environ: Mapping[str, str], services: Services) -> None:
    # Imported here, because no client need wait for them.
    from aircherd.access.displacement import CODE, unseen_notice  # noqa: PLC0415
    from aircherd.old_home_notice import look_for_old_home  # noqa: PLC0415
    from aircherd.preload import preload  # noqa: PLC0415

    paths = services.about.paths
    if notice := unseen_notice(paths.data, paths.shown_file(CODE)):
        services.one_time.pending[CODE] = notice
    await look_for_old_home(environ, services)
    await preload(services)
