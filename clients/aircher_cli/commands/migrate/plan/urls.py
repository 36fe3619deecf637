"""Turn the base URLs of the earlier aircher into those of the new configuration."""

import ipaddress
import re
from urllib.parse import urlsplit

from aircher_cli.commands.migrate.plan.vendors import VENDORS, Vendor
from aircher_cli.commands.migrate.secret_shapes import looks_like_key

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?")
_FOUR_NUMBERS = re.compile(r"\d+(\.\d+){3}\.?")
_MAX_URL = 2048

_ENDPOINTS = r"(/chat/completions|/completions|/messages|/responses)?"
_TAILS = {
    "anthropic": re.compile(rf"{_ENDPOINTS}$"),
    "gemini": re.compile(r"(/models(/[^/]*)?)?$"),
    "ollama": re.compile(r"(/api(/chat|/generate|/tags)?|/v1)?$"),
}
"""What the earlier aircher wrote behind the base of an API, by kind."""
_OTHER_TAIL = re.compile(rf"({_ENDPOINTS}|/models)$")


class BadUrl(Exception):
    """A base URL cannot be used; the message says why, and does not repeat it."""


def base_url(kind: str, old: str) -> str:
    """Return the base URL of an API of `kind`, as the vendor's SDK takes it.

    Raises:
        BadUrl: it cannot be used.
    """
    url = _TAILS.get(kind, _OTHER_TAIL).sub("", old.strip().rstrip("/")).rstrip("/")
    if kind == "anthropic":
        url = url.removesuffix("/v1").rstrip("/")
    _check(url)
    return url


def _check(url: str) -> None:
    if len(url) > _MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise BadUrl("is not a URL")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        # Its message quotes the URL. Raised below, outside the handler.
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in ("http", "https"):
        raise BadUrl("does not begin with http:// or https://")
    if "@" in parts.netloc:
        raise BadUrl("contains a user or a password, which does not belong in a configuration")
    if "?" in url or "#" in url:
        raise BadUrl("has a query, which may be a key")
    if port == 0 or not _is_host(host):
        raise BadUrl("has no valid host or port")
    if looks_like_key(parts.path):
        raise BadUrl("contains what looks like a key")
    if "{" in url:
        raise BadUrl("has a placeholder that this program does not know")


def _is_host(host: str) -> bool:
    if _is_address(host):
        return True
    labels = host.split(".")
    is_punycode = all(_is_decodable(each) for each in labels if each.startswith("xn--"))
    return bool(_HOST.fullmatch(host)) and is_punycode and not _FOUR_NUMBERS.fullmatch(host)


def _is_decodable(label: str) -> bool:
    try:
        return not label.encode().decode("idna").isascii()
    except UnicodeError:
        return False


def is_vendors(provider: str, url: str) -> bool:
    """Return whether a base URL from `base_url` is the one that the provider has anyway."""
    vendor = VENDORS.get(provider)
    return vendor is not None and _comparable(url) == _comparable(vendor.base_url)


def is_vendors_origin(vendor: Vendor, url: str) -> bool:
    """Return whether scheme, host and port are the vendor's."""
    return origin(url) == origin(vendor.base_url)


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port; a key is bound to them."""
    parts = urlsplit(_comparable(url))
    return (
        parts.scheme,
        parts.hostname or "",
        parts.port or {"https": 443, "http": 80}.get(parts.scheme),
    )


def can_carry_key(url: str) -> bool:
    """Return whether a key may be sent there: over https, or over http to this machine."""
    parts = urlsplit(url)
    return parts.scheme.lower() == "https" or _is_loopback(parts.hostname or "")


def _comparable(url: str) -> str:
    parts = urlsplit(url)
    netloc = parts.netloc.lower()
    netloc = "127.0.0.1" + netloc.removeprefix("localhost") if _is_localhost(netloc) else netloc
    return f"{parts.scheme.lower()}://{netloc}{parts.path.rstrip('/')}"


def _is_localhost(netloc: str) -> bool:
    return netloc == "localhost" or netloc.startswith("localhost:")


def _is_loopback(host: str) -> bool:
    lower = host.lower()
    if lower == "localhost" or lower.endswith(".localhost"):
        return True
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
