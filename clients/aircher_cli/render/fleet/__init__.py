"""The machines that share limits: `state` of the engine, `machines` with their use, `shares`."""
