"""The frames of a connection, and what limits them, for programs."""

from aircher_wire import frames

FORMATS = {
    "request": [0, "id", "method", ["params"]],
    "response": [1, "id", "error", "result"],
    "notification": [2, "method", ["params"]],
}

RULES = (
    "A frame is one msgpack array; frames follow each other without anything in between.",
    "id is an integer from 0 to 4294967295, chosen by the client; responses come in any order.",
    "params is one map; an empty list stands for an empty map.",
    "Map keys are strings; there are no ext types; text is UTF-8.",
    "An error is nil or a map of code, message and data.",
    "A key without a value is left out, never nil, unless its schema allows null.",
    "What a client does not know is new: keys, deltas, topics, notifications, codes. Ignore it.",
    "In what the daemon sends, an enum has the words of this version: new ones may be added.",
)

LIMITS = {
    "max_frame_bytes": frames.MAX_FRAME,
    "max_depth_accepted": frames.MAX_DEPTH,
    "max_depth_sent": 16,
    "max_items": frames.MAX_ITEMS,
    "max_method_bytes": frames.MAX_METHOD,
    "max_id": frames.MAX_MSGID,
    "max_requests": 4096,
}
