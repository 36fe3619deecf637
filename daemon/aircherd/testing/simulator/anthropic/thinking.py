"""Thinking, effort and structured outputs, as each generation of Claude accepts them.

Sources: Anthropic's documentation and the `capabilities` in its list of models, November 2026.
Unknown models accept everything.
"""

from typing import Any

from aircherd.testing.simulator.anthropic.blocks import THOUGHTS, blocks_of, is_kind
from aircherd.testing.simulator.errors.bodies import Refusal, refuse

Json = dict[str, Any]

TYPES = ("adaptive", "between_tools", "disabled", "enabled")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
MIN_BUDGET = 1024

# Prefix of a name -> types of thinking and efforts; the first match counts.
GENERATIONS: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    (("claude-fable-", "claude-mythos-", "claude-opus-5-5"), ("adaptive",), EFFORTS),
    (("claude-sonnet-5-5",), ("adaptive", "between_tools"), EFFORTS),
    (("claude-opus-5", "claude-sonnet-5", "claude-haiku-5"), ("adaptive", "disabled"), EFFORTS),
    (("claude-opus-4-7", "claude-opus-4-8"), ("adaptive", "disabled"), EFFORTS),
    (
        ("claude-opus-4-6", "claude-sonnet-4-6"),
        ("adaptive", "disabled", "enabled"),
        ("low", "medium", "high", "max"),
    ),
    (("claude-opus-4-5",), ("disabled", "enabled"), ("low", "medium", "high")),
    (("claude-",), ("disabled", "enabled"), ()),
    (("",), TYPES, EFFORTS),
)
UNFORCEABLE = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-1", "claude-fable-5-2")


def capabilities(model: str) -> Json:
    """Return the `capabilities` in the list of models."""
    types, efforts = _generation(model)
    return {
        **{name: _support(yes=True) for name in ("batch", "citations", "code_execution")},
        "context_management": _support(yes=True),
        "effort": _support(yes=bool(efforts)) | {e: _support(yes=e in efforts) for e in EFFORTS},
        "image_input": _support(yes=True),
        "pdf_input": _support(yes=True),
        "server_tools": {
            **_support(yes=True),
            "code_execution": _support(yes=True),
            "web_search": _support(yes=True),
        },
        "structured_outputs": _support(yes=True),
        "thinking": {
            **_support(yes=True),
            "types": {kind: _support(yes=kind in types) for kind in TYPES},
        },
    }


def thinks(body: Json) -> bool:
    """Return whether the request turns thinking on. It is off by default."""
    return (body.get("thinking") or {}).get("type") in ("enabled", "adaptive")


def shows_thoughts(body: Json) -> bool:
    """Return whether thoughts have their text: from 4.7 on only on request."""
    display = body["thinking"].get("display")
    if display is None:
        types, _ = _generation(body["model"])
        return "enabled" in types
    return bool(display == "summarized")


def schema_of(body: Json) -> Json | None:
    """Return the schema that the answer must match, None for plain text."""
    form = (body.get("output_config") or {}).get("format")
    return None if form is None else form["schema"]


def check_thinking(body: Json) -> None:
    """Check thinking, effort and output format of the request.

    Raises:
        Refusal: the API or this model would refuse it.
    """
    types, efforts = _generation(body["model"])
    thinking = body.get("thinking")
    if thinking is not None:
        _check_type(thinking, types)
        _check_budget(thinking, body["max_tokens"])
    config = body.get("output_config") or {}
    _check_effort(config.get("effort"), efforts, off=bool(thinking) and not thinks(body))
    _check_form(config.get("format"))
    _check_choice(body)
    if thinks(body):
        _check_thinker(body)


def _support(*, yes: bool) -> Json:
    return {"supported": yes}


def _generation(model: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return next(
        (types, efforts)
        for beginnings, types, efforts in GENERATIONS
        if model.startswith(beginnings)
    )


def _bad(message: str) -> Refusal:
    return refuse("anthropic", message)


def _check_type(thinking: Json, types: tuple[str, ...]) -> None:
    kind = thinking.get("type")
    if kind not in TYPES:
        raise _bad(f"thinking: Input tag '{kind}' found using 'type' does not match any of {TYPES}")
    if kind in types:
        return
    if kind == "adaptive":
        raise _bad("adaptive thinking is not supported on this model")
    if "between_tools" in types:
        raise _bad(
            'To turn thinking off on this model, send "thinking": {"type": "between_tools"}.'
        )
    raise _bad(
        f'"thinking.type.{kind}" is not supported for this model. Use "thinking.type.adaptive" and '
        '"output_config.effort" to control thinking behavior.'
    )


def _check_budget(thinking: Json, max_tokens: int) -> None:
    if not is_kind(thinking, "enabled"):
        return
    budget = thinking.get("budget_tokens")
    if not isinstance(budget, int):
        raise _bad("thinking.enabled.budget_tokens: Field required")
    if budget < MIN_BUDGET:
        raise _bad(
            f"thinking.enabled.budget_tokens: Input should be greater than or equal to {MIN_BUDGET}"
        )
    if budget >= max_tokens:
        raise _bad("`max_tokens` must be greater than `thinking.budget_tokens`.")


def _check_effort(effort: object, efforts: tuple[str, ...], *, off: bool) -> None:
    if effort is None:
        return
    if effort not in EFFORTS:
        raise _bad(
            "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"
        )
    if not efforts:
        raise _bad("This model does not support the effort parameter.")
    if effort not in efforts:
        known = ", ".join(efforts)
        raise _bad(f"This model does not support effort level '{effort}'. Supported: {known}.")
    if off and effort in ("xhigh", "max"):
        raise _bad(f"output_config.effort: '{effort}' is not allowed with thinking turned off")


def _check_form(form: Json | None) -> None:
    if form is None:
        return
    if not is_kind(form, "json_schema"):
        raise _bad("output_config.format.type: Input should be 'json_schema'")
    _check_closed(form["schema"])


def _check_closed(schema: object) -> None:
    """Refuse a schema with an object without `additionalProperties: false`."""
    if isinstance(schema, list):
        for each in schema:
            _check_closed(each)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        raise _bad(
            "output_config.format.schema: For 'object' type, 'additionalProperties' must be "
            "explicitly set to false"
        )
    for name, each in schema.items():
        if name not in ("enum", "const", "default", "examples"):
            _check_closed(list(each.values()) if name in ("properties", "$defs") else each)


def _check_choice(body: Json) -> None:
    if (body.get("tool_choice") or {}).get("type") not in ("any", "tool"):
        return
    if body["model"].startswith(UNFORCEABLE):
        raise _bad("tool_choice: forced tool use is not supported on this model")
    if thinks(body):
        raise _bad("Thinking may not be enabled when tool_choice forces tool use.")


def _check_thinker(body: Json) -> None:
    if body.get("temperature") not in (None, 1):
        raise _bad("`temperature` may only be set to 1 when thinking is enabled.")
    if body.get("top_k") is not None:
        raise _bad("`top_k` must be unset when thinking is enabled.")
    if body.get("top_p") is not None and body["top_p"] < 0.95:
        raise _bad(
            "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled."
        )
    if is_kind(body["thinking"], "enabled"):
        _check_round(body["messages"])


def _check_round(messages: list[Json]) -> None:
    """Check that with a thinking budget the current tool round starts with a thought."""
    first: tuple[int, Json] | None = None
    for at, message in reversed(list(enumerate(messages))):
        if message["role"] == "assistant":
            first = at, blocks_of(message)[0]
        elif not any(is_kind(block, "tool_result") for block in blocks_of(message)):
            break
    if first is not None and first[1]["type"] not in THOUGHTS:
        raise _bad(
            f"messages.{first[0]}.content.0.type: Expected `thinking` or `redacted_thinking`, but "
            f"found `{first[1]['type']}`. When `thinking` is enabled, a final `assistant` message "
            "must start with a thinking block (preceeding the lastmost set of `tool_use` and "
            "`tool_result` blocks). We recommend you include thinking blocks from previous turns. "
            "To avoid this requirement, disable `thinking`."
        )
