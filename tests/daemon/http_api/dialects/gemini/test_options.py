"""`generationConfig` as fields of a chat request."""

import msgspec
import pytest

from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.gemini.options import read_options
from aircherd.http_api.dialects.gemini.shapes import GenerationConfig
from aircherd.vocabulary.chat import JsonFormat, SchemaFormat

OBJECT = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"temperature": 0.5, "topP": 0.5}, {"temperature": 0.5, "top_p": 0.5}),
        ({"temperature": 1, "topP": 0.95}, {}),
        ({"maxOutputTokens": 7, "stopSequences": ["X"]}, {"max_tokens": 7, "stop": ["X"]}),
        ({"thinkingConfig": {"thinkingBudget": 0}}, {"reasoning": "none"}),
        ({"thinkingConfig": {"thinkingBudget": -1, "includeThoughts": True}}, {}),
        ({"thinkingConfig": {"thinkingBudget": 1024}}, {"reasoning": "low"}),
        ({"thinkingConfig": {"thinkingBudget": 8192}}, {"reasoning": "medium"}),
        ({"thinkingConfig": {"thinkingBudget": 24576}}, {"reasoning": "high"}),
        ({"thinkingConfig": {"thinkingBudget": 32768}}, {"reasoning": "xhigh"}),
        ({"thinkingConfig": {"thinkingLevel": "minimal"}}, {"reasoning": "minimal"}),
        ({"thinkingConfig": {"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}}, {}),
        ({"responseModalities": ["TEXT"]}, {"modalities": None}),
        ({"responseModalities": ["Text", "IMAGE"]}, {"modalities": ["text", "image"]}),
        ({"responseMimeType": "application/json"}, {"response_format": JsonFormat()}),
        (
            {"responseMimeType": "application/json", "responseSchema": OBJECT},
            {
                "response_format": SchemaFormat(
                    '{"type":"object","properties":{"a":{"type":"string"}}}'
                )
            },
        ),
        (
            {"responseMimeType": "application/json", "_responseJsonSchema": {"type": "string"}},
            {"response_format": SchemaFormat('{"type":"string"}')},
        ),
    ],
)
def test_options(config: dict[str, object], expected: dict[str, object]) -> None:
    """Each option has its field."""
    fields: dict[str, object] = {}
    unsaid = Unsaid()
    read = msgspec.json.decode(msgspec.json.encode(config), type=GenerationConfig)
    read_options(read, fields, unsaid)
    assert fields == expected
    assert not unsaid.names
