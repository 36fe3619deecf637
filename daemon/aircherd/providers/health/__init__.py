"""The health of providers, keys and models: cooldowns, rate limits, recovery."""
