"""`aircher-cli token`: tokens for programs that use aircher over HTTP."""
