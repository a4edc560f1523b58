"""What several commands need: errors of one line, versions, and options."""

from __future__ import annotations

import errno
import math
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import Any, ParamSpec

import click
from click.shell_completion import CompletionItem

from deep_photo_enhancer.errors import DPEError, ModelError
from deep_photo_enhancer.system.devices import parse_device
from deep_photo_enhancer.system.extras import install_command
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.system.signals import INTERRUPTED, interrupting_signals
from deep_photo_enhancer.system.text import one_line
from deep_photo_enhancer.version import __version__

Parameters = ParamSpec("Parameters")

EXTRAS = {
    "web": ("fastapi", "starlette", "uvicorn", "h11", "pydantic", "python_multipart", "segno"),
    "archive": ("ray", "fsspec", "pyarrow"),
}
"""What extras install; all else that can be missing comes with the extra `train`."""

path_type: Any = partial(click.Path, path_type=Path, readable=False)  # what cannot be read gets a sentence when its turn comes


class CommandLineError(click.ClickException):
    """Something is wrong with the command line itself: one line and exit status 2."""

    exit_code = 2


def one_line_errors(command: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Expected errors end the command with one line, or one more for each problem with the data, indented by two spaces.

    Exit status 2 for a model that cannot be used, else 1; 130 for Ctrl-C.
    """

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            with interrupting_signals():
                command(*args, **kwargs)
        except ModelError as error:
            raise CommandLineError(one_line(error)) from error
        except DPEError as error:
            raise click.ClickException("\n  ".join(map(one_line, str(error).split("\n  ")))) from error
        except KeyboardInterrupt as error:
            raise SystemExit(INTERRUPTED) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # click ends quietly when nobody reads its output any more
            raise click.ClickException(one_line(_describe(error))) from error
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("deep_photo_enhancer"):
                raise
            extra = next((extra for extra, modules in EXTRAS.items() if error.name in modules), "train")
            purpose = "training" if extra == "train" else extra
            message = f"this command needs the {purpose} extra ({error.name}): {install_command(extra)}"
            raise click.ClickException(message) from error

    return run


def _describe(error: OSError) -> str:
    """A sentence for what no command expects."""
    if error.errno == errno.ENOSPC and error.filename is None:
        return "standard output: cannot write there: the disk is full; send it elsewhere"
    place = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    return f"{place}{error.strerror or error}; mend that and repeat the command"


@contextmanager
def command_line_errors() -> Iterator[None]:
    """What goes wrong in the block is the command line's fault."""
    try:
        yield
    except DPEError as error:
        raise CommandLineError(one_line(error)) from error
    except OSError as error:
        check = "change the permissions" if isinstance(error, PermissionError) else "check the name"
        raise CommandLineError(one_line(f"{error.filename}: cannot look there: {error.strerror}; {check}")) from error


def show_version(context: click.Context, _option: click.Parameter, value: bool) -> None:
    """The version of this tool and of the libraries it rests on."""
    if not value or context.resilient_parsing:
        return
    import numpy as np
    import pyvips

    from deep_photo_enhancer.enhancement.models import load_onnxruntime

    libvips = ".".join(str(pyvips.version(part)) for part in range(3))
    libraries = (
        f"numpy {np.__version__}, onnxruntime {load_onnxruntime().__version__}, pyvips {pyvips.__version__}, libvips {libvips}"
    )
    click.echo(f"dpe {__version__}\nPython {platform.python_version()}, {libraries}")
    context.exit()


def number(_context: click.Context, _option: click.Parameter, value: float) -> float:
    """Refuses nan, which passes every check of a range."""
    if math.isnan(value):
        raise click.BadParameter("nan is not a number.")
    return value


def device(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """Refuses names that no device has."""
    try:
        parse_device(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error
    return value


def model_file(name: str) -> str:
    """A model's name or file as it is; for a training run's folder, the file that is made of it. The latter needs torch."""
    from deep_photo_enhancer.enhancement.models import known_models

    if name in known_models() or not Path(name).is_dir():
        return name
    from deep_photo_enhancer.training.export import export_of_run

    return str(export_of_run(Path(name)))


def complete_model(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The known models' names, and files; these come first, as bash forgets all that is before them."""
    from deep_photo_enhancer.enhancement.models import known_models

    names = [CompletionItem(name) for name in known_models() if name.startswith(incomplete)]
    return [CompletionItem(incomplete, type="file"), *names]


def complete_recipe(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The recipes' names and files, as above."""
    from deep_photo_enhancer.training.recipes import recipes

    names = [CompletionItem(name) for name in recipes() if name.startswith(incomplete)]
    return [CompletionItem(incomplete, type="file"), *names]


def write(path: Path, text: str) -> None:
    """Write a file, complete or not at all."""
    try:
        with atomic_write(path) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DPEError(f"{path}: cannot write there: {error.strerror}; choose another file") from error
