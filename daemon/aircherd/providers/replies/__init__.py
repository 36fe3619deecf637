"""How a reply is read whatever its label says: streamed or whole, or an error in its place.

- `vendor_stream`: the base of the vendors' decoders: a `ReplyStream` that knows errors.
- `sniffed_reply`: chooses the decoder by the first bytes of a body.
- `whole_reply`: a reply in one piece.
- `embedded_error`: an error in a body or event that should hold a reply.
"""
