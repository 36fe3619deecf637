"""What commands and events say about the configuration: its settings, changes and problems."""
