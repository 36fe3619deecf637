"""Reads a generateContent request, with the checks that Gemini makes.

The API is strict: unknown fields are refused. Each check reproduces a refusal of the real API.
"""

import re
from typing import Any

from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.errors.bodies import refuse
from aircherd.testing.simulator.gemini.turns import (
    answers_of,
    bad,
    calls_of,
    check_contents,
    check_server_tools,
    is_new,
)
from aircherd.testing.simulator.script import Prompt, count_tokens

Json = dict[str, Any]

METHODS = (
    *("generateContent", "streamGenerateContent", "countTokens"),
    *("embedContent", "batchEmbedContents"),
)
_PATH = re.compile(rf"/v1beta/models/(?P<model>.+):(?P<method>{'|'.join(METHODS)})")
FIELDS = frozenset(
    (
        *("contents", "systemInstruction", "tools", "toolConfig", "generationConfig"),
        *("safetySettings", "cachedContent", "store", "serviceTier"),
    )
)
CONFIG_FIELDS = frozenset(
    (
        *("maxOutputTokens", "temperature", "topP", "topK", "stopSequences", "candidateCount"),
        *("responseMimeType", "responseSchema", "responseJsonSchema", "responseModalities"),
        *("thinkingConfig", "seed", "presencePenalty", "frequencyPenalty", "mediaResolution"),
    )
)
HOSTED = {
    "googleSearch": "web_search",
    "codeExecution": "code_execution",
    "fileSearch": "file_search",
    "urlContext": "url_context",
}
"""Hosted tools of the API -> ours."""
HOSTED_FIELDS = {
    "googleSearch": frozenset(("searchTypes", "timeRangeFilter")),
    "fileSearch": frozenset(("fileSearchStoreNames", "topK", "metadataFilter")),
}
TOOLS = frozenset((*HOSTED, "functionDeclarations"))
CHOICES = {"AUTO": "auto", "ANY": "required", "NONE": "none", "VALIDATED": "auto"}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
WITHOUT_MINIMAL = re.compile(r"gemini-(?:3\.[78]-flash(?!-lite)|3(?:\.1)?-pro|4)")
MAX_STOPS = 5
FREE = frozenset(("args", "response", "parametersJsonSchema", "responseJsonSchema"))
"""Fields whose content has names chosen by the user."""
_SNAKE = re.compile(r"_([a-z])")


def split_path(path: str) -> tuple[str, str] | None:
    """Return the model and the method in a path, None for any other path."""
    match = _PATH.fullmatch(path)
    return (match["model"], match["method"]) if match else None


def model_of(path: str) -> str | None:
    """Return the model in a path, with or without the vendor's prefix."""
    named = split_path(path.removeprefix("/gemini"))
    return named[0] if named else None


def read_prompt(context: Context) -> Prompt:
    """Validate the request and return its prompt.

    Raises:
        Refusal: the API would refuse it.
    """
    body, model = _camel(context.body), model_of(context.request.path) or ""
    if not isinstance(body, dict):
        raise bad("Invalid JSON payload received. Unexpected token.")
    _check_model(context, model)
    _check_fields(body, FIELDS, "")
    check_contents(body.get("contents"), model)
    config = body.get("generationConfig") or {}
    _check_config(config)
    _check_thinking(config.get("thinkingConfig") or {}, model)
    tools = _read_tools(body)
    hosted = _read_hosted(body)
    shown = shows_tools(body)
    _check_combination(tools, hosted, model, shown=shown)
    check_server_tools(body["contents"], shown=shown)
    is_json = config.get("responseMimeType") == "application/json"
    if tools and is_json and not is_new(model):
        raise bad("Function calling with a response mime type: 'application/json' is unsupported")
    choice, forced = _read_choice(body, tools)
    contents = body["contents"]
    return Prompt(
        text=_last_user_text(contents),
        results=[_result_text(answer["response"]) for answer in answers_of(contents[-1])],
        input_tokens=count_tokens(*_texts(body)),
        tools=tools,
        choice=choice,
        forced=forced,
        max_tokens=config.get("maxOutputTokens"),
        stop=config.get("stopSequences") or [],
        thinks=thinks(config),
        images=_images(contents[-1]),
        schema=config.get("responseJsonSchema", {}) if is_json else None,
        hosted=hosted,
        rounds=sum(bool(calls_of(content)) for content in contents),
        modalities=[each.lower() for each in config.get("responseModalities") or []],
    )


def count_input(context: Context) -> int:
    """Return the tokens of a request to count them: its contents, or a whole request in it.

    Raises:
        Refusal: the API would refuse it.
    """
    body, model = _camel(context.body), model_of(context.request.path) or ""
    if not isinstance(body, dict):
        raise bad("Invalid JSON payload received. Unexpected token.")
    counted = body.get("generateContentRequest") or body
    check_contents(counted.get("contents"), model)
    return count_tokens(*_texts(counted))


def thinks(config: Json) -> bool:
    """Return whether the request asks for thoughts."""
    thinking = config.get("thinkingConfig") or {}
    return bool(thinking.get("includeThoughts")) and thinking.get("thinkingBudget") != 0


def _camel(value: Any) -> Any:  # JSON of any shape
    """Convert all names to camel case: the API accepts `top_p` for `topP`, and so on."""
    if isinstance(value, list):
        return [_camel(each) for each in value]
    if not isinstance(value, dict):
        return value
    named = {_SNAKE.sub(lambda match: match[1].upper(), name): name for name in value}
    return {
        camel: value[name] if camel in FREE else _camel(value[name])
        for camel, name in named.items()
    }


def _check_model(context: Context, model: str) -> None:
    if not context.behaviour.serves("gemini", model):
        message = (
            f"models/{model} is not found for API version v1beta, or is not supported for "
            "generateContent. Call ListModels to see the list of available models and their "
            "supported methods."
        )
        raise refuse("gemini", message, name="model_not_found")


def _check_fields(value: Json, known: frozenset[str], where: str) -> None:
    for name in value:
        if name not in known:
            place = f" at '{where}'" if where else ""
            raise bad(
                f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.'
            )


def _check_config(config: Json) -> None:
    _check_fields(config, CONFIG_FIELDS, "generation_config")
    where = "* GenerateContentRequest.generation_config"
    if not 0 <= config.get("temperature", 0) <= 2:
        raise bad(f"{where}.temperature: temperature must be in the range [0.0, 2.0].\n")
    if not 0 <= config.get("topP", 0) <= 1:
        raise bad(f"{where}.top_p: top_p must be in the range [0.0, 1.0].\n")
    if config.get("maxOutputTokens", 1) < 1:
        raise bad(f"{where}.max_output_tokens: max_output_tokens must be positive.\n")
    stops = config.get("stopSequences") or []
    if len(stops) > MAX_STOPS or "" in stops:
        raise bad(f"{where}.stop_sequences: at most {MAX_STOPS} are allowed, none of them empty.\n")
    if "responseJsonSchema" in config and config.get("responseMimeType") != "application/json":
        raise bad(f"{where}.response_json_schema: only allowed with mime type application/json.\n")


def _check_thinking(thinking: Json, model: str) -> None:
    budget, level = thinking.get("thinkingBudget"), thinking.get("thinkingLevel")
    if not thinking:
        return
    if re.match(r"gemini-(?:1|2\.0)", model):
        raise bad("thinking_config is not supported.")
    if budget is not None and level is not None:
        raise bad("You can only set only one of thinking budget and thinking level.")
    if level is not None and not is_new(model):
        raise bad("Thinking level is not supported for this model.")
    if level == "MINIMAL" and WITHOUT_MINIMAL.match(model):
        raise bad(
            "Thinking level MINIMAL is not supported for this model. Please retry with other "
            "thinking level."
        )
    if budget == 0 and (is_new(model) or "-pro" in model):
        raise bad("Budget 0 is invalid. This model only works in thinking mode.")
    if budget is not None and not -1 <= budget <= (32_768 if "-pro" in model else 24_576):
        raise bad(f"The thinking budget {budget} is invalid.")


def _read_tools(body: Json) -> list[str]:
    names: list[str] = []
    for tool in body.get("tools") or []:
        for at, declared in enumerate(tool.get("functionDeclarations") or []):
            where = f"* GenerateContentRequest.tools[0].function_declarations[{at}]"
            if not NAME.fullmatch(declared.get("name") or ""):
                raise bad(
                    f"{where}.name: Invalid function name. Must start with a letter or an "
                    "underscore.\n"
                )
            if not isinstance(declared.get("parametersJsonSchema", {}), dict):
                raise bad(f"{where}.parameters_json_schema: must be a JSON schema.\n")
            names.append(declared["name"])
    return names


def shows_tools(body: Json) -> bool:
    """Return whether what hosted tools do is part of the reply."""
    return bool((body.get("toolConfig") or {}).get("includeServerSideToolInvocations"))


def _read_hosted(body: Json) -> list[str]:
    """Return the hosted tools in our terms."""
    hosted: list[str] = []
    for at, tool in enumerate(body.get("tools") or []):
        _check_fields(tool, TOOLS, f"tools[{at}]")
        for name, fields in tool.items():
            if name in HOSTED:
                _check_fields(fields, HOSTED_FIELDS.get(name, frozenset()), f"tools[{at}].{name}")
                hosted.append(HOSTED[name])
        if "fileSearch" in tool and not tool["fileSearch"].get("fileSearchStoreNames"):
            raise bad("* GenerateContentRequest.tools.file_search: store names are required.\n")
    return hosted


def _check_combination(tools: list[str], hosted: list[str], model: str, *, shown: bool) -> None:
    if shown and not is_new(model):
        raise bad(f"Tool call context circulation is not enabled for models/{model}")
    if tools and hosted and not is_new(model):
        raise bad("Tool use with function calling is unsupported by the model.")
    if tools and hosted and not shown:
        raise bad(
            "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools "
            "with Function calling."
        )


def _read_choice(body: Json, tools: list[str]) -> tuple[str, str | None]:
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    mode, allowed = calling.get("mode", "AUTO"), calling.get("allowedFunctionNames") or []
    if calling and not tools:
        raise bad("Function calling config is set without function_declarations.")
    if allowed and mode not in ("ANY", "VALIDATED"):
        raise bad("Allowed function names are only allowed with mode ANY or VALIDATED.")
    if not set(allowed) <= set(tools):
        raise bad("Allowed function names are not among the declared functions.")
    return CHOICES[mode], allowed[0] if allowed else None


def _result_text(response: Json) -> str:
    return str(response.get("output", response.get("error", response)))


def _texts(body: Json) -> list[str]:
    contents = [body.get("systemInstruction") or {"parts": []}, *body["contents"]]
    return [part["text"] for content in contents for part in content["parts"] if "text" in part]


def _last_user_text(contents: list[Json]) -> str:
    for content in reversed(contents):
        texts = [part["text"] for part in content["parts"] if "text" in part]
        if content.get("role", "user") == "user" and texts:
            return "\n".join(texts)
    return ""


def _images(content: Json) -> list[str]:
    images = []
    for part in content["parts"]:
        if "inlineData" in part:
            images.append(part["inlineData"]["mimeType"])
        elif "fileData" in part:
            images.append(part["fileData"]["fileUri"])
    return images
