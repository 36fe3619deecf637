"""Read the URL of an engine: `rediss://USER@HOST:PORT/DATABASE`, or `unix:///PATH`.

The schemes are those that the clients of Redis and Valkey know (IANA has registered `redis` and
`rediss`). A user may be in it, a password may not: it is a secret, as a key is.
"""

import re
from typing import get_args
from urllib.parse import SplitResult, unquote, urlsplit

from aircherd.config.model import EngineAddress, EngineScheme
from aircherd.config.problems import BadValue
from aircherd.config.values import MAX_URL, is_host, read_text

SCHEMES: tuple[EngineScheme, ...] = get_args(EngineScheme)
EXAMPLE = 'write url = "rediss://HOST:6379" or "unix:///run/valkey/valkey.sock"'
STORE_IT = "remove it here and store it with `aircher-cli auth login shared`"

MAX_DATABASE = 65_535
_USER = re.compile(r"[\x21-\x7e]{1,128}")


def read_engine_url(value: object) -> EngineAddress:
    """Read the address of an engine.

    Raises:
        BadValue: it is none, or has a password.
    """
    text = read_text(value)
    parts = _split(text)
    scheme = next((each for each in SCHEMES if text.startswith(f"{each}://")), None)
    if scheme is None:
        listed = ", ".join(f"{each}://" for each in SCHEMES[:-1])
        raise BadValue(f"must begin with {listed} or {SCHEMES[-1]}://", EXAMPLE)
    if parts.password is not None:
        raise BadValue("must not contain a password", STORE_IT)
    if "?" in text or "#" in text:
        raise BadValue("must end before any ? or #", EXAMPLE)
    user = _user(parts)
    if scheme == "unix":
        return EngineAddress(scheme=scheme, path=_path(parts), user=user)
    host, port = parts.hostname or "", parts.port
    if not is_host(host) or port == 0:
        raise BadValue("has no valid host or port", EXAMPLE)
    return EngineAddress(
        scheme=scheme, host=host, port=port or 6379, user=user, database=_database(parts.path)
    )


def _split(text: str) -> SplitResult:
    if len(text) > MAX_URL:
        raise BadValue(f"has more than {MAX_URL} characters", EXAMPLE)
    if " " in text or not text.isascii():
        raise BadValue("must be a URL without spaces, in plain ASCII", EXAMPLE)
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        # Its message quotes the URL.
        parts = None
    if parts is None:
        raise BadValue("is not a valid URL: check its brackets and its port", EXAMPLE)
    return parts


def _user(parts: SplitResult) -> str | None:
    if parts.username is None:
        return None
    user = unquote(parts.username)
    if not _USER.fullmatch(user) or set(user) & set("/:@"):
        raise BadValue("has no valid user before the @", "write rediss://USER@HOST, or remove it")
    return user


def _path(parts: SplitResult) -> str:
    if parts.hostname or parts.port is not None or not parts.path.strip("/"):
        raise BadValue("must be the path of a socket", 'write "unix:///run/valkey/valkey.sock"')
    return parts.path


def _database(path: str) -> int:
    number = path.removeprefix("/")
    if not number:
        return 0
    if not re.fullmatch("[0-9]{1,5}", number) or int(number) > MAX_DATABASE:
        raise BadValue("must end after the port, or with the number of a database", EXAMPLE)
    return int(number)
