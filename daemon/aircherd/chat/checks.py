"""What makes no sense to any provider, found before one is asked: pure.

The form of a request is checked when it is read; here its pieces are held against each other.
"""

from aircherd.errors import BadRequest
from aircherd.vocabulary.chat import ChatRequest, Message, NamedTool, Tool
from aircherd.vocabulary.parts import ToolCallPart, ToolResultPart


def check_request(request: ChatRequest) -> None:
    """Check that tools, their choice, their calls and their results belong together.

    Raises:
        BadRequest: they do not; the message names the place.
    """
    if request.tools or request.tool_choice is not None:
        _check_tools(request.tools, request.tool_choice)
    _check_results(request.messages)


def _check_tools(tools: list[Tool], choice: object) -> None:
    names: set[str] = set()
    for number, tool in enumerate(tools):
        if tool.name in names:
            raise BadRequest(f"tools[{number}]: there are two tools named {tool.name!r}")
        names.add(tool.name)
    if isinstance(choice, NamedTool) and choice.name not in names:
        raise BadRequest(f"tool_choice: there is no tool named {choice.name!r}")
    if choice == "required" and not tools:
        raise BadRequest("tool_choice: a call is required, but there are no tools")


def _check_results(messages: list[Message]) -> None:
    made: set[str] = set()
    for number, message in enumerate(messages):
        if isinstance(message.content, str):
            continue
        for part in message.content:
            if isinstance(part, ToolCallPart):
                made.add(part.id)
            elif isinstance(part, ToolResultPart) and part.id not in made:
                raise BadRequest(
                    f"messages[{number}]: a result for the tool call {part.id!r}, "
                    "which no message before it makes"
                )
