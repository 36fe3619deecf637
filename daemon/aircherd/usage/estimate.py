"""What a request may use before it is made: pure, and quick for texts of any size.

A token is about four characters of English, fewer of code and of other languages. So it is counted
by bytes of UTF-8, a little too many rather than too few: what was reserved too much comes back when
the call has ended.
"""

from aircherd.vocabulary.chat import ChatRequest, SchemaFormat, Tool
from aircherd.vocabulary.parts import ImagePart, Part, ReasoningPart, TextPart, ToolCallPart

BYTES_PER_TOKEN = 3.5
TOKENS_PER_IMAGE = 1600
"""A large picture: Anthropic counts about 1,600 at most, OpenAI 85 to 1,500, Gemini 258 a tile."""
TOKENS_PER_MESSAGE = 4
TOKENS_PER_TOOL = 12

_BYTES_PER_IMAGE = int(TOKENS_PER_IMAGE * BYTES_PER_TOKEN)

# A long text that is not plain ASCII is judged by a few pieces of it.
_PIECES = 8
_PIECE = 512


def input_estimate(request: ChatRequest) -> int:
    """Return how many tokens the request itself has; the same for every model."""
    size, fixed = 0, TOKENS_PER_MESSAGE * len(request.messages)
    for message in request.messages:
        content = message.content
        size += byte_size(content) if isinstance(content, str) else sum(map(_part_size, content))
    if request.system:
        size += byte_size(request.system)
    if request.tools:
        size += sum(map(_tool_size, request.tools))
        fixed += TOKENS_PER_TOOL * len(request.tools)
    if isinstance(request.response_format, SchemaFormat):
        size += byte_size(request.response_format.schema)
    if request.extra:  # for example a system prompt with cache marks
        size += byte_size(str(request.extra))
    return int(size / BYTES_PER_TOKEN) + fixed


def byte_size(text: str) -> int:
    """Return how many bytes a text has in UTF-8, of a long one about; never copies all of it."""
    if text.isascii():  # known without a look at the text
        return len(text)
    if len(text) <= _PIECES * _PIECE:
        return _encoded_size(text)
    stride = len(text) // _PIECES
    size = sum(_encoded_size(text[n * stride : n * stride + _PIECE]) for n in range(_PIECES))
    return size * len(text) // (_PIECES * _PIECE)


def _encoded_size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _part_size(part: Part) -> int:
    if isinstance(part, TextPart):
        return byte_size(part.text)
    if isinstance(part, ImagePart):
        return _BYTES_PER_IMAGE
    if isinstance(part, ToolCallPart):
        return byte_size(part.name) + byte_size(part.arguments)
    if isinstance(part, ReasoningPart):
        # Hidden thinking is in its signature.
        return byte_size(part.text or part.signature or "")
    if isinstance(part.content, str):
        return byte_size(part.content)
    return sum(map(_part_size, part.content))


def _tool_size(tool: Tool) -> int:
    return byte_size(tool.name) + byte_size(tool.description or "") + byte_size(tool.parameters)
