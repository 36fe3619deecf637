"""The TLS context of all connections, and messages for failed handshakes.

The system's certificate store decides, as on the command line: `SSL_CERT_FILE` and `SSL_CERT_DIR`
replace it, `[network] ca_file` adds to it (a company's own authority besides the public ones).
Certificates are always verified; this cannot be turned off.
"""

import os
import ssl
from collections.abc import Mapping

import httpx

from aircherd.providers.transport.out_of_files import check_room

# OpenSSL's X509_V_ERR_* numbers -> messages that a person can act on.
CERTIFICATE_PROBLEMS = {
    9: "its certificate is not valid yet (is this machine's clock right?)",
    10: "its certificate has expired",
    18: "its certificate is signed by itself; to trust it, name it in [network] ca_file",
    19: "its certificate comes from an unknown authority; to trust that, set [network] ca_file",
    20: "its certificate comes from an unknown authority; to trust that, set [network] ca_file",
    21: "its certificate comes from an unknown authority; to trust that, set [network] ca_file",
    23: "its certificate was revoked",
    62: "its certificate is for another name",
    64: "its certificate is for another address",
}

# OpenSSL's reasons for a handshake that failed before any certificate was checked.
HANDSHAKE_PROBLEMS = {
    "WRONG_VERSION_NUMBER": "it does not speak TLS there (is it http:// rather than https://?)",
    "UNEXPECTED_EOF_WHILE_READING": "it closed the connection during the TLS handshake",
}


def make_context(environ: Mapping[str, str], ca_file: str | None) -> ssl.SSLContext:
    """Return a context with the certificates that the system and the user trust.

    Reading the system's store takes tens of milliseconds: do it once.

    Raises:
        httpx.ConnectError: a file of certificates cannot be read.
        AircherError: no file can be opened. OpenSSL ignores that, and would trust no server.
    """
    check_room()
    own_file, own_directory = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    context = _loaded("SSL_CERT_FILE or SSL_CERT_DIR", own_file or None, own_directory or None)
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise _unreadable(f"[network] ca_file = {ca_file!r}", error) from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def _loaded(source: str, file: str | None, directory: str | None) -> ssl.SSLContext:
    # The standard library would write the secrets of every connection, and with them the keys,
    # into this file, which others can read.
    os.environ.pop("SSLKEYLOGFILE", None)
    try:
        return ssl.create_default_context(cafile=file, capath=directory)
    except OSError as error:
        raise _unreadable(f"{source} = {file or directory!r}", error) from None


def _unreadable(source: str, error: OSError) -> httpx.ConnectError:
    # ssl.SSLError is an OSError too: the file exists but holds no certificate.
    reason = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
    return httpx.ConnectError(f"cannot read the certificates of {source}: {reason}")


def handshake_problem(error: BaseException | None) -> str:
    """Return why a handshake failed, as the end of a sentence."""
    if isinstance(error, ssl.SSLCertVerificationError):
        known = CERTIFICATE_PROBLEMS.get(error.verify_code)
        return known or f"its certificate cannot be trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLEOFError):
        return HANDSHAKE_PROBLEMS["UNEXPECTED_EOF_WHILE_READING"]
    if isinstance(error, ssl.SSLError):
        reason = error.reason or "unknown"
        return HANDSHAKE_PROBLEMS.get(reason) or f"the TLS handshake failed ({reason})"
    return "the connection broke during the TLS handshake"
