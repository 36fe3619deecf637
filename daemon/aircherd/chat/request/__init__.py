"""What is checked and derived of a request before any provider is asked: pure."""
