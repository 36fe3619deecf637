"""Embeddings, as the vendors that have them return them: made up, but the same for the same text.

A vector has `WIDTH` numbers, or as many as the request wants. A token is a word, as in chats.
"""

import base64
import hashlib
import struct

from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.errors.bodies import refuse
from aircherd.testing.simulator.reply import Whole, json_reply
from aircherd.testing.simulator.script import count_tokens

WIDTH = 8
MAX_WIDTH = 32
"""A hash has so many bytes, and each makes a number."""


def answer_openai(context: Context) -> Whole:
    """Answer `POST /v1/embeddings`; also OpenRouter's and Ollama's.

    Raises:
        Refusal: the API would refuse the request.
    """
    body, vendor = context.body, context.vendor
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        raise refuse(vendor, "you must provide a model parameter")
    texts = _texts(body.get("input"))
    if not texts:
        raise refuse(vendor, "'$.input' is invalid. Please check the API reference.", param="input")
    is_packed = body.get("encoding_format") == "base64"
    vectors = [vector(text, body.get("dimensions")) for text in texts]
    tokens = count_tokens(*texts)
    reply = {
        "object": "list",
        "data": [
            {"object": "embedding", "index": at, "embedding": _pack(each) if is_packed else each}
            for at, each in enumerate(vectors)
        ],
        "model": body["model"],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
    return json_reply(200, reply, [])


def answer_ollama(context: Context) -> Whole:
    """Answer `POST /api/embed`.

    Raises:
        Refusal: the server would refuse the request.
    """
    body = context.body
    if not isinstance(body, dict) or not body.get("model"):
        raise refuse("ollama", "model is required")
    texts = _texts(body.get("input"))
    vectors = [vector(text, body.get("dimensions")) for text in texts]
    reply = {
        "model": body["model"],
        "embeddings": vectors,
        "total_duration": 4_000_000,
        "load_duration": 1_000_000,
        "prompt_eval_count": count_tokens(*texts),
    }
    return json_reply(200, reply, [])


def answer_gemini(context: Context) -> Whole:
    """Answer `POST /v1beta/models/MODEL:embedContent`."""
    return json_reply(200, {"embedding": _gemini(context.body)}, [])


def answer_gemini_batch(context: Context) -> Whole:
    """Answer `POST /v1beta/models/MODEL:batchEmbedContents`."""
    requests = context.body["requests"]
    return json_reply(200, {"embeddings": [_gemini(each) for each in requests]}, [])


def vector(text: str, width: object = None) -> list[float]:
    """Return the vector of a text: numbers from -1 to 1 that 32 bits hold exactly."""
    wanted = width if isinstance(width, int) else WIDTH
    digest = hashlib.sha256(text.encode()).digest()[: min(wanted, MAX_WIDTH)]
    return [(byte - 128) / 128 for byte in digest]


def _gemini(request: dict[str, object]) -> dict[str, object]:
    content = request["content"]
    parts = content["parts"] if isinstance(content, dict) else []
    text = "\n".join(part["text"] for part in parts)
    return {"values": vector(text, request.get("outputDimensionality"))}


def _texts(given: object) -> list[str]:
    """Return the texts of an input: one or several, as text or as tokens."""
    if isinstance(given, str):
        return [given]
    if not isinstance(given, list):
        return []
    if given and isinstance(given[0], int):
        return [" ".join(map(str, given))]
    return [each if isinstance(each, str) else " ".join(map(str, each)) for each in given]


def _pack(numbers: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
