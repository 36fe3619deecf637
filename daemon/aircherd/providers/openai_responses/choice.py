"""What of a request only the Responses API of OpenAI can express."""

from aircherd.providers.openai_responses.signature import is_item
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.content.media import DocumentPart
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.parts import Part, ToolResultPart


def needs_responses(request: ChatRequest) -> bool:
    """Return whether chat completions cannot express this request, and Responses can.

    Hosted tools, pictures as an answer, PDFs by URL or in a tool result, and what this API sent
    itself.
    """
    return (
        any(map(_is_of_responses, request.tools))
        or "image" in (request.modalities or ())
        or any(
            is_item(part) or _is_file_of_responses(part)
            for message in request.messages
            if not isinstance(message.content, str)
            for part in message.content
        )
    )


def _is_of_responses(tool: Tool) -> bool:
    return tool.api == "responses" if tool.type == "vendor" else tool.is_hosted


def _is_file_of_responses(part: Part) -> bool:
    if isinstance(part, ToolResultPart) and not isinstance(part.content, str):
        return any(isinstance(each, DocumentPart) and each.is_pdf for each in part.content)
    return isinstance(part, DocumentPart) and part.url is not None
