"""The audit log for clients, and which calls are noted in it."""

from collections.abc import Awaitable, Callable, Sequence

from aircher_wire import codes
from aircherd.api.context import RequestContext
from aircherd.api.params import AuditParams
from aircherd.api.services import Services
from aircherd.chat.caller import Caller
from aircherd.errors import AircherError

Handler = Callable[..., Awaitable[object]]


def audited(kind: str, handler: Handler, facts: Sequence[str] = ()) -> Handler:
    """Return a handler that notes each call and its outcome. `facts` are parameters to note."""

    async def noted(services: Services, context: RequestContext, params: object) -> object:
        known = {name: getattr(params, name) for name in facts}
        caller, outcome = context.caller, "cancelled"
        try:
            result = await handler(services, context, params)
            outcome = "ok"
        except AircherError as error:
            # A client that is asked for its proof comes again with it.
            outcome = "" if error.data.get("reason") == "proof" else error.code
            raise
        finally:
            if outcome:
                services.audit.note(kind, caller.client, caller.peer, **known, outcome=outcome)
        return result

    return noted


def note_refusal(services: Services, caller: Caller, error: AircherError) -> None:
    """Note that a client may not do what it asked for."""
    if error.code == codes.FORBIDDEN:
        method = str(error.data.get("method", ""))
        services.audit.count("refused", caller.client, caller.peer, ("method", method))


async def list_audit(services: Services, params: AuditParams) -> object:
    """Return the lines of the audit log that match."""
    try:
        rows = await services.audit.list(
            params.since, params.until, params.client, params.kind, params.limit
        )
    except OSError as error:
        raise AircherError(f"the audit log cannot be read: {error.strerror}") from None
    return {"file": str(services.audit.path), "rows": rows, **services.audit.state()}
