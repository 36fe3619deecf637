"""What commands and events say about the configuration."""
