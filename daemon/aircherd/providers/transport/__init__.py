"""How bytes reach a provider: HTTP/1.1 over TCP, TLS and proxies, with a connection pool.

- `http_transport`: sends a request over a pooled connection, and once more over a new one if the
  provider had closed it; start here. `transport_by_network`: one for each network configuration.
- `request`, `response`: what goes in and comes out. `parser`: HTTP/1.1 responses, without I/O.
- `pool`, `connection`: kept connections, and one of them. `tcp`, `tls`, `proxy`: what they use.
- `timeouts`, `deadline_scheduler`: the phases of a request, and one task that ends late waits.
- `compression`: decompresses bodies that are compressed although that was not requested.
- `out_of_files`: running out of file descriptors, which is no provider's fault.
"""
