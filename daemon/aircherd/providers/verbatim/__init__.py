"""Requests of HTTP clients that go to a provider as they came, and the replies that go back so.

    Passage        one request of a client: its body and headers, and what comes back of it
    body           changes single fields of the body without encoding the rest of it again
    headers        which headers of a client reach a provider, and which of a provider a client
    speakers       which adapter of a provider speaks the client's API, and where its body goes
    passed_call    a call whose bytes are kept for the client
    wishes         thinking and sampling where the model can, and without them where it cannot
    embeddings     reads what embeddings used

A provider that speaks another API gets the request translated: `ProviderClient` decides that.
"""
