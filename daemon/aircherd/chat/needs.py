"""What a request needs of a model: pure."""

from aircherd.usage.estimate import input_estimate
from aircherd.vocabulary.chat import ChatRequest, SchemaFormat
from aircherd.vocabulary.needs import Needs
from aircherd.vocabulary.parts import ImagePart, Part, ToolResultPart


def needs_of(request: ChatRequest) -> Needs:
    """Return the abilities that `request` uses, and its size as far as it can be guessed.

    `output_tokens` is 0 where the request sets no limit.
    """
    abilities = (
        ("tools", bool(request.tools) and request.tool_choice != "none"),
        ("images", _has_images(request)),
        ("reasoning", request.reasoning not in (None, "none")),
        ("json_schema", isinstance(request.response_format, SchemaFormat)),
        ("sampling", request.temperature is not None or request.top_p is not None),
    )
    return Needs(
        abilities=tuple(name for name, is_used in abilities if is_used),
        input_tokens=input_estimate(request),
        output_tokens=request.max_tokens or 0,
    )


def _has_images(request: ChatRequest) -> bool:
    contents = (message.content for message in request.messages)
    return any(
        _is_image(part) for content in contents if not isinstance(content, str) for part in content
    )


def _is_image(part: Part) -> bool:
    if isinstance(part, ToolResultPart) and not isinstance(part.content, str):
        return any(map(_is_image, part.content))
    return isinstance(part, ImagePart)
