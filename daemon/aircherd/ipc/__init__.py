"""The Unix socket: accepts clients, decodes requests, runs them, and writes the responses.

- `socket_file`: claims the socket's path: one daemon per socket and per data directory.
- `passed_socket`: claims a socket that the service manager has opened.
- `listener`: accepts clients and checks their user. `drain`: the end of all sessions at shutdown.
- `session`: one client: frames in, a task per request, frames out.
- `client_stream`: its socket; `request_reader`: bytes -> requests; `outbox`: the queue of frames.
- `request_task`: a task that serves one request after another; `chat_stream`: a started chat.
- `connection_methods`: the methods that need a connection; all others are in `api.methods`.
- `responses`, `deltas`: encoders; `event_feed`: the events that a client subscribes to.
"""
