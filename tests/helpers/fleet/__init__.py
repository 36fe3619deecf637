"""A fleet for tests: real daemons on one engine, a provider that counts, and many requests."""
