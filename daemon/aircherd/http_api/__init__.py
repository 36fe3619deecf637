"""The APIs that existing tools speak, over HTTP: beside `ipc`, with the same `api` and `chat`.

- `call`: a request, its client and its response, as the operations see them.
- `problem`: an error as all dialects tell it, each in its own form.
- `dialects`: a package for each API: what it asks for, and how replies and errors look in it.
- `operations`: what is done for a request, whatever its dialect.
- `server`: connections, their bounds, and the doors: a private socket, and a guarded port.
- `tokens`: what a program on a port needs to be let in.
"""
