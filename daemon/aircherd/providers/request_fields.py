"""Parts of a request body that several vendor APIs share."""

from aircherd.errors import fail
from aircherd.providers.codec.json_out import tool_parameters
from aircherd.providers.codec.turns import Turn
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.content.tools import Tool, VendorApi
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model

JSON_SENTENCE = "Answer with a JSON object."
"""Added to the prompt for a request of JSON without a schema whose prompt does not mention JSON."""

IMAGES_FOLLOW = "(Its pictures are in the user's next message.)"
"""Stands for the images of a tool result where the API takes only text in it."""


def sampling_fields(request: ChatRequest, model: Model) -> dict[str, object]:
    """Return `temperature` and `top_p`, as far as the request sets them.

    Raises:
        ProviderFailed: UNSUPPORTED: the model does not take them.
    """
    if request.temperature is None and request.top_p is None:
        return {}
    values = {"temperature": request.temperature, "top_p": request.top_p}
    fields: dict[str, object] = {name: value for name, value in values.items() if value is not None}
    if model.sampling is False:
        names = " and ".join(fields)
        fail(FailureClass.UNSUPPORTED, f"{names}: {model.id} does not take it: leave it out")
    return fields


def check_tools(
    tools: list[Tool], api: str, types: tuple[str, ...], *, form: VendorApi, hint: str = ""
) -> None:
    """Check that an API has tools of these types; `form` is what its own are called.

    `hint` says what to do about a type that it does not have.

    Raises:
        ProviderFailed: UNSUPPORTED: it does not.
    """
    for tool in tools:
        if tool.type == "vendor" and tool.api != form:
            fail(
                FailureClass.UNSUPPORTED,
                f"tools: {api} does not know a tool in the form of {tool.api}",
            )
        if tool.type not in types:
            fail(FailureClass.UNSUPPORTED, f"tools: {api} does not offer {tool.type}{hint}")


def check_modalities(request: ChatRequest, api: str, known: tuple[str, ...] = ("text",)) -> None:
    """Check that an API answers in the forms that the request asks for.

    Raises:
        ProviderFailed: UNSUPPORTED: it does not.
    """
    unknown = [name for name in request.modalities or () if name not in known]
    if unknown:
        fail(FailureClass.UNSUPPORTED, f"modalities: {api} does not answer with {unknown[0]}")


def function_tool(tool: Tool) -> dict[str, object]:
    """Return a tool in the schema of chat completions.

    Raises:
        ProviderFailed: BAD_REQUEST: its parameters are not a JSON object.
    """
    function: dict[str, object] = {"name": tool.name, "parameters": tool_parameters(tool)}
    if tool.description is not None:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def mentions_json(system: str, turns: list[Turn]) -> bool:
    """Return whether the system prompt or a text of the conversation contains "json"."""
    if "json" in system.lower():
        return True
    return any("json" in text.lower() for turn in turns for text in turn.text)


def with_json_sentence(system: str, turns: list[Turn]) -> str:
    """Return the system prompt, with a sentence that asks for JSON unless the prompt mentions it.

    Some servers refuse the JSON mode without it; models fill the answer with white space.
    """
    if mentions_json(system, turns):
        return system
    return f"{system}\n\n{JSON_SENTENCE}" if system else JSON_SENTENCE
