"""HTTP/1.1 as the simulator serves it."""
