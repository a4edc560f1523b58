"""The work of `dpe web`, from its options to the end of the server."""

from __future__ import annotations

import os
import secrets
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Timer

from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.web.access import Access, is_loopback
from deep_photo_enhancer.web.addresses import qr_code, reachable
from deep_photo_enhancer.web.app import build_app
from deep_photo_enhancer.web.limits import Limits
from deep_photo_enhancer.web.private import PrivateFolder
from deep_photo_enhancer.web.server import Server, Settings
from deep_photo_enhancer.web.serving import listen, serve

TOKEN_VARIABLE = "DPE_WEB_TOKEN"
"""Of the environment: what programs of other computers send; without it a new one is drawn at each start."""


@dataclass(frozen=True)
class Options:
    """The options of `dpe web`."""

    host: str
    port: int
    output: Path | None
    models: tuple[Path, ...]
    jobs: int | None
    pixels: int
    names: tuple[str, ...]
    browser: bool

    @property
    def is_local(self) -> bool:
        """Whether only this computer can ask."""
        return is_loopback(self.host)

    def access(self) -> Access:
        """The rules that follow."""
        access = Access(self.is_local, os.environ.get(TOKEN_VARIABLE) or None, self.names)
        if access.is_shared and access.token is None:
            access.token = secrets.token_urlsafe(24)
        return access

    def limits(self) -> Limits:
        """The limits that follow."""
        limits = replace(Limits(), pixels=self.pixels)
        return replace(limits, workers=self.jobs) if self.jobs else limits


def run_server(options: Options, folder: PrivateFolder, stop: Event, say: Callable[[str], None]) -> None:
    """Serve until `stop` is set. DPEError where that cannot be."""
    models = {path.stem: path for path in options.models}
    if len(models) < len(options.models):
        raise ModelError("--model: two files have the same name; the page could not tell them apart; rename one")
    access, limits = options.access(), options.limits()
    server = Server(Settings(access, limits, models, options.output), folder)
    with listen(options.host, options.port) as listener:
        address = f"http://{reachable(options.host)}:{listener.getsockname()[1]}/"
        entrance = address
        if access.token is None:
            say(f"{address} (Ctrl-C ends it)")
        else:

            def invite() -> str:
                link = f"{address}?code={access.new_code()}"
                say(f"{qr_code(link)}\n{link} lets one browser in (Ctrl-C ends the server)")
                return link

            access.on_entry = invite
            entrance = invite()
            say(f"programs: Authorization: Bearer {access.token}")
        if options.browser and options.is_local:
            opening = Timer(0.5, webbrowser.open, [entrance])
            opening.daemon = True
            opening.start()
        serve(build_app(server), listener, limits, stop)
