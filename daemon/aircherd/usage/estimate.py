"""Estimates the input tokens of a request before it is sent: pure, and fast for texts of any size.

A token is about four characters of English, and fewer of code and of other languages. So tokens are
counted by bytes of UTF-8, rather too many than too few: the excess is released when the call ends.
"""

from aircherd.vocabulary.chat import ChatRequest, SchemaFormat
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.parts import OtherPart, Part, TextPart, ToolCallPart, ToolResultPart

BYTES_PER_TOKEN = 3.5
TOKENS_PER_IMAGE = 1600
"""A large image: Anthropic counts at most about 1,600, OpenAI 85 to 1,500, Gemini 258 a tile."""
TOKENS_PER_DOCUMENT = 20_000
"""A PDF by URL, whose size is unknown: about ten pages."""
BYTES_PER_PDF_TOKEN = 40
"""Anthropic counts 1,500 to 3,000 tokens a page, and a page has about 100 kB."""
MAX_PDF_TOKENS = 150_000
"""A hundred pages, the most that Anthropic takes: a larger file has larger pictures."""
BYTES_PER_AUDIO_TOKEN = 500
"""Gemini counts 32 tokens a second, of which MP3 has about 16 kB."""
TOKENS_PER_MESSAGE = 4
TOKENS_PER_TOOL = 12

# A long text that is not plain ASCII is measured by samples.
_SAMPLES = 8
_SAMPLE = 512


def input_estimate(request: ChatRequest) -> int:
    """Return how many input tokens a request has; the same for every model."""
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
    """Return the size of a text in UTF-8, approximate for long ones; never copies all of it."""
    if text.isascii():  # a flag of the string, not a scan
        return len(text)
    if len(text) <= _SAMPLES * _SAMPLE:
        return _encoded_size(text)
    stride = len(text) // _SAMPLES
    size = sum(_encoded_size(text[n * stride : n * stride + _SAMPLE]) for n in range(_SAMPLES))
    return size * len(text) // (_SAMPLES * _SAMPLE)


def _encoded_size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _part_size(part: Part) -> int:
    if isinstance(part, TextPart):
        return byte_size(part.text)
    if isinstance(part, ImagePart | DocumentPart | AudioPart):
        return int(_media_tokens(part) * BYTES_PER_TOKEN)
    if isinstance(part, ToolCallPart):
        return byte_size(part.name) + byte_size(part.arguments)
    if isinstance(part, ToolResultPart):
        content = part.content
        return byte_size(content) if isinstance(content, str) else sum(map(_part_size, content))
    if isinstance(part, OtherPart):
        return byte_size(part.data)
    # Hidden reasoning is in its signature.
    return byte_size(part.text or part.signature or "")


def _media_tokens(part: ImagePart | DocumentPart | AudioPart) -> int:
    size = len(part.data or "") * 3 // 4
    if isinstance(part, ImagePart):
        return TOKENS_PER_IMAGE
    if isinstance(part, AudioPart):
        return size // BYTES_PER_AUDIO_TOKEN
    if part.url is not None:
        return TOKENS_PER_DOCUMENT
    if part.is_pdf:
        return min(size // BYTES_PER_PDF_TOKEN, MAX_PDF_TOKENS)
    return int(size / BYTES_PER_TOKEN)


def _tool_size(tool: Tool) -> int:
    texts = (tool.name, tool.description, tool.parameters, tool.format, tool.data)
    return sum(byte_size(text) for text in texts if text)
