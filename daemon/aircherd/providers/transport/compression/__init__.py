"""Compression that was not requested, as some servers and proxies send it.

codings            gzip, deflate, br, zstd, also stacked: bytes in, pieces of bounded size out
decoded_response   a response whose body is decompressed while it arrives
"""
