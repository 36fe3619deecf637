"""Types that occur in many results, with what they mean."""

from typing import Annotated, Literal

import msgspec


def says(text: str) -> msgspec.Meta:
    """Return the description of a field."""
    return msgspec.Meta(description=text)


Time = Annotated[float, says("Unix time, with a fraction")]
Usd = Annotated[str, says("USD, as a decimal string")]
Milliseconds = Annotated[int, says("milliseconds")]
ProviderName = Annotated[str, says("name of a provider in the configuration, such as anthropic")]
ModelName = Annotated[str, says("name of a model at its provider")]
FullName = Annotated[str, says("provider/model")]
KeyName = Annotated[str, says("which key: the label of a stored key, command, or env:NAME")]
Message = Annotated[str, says("a sentence for people")]
Outcome = Annotated[str, says("ok, cancelled, or an error code")]
Tokens = Annotated[int, says("a number of tokens")]
FilePath = Annotated[str, says("an absolute path")]
Until = Annotated[float, says("Unix time when it is available again; absent if that is unknown")]
Amount = Annotated[int | str, says("a whole number; USD as a decimal string")]

KeyState = Annotated[
    Literal[
        "authenticated",
        "unverified",
        "not_configured",
        "rejected",
        "locked",
        "unreadable",
        "not_required",
        "refused",
    ],
    says("the authentication; unverified keys are used like authenticated ones"),
]
Health = Annotated[
    Literal["ok", "cooling", "quota_exhausted", "unreachable"],
    says("the availability, apart from authentication"),
]
HealthReason = Annotated[str, says("why the health is not ok")]
StartedBy = Annotated[
    Literal["client", "systemd", "systemd (socket)", "launchd", "user"], says("what started it")
]
