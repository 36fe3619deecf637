"""The port and the token of an editor that comes over TCP.

A token is shown once. One that was created before may be in use, so it is replaced only if the user
says so; and none is created before there is a port, as it could not be used.
"""

from typing import NamedTuple

from aircher_cli.commands.editors.settings.block import TOKEN_HERE
from aircher_cli.commands.token.create import SUGGESTED_PORT
from aircher_cli.exit_codes import CommandFailed, UsageError
from aircher_cli.values import Map, records, text
from aircher_wire import methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_client import Client


class Access(NamedTuple):
    """How an editor comes in.

    `token` is empty if it is not shown now; `notes` say why, and what is to be done.
    """

    url: str
    token: str = ""
    notes: tuple[str, ...] = ()

    @property
    def shown_token(self) -> str:
        """What to write where the token belongs."""
        return self.token or TOKEN_HERE


def open_access(
    client: "Client", listed: Map, editor: str, *, port: int | None, is_new: bool, is_left: bool
) -> Access:
    """Return where the editor comes in, with a token if one is to be created.

    Args:
        client: A connection to the daemon.
        listed: What `token.list` returned.
        editor: Its name, which is that of its token.
        port: The port to open, if there is none yet.
        is_new: Replace its token.
        is_left: Create none.

    Raises:
        UsageError: another port is open already.
        CommandFailed: the port cannot be opened.
        DaemonError: the daemon refuses it.
    """
    if port is not None:
        listed = _open_port(client, listed, port)
    url = text(listed.get("url"))
    if not url:
        return Access(f"http://127.0.0.1:{SUGGESTED_PORT}", notes=_no_port(listed, editor))
    if is_left:
        return Access(url)
    has_token = any(row.get("name") == editor for row in records(listed.get("tokens")))
    if has_token and not is_new:
        return Access(url, notes=(_kept(editor),))
    if has_token:
        client.call(methods.TOKEN_REVOKE, {"name": editor})
    created: Map = client.call(methods.TOKEN_CREATE, {"name": editor})
    ended = "; the one before has ended" if has_token else ""
    return Access(url, text(created.get("token")), (f"token {editor} created{ended}",))


def _open_port(client: "Client", listed: Map, port: int) -> Map:
    from aircher_client.proof import call_with_proof  # noqa: PLC0415 -- only to change the file

    url = text(listed.get("url"))
    if url.endswith(f":{port}"):
        return listed
    if url:
        raise UsageError(
            f"--port: {url} is open already, and other programs may use it",
            f"aircher-cli config set http.port {port}",
        )
    entries = [{"path": "http.port", "value": port}]
    call_with_proof(client, methods.CONFIG_SET, {"entries": entries, "unset": []})
    found: Map = client.call(methods.TOKEN_LIST)
    if problem := text(found.get("port_problem")):
        raise CommandFailed(f"port {port} cannot be opened: {problem}")
    return {"url": f"http://127.0.0.1:{port}", **found}


def _no_port(listed: Map, editor: str) -> tuple[str, ...]:
    if problem := text(listed.get("port_problem")):
        return (f"no port is open: {problem}",)
    command = f"aircher-cli editors {editor} --port {SUGGESTED_PORT}"
    return (f"no port is open yet, so there is no token either. For both: {command}",)


def _kept(editor: str) -> str:
    return (
        f"the token {editor} was created before and is not shown again. To end it and get a new "
        f"one: aircher-cli editors {editor} --new-token"
    )
