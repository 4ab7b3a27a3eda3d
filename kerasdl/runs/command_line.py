"""Recipes on the command line: options in, one-line errors out."""

import errno
import io
import os
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import fields, is_dataclass
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar

import tensorflow as tf
from kerasdl import distribute
from kerasdl.arguments import meant
from kerasdl.errors import BadInput
from kerasdl.optional import import_optional

Config = TypeVar("Config")
# Removed in the next version.
DEPRECATED = {"--thaw-every": "--unfreeze-every", "--views": "--tta"}
# What to do about errors of files that the user can mend.
_FULL = ": free some space, or use another folder (--out)"
_ADVICE = {errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EROFS: ": use another folder (--out)"} | dict.fromkeys(
    (errno.EACCES, errno.EPERM, errno.EIO, errno.ELOOP, errno.ENAMETOOLONG), ""
)


def run_recipe(recipe: Callable[[Config], int | None], config: type[Config]) -> None:
    """Reads the options of a recipe from the command line and runs it; ends the process.

    Bad input is printed as one line on stderr, with exit status 1, and so is a lack of memory, a full or read-only
    disk, or a file that may not be read; any other exception keeps its traceback. What cannot be parsed, such as an
    unknown option, is explained, with exit status 2. Of several workers the chief alone prints results.

    Args:
        recipe: Takes the configuration; may return an exit status.
        config: A frozen dataclass. Its fields, and those of the dataclasses in it, become options; their docstrings
            become the help.

    Raises:
        ModuleNotFoundError: tyro or rich is not installed.

    Example:
        >>> if __name__ == "__main__":
        ...     run_recipe(main, Config)
    """
    tyro = import_optional("tyro")
    import_optional("rich")  # it prints the results: missing, it is named before the training
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names of files and classes may have characters that the terminal lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        arguments = _current(sys.argv[1:], config)
        _refuse_foreign(arguments, config)
        _refuse_empty(arguments, config)
        about: dict[str, Any] = {"description": sys.modules[recipe.__module__].__doc__}
        about |= {"args": arguments, "config": (tyro.conf.OmitArgPrefixes,)}
        options = _checked(partial(tyro.cli, config, **about))
        with redirect_stdout(sys.stdout if distribute.is_chief() else io.StringIO()):
            status = recipe(options)
        sys.exit(status)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if not (message := _explained(error)):
            raise
        print(f"error: {' '.join(message.split())}", file=sys.stderr)
        sys.exit(1)


def positional() -> Any:
    """The mark of an argument without a name on the command line.

    Raises:
        ModuleNotFoundError: tyro is not installed.

    Example:
        >>> @dataclass(frozen=True)
        ... class Config:
        ...     run: Annotated[Path, positional()]
    """
    return import_optional("tyro").conf.Positional


def _explained(error: Exception) -> str:
    """A sentence about what the user can mend; "" for a bug."""
    received = f"Received: {' '.join(sys.argv[1:])}"
    if isinstance(error, BadInput):
        return str(error)
    if isinstance(error, OSError) and error.errno in _ADVICE:
        why = ": ".join(map(str, filter(None, [error.filename, error.strerror])))
        return f"{why}{_ADVICE[error.errno]}. {received}"
    if isinstance(error, tf.errors.OpError):
        if found := re.search(r"BadInput: (.*)", error.message):
            return found[1]
        for code, advice in _ADVICE.items():
            if found := re.search(rf"([^}}]*); {os.strerror(code)}", error.message):
                return f"{found[1]}: {os.strerror(code)}{advice}. {received}"
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return f"Out of memory: use smaller batches, samples or networks. {received}"
    return ""


def _current(arguments: list[str], config: type) -> list[str]:
    """The arguments with deprecated options of this recipe replaced, after a warning."""
    found, options = [], _options(config)
    for argument in arguments:
        name, separator, value = argument.partition("=")
        new = DEPRECATED.get(name.replace("_", "-"))
        if new and new in options:
            print(f"warning: {name} is deprecated and will be removed in the next version: use {new}", file=sys.stderr)
            name = new
        found.append(name + separator + value)
    return found


def _refuse_foreign(arguments: list[str], config: type) -> None:
    """Raises for an option by a name of other libraries; tyro reports all other unknown ones."""
    options = {_word(option) for option in _options(config)}
    for argument in arguments:
        typed = argument.partition("=")[0]
        if typed.startswith("--") and _word(typed) not in options and (found := meant(_word(typed), options)):
            ours, row = found
            note = row.note and f", {row.note}"
            raise BadInput(f"No option {typed}: use --{ours.replace('_', '-')}{note}. Received: {' '.join(arguments)}")


def _refuse_empty(arguments: list[str], config: type) -> None:
    """Raises for an empty word after an option, unless it is the default: an empty path would be the working folder."""
    options = {_word(option): default for option, default in _options(config).items()}
    for before, argument in pairwise(["", *arguments]):
        typed, joined, value = argument.partition("=") if argument.startswith("--") else (before, "=", argument)
        if joined and not value and options.get(_word(typed), "") != "":
            raise BadInput(f"{typed} is empty: leave it out, or give it a value. Received: {typed} ''")


def _checked(parse: Callable[[], Config]) -> Config:
    """The options. What their dataclasses refuse is raised; tyro would print it in a box, and end with status 2."""
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            return parse()
    except SystemExit as end:
        cause: Any = end
        while cause := cause.__context__:
            if isinstance(cause, BadInput):
                raise cause from None
    return parse()  # prints the help, or what cannot be parsed


def _word(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")


def _options(config: Any) -> dict[str, Any]:
    """The options of a dataclass and of the dataclasses in it, as typed, with their defaults."""
    found: dict[str, Any] = {}
    for each in fields(config):
        inner = each.default_factory
        found |= _options(inner) if is_dataclass(inner) else {f"--{each.name.replace('_', '-')}": each.default}
    return found
