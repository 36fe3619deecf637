"""What a client may ask, without any connection: the method table and its handlers."""
