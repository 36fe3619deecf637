"""Which dialect and which operation a path belongs to, and the dialect of an error.

A path is tried as it is, then in the forms that tools make of it: `/v1/v1/messages`,
`/chat/completions` without a version, LiteLLM's `/models/M:generateContent`, a slash at the end.
Several APIs have `GET /v1/models`: the headers and the query tell which one is asked.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from aircherd.http_api.dialects.dialect import Dialect, Route
from aircherd.http_api.server.refusal import Refusal

_BRACES = re.compile(r"\{(\w+)\}")
_SLASHED = re.compile(r"/v1(?:beta|alpha)?/((?!models/)[^/]+/.+:\w+)")
"""Vercel's AI SDK takes a model's name with a slash in it for a whole path of Gemini's."""
_DOUBLED = re.compile(r"^(/v1(?:beta|alpha)?)(?:\1)+(?=/)")


class Match(NamedTuple):
    """What a request is for."""

    dialect: Dialect
    route: Route
    params: Mapping[str, str]


class _Pattern(NamedTuple):
    matches: re.Pattern[str]
    is_last: bool
    dialect: Dialect
    route: Route


class Router:
    """The paths of all dialects. The first one is that of errors about unknown paths."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self._dialects: dict[str, Dialect] = {dialect.name: dialect for dialect in dialects}
        self._exact: dict[str, list[tuple[Dialect, Route]]] = {}
        patterns = []
        for dialect in dialects:
            for route in dialect.routes:
                if "{" in route.path:
                    patterns.append(_pattern(dialect, route))
                else:
                    self._exact.setdefault(route.path, []).append((dialect, route))
        # `/v1/models/{model}` matches everything that `/v1/models/{model}:countTokens` does.
        self._patterns = sorted(patterns, key=lambda each: each.is_last)

    def match(
        self, method: str, path: str, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Match:
        """Return what a request is for; HEAD is for what GET is.

        Raises:
            Refusal: the path is unknown, or has another method.
        """
        wanted = "GET" if method == "HEAD" else method
        methods: set[str] = set()
        for form in _forms(path):
            found = self._find(form)
            if not found:
                continue
            fitting = [each for each in found if each.route.method == wanted]
            if len(fitting) == 1:
                return fitting[0]
            if fitting:
                asked = self._asked(headers, query)
                return next((each for each in fitting if each.dialect.name == asked), fitting[0])
            methods |= {each.route.method for each in found}
        if methods:
            allowed = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
            raise Refusal(
                405,
                f"{method} {path} is not known: the path takes {allowed}",
                kind="method",
                headers=(("allow", allowed),),
            )
        raise Refusal(
            404,
            f"{method} {path} is not known to aircher: docs/http.md lists its paths",
            kind="not_found",
            code="unknown_method",
        )

    def _find(self, path: str) -> list[Match]:
        found = [Match(dialect, route, {}) for dialect, route in self._exact.get(path, ())]
        if found:
            return found
        found = [
            Match(pattern.dialect, pattern.route, match.groupdict())
            for pattern in self._patterns
            if (match := pattern.matches.fullmatch(path))
        ]
        # A model's name has no action: one that seems to have is an action that is unknown.
        return [each for each in found if not each.route.path.endswith("}")] or found

    def error_dialect(
        self, path: str, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> Dialect:
        """Return the dialect whose form an error about a path has."""
        name = _dialect_of(path) or self._asked(headers, query)
        return self._dialects.get(name) or next(iter(self._dialects.values()))

    def _asked(self, headers: Mapping[str, str], query: Mapping[str, str]) -> str:
        """Return which of several APIs a request means."""
        if "x-goog-api-key" in headers or "x-goog-api-client" in headers or "key" in query:
            return "gemini"
        if "client_version" in query:
            return "openai_responses"
        return "anthropic" if "anthropic-version" in headers else "openai_chat"

    def __repr__(self) -> str:
        return f"<Router of {', '.join(self._dialects)}>"


def split_target(target: bytes) -> tuple[str, str]:
    """Return the decoded path of a request, and its query as it is.

    Raises:
        Refusal: it is no path, or not UTF-8, or has control characters.
    """
    raw, _, query = target.partition(b"?")
    if not raw.startswith(b"/"):
        raise Refusal(400, "the target is not a path: this is no proxy", closes=True)
    try:
        path = (unquote_to_bytes(raw) if b"%" in raw else raw).decode()
        asked = query.decode("ascii")
    except UnicodeDecodeError:
        raise Refusal(
            400, "the path is not UTF-8, or its query is not encoded", closes=True
        ) from None
    if not path.isprintable():
        raise Refusal(400, "the path has control characters", closes=True)
    return path, asked


def _forms(path: str) -> Iterator[str]:
    """Yield the forms in which a path may be known, the likeliest first."""
    yield path
    plain = _DOUBLED.sub(r"\1", re.sub("//+", "/", path)).rstrip("/") or "/"
    if plain != path:
        yield plain
    yield f"/v1{plain}"
    yield f"/v1beta{plain}"
    if plain.startswith("/v1alpha/"):
        yield f"/v1beta/{plain.removeprefix('/v1alpha/')}"
    if named := _SLASHED.fullmatch(plain):
        yield f"/v1beta/models/{named[1]}"


def _pattern(dialect: Dialect, route: Route) -> _Pattern:
    text, at = "", 0
    for brace in _BRACES.finditer(route.path):
        text += re.escape(route.path[at : brace.start()]) + f"(?P<{brace[1]}>.+)"
        at = brace.end()
    text += re.escape(route.path[at:])
    return _Pattern(re.compile(text), route.path.endswith("}"), dialect, route)


def _dialect_of(path: str) -> str | None:
    """Return the dialect that a path looks like, None if it may be any."""
    path = _DOUBLED.sub(r"\1", path)
    for prefix, name in _PREFIXES:
        if path == prefix or path.startswith((f"{prefix}/", f"{prefix}:")):
            return name
    return "gemini" if ":" in path and "/models/" in path else None


_PREFIXES = (
    ("/v1/messages", "anthropic"),
    ("/messages", "anthropic"),
    ("/v1/complete", "anthropic"),
    ("/v1/responses", "openai_responses"),
    ("/responses", "openai_responses"),
    ("/v1beta", "gemini"),
    ("/v1alpha", "gemini"),
    ("/upload", "gemini"),
    ("/api", "ollama"),
    ("/v1/chat", "openai_chat"),
    ("/chat", "openai_chat"),
    ("/v1/embeddings", "openai_chat"),
)
