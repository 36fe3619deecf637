"""Reads and validates the content and the response format of Chat Completions.

Sources: OpenAI's API reference and refusals reported by users, November 2026.
"""

import binascii
import re
from typing import Any

from aircherd.testing.simulator.errors.bodies import Refusal, refuse

Json = dict[str, Any]

PARTS = ("text", "image_url", "input_audio", "refusal", "file")
PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,(?P<data>.*)", re.DOTALL)
SOUNDS = {"wav": "audio/wav", "mp3": "audio/mpeg"}
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def text_of(content: object) -> str:
    """Return the text of a content, a string or a list of parts."""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in _parts(content) if part.get("type") == "text")


def images_of(content: object) -> list[str]:
    """Return the images, files and sounds of a content, by media type or URL."""
    return [seen for part in _parts(content) if (seen := _seen(part)) is not None]


def _seen(part: Json) -> str | None:
    if part["type"] == "input_audio":
        return SOUNDS[part["input_audio"]["format"]]
    if part["type"] not in ("image_url", "file"):
        return None
    url: str = (
        part["image_url"]["url"] if part["type"] == "image_url" else part["file"]["file_data"]
    )
    return url[5:].partition(";")[0] if url.startswith("data:") else url


def _parts(content: object) -> list[Json]:
    return content if isinstance(content, list) else []


def check_content(vendor: str, message: Json, at: int) -> None:
    """Check the parts of one message.

    Raises:
        Refusal: one has an unknown type or is an invalid image.
    """
    for number, part in enumerate(_parts(message.get("content"))):
        where = f"messages[{at}].content[{number}]"
        if part.get("type") not in PARTS:
            raise refuse(
                vendor,
                f"Invalid value: '{part.get('type')}'. Supported values are: {PARTS}.",
                code="invalid_value",
                param=where,
            )
        if part["type"] == "image_url":
            _check_picture(vendor, message["role"], part, where)
        elif part["type"] in ("file", "input_audio"):
            _check_file(vendor, message["role"], part, where)


def _check_file(vendor: str, role: str, part: Json, where: str) -> None:
    """Check a PDF, whose URL only OpenRouter and some compatible servers fetch, or a sound."""
    sound, url = part.get("input_audio") or {}, (part.get("file") or {}).get("file_data") or ""
    data = sound.get("data") or url.partition(";base64,")[2]
    is_known = sound.get("format") in SOUNDS or url.startswith(
        ("data:application/pdf;", "https://")
    )
    if role != "user" or not is_known:
        raise refuse(vendor, f"Invalid '{part['type']}'.", code="invalid_value", param=where)
    try:
        binascii.a2b_base64(data, strict_mode=True)
    except ValueError:
        raise refuse(vendor, "Expected a base64-encoded data URI.", param=where) from None


def _check_picture(vendor: str, role: str, part: Json, where: str) -> None:
    if role != "user":
        raise refuse(
            vendor,
            "Image URLs are only allowed for messages with role 'user', but this message with "
            f"role '{role}' contains an image URL.",
            param=where,
        )
    url = part["image_url"]["url"]
    if url.startswith(("https://", "http://")):
        return
    data = PICTURE.fullmatch(url)
    if data is None:
        raise _bad_picture(vendor, "Expected a URL, or a data URI of png, jpeg, gif or webp.")
    try:
        binascii.a2b_base64(data["data"], strict_mode=True)
    except ValueError:
        raise _bad_picture(vendor, "Expected a base64-encoded data URI.") from None


def _bad_picture(vendor: str, expected: str) -> Refusal:
    return refuse(vendor, f"Invalid 'image_url'. {expected}", code="invalid_image_url")


# ------------------------------------------------------------------ the answer's form


def read_schema(vendor: str, body: Json) -> Json | None:
    """Return the schema that the answer must match, {} for any object, None for plain text.

    Raises:
        Refusal: the format is unknown, or the schema does not work with strict mode.
    """
    wanted = body.get("response_format")
    if wanted is None or wanted.get("type") == "text":
        return None
    if wanted.get("type") == "json_object":
        _check_mention(vendor, body["messages"])
        return {}
    form = wanted.get("json_schema") if wanted.get("type") == "json_schema" else None
    if not isinstance(form, dict) or not NAME.fullmatch(str(form.get("name"))):
        raise _bad_form(vendor, f"Invalid value for 'response_format': {wanted.get('type')!r}.")
    schema: Json = form.get("schema") or {}
    if form.get("strict"):
        _check_strict(vendor, form["name"], schema)
    return schema


def _check_mention(vendor: str, messages: list[Json]) -> None:
    if not any("json" in text_of(message.get("content")).lower() for message in messages):
        raise _bad_form(
            vendor,
            "'messages' must contain the word 'json' in some form, to use 'response_format' of "
            "type 'json_object'.",
        )


def _check_strict(vendor: str, name: str, schema: object) -> None:
    """Check for strict mode: objects require all properties and allow no others."""
    if isinstance(schema, list):
        for each in schema:
            _check_strict(vendor, name, each)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            missing = "'additionalProperties' is required to be supplied and to be false."
            raise _bad_form(vendor, f"Invalid schema for response_format '{name}': {missing}")
        if set(schema.get("properties", {})) != set(schema.get("required", [])):
            missing = "'required' is required to be supplied and to hold every key in properties."
            raise _bad_form(vendor, f"Invalid schema for response_format '{name}': {missing}")
    for key, each in schema.items():
        if key not in ("enum", "const", "default", "required"):
            _check_strict(vendor, name, list(each.values()) if key == "properties" else each)


def _bad_form(vendor: str, message: str) -> Refusal:
    return refuse(vendor, message, param="response_format")
