"""What to do about an error because of missing or unusable keys, for clients that show it.

    try:
        client.chat(request)
    except DaemonError as error:
        advice = read_sign_in(error.data, os.environ)
        if advice and advice.unseen:
            ...  # offer `auth.import` with the values of these variables

The daemon does not see the environment of its clients, and clients do not see its keys. So it sends
the names that it would read, and the client compares them with its own environment. Values are only
compared, never returned.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

USABLE_STATES = frozenset({"authenticated", "unverified", "not_required"})
"""States in which a provider can be called."""

MIN_COMPARED = 16
"""Characters from which on the daemon shows the last four of a key."""

Row = Mapping[str, object]


class ProviderSignIn(NamedTuple):
    """A provider in `data.sign_in`; texts are empty where they are not known.

    `is_needed`: the request could be answered if this provider had a usable key. `unseen` are the
    caller's variables with a key for it that the daemon cannot see. `has_list`: the daemon has the
    list of models of this local server; without a `model` it is empty. `shadowed` are the daemon's
    variables that a broken stored key hides.
    """

    provider: str
    state: str
    is_needed: bool = False
    kind: str = ""
    reason: str = ""
    hint: str = ""
    command: str = ""
    keys_page: str = ""
    model: str = ""
    key: str = ""
    env: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    has_list: bool = False
    shadowed: tuple[str, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Whether it can be called now, as far as its key is concerned."""
        return self.state in USABLE_STATES


class SignIn(NamedTuple):
    """`data.sign_in`, compared with the caller's environment.

    `refused` says why this client cannot store keys, and is empty if it can; `is_elsewhere`: that
    is because the daemon is on another machine. `unlock` is the command to run first if all keys
    are locked.
    """

    providers: tuple[ProviderSignIn, ...]
    unseen: tuple[str, ...]
    refused: str = ""
    is_elsewhere: bool = False
    unlock: str = ""

    @property
    def needed(self) -> tuple[ProviderSignIn, ...]:
        """The providers that the request needs, in the order in which they would be called."""
        return tuple(each for each in self.providers if each.is_needed)

    @property
    def others(self) -> tuple[ProviderSignIn, ...]:
        """The other providers."""
        return tuple(each for each in self.providers if not each.is_needed)


def read_sign_in(data: Row, environ: Mapping[str, str]) -> SignIn | None:
    """Return the `sign_in` of an error's `data`; None if it has none.

    Args:
        data: The `data` of an error, or the result of `route.explain`.
        environ: The caller's environment.
    """
    found = data.get("sign_in")
    if not isinstance(found, dict):
        return None
    rows = [row for row in _list(found.get("providers")) if isinstance(row, dict)]
    unseen = unseen_variables(_texts(found.get("environment")), rows, environ)
    refused = found.get("refused")
    why: Row = refused if isinstance(refused, dict) else {}
    return SignIn(
        tuple(_provider(row, unseen) for row in rows),
        tuple(unseen),
        _text(why.get("message")),
        why.get("elsewhere") is True,
        _text(why.get("command")),
    )


def unseen_variables(
    wanted: Iterable[str], rows: Iterable[Row], environ: Mapping[str, str]
) -> list[str]:
    """Return the variables that the caller's environment has and the daemon cannot see.

    A variable that the daemon sees is in a row as a key, a source or shadowed. It counts as unseen
    nevertheless if its key was rejected and the caller's ends differently. One whose key the daemon
    seems to have already, by its last characters, is left out.

    Args:
        wanted: The variables that the daemon would read.
        rows: As in `auth.status`, or the `providers` of `sign_in`.
        environ: The caller's environment.
    """
    rows = list(rows)
    seen = {word for row in rows if not _is_rejected(row) for word in _names_in(row)}
    seen_rejected = {word for row in rows if _is_rejected(row) for word in _names_in(row)}
    known = {str(row["masked"])[-4:] for row in rows if row.get("masked")}

    def is_unseen(name: str, value: str) -> bool:
        is_long = len(value) >= MIN_COMPARED
        is_seen = name in seen or (name in seen_rejected and not is_long)
        return bool(value) and not is_seen and not (is_long and value[-4:] in known)

    return [name for name in wanted if is_unseen(name, environ.get(name, "").strip())]


def _is_rejected(row: Row) -> bool:
    """Tell whether a row has a rejected key whose last characters are known."""
    return row.get("state") == "rejected" and len(_text(row.get("masked"))) > len("…")


def _names_in(row: Row) -> list[str]:
    fields = [_text(row.get("source")), *_texts(row.get("shadowed")), _text(row.get("key"))]
    return " ".join(fields).replace("env:", " ").replace(",", " ").split()


def _provider(row: Row, unseen: list[str]) -> ProviderSignIn:
    env = _texts(row.get("env"))
    return ProviderSignIn(
        provider=_text(row.get("provider")),
        state=_text(row.get("state")),
        is_needed=row.get("needed") is True,
        kind=_text(row.get("kind")),
        reason=_text(row.get("reason")),
        hint=_text(row.get("hint")),
        command=_text(row.get("command")),
        keys_page=_text(row.get("keys_page")),
        model=_text(row.get("model")),
        key=_text(row.get("key")),
        env=tuple(env),
        has_list="models" in row,
        shadowed=tuple(_texts(row.get("shadowed"))),
        unseen=tuple(name for name in env if name in unseen),
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _texts(value: object) -> list[str]:
    return [str(each) for each in _list(value)]
