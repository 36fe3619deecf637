"""Ollama: its version, its installed models, and OpenAI's form under `/v1`.

Its own chat API comes with the adapter that speaks it.
"""

from aircherd.testing.simulator import openai
from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.limits import Headers
from aircherd.testing.simulator.reply import Reply, Whole, json_reply

OLLAMA = openai.Dialect(
    id_prefix="chatcmpl-", id_width=3, extra={"system_fingerprint": "fp_ollama"}
)
VERSION = "0.13.1"


def answer_chat(context: Context) -> Reply:
    """Answer `POST /v1/chat/completions`.

    Raises:
        Refusal: the request is not one the API takes.
    """
    return openai.answer_chat(context, OLLAMA)


def answer_version(_context: Context) -> Whole:
    """Answer `GET /api/version`."""
    return json_reply(200, {"version": VERSION}, [])


def answer_tags(context: Context) -> Whole:
    """Answer `GET /api/tags`: what is installed."""
    listed = [
        {
            "name": model,
            "model": model,
            "modified_at": "2026-11-01T00:00:00Z",
            "size": 2_019_393_189,
            "digest": f"{number:064x}",
            "details": {"format": "gguf", "parameter_size": "3.2B"},
            "capabilities": ["completion", "tools"],
        }
        for number, model in enumerate(context.manner.models.get("ollama", []))
    ]
    return json_reply(200, {"models": listed}, [])


def request_headers(_context: Context) -> Headers:
    """Return the headers every answer carries: none."""
    return []
