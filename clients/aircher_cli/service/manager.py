"""The service manager of this system: systemd, or launchd on macOS."""

import sys
from typing import NamedTuple

from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.service.steps import Steps
from aircher_client.systemd_socket import read_unit
from aircher_wire import address


class Wishes(NamedTuple):
    """The options of `daemon install`. `hardened` None keeps what is installed."""

    hardened: bool | None
    start: bool
    force: bool
    timeout: float


def install(context: Context, steps: Steps, wishes: Wishes) -> None:
    """Install the service and start it; every step that changes something is reported.

    Raises:
        CommandFailed: it cannot be installed or started; the message says what to do.
    """
    if sys.platform == "darwin":
        _install_agent(context, steps, wishes)
        return
    from aircher_cli.service import systemd_install  # noqa: PLC0415 -- one of two
    from aircher_cli.service.one_at_a_time import one_at_a_time  # noqa: PLC0415 -- likewise

    with one_at_a_time(context.environ, context.console, timeout=wishes.timeout):
        systemd_install.install(context, steps, wishes)


def update(context: Context, steps: Steps, *, timeout: float) -> None:
    """Bring the files of an installed service up to date with this version of aircher.

    Raises:
        CommandFailed: a file cannot be written.
    """
    if sys.platform != "darwin":
        from aircher_cli.service import systemd_install  # noqa: PLC0415 -- one of two
        from aircher_cli.service.one_at_a_time import one_at_a_time  # noqa: PLC0415 -- likewise

        with one_at_a_time(context.environ, context.console, timeout=timeout):
            systemd_install.update(context, steps)


def service_path(context: Context) -> str | None:
    """Return the PATH of the service; None if it is set for the daemon, or not known.

    Raises:
        CommandFailed: systemd does not answer.
    """
    if sys.platform == "darwin":
        return None
    from aircher_cli.service.systemctl import Systemctl  # noqa: PLC0415 -- only for systemd

    text = read_unit(str(address.aircher_home(context.environ) / "environment")) or ""
    if any(line.strip().startswith("PATH=") for line in text.splitlines()):
        return None
    return Systemctl(context.environ).variables().get("PATH")


def uninstall(context: Context, steps: Steps, *, timeout: float) -> None:
    """Stop the service and remove it; config, data and keys stay.

    Raises:
        CommandFailed: it does not stop, or a file cannot be removed.
    """
    if sys.platform == "darwin":
        from aircher_cli.service import launchd  # noqa: PLC0415 -- one of two

        agent = launchd.Launchd(context.environ)
        launchd.uninstall(agent, steps, home=context.environ.get("HOME", ""))
        return
    from aircher_cli.service import systemd_uninstall  # noqa: PLC0415 -- likewise
    from aircher_cli.service.one_at_a_time import one_at_a_time  # noqa: PLC0415 -- likewise

    with one_at_a_time(context.environ, context.console, timeout=timeout):
        systemd_uninstall.uninstall(context, steps, timeout=timeout)


def _install_agent(context: Context, steps: Steps, wishes: Wishes) -> None:
    from aircher_cli.commands.daemon import lifecycle  # noqa: PLC0415 -- only on macOS
    from aircher_cli.service import launchd  # noqa: PLC0415 -- likewise
    from aircher_cli.service.installation import find_installation  # noqa: PLC0415 -- likewise
    from aircher_cli.service.planning import make_private  # noqa: PLC0415 -- likewise

    if wishes.hardened:
        raise CommandFailed("--hardened is for systemd: launchd has no such settings")

    def replace_running() -> None:
        if (pid := lifecycle.stop(context, wishes.timeout)) is not None:
            steps.did(f"stopped the daemon that a client had started (process {pid})")

    make_private([address.log_path(context.environ).parent])  # launchd does not create it
    launchd.install(
        launchd.Launchd(context.environ),
        launchd.render(find_installation(), context.environ),
        steps,
        home=context.environ.get("HOME", ""),
        start=wishes.start,
        force=wishes.force,
        replace_running=replace_running,
    )
