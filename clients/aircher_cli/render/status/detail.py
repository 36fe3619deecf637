"""How much the status screen shows. Each step shows less, for terminals with fewer rows."""

ALL, FEW_FACTS, PROVIDERS_FOLDED, LIMITS_FOLDED, NO_REASONS, NO_SPACE = range(6)
"""In this order goes what matters least: facts that rarely change, a row for each provider that is
ready, limits that are far from used up, the vendors' own words, blank lines."""

STEPS = (ALL, FEW_FACTS, PROVIDERS_FOLDED, LIMITS_FOLDED, NO_REASONS, NO_SPACE)
