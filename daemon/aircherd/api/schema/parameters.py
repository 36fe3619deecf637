"""What the parameters mean, and the keys of the maps in them.

Their types are those of `api.params` and `vocabulary`, whose own words are about the code.
"""

from aircher_wire import methods

_PERIOD = {
    "since": "Unix time of the beginning",
    "until": "Unix time of the end, which is not included",
}
_PROOF = {"proof": "the content of the file that the error `proof` names; see config.write"}
_ONE_PROVIDER = {"provider": "name of a provider; without it, all of them"}
_STORE = {"store": "where the key is kept; without it the keyring, or the file where there is none"}

CHAT = {
    "messages": "the conversation: at least one user message",
    "model": "provider/model, provider@label/model, an alias, or a known name; else the default",
    "task": "a preset of the configuration for what the request does not set",
    "system": "the system prompt",
    "tools": "what the model may call",
    "tool_choice": "whether it has to call one, or which",
    "parallel_tool_calls": "false: at most one call at a time",
    "response_format": "the answer is JSON",
    "reasoning": "how much to think, from none, minimal, low, medium, high and xhigh to max",
    "max_tokens": "the most tokens of the answer",
    "temperature": "how random the answer is",
    "top_p": "nucleus sampling",
    "stop": "texts at which the answer ends, none of them empty",
    "modalities": "the forms of the answer; else the model's usual one",
    "stream": "false: the result only, without deltas",
    "timeout": "seconds for the whole request, fallbacks included",
    "wait": "seconds that it may wait for a cooldown to end",
    "conversation": "a name: requests with the same one prefer the candidate that answered last",
    "route": "which candidates may be used",
    "extra": "what is merged into the provider's request unchanged",
}

PARAMETERS: dict[str, dict[str, str]] = {
    methods.HELLO: {
        "protocol": "the highest version that the client speaks",
        "client": "its name and version, for usage records",
        "project": "what its requests are attributed to: the path of a repository",
        "folder": "the working directory, if it is another: selects the entry of [projects]",
        "shows_notices": "true: it shows every notice to the user",
        "session_bus": "its DBUS_SESSION_BUS_ADDRESS: the keyring may be there",
        "signatures": "true: deltas have them, without pace_ms; for clients that pass them on",
        "pace_ms": "milliseconds between two sends of a chat's deltas, 0 to 1000",
        "host": "the name of its machine, for a daemon on another one",
    },
    methods.STATUS: {
        "keyring": "false: at once, without the state of the keyring",
        "clients": "true: with a row for each client",
    },
    methods.DIAGNOSE: {
        "salt": "key of the fingerprints, random",
        "variables": "BLAKE2b hash of each variable of the client's environment",
    },
    methods.CHAT: CHAT,
    methods.CHAT_START: CHAT,
    methods.ROUTE_EXPLAIN: {**CHAT, "messages": "may be left out"},
    methods.AUTH_LOGIN: {
        "provider": "name of a provider",
        "key": "the key",
        "label": "the name under which it is stored",
        "verify": "false: without a live check",
        "replace": "false: another key under this label stays",
        **_STORE,
    },
    methods.AUTH_LOGOUT: {
        "provider": "name of a provider",
        "label": "which of its keys; without it, all stored ones",
    },
    methods.AUTH_TEST: _ONE_PROVIDER,
    methods.AUTH_IMPORT: {
        "variables": "environment variables and their values",
        "verify": "false: without a live check",
        **_STORE,
    },
    methods.AUTH_LOCK: {"seconds": "how long; without it until auth.unlock"},
    methods.AUTH_UNLOCK: _PROOF,
    methods.AUDIT_LIST: {
        **_PERIOD,
        "client": "lines of this client only",
        "kind": "lines of this kind only",
        "limit": "the newest so many lines",
    },
    methods.CONFIRM_ANSWER: {
        "number": "which question",
        "allow": "the answer",
        **_PROOF,
    },
    methods.MODELS_LIST: {
        "provider": "models of this provider only, signed in or not",
        "query": "words that have to be part of provider/model or of the name",
        "all": "true: also of providers that are not signed in",
        "model": "one provider/model, even if it is on no list",
        "wait": "false: at once; lists that are fetched are announced by an event",
        "own": "true: without the models of other daemons",
    },
    methods.MODELS_USE: {"model": "any name that a chat accepts"},
    methods.MODELS_REFRESH: _ONE_PROVIDER,
    methods.COOLDOWNS_CLEAR: _ONE_PROVIDER,
    methods.USAGE_REPORT: {
        **_PERIOD,
        "by": "columns: day, provider, model, key, client, project, outcome",
    },
    methods.ATTEMPTS_LIST: {
        **_PERIOD,
        "provider": "attempts of this provider only",
        "model": "of this model only: its name, or provider/model",
        "client": "of this client only",
        "outcome": "with this outcome only",
        "failed": "true: those that ended in an error",
        "limit": "the newest so many attempts",
    },
    methods.FLEET_REPORT: {
        "since": "the first day, 2026-11-01, in the fleet's time zone; else of this month",
        "until": "the last day; else today",
    },
    methods.FLEET_FORGET: {"machine": "its id or its label"},
    methods.CONFIG_CHECK: {
        "text": "the text of a configuration; without it the daemon's own file",
        "file": "its name in problems",
    },
    methods.CONFIG_SHOW: {"all": "true: with what has its default"},
    methods.CONFIG_WRITE: {
        "text": "the whole text of the file",
        "base": "SHA-256 of the file that it is based on, empty if there was none",
        **_PROOF,
    },
    methods.CONFIG_SET: {
        "entries": "what to set: a path, and a value or a text as a person types it",
        "unset": "paths of entries to remove",
        **_PROOF,
    },
    methods.TOKEN_CREATE: {
        "name": "the name of the client that has it",
        "models": "the names that it may ask for, with * for any part",
        "providers": "those that may answer",
        "limits": "the most that it may use",
        "project": "what its requests are attributed to",
        "expires_at": "Unix time",
    },
    methods.TOKEN_REVOKE: {"name": "the name of the token"},
    methods.HTTP_OPEN: {
        "name": "the name of the client that has it",
        "project": "what its requests are attributed to",
        "model": "answers each chat, whatever model it names",
        "digest": "SHA-256 in hexadecimal of a token that the client has already",
        "port": "the port that it had",
    },
    methods.EVENTS_SUBSCRIBE: {"topics": "names of topics"},
    methods.EVENTS_UNSUBSCRIBE: {"topics": "which ones; without it, all"},
}

_TYPE = {"type": "tells what kind of part it is"}
_ORIGIN = {
    "signature": "opaque: what came in an answer is sent back unchanged",
    "origin": "the provider/model whose signature it is",
}
_CACHE = {"cache": "true or 1h: the provider may keep everything up to here"}
_MEDIA = {"data": "base64", "media_type": "such as image/png; may be left out if data tells it"}

MAPS: dict[str, dict[str, str]] = {
    "ClientInfo": {"name": "counted by usage records and limits", "version": "its own"},
    "Message": {
        "role": "user messages carry tool results, assistant messages tool calls",
        "content": "a text is short for one text part",
    },
    "TextPart": {
        **_TYPE,
        "text": "what is said",
        "refusal": "true: the model says why it does not answer",
        "citations": "sources of the text, in answers",
        **_ORIGIN,
        **_CACHE,
    },
    "Citation": {
        "url": "address of the source",
        "title": "title of the source",
        "quote": "the words of the source",
        "start": "first character of the part's text that it is about",
        "end": "the character after the last one",
        "document": "number of the document in the request, from 0",
        "data": "the vendor's own form, as a JSON string",
    },
    "ImagePart": {**_TYPE, **_MEDIA, "url": "instead of data", **_ORIGIN, **_CACHE},
    "DocumentPart": {
        **_TYPE,
        "data": "a PDF or a text file in base64",
        "media_type": "of a text: text/plain and the like",
        "url": "of a PDF, instead of data",
        "name": "name of the file",
        "citations": "true: the answer should name its sources",
        **_CACHE,
    },
    "AudioPart": {
        **_TYPE,
        **_MEDIA,
        "media_type": "such as audio/wav; needed for raw sound only",
        "transcript": "what is said in it",
        **_ORIGIN,
        **_CACHE,
    },
    "ToolCallPart": {
        **_TYPE,
        "id": "its result has the same",
        "name": "name of the tool",
        "arguments": "JSON as a string; any text if custom is true",
        "custom": "true: a call of a custom tool",
        **_ORIGIN,
    },
    "ToolResultPart": {
        **_TYPE,
        "id": "that of the call",
        "content": "what the tool says",
        "is_error": "true: the tool failed",
        **_CACHE,
    },
    "ReasoningPart": {**_TYPE, "text": "empty if the vendor hides it", **_ORIGIN},
    "OtherPart": {
        **_TYPE,
        "kind": "the vendor's word",
        "data": "the vendor's JSON as a string",
        "signature": _ORIGIN["signature"],
        "origin": "the provider/model that sent it",
    },
    "Tool": {
        "name": "of a function, a custom tool, or an MCP server",
        "description": "what it is for",
        "parameters": "of a function: JSON Schema of an object, as a JSON string",
        "type": "the client runs function and custom; the provider runs the others",
        "strict": "true: the arguments must match parameters",
        **_CACHE,
        "format": "of a custom tool: its grammar, as a JSON string",
        "max_uses": "of a search: how often in one answer",
        "allowed_domains": "of a search: nowhere else",
        "blocked_domains": "of a search: not there",
        "stores": "of file_search: ids of the vendor's file stores",
        "max_results": "of file_search: the most files that are found",
        "url": "of an MCP server",
        "token": "what the MCP server asks for",
        "allowed_tools": "of an MCP server: no others",
        "approval": "of an MCP server: whether each call must be approved",
        "api": "of vendor: the API that knows it",
        "data": "of vendor: the tool in the vendor's form, as a JSON string",
    },
    "NamedTool": {"name": "the tool that has to be called"},
    "JsonFormat": {"type": "any JSON object"},
    "SchemaFormat": {
        "type": "JSON that matches a schema",
        "schema": "JSON Schema, as a JSON string",
        "name": "what the provider calls it",
        "strict": "true: the provider has to keep to the schema",
    },
    "RouteOptions": {
        "providers": "no others",
        "strategy": "instead of the configured one",
        "no_fallback": "true: the first candidate only",
        "key": "label of the only keys that may be used, unless a route names one itself",
        "fallbacks": "names, with * for any part, of models that a fallback may lead to",
        "passed": "for daemons: the ids of those that have passed the request on",
    },
    "EntryParams": {
        "path": "as in TOML: limits[0].usd",
        "value": "instead of text",
        "text": "a value as a person types it, instead of value",
    },
    "TokenLimit": {
        "per": "the period that it counts",
        "requests": "the most requests",
        "tokens": "the most tokens",
        "usd": "the most USD, as a decimal string",
    },
}
"""What the keys of the maps in parameters mean."""
