"""What streams and whole replies both have."""

from collections.abc import Mapping
from typing import Final

from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.reply import Usage

Json = dict[str, object]

_FINISHES: Final[Mapping[str, str]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "pause": "stop",
    "content_filter": "content_filter",
}


def finish_reason(finish: str, *, has_refusal: bool) -> str:
    """Return why the reply ended. A refusal in words is an ordinary end here."""
    if finish == "refusal":
        return "stop" if has_refusal else "content_filter"
    return _FINISHES.get(finish, "stop")


def usage_fields(usage: Usage) -> Json:
    """Return the token counts."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def annotation(citation: Citation, begin: int, end: int) -> Json | None:
    """Return a source of the text from `begin` to `end`, None if it has no URL.

    Its own places count characters of that text.
    """
    if not citation.url:
        return None
    if citation.start is not None and citation.end is not None:
        begin, end = begin + citation.start, begin + citation.end
    cited = {
        "url": citation.url,
        "title": citation.title or citation.url,
        "start_index": begin,
        "end_index": end,
    }
    return {"type": "url_citation", "url_citation": cited}


def image(data: object, media_type: object, url: object) -> Json:
    """Return a picture that the model made, as OpenRouter has it: OpenAI has no field for it."""
    address = url or f"data:{media_type};base64,{data}"
    return {"type": "image_url", "image_url": {"url": address}}


def audio(reply_id: str, data: object, transcript: object) -> Json:
    """Return sound that the model made. Its id cannot be referred to: it is kept nowhere."""
    return {
        "id": f"audio_{reply_id}",
        "data": data,
        "transcript": transcript or "",
        "expires_at": 0,
    }
