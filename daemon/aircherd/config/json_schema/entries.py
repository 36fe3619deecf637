"""The schema of every entry of every section.

A section that is added to `config.schema.SECTIONS` needs its entries here; a test compares the two.
Bounds and choices come from the readers, defaults from the model.
"""

from typing import get_args

from aircherd.config.json_schema.fragments import (
    Fragment,
    amount,
    choice,
    flag,
    integer,
    seconds,
    string,
    strings,
)
from aircherd.config.model import (
    Daemon,
    EngineAddress,
    Fallback,
    Limit,
    MaxTokensField,
    Network,
    OnFailure,
    OnOutage,
    Per,
    Role,
    Shared,
    Strategy,
)
from aircherd.config.sections import (
    auth,
    catalog,
    conversations,
    daemon,
    fallback,
    http,
    limits,
    tasks,
    usage,
)
from aircherd.config.sections.shared import engine_url
from aircherd.config.sections.shared import section as shared
from aircherd.config.values import MAX_SECONDS, MAX_TOKENS
from aircherd.vocabulary.builtin_providers import KINDS
from aircherd.vocabulary.chat import MAX_OUTPUT_TOKENS, Effort
from aircherd.vocabulary.content.tools import WITHOUT_SETTINGS
from aircherd.vocabulary.models import ApiName

_URL = "^https?://"
_VARIABLE = "^[A-Za-z_][A-Za-z0-9_]{0,127}$"
_ROUTE = "^[^/]+/.+$"

_DAEMON = Daemon()
_FALLBACK = Fallback()
_NETWORK = Network()

TOP_LEVEL: dict[str, Fragment] = {
    "default_model": string(
        "The model of a request that names none: an alias of [models.NAME], or provider/model",
        examples=["anthropic/claude-sonnet-5"],
    ),
}
"""The entries before the first section."""

PROVIDERS: dict[str, Fragment] = {
    "kind": choice(
        "The API of the server; openai covers everything compatible, socket is another daemon",
        KINDS,
    ),
    "base_url": string(
        "The base of the API, as in the vendor's own library: openai with /v1, anthropic without, "
        "gemini with or without /v1beta, openrouter with /api/v1, ollama the root",
        pattern=_URL,
        examples=["http://127.0.0.1:8000/v1"],
    ),
    "path": string(
        "For socket: the socket of the other daemon, as aircher-cli forward makes it. By default "
        "NAME.sock beside this daemon's own socket",
        examples=["/run/user/1000/aircher/laptop.sock"],
    ),
    "auth": choice('Only "none": the server needs no key', ["none"]),
    "env": {
        "description": "The name of the environment variable with the key, or a list of names. To "
        "store the key itself: aircher-cli auth login NAME",
        "anyOf": [
            {"type": "string", "pattern": _VARIABLE},
            {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": _VARIABLE}},
        ],
    },
    "key_command": strings(
        "A command that prints the key, as a list of arguments",
        examples=[["op", "read", "op://team/llm/key"]],
    ),
    "headers": {
        "description": "Extra headers for every call; none may carry a key",
        "type": "object",
        "additionalProperties": {"type": "string", "minLength": 1},
        "examples": [{"X-Team": "blue"}],
    },
    "api": choice(
        "For openai: which of its two APIs to use. By default OpenAI itself is called with the one "
        "that fits the request, other servers with chat",
        get_args(ApiName),
    ),
    "max_tokens_field": choice(
        "For openai and openrouter: the server's name for the limit on output",
        get_args(MaxTokensField),
    ),
    "num_ctx": integer(
        "For ollama: the context window to load a model with, in tokens. By default one that fits "
        "the request",
        1,
        MAX_TOKENS,
    ),
    "fallback": strings(
        "What replaces the provider when it fails: providers, or provider/model",
        examples=[["openrouter"]],
    ),
}

MODELS: dict[str, Fragment] = {
    "routes": strings(
        "The routes of the alias, in order: each is provider/model",
        items={"type": "string", "pattern": _ROUTE},
        examples=[["anthropic/claude-sonnet-5", "openrouter/anthropic/claude-sonnet-5"]],
    ),
    "strategy": choice(
        "The order in which the routes are tried; by default that of [fallback]",
        get_args(Strategy),
    ),
}

USAGE: dict[str, Fragment] = {
    "keep_days": integer(
        "For how many days the ledger keeps single attempts; forever by default. Daily totals are "
        "kept anyway",
        usage.MIN_KEEP_DAYS,
        usage.MAX_KEEP_DAYS,
    ),
    "on_failure": choice(
        "What happens to requests under a limit while the ledger cannot tell what was used: serve "
        "them, or refuse them",
        get_args(OnFailure),
        default="serve",
    ),
    "time_zone": string(
        "The time zone in which days and months begin, for limits and reports; by default that of "
        "the machine",
        examples=["Europe/Berlin"],
    ),
}

DAEMON: dict[str, Fragment] = {
    "idle_exit": {
        "description": "After how many seconds without a client a daemon that was started by its "
        "systemd socket ends; false for never",
        "anyOf": [
            {"enum": [False, 0]},
            {"type": "number", "minimum": daemon.MIN_IDLE, "maximum": daemon.MAX_IDLE},
        ],
        "default": 3600,
    },
    "max_memory": integer(
        "The megabytes that prompts, replies and whatever waits for clients may take together",
        daemon.MIN_MEMORY,
        daemon.MAX_MEMORY,
        default=_DAEMON.max_memory,
    ),
}

CONVERSATIONS: dict[str, Fragment] = {
    "keep": flag("Keep conversations, for ask -c and chat", default=True),
    "keep_days": {
        "description": "For how many days a conversation is kept after it was last continued; "
        "false for no end",
        "anyOf": [
            {"enum": [False]},
            {"type": "integer", "minimum": 1, "maximum": conversations.MAX_KEEP_DAYS},
        ],
        "default": 90,
    },
}

HTTP: dict[str, Fragment] = {
    "port": integer(
        "A port for existing tools, at this machine's own addresses only; by default none is open. "
        "What comes there needs a token: aircher-cli token create NAME",
        http.MIN_PORT,
        http.MAX_PORT,
        examples=[4141],
    ),
    "hosts": strings(
        "Further names by which clients at the port may call this machine",
        items={"type": "string", "pattern": f"^{http.HOST}$"},
        examples=[["host.docker.internal"]],
    ),
    "origins": strings(
        "Web pages that may use the port, with a token: by default none",
        items={"type": "string", "pattern": f"^{http.ORIGIN}$"},
        examples=[["http://localhost:3000"]],
    ),
    "models": {
        "description": "Names of models that tools insist on, and what is meant: an alias, or "
        "provider/model; * stands for any part of a name",
        "type": "object",
        "additionalProperties": {"type": "string", "minLength": 1},
        "examples": [{"claude-*": "sonnet"}],
    },
}

AUTH: dict[str, Fragment] = {
    "lifetime": {
        "description": "For how long the daemon has keys in memory before it locks them, such as "
        "8h; false for no end",
        "anyOf": [{"enum": [False]}, {"type": "string", "pattern": f"^{auth.DURATION}$"}],
        "default": False,
    },
    "encrypt_with": {
        "description": "What encrypts the credentials file, on a machine without a keyring; false "
        "for nothing. Without it, the file stays as it is",
        "enum": [False, *auth.CIPHERS],
    },
    "age_identity": string(
        "The file with the identity for age; a relative path starts at the directory of this file",
    ),
}

FALLBACK: dict[str, Fragment] = {
    "max_attempts": integer(
        "The maximum number of calls per request",
        1,
        fallback.MAX_ATTEMPTS,
        default=_FALLBACK.max_attempts,
    ),
    "max_cost_increase": {
        "description": "The maximum cost of a candidate, as a multiple of the first choice's cost; "
        "unlimited by default",
        "type": "number",
        "minimum": 1,
        "maximum": int(fallback.MAX_INCREASE),
    },
    "strategy": choice(
        "The order of the candidates: as written, by cost, or by the recent time to the first "
        "output",
        get_args(Strategy),
        default=_FALLBACK.strategy,
    ),
}

LIMITS: dict[str, Fragment] = {
    "provider": string("Counts only requests to this provider"),
    "key": string("Counts only requests with this key: its label, as auth status shows it"),
    "model": string("Counts only requests to this provider/model", pattern=_ROUTE),
    "client": string("Counts only requests of the program that gives itself this name"),
    "project": string("Counts only requests from this folder, or of this project's name"),
    "requests": integer("The maximum number of requests", 0, limits.MAX_COUNT),
    "tokens": integer("The maximum of input and output tokens together", 0, limits.MAX_COUNT),
    "usd": amount(
        "The maximum cost in USD, with at most 9 decimals",
        r"[0-9]{1,10}(\.[0-9]{1,9})?",
        limits.MAX_USD,
    ),
    "per": choice(
        "The window: minutes and hours slide, days and months are those of the calendar",
        get_args(Per),
    ),
    "warn_at": {
        "description": "The share of the limit at which an event warns you",
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1,
        "default": Limit(per="day").warn_at,
    },
    "scope": choice(
        "Whether it counts what all machines use, or this one alone; by default shared if there is "
        "[shared]",
        limits.SCOPES,
    ),
}

_SHARED = Shared(address=EngineAddress(scheme="redis", host="localhost"))

SHARED: dict[str, Fragment] = {
    "url": string(
        "Where the engine is, a Valkey or Redis: rediss://HOST:PORT with TLS, redis://HOST:PORT "
        "without, unix:///PATH. A user may be in it, the password not: aircher-cli auth login "
        "shared",
        pattern=f"^({'|'.join(engine_url.SCHEMES)})://",
        examples=["rediss://aircher@valkey.example.com:6379"],
    ),
    "namespace": string(
        "What the engine's keys begin with; machines with the same one are a fleet",
        pattern=f"^{shared.NAMESPACE}$",
        default=_SHARED.namespace,
    ),
    "key_command": strings(
        "A command that prints the engine's password, as a list of arguments",
        examples=[["pass", "show", "valkey"]],
    ),
    "ca_file": string(
        "A file with the certificates that the engine's is signed with; a relative path starts at "
        "the directory of this file"
    ),
    "cert_file": string("A file with this machine's own certificate, if the engine asks for one"),
    "cert_key_file": string("The file with the private key of cert_file"),
    "on_outage": choice(
        "What happens to requests under a shared limit while the engine is away: local counting "
        "of this machine's part of the rest, or refuse",
        get_args(OnOutage),
        default=_SHARED.on_outage,
    ),
    "time_zone": string(
        "The time zone in which days and months of shared limits begin, the same on all machines",
        default=_SHARED.time_zone,
        examples=["Europe/Berlin"],
    ),
    "machine": string(
        "What this machine is called in lists; by default its host name",
        maxLength=shared.MAX_MACHINE,
        examples=["laptop"],
    ),
}

NETWORK: dict[str, Fragment] = {
    "proxy": string("The URL of a proxy for all calls, without a password", pattern=_URL),
    "ca_file": string(
        "A file of trusted certificates; a relative path starts at the directory of this file"
    ),
    "connect_timeout": seconds(
        "How long connecting may take", MAX_SECONDS, _NETWORK.connect_timeout
    ),
    "first_byte_timeout": seconds(
        "How long the first byte of an answer may take", MAX_SECONDS, _NETWORK.first_byte_timeout
    ),
    "idle_timeout": seconds("How long an answer may pause", MAX_SECONDS, _NETWORK.idle_timeout),
    "request_timeout": seconds(
        "How long a request may take, with all its fallbacks", MAX_SECONDS, _NETWORK.request_timeout
    ),
    "models_dev": string(
        "The URL of public data about models, which models refresh fetches",
        pattern=_URL,
        default=_NETWORK.models_dev,
    ),
}


def _price(about: str) -> Fragment:
    return amount(
        f"{about}, in USD per million tokens", r"[0-9]{1,7}(\.[0-9]{1,12})?", int(catalog.MAX_PRICE)
    )


CATALOG: dict[str, Fragment] = {
    "window": integer("The context window for input and output together, in tokens", 1, MAX_TOKENS),
    "max_output": integer("The limit of the output, in tokens", 1, MAX_TOKENS),
    "input_price": _price("The price of input"),
    "output_price": _price("The price of output"),
    "cached_price": _price("The price of input that the provider had in its cache"),
    "cache_write_price": _price("The price of input that is written to the cache"),
    "cache_write_1h_price": _price("The price of input that is written to the cache for an hour"),
    "tools": flag("Whether the model can call tools"),
    "images": flag("Whether the model sees images"),
    "documents": flag("Whether the model reads PDFs"),
    "audio": flag("Whether the model takes sound"),
    "reasoning": flag("Whether the model thinks"),
    "json_schema": flag("Whether the model can answer with JSON that follows a schema"),
    "sampling": flag("Whether the model accepts a temperature"),
    "api": choice("Which API to use, for vendors with both", get_args(ApiName)),
}

TASKS: dict[str, Fragment] = {
    "model": string(
        "The model: an alias of [models.NAME], or provider/model; by default the default model",
        examples=["anthropic/claude-sonnet-5"],
    ),
    "system": string("The system prompt", examples=["You review code. Be brief."]),
    "temperature": {
        "description": "The randomness: 0 is the lowest, 1 is common",
        "type": "number",
        "minimum": 0,
        "maximum": tasks.MAX_TEMPERATURE,
    },
    "max_tokens": integer("The maximum length of an answer, in tokens", 1, MAX_OUTPUT_TOKENS),
    "reasoning": choice("How much to think", get_args(Effort)),
    "tools": strings(
        "Tools of the provider that the model may use",
        items={"type": "string", "enum": list(WITHOUT_SETTINGS)},
        examples=[["web_search"]],
    ),
}

PROJECTS: dict[str, Fragment] = {
    "model": string(
        "The model of requests from this folder that name none: an alias, or provider/model",
        examples=["anthropic/claude-sonnet-5"],
    ),
    "task": string("The task of requests from this folder that name none"),
    "key": string(
        "The label of the only keys that requests from this folder use, as auth status shows it",
        examples=["work"],
    ),
}

CLIENTS: dict[str, Fragment] = {
    "allow": strings(
        "Its roles: chat (answers), read (status, usage, events), all, or none; by default all",
        items={"type": "string", "enum": list(get_args(Role))},
        examples=[["chat"]],
    ),
    "program": string(
        "The program that the name belongs to: the path of an executable or of a script",
        examples=["/usr/bin/nvim"],
    ),
    "providers": strings("The providers that it may use; by default all", examples=[["ollama"]]),
    "confirm": flag("Whether you are asked when it connects"),
}


def _protected(about: str) -> Fragment:
    names = {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}
    return {
        "description": f"{about}: the names of clients, or confirm to be asked; by default all",
        "anyOf": [names, {"type": "string", "enum": ["confirm"]}],
        "examples": [["aircher-cli"], "confirm"],
    }


PROTECT: dict[str, Fragment] = {
    "sign_in": _protected("Which clients may store keys"),
    "sign_out": _protected("Which clients may remove keys"),
    "shutdown": _protected("Which clients may stop the daemon"),
    "config": _protected("Which clients may change the configuration, and create or revoke tokens"),
    "timeout": {
        "description": "How long a question to you waits for an answer, in seconds",
        "type": "number",
        "minimum": 5,
        "maximum": 600,
        "default": 30.0,
    },
    "desktop": {**flag("Whether a notification of the desktop asks you, too"), "default": True},
}
