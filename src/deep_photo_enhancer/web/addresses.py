"""What the terminal shows: where the server is, and a code that a phone's camera reads."""

from __future__ import annotations

import io
import socket

import segno


def reachable(host: str) -> str:
    """For a host that means all of this machine's addresses, the one that others in the network see."""
    if host not in ("", "0.0.0.0", "::"):
        return f"[{host}]" if ":" in host else host
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # an address for documentation; nothing is sent
            return str(probe.getsockname()[0])
    except OSError:
        return socket.gethostname()


def qr_code(text: str) -> str:
    """Lines for a terminal, two rows of the code a line."""
    out = io.StringIO()
    segno.make(text, error="l").terminal(out, border=2, compact=True)
    return out.getvalue().rstrip("\n")
