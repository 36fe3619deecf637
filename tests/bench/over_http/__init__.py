"""Benchmarks of the HTTP side, beside the upstream without a gateway and other gateways."""
