"""Reads a Chat Completions request, with the checks that OpenAI makes.

Each check reproduces a refusal of the real API, so that an adapter's mistake shows up in tests.
Unknown parameters are accepted, as by most compatible servers.
"""

from typing import Any

from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.errors.bodies import Refusal, refuse
from aircherd.testing.simulator.openai_chat import extras
from aircherd.testing.simulator.openai_chat import thinking as openai_thinking
from aircherd.testing.simulator.openai_chat.content import (
    check_content,
    images_of,
    read_schema,
    text_of,
)
from aircherd.testing.simulator.script import Prompt, count_tokens

Json = dict[str, Any]

ROLES = ("system", "developer", "user", "assistant", "tool", "function")


def read_prompt(context: Context) -> Prompt:
    """Validate the request and return its prompt.

    Raises:
        Refusal: the API would refuse it.
    """
    body, vendor = context.body, context.vendor
    if not isinstance(body, dict):
        raise refuse(vendor, "We could not parse the JSON body of your request.")
    messages = _check_body(vendor, body)
    _check_model(context, body["model"])
    _check_messages(vendor, messages)
    _check_numbers(vendor, body)
    _check_tools(vendor, body)
    thinks = openai_thinking.wants_thinking(context)
    openai_thinking.check_returned(context, messages, thinks=thinks)
    choice, forced = _read_choice(body)
    user = _last_user_content(messages)
    return Prompt(
        text=text_of(user),
        images=images_of(user),
        schema=read_schema(vendor, body),
        thinks=thinks,
        results=_last_results(messages),
        input_tokens=count_tokens(*(text_of(message.get("content")) for message in messages)),
        tools=_names(body, "function"),
        custom=_names(body, "custom"),
        hosted=extras.hosted_of(context),
        modalities=extras.modalities_of(context),
        choice=choice,
        forced=forced,
        parallel=body.get("parallel_tool_calls", True) is not False,
        max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
        stop=_read_stop(vendor, body),
        rounds=sum(bool(_calls(message)) for message in messages),
    )


def _names(body: Json, kind: str) -> list[str]:
    return [tool[kind]["name"] for tool in body.get("tools") or [] if tool.get("type") == kind]


def _check_body(vendor: str, body: Json) -> list[Json]:
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise refuse(vendor, "you must provide a model parameter")
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise refuse(
            vendor,
            "Missing required parameter: 'messages'.",
            code="missing_required_parameter",
            param="messages",
        )
    if not messages:
        raise refuse(
            vendor,
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an "
            "empty array instead.",
            code="empty_array",
            param="messages",
        )
    if body.get("stream_options") is not None and not body.get("stream"):
        raise refuse(
            vendor,
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )
    return messages


def _check_model(context: Context, model: str) -> None:
    if context.behaviour.serves(context.vendor, model):
        return
    message = {
        "ollama": f'model "{model}" not found, try pulling it first',
        "openrouter": f"No endpoints found for {model}.",
    }.get(context.vendor, f"The model `{model}` does not exist or you do not have access to it.")
    raise refuse(context.vendor, message, name="model_not_found")


def _check_messages(vendor: str, messages: list[Json]) -> None:
    open_calls: list[str] = []
    for at, message in enumerate(messages):
        role = message.get("role")
        where = f"messages.[{at}]"
        if role not in ROLES:
            raise refuse(vendor, f"Invalid value: '{role}'. Supported values are: {ROLES}.")
        check_content(vendor, message, at)
        if role == "tool":
            _close_call(vendor, message, open_calls, where)
            continue
        if open_calls:
            raise _unanswered(vendor, open_calls)
        if role == "assistant":
            open_calls = [_check_call(vendor, call, where) for call in _calls(message)]
            extras.check_returned(vendor, message)
        if message.get("content") is None and not (_calls(message) or message.get("audio")):
            raise refuse(
                vendor,
                "Invalid value for 'content': expected a string, got null.",
                param=f"{where}.content",
            )
    if open_calls:
        raise _unanswered(vendor, open_calls)


def _calls(message: Json) -> list[Json]:
    return message.get("tool_calls") or []


def _check_call(vendor: str, call: Json, where: str) -> str:
    custom = call.get("custom")
    if call.get("type") == "custom" and isinstance(custom, dict):
        return str(call.get("id"))
    function = call.get("function")
    if call.get("type") != "function" or not isinstance(function, dict):
        raise refuse(vendor, f"Invalid type for '{where}.tool_calls': expected a function.")
    if not isinstance(function.get("arguments"), str):
        raise refuse(
            vendor,
            f"Invalid type for '{where}.tool_calls[0].function.arguments': expected a string.",
            code="invalid_type",
        )
    return str(call.get("id"))


def _close_call(vendor: str, message: Json, open_calls: list[str], where: str) -> None:
    call_id = message.get("tool_call_id")
    if call_id not in open_calls:
        raise refuse(
            vendor,
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding "
            "message with 'tool_calls'.",
            param=f"{where}.role",
        )
    open_calls.remove(call_id)


def _unanswered(vendor: str, open_calls: list[str]) -> Refusal:
    return refuse(
        vendor,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to "
        "each 'tool_call_id'. The following tool_call_ids did not have response messages: "
        + ", ".join(open_calls),
        param="messages",
    )


def _check_numbers(vendor: str, body: Json) -> None:
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        raise refuse(
            vendor,
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        )
    temperature = body.get("temperature")
    if temperature is not None and not 0 <= temperature <= 2:
        raise refuse(
            vendor,
            "Invalid 'temperature': decimal out of range. Expected a value between 0 and 2.",
            param="temperature",
        )
    for name in ("max_tokens", "max_completion_tokens"):
        if body.get(name) is not None and body[name] < 1:
            raise refuse(
                vendor,
                f"Invalid '{name}': integer below minimum value. Expected a value >= 1.",
                code="integer_below_min_value",
                param=name,
            )


def _check_tools(vendor: str, body: Json) -> None:
    for name in ("tool_choice", "parallel_tool_calls"):
        if body.get(name) is not None and not body.get("tools"):
            raise refuse(
                vendor,
                f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified.",
                param=name,
            )


def _read_stop(vendor: str, body: Json) -> list[str]:
    stop = body.get("stop") or []
    if isinstance(stop, str):
        return [stop]
    if len(stop) > 4:
        raise refuse(
            vendor,
            "Invalid 'stop': array too long. Expected an array with maximum length 4.",
            code="array_above_max_length",
            param="stop",
        )
    return [str(text) for text in stop]


def _read_choice(body: Json) -> tuple[str, str | None]:
    choice = body.get("tool_choice") or "auto"
    if isinstance(choice, dict):
        return "required", choice.get(choice.get("type"), {}).get("name")
    return choice, None


def _last_user_content(messages: list[Json]) -> object:
    contents = (each.get("content") for each in reversed(messages) if each["role"] == "user")
    return next(contents, "")


def _last_results(messages: list[Json]) -> list[str]:
    results: list[str] = []
    for message in reversed(messages):
        if message["role"] != "tool":
            break
        results.append(text_of(message.get("content")))
    return results[::-1]
