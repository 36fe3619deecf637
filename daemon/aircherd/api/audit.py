"""The audit log for clients, and which calls are noted in it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from aircher_wire import codes
from aircherd.access.questions import Question
from aircherd.api.context import RequestContext
from aircherd.api.params import AuditParams
from aircherd.api.services import Services
from aircherd.audit.audit_log import AuditLog
from aircherd.chat.caller import Caller
from aircherd.errors import AircherError

MAX_LISTED = 20
"""Entries of the configuration in a line."""

Handler = Callable[..., Awaitable[object]]


def audited(kind: str, handler: Handler, facts: Sequence[str] = ()) -> Handler:
    """Return a handler that notes each call and its outcome. `facts` are parameters to note."""

    async def noted(services: Services, context: RequestContext, params: object) -> object:
        known: dict[str, object] = {name: getattr(params, name) for name in facts}
        caller, outcome = context.caller, "cancelled"
        try:
            result = await handler(services, context, params)
            outcome = "ok"
            known |= changed_entries(_changed_paths(result))
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
        # A confirmation is of an action; several methods may do it.
        facts = [
            (name, str(error.data[name])) for name in ("method", "action") if name in error.data
        ]
        services.audit.count("refused", caller.client, caller.peer, *facts)


def changed_entries(paths: Sequence[str]) -> dict[str, object]:
    """Return which entries of the configuration changed, for a line; not how."""
    if not paths:
        return {}
    more = len(paths) - MAX_LISTED
    return {"entries": list(paths[:MAX_LISTED]), **({"more": more} if more > 0 else {})}


def _changed_paths(result: object) -> Sequence[str]:
    """Return the paths that a result says have changed; it may be encoded already."""
    if isinstance(result, msgspec.Raw):
        result = msgspec.msgpack.decode(result)
    rows = result.get("changes", ()) if isinstance(result, Mapping) else ()
    return [str(row["path"]) for row in rows]


def question_noter(audit: AuditLog) -> Callable[[Question], None]:
    """Return a function that notes a question to the user, and how it ended."""

    def note(question: Question) -> None:
        client, program, pid, action = question.asked
        outcome = "not_asked" if question.has_no_answerer else question.outcome
        audit.note(
            "question",
            client,
            program=program,
            pid=pid,
            number=question.number,
            action=action,
            outcome=outcome,
            by=question.answered_by,
        )

    return note


async def list_audit(services: Services, params: AuditParams) -> object:
    """Return the lines of the audit log that match."""
    try:
        rows = await services.audit.list(
            params.since, params.until, params.client, params.kind, params.limit
        )
    except OSError as error:
        raise AircherError(f"the audit log cannot be read: {error.strerror}") from None
    return {"file": str(services.audit.path), "rows": rows, **services.audit.state()}
