"""How long a model's answers usually are: for what is reserved when a request does not say."""

USUAL_OUTPUT = 512
"""Tokens, for a model that has not answered yet."""
MAX_MODELS = 1024

# An answer weighs a sixteenth: enough to follow the work, too little to follow each answer.
_WEIGHT = 1 / 16


class UsualOutput:
    """A running mean of output tokens for each provider and model; of the last `MAX_MODELS`."""

    def __init__(self) -> None:
        self._means: dict[tuple[str, str], float] = {}

    def of(self, provider: str, model: str) -> int:
        """Return how many tokens an answer of this model usually has."""
        return round(self._means.get((provider, model), USUAL_OUTPUT))

    def note(self, provider: str, model: str, output_tokens: int) -> None:
        """Take in one answer's length."""
        mean = self._means.pop((provider, model), USUAL_OUTPUT)
        self._means[provider, model] = mean + (output_tokens - mean) * _WEIGHT
        if len(self._means) > MAX_MODELS:
            self._means.pop(next(iter(self._means)))

    def __repr__(self) -> str:
        return f"<UsualOutput of {len(self._means)} models>"
