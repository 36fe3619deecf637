"""How bytes reach a provider: HTTP/1.1 over TCP, TLS and proxies, with a connection pool."""
