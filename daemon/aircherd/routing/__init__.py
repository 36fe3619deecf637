"""Decides which candidates serve a request, in which order, and what a failure changes.

- `plan`: a `RouteQuery` and the `state` -> the candidates in order, and the skipped ones.
- `resolver`: a model name -> its routes; `signed_in_routes`: those of providers with a key.
- `labels`: the one key that a route or a request names, and that it is kept in fallbacks.
- `order`: the strategies; `filters`: the reasons to skip a candidate.
- `failures`: which other candidates a failed call rules out.
- `cooldown_rules`: what a failure cools; `cooldown_policy`: for how long; `probes`: early tests.

All of it is pure: frozen data in, a decision out, and `chat` acts on it. An import contract in
pyproject.toml keeps trio, sockets and clocks out, so tests can state every decision as a table.
"""
