"""Who may ask: only under this server's own names, only its own pages, and from other computers only with a token."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import socket
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from deep_photo_enhancer.web.problems import Problem

Headers = Iterable[tuple[bytes, bytes]]
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^:\[\]/?#@\s]+))(?::([0-9]{1,5}))?")
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def is_loopback(address: str) -> bool:
    """Whether an address is this computer's alone."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


@dataclass
class Access:
    """The rules of one server."""

    is_local: bool
    """Whether it listens where only this computer can ask."""
    token: str | None = None
    """What programs send as `Authorization: Bearer`; None where nobody needs one."""
    names: Collection[str] = ()
    """Further names that the server is called by, for instance behind a proxy; lower case."""
    any_name: bool = False
    """Whether it may be called by any name, as a study in a network that is trusted."""
    on_entry: Callable[[], object] | None = None
    """Called when a code has let a browser in."""
    _codes: set[str] = field(default_factory=set)

    @property
    def is_shared(self) -> bool:
        """Whether others than those at this computer may be let in; a proxy lets in whom it likes."""
        return not self.is_local or bool(self.names)

    def new_code(self) -> str:
        """A code that lets one browser in, once."""
        code = secrets.token_urlsafe(16)
        self._codes.add(_digest(code))
        return code

    def take_code(self, code: str) -> bool:
        """Whether it is a code that nobody has used, which it is no longer."""
        digest = _digest(code)
        if digest in self._codes:
            self._codes.remove(digest)
            if self.on_entry is not None:
                self.on_entry()
            return True
        return False

    def has_token(self, authorization: str | None) -> bool:
        """Whether a request's header holds the token; always where none is needed."""
        if self.token is None:
            return True
        scheme, _, given = (authorization or "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self.token.encode())

    def check_source(self, method: str, headers: Headers) -> None:
        """Problem 421 for another site's name that leads here (DNS rebinding), 403 for what another site's page sends (CSRF)."""
        host = _only(headers, b"host")
        if host is None or not self._is_own(host):
            raise Problem(421, "This server has another name; start it with --allow-host NAME to be called by this one.")
        origin = _only(headers, b"origin")
        foreign = origin is not None and origin.partition("://")[2] != host
        site = _only(headers, b"sec-fetch-site") or "none"
        if method in CHANGING and (foreign or site not in ("same-origin", "none")):
            raise Problem(403, "Another site's page may not do this.")

    def _is_own(self, host: str) -> bool:
        name = _without_port(host.lower())
        if name is None:
            return False
        if self.any_name or name in self.names or is_loopback(name):
            return True
        return not self.is_local and (_is_address(name) or name.removesuffix(".local") == socket.gethostname().lower())


def _digest(code: str) -> str:
    """Looked up in place of the code: how long that takes says nothing about the code."""
    return hashlib.sha256(code.encode()).hexdigest()


def _only(headers: Headers, name: bytes) -> str | None:
    """A header's value; None where it is not there. Problem 400 where it is there twice."""
    values = [value for key, value in headers if key == name]
    if len(values) > 1:
        raise Problem(400, f"The header {name.decode()} may be there once only.")
    return values[0].decode("latin-1") if values else None


def _without_port(host: str) -> str | None:
    """None for what is no name with a port or without one."""
    match = _HOST.fullmatch(host)
    return None if match is None or int(match[3] or 0) > 65535 else match[1] or match[2]


def _is_address(name: str) -> bool:
    """A name that no name server can lead elsewhere."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
