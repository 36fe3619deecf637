"""Tokens: what a program on a port needs to be let in, and whose requests are then counted.

- `token`: one token's client, and what the server asks for it: `TokenClient`, `TokenTable`.
- `store`: the tokens that the user created, as hashes in `tokens.json`.
- `short_lived`: the tokens of `aircher-cli run`, which live as long as a connection.
- `token_file`: what is written in `tokens.json`.
- `token_limits`: the limits of tokens, beside those of the configuration.
- `service`: what the methods of the socket do with them.
"""
