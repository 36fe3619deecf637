"""The simulated model's answer to a prompt. Deterministic, pure, and the same for every vendor.

The last user message decides, or what `Behaviour.turns` has in its place, in this order:

1. it has tool results          -> `The tools answered: RESULT | RESULT`
2. `call NAME {json}`, joined by `and`, and the request has tools of these names
                                -> these calls; `say WORDS; call NAME {json}` adds text before them
3. `write NAME TEXT`, and the request has a custom tool of this name
                                -> a call of it with TEXT
4. a tool is required           -> a call of it, or of the first tool, with `{}`
5. JSON is requested            -> an object that matches the schema, or `{"answer": PROMPT}`
6. `search QUERY` and a hosted search
                                -> a search, then `Found: QUERY`, which cites `FOUND_URL`
7. `pause QUERY` and a hosted search
                                -> a search and a pause; when continued, `Found: QUERY`
8. `refuse QUERY`               -> a refusal: `I will not: QUERY`
9. `draw QUERY` and pictures are requested -> the picture `PICTURE`
10. `speak QUERY` and sound is requested   -> the sound `SOUND`, which says QUERY
11. it has images or other files -> `I see N: KIND or URL, ...`
12. `count N`                   -> `1 2 3 ... N`
13. anything else               -> the fixed text of the behaviour, or the prompt itself

If thinking is requested, the answer starts with the thought `Let me think about: PROMPT` and its
signature, which depends on the text of the thought.

A piece is a word with the white space before it, and counts as one token.
"""

import hashlib
import json
import re
from typing import Any

import msgspec

from aircherd.testing.simulator.behaviour import Behaviour

_PIECES = re.compile(r"\s*\S+|\s+")
_SAY = re.compile(r"say (?P<text>.*?); (?=call )", re.DOTALL)
_CALL = re.compile(r"(?:call )?(?P<name>[A-Za-z0-9_.-]+)\s+(?=\{)")
_AND = re.compile(r"\s+and\s+")
_WRITE = re.compile(r"write (?P<name>[A-Za-z0-9_-]+) (?P<text>.+)", re.DOTALL)
_COUNT = re.compile(r"count (?P<number>[0-9]{1,7})\s*")
_JSON = json.JSONDecoder()

MAX_COUNT = 100_000

FOUND_URL = "https://example.com/found"
FOUND_TITLE = "Found here"
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9aw"
    "AAAABJRU5ErkJggg=="
)
"""A PNG of one pixel, in base64."""
SOUND = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQIAAAAAAA=="
"""A WAV of one sample, in base64."""


class Prompt(msgspec.Struct, kw_only=True):
    """A request in a format common to all vendors.

    `choice` is auto, none or required; `forced` is the name of a tool. `images` are those of the
    last user message, by media type or URL, and its documents and sounds too. `schema` is a JSON
    Schema, {} for any object, None for plain text. `hosted` are the types of hosted tools in our
    terms, `custom` the names of custom tools, `modalities` the requested forms of the answer.
    `continued` says that the conversation ends with a paused answer. `rounds` is how many of the
    model's turns in it called tools.
    """

    text: str
    input_tokens: int
    results: list[str] = []
    tools: list[str] = []
    choice: str = "auto"
    forced: str | None = None
    parallel: bool = True
    max_tokens: int | None = None
    stop: list[str] = []
    thinks: bool = False
    images: list[str] = []
    schema: dict[str, object] | None = None
    hosted: list[str] = []
    custom: list[str] = []
    modalities: list[str] = []
    continued: bool = False
    rounds: int = 0


class Call(msgspec.Struct):
    """A tool call; `arguments` is the JSON text from the prompt, any text with `custom`."""

    name: str
    arguments: str
    custom: bool = False


class Answer(msgspec.Struct, kw_only=True):
    """The model's answer.

    `finish` is stop, stop_sequence (`stop` is the sequence), length, tools, pause or refusal.
    `search` is the query of a hosted search; the text after it cites what it found. `media` is
    "image" or "audio" if the answer is `PICTURE` or `SOUND`; `pieces` are then what the sound says.
    """

    pieces: list[str]
    calls: list[Call]
    finish: str
    stop: str | None = None
    thoughts: list[str] = []
    search: str | None = None
    media: str | None = None


class TokenCounts(msgspec.Struct, kw_only=True):
    """Token counts: input includes cached and cache_write, output includes reasoning."""

    input: int
    output: int
    cached: int
    cache_write: int
    reasoning: int


def split_pieces(text: str) -> list[str]:
    """Split into words with the white space before them; joined they are `text` again."""
    return _PIECES.findall(text)


def count_tokens(*texts: str) -> int:
    """Count the words of all texts."""
    return sum(len(text.split()) for text in texts)


def decide(prompt: Prompt, behaviour: Behaviour) -> Answer:
    """Return the answer to `prompt`; see the top of this file."""
    answer = _decide(_take_turn(prompt, behaviour), behaviour)
    if prompt.thinks:
        answer.thoughts = split_pieces(f"Let me think about: {prompt.text}")
    return answer


def signature(thought: str) -> str:
    """Return the signature of a thought."""
    return "c2ln" + hashlib.sha256(thought.encode()).hexdigest()


def _take_turn(prompt: Prompt, behaviour: Behaviour) -> Prompt:
    """Return the prompt with what this turn says instead, if it is planned."""
    if not (prompt.tools or prompt.custom) or prompt.rounds >= len(behaviour.turns):
        return prompt
    return msgspec.structs.replace(prompt, text=behaviour.turns[prompt.rounds], results=[])


def _decide(prompt: Prompt, behaviour: Behaviour) -> Answer:
    if prompt.results:
        return _speak("The tools answered: " + " | ".join(prompt.results), prompt)
    calls = _requested_calls(prompt)
    if calls:
        spoken = _SAY.match(prompt.text)
        pieces = split_pieces(spoken["text"]) if spoken else []
        return Answer(pieces=pieces, calls=calls, finish="tools")
    if prompt.schema is not None:
        return _speak(json.dumps(_instance(prompt.schema, prompt.text)), prompt)
    if (special := _special(prompt)) is not None:
        return special
    if counted := _COUNT.fullmatch(prompt.text):
        last = min(int(counted["number"]), MAX_COUNT)
        return _speak(" ".join(map(str, range(1, last + 1))), prompt)
    return _speak(behaviour.text if behaviour.text is not None else prompt.text, prompt)


def _special(prompt: Prompt) -> Answer | None:
    """Return the answer to a prompt for what not every vendor has, None for other prompts."""
    word, _, rest = prompt.text.partition(" ")
    if word in ("search", "pause") and "web_search" in prompt.hosted:
        return _search(word, rest, prompt)
    if word == "refuse":
        return Answer(pieces=split_pieces(f"I will not: {rest}"), calls=[], finish="refusal")
    if word == "draw" and "image" in prompt.modalities:
        return Answer(pieces=[], calls=[], finish="stop", media="image")
    if word == "speak" and "audio" in prompt.modalities:
        return Answer(pieces=split_pieces(rest), calls=[], finish="stop", media="audio")
    if prompt.images:
        return _speak(f"I see {len(prompt.images)}: {', '.join(prompt.images)}", prompt)
    return None


def _search(word: str, query: str, prompt: Prompt) -> Answer:
    if word == "pause" and not prompt.continued:
        return Answer(pieces=[], calls=[], finish="pause", search=query)
    found = split_pieces(f"Found: {query}")
    search = None if prompt.continued else query
    return Answer(pieces=found, calls=[], finish="stop", search=search)


def parse_json(text: str) -> object:
    """Parse JSON that `decide` has already validated."""
    parsed: object = json.loads(text)
    return parsed


def count_usage(prompt: Prompt, answer: Answer, behaviour: Behaviour) -> TokenCounts:
    """Count the tokens of a prompt and its answer."""
    spoken = len(answer.pieces) + sum(1 + len(fragments(call.arguments)) for call in answer.calls)
    thinking = len(answer.thoughts) + behaviour.reasoning_tokens
    cached = min(behaviour.cached_tokens, prompt.input_tokens)
    return TokenCounts(
        input=prompt.input_tokens,
        output=spoken + thinking,
        cached=cached,
        cache_write=min(behaviour.cache_write_tokens, prompt.input_tokens - cached),
        reasoning=thinking,
    )


def fragments(arguments: str, size: int = 8) -> list[str]:
    """Split tool arguments into the fragments in which they are streamed."""
    return [arguments[start : start + size] for start in range(0, len(arguments), size)]


def _speak(text: str, prompt: Prompt) -> Answer:
    found = [(at, stop) for stop in prompt.stop if stop and (at := text.find(stop)) >= 0]
    at, stop = min(found) if found else (len(text), None)
    pieces = split_pieces(text[:at])
    if prompt.max_tokens is not None and len(pieces) > prompt.max_tokens:
        return Answer(pieces=pieces[: prompt.max_tokens], calls=[], finish="length")
    return Answer(
        pieces=pieces, calls=[], finish="stop" if stop is None else "stop_sequence", stop=stop
    )


def _instance(schema: Any, text: str) -> object:  # a JSON Schema of any shape
    """Return a simple value that matches the schema, with the prompt's text as strings."""
    if not schema:
        return {"answer": text}
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: _instance(each, text) for name, each in properties.items()}
    if kind == "array":
        return [_instance(schema["items"], text)] if schema.get("items") else []
    plain = {"string": text, "integer": len(text), "number": len(text) / 2, "boolean": True}
    return plain.get(kind)


def _requested_calls(prompt: Prompt) -> list[Call]:
    if not (prompt.tools or prompt.custom) or prompt.choice == "none":
        return []
    calls = [call for call in _parse_calls(prompt.text) if call.name in prompt.tools]
    calls += _custom_calls(prompt)
    if not calls and prompt.choice == "required":
        calls = [Call(prompt.forced or [*prompt.tools, *prompt.custom][0], "{}")]
    return calls if prompt.parallel else calls[:1]


def _custom_calls(prompt: Prompt) -> list[Call]:
    written = _WRITE.fullmatch(prompt.text)
    if written is None or written["name"] not in prompt.custom:
        return []
    return [Call(written["name"], written["text"], custom=True)]


def _parse_calls(text: str) -> list[Call]:
    spoken = _SAY.match(text)
    at = spoken.end() if spoken else 0
    if not text.startswith("call ", at):
        return []
    calls: list[Call] = []
    while match := _CALL.match(text, at):
        try:
            _, at = _JSON.raw_decode(text, match.end())
        except ValueError:
            break
        calls.append(Call(match["name"], text[match.end() : at]))
        joint = _AND.match(text, at)
        if joint is None:
            break
        at = joint.end()
    return calls
