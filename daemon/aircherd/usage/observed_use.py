"""What calls really used, against what was estimated before: for reservations under limits.

Some servers ignore `max_tokens`, bill more input than the text has, or report a cost of their own.
So the last calls of each model are remembered, and a reservation is as high as they suggest:

    no call yet       unknown: a plausible worst case, and few of them at once
    1 to 3 calls      the highest of them, with a margin
    more              the second highest of the last 16: one odd reply has no effect

Only calls of similar size are compared, as long as there are some: a long system prompt that a
server adds changes a short request more than a long one.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple, TypeVar

import msgspec

T = TypeVar("T")

KEPT = 16
MAX_MODELS = 1024
SIMILAR = 4
"""A call that is at most so many times as large or as small is similar."""
UNKNOWN_FACTOR = 4
"""How many times the estimate a call may use before anything is known."""
WORST_OUTPUT = 4096
"""Tokens of a long answer, for a model whose answers are not known."""
MIN_FOR_OUTLIER = 4
"""From so many calls on, the highest one may be an exception."""
SURE = 8
"""From so many calls on, no margin is added."""
ALMOST = 1 - 1e-9
RETRY_SECONDS = 86_400.0
"""After such a time without a call, one may go out with the plain estimate: prices change."""


Tokens = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
_FEW = msgspec.Meta(max_length=KEPT)


class Use(NamedTuple):
    """Tokens of a call, and its cost as a multiple of what the catalog's prices say."""

    input_tokens: int
    output_tokens: int
    cost_factor: float = 1.0


class Asked(NamedTuple):
    """What is known before a call: the estimated tokens, and its `max_tokens`, 0 without one."""

    input_tokens: int
    output_tokens: int
    bound: int = 0


class Expectation(NamedTuple):
    """What a call may use; `is_known` False: no such call was seen.

    `high` is what is reserved. `least` is what has to fit for one call alone: the estimate, or what
    is usual once that is certain. `usual` counts for a call that was cut off.
    """

    least: Use
    usual: Use
    high: Use
    is_known: bool


class ObservedCalls(msgspec.Struct):
    """The last calls of one model: pairs of what was estimated and what was used.

    `bounded` pairs a maximum with the output, `unbounded` has outputs of calls without a maximum,
    `costs` has reported costs as multiples of the catalog's. `last_at` is a Unix time.
    """

    inputs: Annotated[list[tuple[Positive, Positive]], _FEW] = []
    bounded: Annotated[list[tuple[Positive, Tokens]], _FEW] = []
    unbounded: Annotated[list[Tokens], _FEW] = []
    costs: Annotated[list[Annotated[float, msgspec.Meta(gt=0)]], _FEW] = []
    last_at: float = 0.0


class ObservedModel(NamedTuple):
    """What was observed of one model."""

    provider: str
    model: str
    calls: ObservedCalls


class ObservedUse:
    """The last calls of the last `MAX_MODELS` models that were used."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, str], ObservedCalls] = {}
        self._is_changed = False

    def record(
        self, provider: str, model: str, asked: Asked, used: Use, at: float, *, has_cost: bool
    ) -> None:
        """Include a call that ended as it should; `has_cost`: its cost factor is known."""
        key = (provider, model)
        calls = self._models.pop(key, None) or ObservedCalls()
        self._models[key] = calls
        if asked.input_tokens > 0 and used.input_tokens > 0:
            _keep(calls.inputs, (asked.input_tokens, used.input_tokens))
        if asked.bound:
            _keep(calls.bounded, (asked.bound, used.output_tokens))
        else:
            _keep(calls.unbounded, used.output_tokens)
        if has_cost:
            _keep(calls.costs, used.cost_factor)
        calls.last_at = at
        self._is_changed = True
        if len(self._models) > MAX_MODELS:
            del self._models[next(iter(self._models))]

    def expect(
        self, provider: str, model: str, asked: Asked, max_output: int | None, now: float
    ) -> Expectation:
        """Return what a call may use. It is never below what was estimated."""
        calls = self._models.get((provider, model))
        estimate = Use(asked.input_tokens, asked.output_tokens)
        if calls is None:
            usual = Use(estimate[0] * UNKNOWN_FACTOR, estimate[1] * UNKNOWN_FACTOR)
            high = Use(usual.input_tokens, _worst_output(asked, max_output))
            return Expectation(estimate, usual, high, is_known=False)
        given = _input(calls, asked)
        output = _output(calls, asked, max_output)
        factor = _scaled(1, calls.costs) if calls.costs else _SAME
        least, usual, high = (
            Use(_whole(tokens), _whole(produced), costs)
            for tokens, produced, costs in zip(given, output, factor, strict=True)
        )
        if not 0 <= now - calls.last_at < RETRY_SECONDS:
            least = estimate
        return Expectation(least, usual, high, is_known=True)

    # -------------------------------------------------------------- keeping

    def take_if_changed(self) -> list[ObservedModel]:
        """Return all models, oldest first; none if nothing has changed since the last call."""
        is_changed, self._is_changed = self._is_changed, False
        return [ObservedModel(*key, self._models[key]) for key in self._models if is_changed]

    def restore(self, observed: Iterable[ObservedModel]) -> None:
        """Include what was observed before the start, oldest first; calls since then are newer."""
        since = self._models
        self._models = {}
        for provider, model, calls in observed:
            self._models[provider, model] = calls
        for key, calls in since.items():
            self._models[key] = _joined(self._models.pop(key, None), calls)
        while len(self._models) > MAX_MODELS:
            del self._models[next(iter(self._models))]

    def __repr__(self) -> str:
        return f"<ObservedUse of {len(self._models)} models>"


class _Range(NamedTuple):
    least: float
    usual: float
    high: float


_SAME = _Range(1.0, 1.0, 1.0)


def _input(calls: ObservedCalls, asked: Asked) -> _Range:
    size = asked.input_tokens
    ratios = [used / given for given, used in calls.inputs if _is_similar(given, size)]
    if ratios:
        return _scaled(size, ratios)
    further = [used / given for given, used in calls.inputs]
    factor = 2 * max(1.0, *further) if further else UNKNOWN_FACTOR
    return _Range(size, size, size * factor)


def _output(calls: ObservedCalls, asked: Asked, max_output: int | None) -> _Range:
    bound, estimate = asked.bound, asked.output_tokens
    if not bound:
        if not calls.unbounded:
            return _Range(estimate, estimate, _worst_output(asked, max_output))
        return _Range(*(max(level, estimate) for level in _levels(calls.unbounded)))
    ratios = [output / most for most, output in calls.bounded if _is_similar(most, bound)]
    if ratios:
        return _scaled(estimate, ratios)
    longer = [output for most, output in calls.bounded if output > most]
    if longer:  # it ignores other maxima
        most = max(estimate, *longer)
        return _Range(estimate, most, 2 * most)
    if calls.bounded:
        return _Range(estimate, estimate, estimate * _margin(len(calls.bounded)))
    return _Range(estimate, estimate, 2 * max(estimate, *calls.unbounded))


def _worst_output(asked: Asked, max_output: int | None) -> int:
    usual = WORST_OUTPUT if max_output is None else min(WORST_OUTPUT, max_output)
    return max(asked.output_tokens * UNKNOWN_FACTOR, usual)


def _scaled(estimate: int, ratios: Sequence[float]) -> _Range:
    return _Range(*(estimate * max(level, 1.0) for level in _levels(ratios)))


def _levels(values: Sequence[float]) -> _Range:
    """Return the levels of values that were seen.

    Few values say nothing about the least, so that a single odd one cannot block a model: a request
    alone may go out as it was estimated.
    """
    number, usual = len(values), _median(values)
    if number < MIN_FOR_OUTLIER:
        return _Range(0.0, usual, max(values) * _margin(number))
    return _Range(usual, usual, max(sorted(values)[-2], usual) * _margin(number))


def _median(values: Sequence[float]) -> float:
    # Not that of `statistics`, which takes 1.6 ms of the daemon's start to import.
    ordered, middle = sorted(values), len(values) // 2
    return (ordered[middle] + ordered[~middle]) / 2


def _margin(calls: int) -> float:
    return 1.0 if calls >= SURE else 1.0 + 1 / calls


def _is_similar(size: int, other: int) -> bool:
    return size <= other * SIMILAR and other <= size * SIMILAR


def _whole(tokens: float) -> int:
    """Return the next whole number, but not because of a division's last digit."""
    return math.ceil(tokens * ALMOST)


def _keep(values: list[T], value: T) -> None:
    values.append(value)
    if len(values) > KEPT:
        del values[0]


def _joined(before: ObservedCalls | None, since: ObservedCalls) -> ObservedCalls:
    if before is None:
        return since
    return ObservedCalls(
        (before.inputs + since.inputs)[-KEPT:],
        (before.bounded + since.bounded)[-KEPT:],
        (before.unbounded + since.unbounded)[-KEPT:],
        (before.costs + since.costs)[-KEPT:],
        since.last_at,
    )
