"""What a request needs of a model, known before anybody is asked."""

import msgspec


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """Abilities it uses, by the names of `Model`'s fields, and its size in tokens, estimated."""

    abilities: tuple[str, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
