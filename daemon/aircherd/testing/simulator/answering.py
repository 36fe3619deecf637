"""Decides the response to a request: the vendor, the fault, the key check and the reply.

Nothing here blocks, so each decision is atomic. The only side effects are counters.
"""

from email.utils import formatdate
from functools import lru_cache

from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.errors.bodies import (
    Refusal,
    error_answer,
    error_body,
    error_event,
    find_row,
)
from aircherd.testing.simulator.errors.row import Row
from aircherd.testing.simulator.faults import Fault
from aircherd.testing.simulator.gemini.prompt import model_of
from aircherd.testing.simulator.http.response_plan import Plan, plan_response, replacement_reply
from aircherd.testing.simulator.journal import Received
from aircherd.testing.simulator.keys import AcceptedKeys
from aircherd.testing.simulator.limits import Headers, limit_headers, retry_headers
from aircherd.testing.simulator.openai_chat import chat as openai
from aircherd.testing.simulator.reply import Reply, Whole, json_reply
from aircherd.testing.simulator.settings import Settings
from aircherd.testing.simulator.vendors import HEADERS, Endpoint, find_endpoint, find_key

MISSHAPEN = (AttributeError, KeyError, TypeError, ValueError, IndexError)
"""What the vendors' checks raise on JSON of an unexpected shape."""


def plan_answer(received: Received, settings: Settings, now: float) -> Plan:
    """Plan the response to a request, and record the decision in its journal entry."""
    request = received.request
    vendor, endpoint = find_endpoint(request, settings.shared_paths)
    received.vendor, received.key = vendor, find_key(vendor, request)
    received.endpoint = endpoint.name if endpoint else None
    fault = _take_fault(received, settings)
    if fault is None and (plan := _repeated(received, settings)) is not None:
        return plan
    context = Context(
        vendor,
        request,
        settings.behaviour,
        received.number,
        now,
        received.key,
        streaming=fault is None or fault.kind != "no_stream",
    )
    reply = _reply(context, endpoint, fault, settings.keys)
    received.status = reply.status
    broken = b""
    if fault is not None and fault.kind == "stream_error":
        row = find_row(vendor, fault.error, fault.message)
        broken = error_event(context.error_format, row, context.request_id, _model(received) or "")
    plan = plan_response(reply, settings.behaviour, fault, keep=request.keep_alive, broken=broken)
    good = fault is None and reply.status == 200 and plan.ending == "keep"
    if settings.behaviour.repeat_answers and good:
        settings.repeats[_asked(received)] = plan
    return plan


def _asked(received: Received) -> tuple[str, str, bytes]:
    return received.vendor or "", received.request.target, received.request.body


def _repeated(received: Received, settings: Settings) -> Plan | None:
    """Return the earlier response to the same bytes, if the key is still accepted."""
    if not settings.repeats or not received.request.keep_alive:
        return None
    if not settings.keys.accepts(received.vendor or "", received.key):
        return None
    plan = settings.repeats.get(_asked(received))
    received.status = received.status if plan is None else 200
    return plan


def _model(received: Received) -> str | None:
    body = received.json
    model = body.get("model") if isinstance(body, dict) else None
    return model if isinstance(model, str) else model_of(received.request.path)


def _take_fault(received: Received, settings: Settings) -> Fault | None:
    if not settings.faults:
        return None
    fault = settings.faults.take(
        vendor=received.vendor or "",
        endpoint=received.endpoint,
        key=received.key,
        model=_model(received),
    )
    received.fault = fault.kind if fault else None
    return fault


def _reply(
    context: Context, endpoint: Endpoint | None, fault: Fault | None, keys: AcceptedKeys
) -> Reply:
    """Return the reply with all its headers except the framing.

    There are four cases: a fault replaces the vendor's reply, a fault is one of the vendor's
    errors, the vendor refuses the request, or the vendor answers it.
    """
    limits: Headers = list(_plenty(context.vendor, int(context.now)))
    reply: Reply | None = replacement_reply(fault) if fault else None
    if reply is None:
        answer = _refuse_or_answer(context, endpoint, fault, keys)
        if isinstance(answer, Row):
            limits = _limits(context, answer, fault)
            body = error_body(context.error_format, answer, context.request_id)
            reply = json_reply(answer.status, body, [])
        else:
            reply = answer
    reply.headers += [
        _date(int(context.now)),
        *HEADERS[context.vendor](context),
        *limits,
    ]
    if fault is not None:
        _change_headers(reply, fault)
    return reply


def _refuse_or_answer(
    context: Context, endpoint: Endpoint | None, fault: Fault | None, keys: AcceptedKeys
) -> Reply | Row:
    if fault is not None and fault.kind == "error":
        return find_row(context.vendor, fault.error, fault.message)
    try:
        reply = _answer(context, endpoint, keys)
    except Refusal as refusal:
        return refusal.row
    if fault is not None and fault.kind == "stream_error" and isinstance(reply, Whole):
        row = find_row(context.vendor, fault.error, fault.message)
        model = str(context.body.get("model"))
        return json_reply(*error_answer(context.error_format, row, context.request_id, model), [])
    return reply


def _answer(context: Context, endpoint: Endpoint | None, keys: AcceptedKeys) -> Reply:
    if endpoint is None:
        raise Refusal(find_row(context.vendor, "not_found"))
    if context.request.method != endpoint.method:
        raise Refusal(find_row(context.vendor, "method"))
    if not endpoint.public:
        _check_key(context, keys)
    try:
        return endpoint.answer(context)
    except MISSHAPEN as error:
        message = f"the request has an unexpected shape: {type(error).__name__}: {error}"
        raise Refusal(find_row(context.vendor, "bad_request", message)) from error


def _check_key(context: Context, keys: AcceptedKeys) -> None:
    if keys.accepts(context.vendor, context.key):
        return
    if context.key is None:
        raise Refusal(find_row(context.vendor, "missing_key"))
    message = openai.refused_key_message(context.key) if context.vendor == "openai" else None
    raise Refusal(find_row(context.vendor, "refused_key", message))


@lru_cache(maxsize=4)
def _date(now: int) -> tuple[str, str]:
    return "date", formatdate(now, usegmt=True)


@lru_cache(maxsize=16)
def _plenty(vendor: str, now: int) -> tuple[tuple[str, str], ...]:
    """Return the rate-limit headers of a successful response, built once a second."""
    return tuple(limit_headers(vendor, now))


def _limits(context: Context, row: Row, fault: Fault | None) -> Headers:
    """Return retry and rate-limit headers of an error; the fault's values override the row's."""
    wish = fault or Fault("error")
    after = row.retry_after if wish.retry_after is None else wish.retry_after
    exhausted = wish.exhausted or row.exhausted
    reset = next((given for given in (wish.reset, after) if given is not None), 60.0)
    return [
        *retry_headers(after, wish.retry_format, context.now),
        *limit_headers(context.vendor, context.now, exhausted=exhausted, reset=reset),
    ]


def _change_headers(reply: Reply, fault: Fault) -> None:
    changes = {name.lower(): value for name, value in fault.headers.items()}
    if fault.kind == "content_type":
        changes["content-type"] = fault.content_type or "text/plain"
    kept = [header for header in reply.headers if header[0].lower() not in changes]
    reply.headers = [*kept, *changes.items()]
