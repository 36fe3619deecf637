"""The protocol for programs: what each method takes and answers, as JSON Schema.

    document     puts it all together, as `protocol.schema` returns it
    methods      the table: what a method does, its result, its errors
    parameters   what parameters mean; their types are those of `api.params`
    ..._results  the type of each result; events, deltas and errors likewise
    fields       types that occur everywhere
    codes        what each error code means
    frames       the rules of frames, and their limits

Nothing here runs while the daemon serves: it is imported when a client asks for the schema. Tests
compare it with what the daemon really answers, and with docs/protocol.md.
"""
