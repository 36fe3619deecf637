"""The chat completions format, for every vendor that speaks it."""
