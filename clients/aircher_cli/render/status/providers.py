"""The providers on the status screen: those in use, with what is wrong and what to do about it."""

import re

from aircher_cli.render.daemon import is_elsewhere
from aircher_cli.render.formatting import relative_time
from aircher_cli.render.keys import folded_lines, is_in_use, without_repeats
from aircher_cli.render.layout import Line, columns, paragraph
from aircher_cli.render.marks import HEALTH, STATES, Mark
from aircher_cli.render.status import detail
from aircher_cli.values import Map, as_map, number, records, text, texts, without_label
from aircher_wire.codes import AUTH_REJECTED

ADVICE: dict[str, str] = {
    "locked": "unlock it: log in to the desktop, or open its keyring application",
    "unreadable": "find out why: aircher-cli auth status",
    "rejected": "sign in again: aircher-cli auth login {name}{label}",
    "quota_exhausted": "add credit there, then: aircher-cli cooldowns clear {name}",
    "unreachable": "find out why: aircher-cli doctor",
}
"""State or health -> what to do."""
ADVICE_NOT_STORED = "find out what to do: aircher-cli auth status {name}"
"""What is rejected is a key of a variable or of a command, which another sign-in would hide."""
ADVICE_OTHER_LOCK = "find out why: aircher-cli auth status"
"""What is locked is not in a locked keyring, but in a file or behind a command."""

MAX_UNCONFIGURED = 8
"""More providers of the configuration without a key are in the line of those not signed in."""

DEFAULT_LABEL = "default"
INDENT = "    "
_LOOPBACK = re.compile(r"127(\.\d{1,3}){3}")


def provider_lines(
    record: Map, width: int, now: float, *, step: int
) -> tuple[list[Line], list[Line]]:
    """Return a row for each provider in use with what is wrong, and a line for all others.

    From `PROVIDERS_FOLDED` on, providers without a problem share a line for each state.

    Args:
        record: From `commands.status.record`.
        width: The terminal's columns.
        now: Unix time in seconds.
        step: How much is shown, of `detail`.
    """
    cooling = records(record.get("cooling"))
    rows = without_repeats(records(record.get("providers")), as_map(record.get("config")))
    limits = records(record.get("limits"))
    providers = [_with_limit(_own_health(each, cooling), limits) for each in rows]
    names = texts(as_map(record.get("default")).get("candidates"))
    named = frozenset(without_label(name).partition("/")[0] for name in names)
    shown = [each for each in providers if is_in_use(each, named)]
    missing = [each for each in shown if each.get("state") == "not_configured"]
    if len(missing) > MAX_UNCONFIGURED:
        shown = [each for each in shown if each not in missing or _name(each) in named]
    unused = [each for each in providers if each not in shown]
    details = {_name(each): _details(each, record, width, now, step=step) for each in shown}
    others = folded_lines(unused, width, is_elsewhere=is_elsewhere(record))
    if step >= detail.PROVIDERS_FOLDED:
        fine = [each for each in shown if not details[_name(each)] and not _is_ill(each)]
        folded = [
            *_shared_lines([each for each in fine if not _is_unused(each)], width),
            *folded_lines(
                [*filter(_is_unused, fine), *unused], width, is_elsewhere=is_elsewhere(record)
            ),
        ]
        if len(folded) < len(fine) + len(others):
            shown, others = [each for each in shown if each not in fine], folded
    heads = columns([_head(each, now) for each in shown], width)
    lines: list[Line] = []
    for provider, head in zip(shown, heads, strict=True):
        lines += [*head, *details[_name(provider)]]
    return lines, others


def _is_unused(provider: Map) -> bool:
    return bool(provider.get("absent")) or provider.get("state") == "not_configured"


def _shared_lines(providers: list[Map], width: int) -> list[Line]:
    """Return a line for each state, with the names of its providers."""
    names: dict[tuple[str, str, str], list[str]] = {}
    for provider in providers:
        names.setdefault(describe(provider), []).append(_name(provider))
    lines: list[Line] = []
    for (symbol, word, style), found in names.items():
        sentence = f"{symbol} {word}: {', '.join(found)}"
        lines += paragraph(sentence, width, hang="  ", style=style)
    return lines


def _name(provider: Map) -> str:
    return text(provider.get("provider"))


def _head(provider: Map, now: float) -> Line:
    symbol, word, style = describe(provider)
    until = number(provider.get("until"))
    if until is not None and _is_ill(provider):
        word += f", available {relative_time(until, now)}"
    return [(symbol, style), (_name(provider), "bold"), (word, style)]


def describe(provider: Map) -> tuple[str, str, str]:
    """Return the symbol, word and style of a provider's state and health."""
    if provider.get("absent"):
        return Mark.STOPPED.value
    if _is_limited(provider):
        return Mark.LIMITED.value
    if provider.get("state") == "not_required" and not _is_ill(provider):
        return _without_key(provider).value
    state, health = text(provider.get("state")), text(provider.get("health"))
    if _is_ill(provider):
        known, other = HEALTH.get(health), ("⚠", health.replace("_", " "), "warn")
    else:
        known, other = STATES.get(state), ("?", state.replace("_", " "), "warn")
    return known.value if known else other


def _without_key(provider: Map) -> Mark:
    """Return the mark of a healthy provider that needs no key, as in the picker.

    Only some of them are on this machine: a socket may lead to another one.
    """
    url = text(provider.get("base_url"))
    is_here = provider.get("kind") != "socket" and (not url or _is_here(url))
    return Mark.LOCAL if is_here else Mark.READY


def _is_here(url: str) -> bool:
    """Tell whether a URL is of this machine, without the import of `urllib`."""
    authority = url.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()
    name = authority.rpartition(":")[0] or authority
    is_named = name == "localhost" or name.endswith(".localhost")
    return is_named or name in {"[::1]", "[:"} or bool(_LOOPBACK.fullmatch(name))


def _is_ill(provider: Map) -> bool:
    """Tell whether the health matters: it does for a provider that could be called."""
    return _is_usable(provider) and text(provider.get("health")) not in {"", "ok"}


def _is_usable(provider: Map) -> bool:
    return provider.get("state") in {"authenticated", "unverified", "not_required"}


def _with_limit(provider: Map, limits: list[Map]) -> Map:
    """Return a provider, marked if it could be called but for a limit.

    One of a key or a model is not such a limit: others of the provider can be asked. The limit has
    a line of its own, which says when there is room again.
    """
    if not limits or not _is_usable(provider) or _is_ill(provider):
        return provider
    from aircher_cli.render.limits import is_used_up  # noqa: PLC0415 -- only with limits

    full = any(is_used_up(each) for each in limits if _is_of_all(each, provider))
    return {**provider, "is_limited": True} if full else provider


def _is_of_all(limit: Map, provider: Map) -> bool:
    """Tell whether a limit counts all that a client may ask of a provider.

    What needs no key mostly costs nothing, and then no limit in USD stops it.
    """
    is_free = provider.get("state") == "not_required" and limit.get("counted") == "usd"
    is_for_us = limit.get("others") is not True
    is_named = text(limit.get("provider")) in {"", _name(provider)}
    return is_for_us and is_named and not (is_free or limit.get("key") or limit.get("model"))


def _is_limited(provider: Map) -> bool:
    """Tell whether a limit keeps a provider from answering."""
    return bool(provider.get("is_limited"))


def _details(provider: Map, record: Map, width: int, now: float, *, step: int) -> list[Line]:
    """Return why a provider is not ready, what to do, and which of its keys or models cool."""
    lines: list[Line] = []
    if provider.get("absent"):
        return lines
    is_ill = _is_ill(provider)
    reason = text(provider.get("health_reason")) if is_ill else _refusal(provider)
    has_reasons = step < detail.NO_REASONS
    if reason and has_reasons:
        lines += paragraph(reason, width, indent=INDENT, hang="  ")
    advice = ADVICE.get(text(provider.get("health" if is_ill else "state")), "")
    key = text(provider.get("key"))
    if key == "command" or key.startswith("env:"):
        advice = ADVICE_NOT_STORED if advice == ADVICE["rejected"] else advice
    if record.get("lock") and provider.get("state") == "locked":
        advice = ""  # the lines at the top say it
    elif provider.get("state") == "locked" and not is_ill and not _is_keyring_locked(record):
        advice = ADVICE_OTHER_LOCK
    if advice:
        label = f" --label {key}" if key not in {"", DEFAULT_LABEL} else ""
        sentence = f"→ {advice.format(name=_name(provider), label=label)}"
        lines += paragraph(sentence, width, indent=INDENT, hang="  ")
    for row in records(record.get("cooling")):
        if row.get("provider") == provider.get("provider") and not _repeats(row, provider):
            lines += _part_lines(row, width, now, has_reasons=has_reasons)
    return lines


def _is_keyring_locked(record: Map) -> bool:
    """Tell whether the keyring is locked; also if its state was not asked for."""
    return text(as_map(record.get("keyring")).get("state")) in {"", "locked"}


def _refusal(provider: Map) -> str:
    """Return why a provider's key or entry is not used, as far as `status` knows."""
    failure = as_map(provider.get("last_failure"))
    is_of_key = provider.get("state") == "rejected" and failure.get("outcome") == AUTH_REJECTED
    return text(provider.get("reason")) or (text(failure.get("message")) if is_of_key else "")


def _own_health(provider: Map, cooling: list[Map]) -> Map:
    """Return a provider as healthy if only one of its models is not: the others can be asked.

    The daemon's row has the worst health of any model.
    """
    of_models = [row for row in cooling if row.get("model") and _name(row) == _name(provider)]
    if any(_repeats(row, provider) for row in of_models):
        return {**provider, "health": "ok", "health_reason": None, "until": None}
    return provider


def _repeats(row: Map, provider: Map) -> bool:
    """Tell whether the row of a key or model says what the provider's own lines say."""
    if not (row.get("key") or row.get("model")):
        return True
    if row.get("health") != provider.get("health") or not _is_ill(provider):
        return False
    ends = [number(each.get("until")) for each in (row, provider)]
    is_same_end = abs((ends[0] or 0.0) - (ends[1] or 0.0)) < 1.0
    return is_same_end and text(row.get("health_reason")) in text(provider.get("health_reason"))


def _part_lines(row: Map, width: int, now: float, *, has_reasons: bool) -> list[Line]:
    model, key = text(row.get("model")), text(row.get("key"))
    names = [model, f"key {key}" if key else ""]
    health = text(row.get("health"))
    known = HEALTH.get(health)
    word, style = (known.word, known.style) if known else (health, "warn")
    until = number(row.get("until"))
    when = "" if until is None else f", available {relative_time(until, now)}"
    reason = text(row.get("health_reason")) if has_reasons else ""
    sentence = f"⚠ {', '.join(filter(None, names))}: {word}{when}"
    why = paragraph(reason, width, indent=INDENT * 2, hang="  ") if reason else []
    return [*paragraph(sentence, width, indent=INDENT, hang="  ", style=style), *why]
