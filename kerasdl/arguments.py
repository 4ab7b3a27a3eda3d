"""Unknown keyword arguments: the error gives the name, and where it differs the value, that kerasdl has for them."""

import functools
import inspect
from collections.abc import Callable, Collection
from difflib import get_close_matches
from textwrap import shorten
from typing import Any, TypeVar

from kerasdl.foreign_names import ELSEWHERE, RENAMED, Row, pair_of_rates

Target = TypeVar("Target", bound=Callable[..., Any])
_RATES = ("peak_lr", "learning_rate", "start_lr", "end_lr")
# Characters of a value that an error shows.
_SHOWN = 100


def known_arguments(
    options: Callable[..., Any] | str | None = None, *, closed: bool = True
) -> Callable[[Target], Target]:
    """A decorator of a function or class: an unknown keyword argument is refused with the name that kerasdl has for it.

    It goes below `renamed_arguments`, which passes old names on by their new ones.

    Args:
        options: What a function passes `**options` on to, or its name if it is defined further below. A class passes
            them on to its bases.
        closed: Whether there are no other arguments. If there may be, only names of other libraries are refused.

    Raises:
        TypeError: In the call: an unknown argument.

    Example:
        >>> @known_arguments()
        ... def paint(*, batch_size=1): ...
        >>> paint(batch_size=8)   # paint(bs=8) raises: paint has no argument bs: use batch_size. Received: bs=8
    """

    def decorate(target: Target) -> Target:
        if isinstance(target, type):
            # Of a subclass that passes arguments on, those of this class and its bases count.
            whole = target
            init = _checked(target.__init__, lambda self: _of_class(type(self), whole), closed)  # type: ignore[misc]
            target.__init__, init.passes_on_to = init, None  # type: ignore[misc]
            return target
        call = _checked(target, lambda *_: (target.__name__, arguments_of(call)), closed)
        call.passes_on_to = options
        return call

    return decorate


def arguments_of(target: Callable[..., Any]) -> tuple[str, ...]:
    """The keyword arguments of a function or class, with those that it passes on as `**options`.

    Example:
        >>> "batch_size" in arguments_of(kerasdl.data.images.from_folder)
        True
    """
    if isinstance(target, type):
        return _of_class(target, target)[1]
    options = getattr(target, "passes_on_to", None)
    if options is None:
        return tuple(_named(target))
    if isinstance(options, str):
        options = inspect.unwrap(target).__globals__[options]
    # What cannot be left out, the function itself gives by position.
    required = {each.name for each in _parameters(options) if _is_required(each)}
    return tuple(dict.fromkeys([*_named(target), *(name for name in arguments_of(options) if name not in required)]))


def explain(name: str, known: Collection[str], value: Any = None) -> str:
    """What to do instead of giving an argument that does not exist; "" if the tables of other names have no answer.

    Args:
        name: The name of the argument.
        known: The arguments that exist.
        value: What it was given.

    Example:
        >>> explain("valid_pct", ["batch_size", "valid_share"], 20)
        'use valid_share=0.2, a share between 0 and 1'
    """
    if not (found := meant(name, known)):
        return ELSEWHERE.get(name, "")
    ours, row = found
    if ours in _RATES and (pair := pair_of_rates(value)):
        return _per_group(ours, pair)
    return f"use {ours}{row.written(value)}{row.note and f', {row.note}'}"


def meant(name: str, known: Collection[str]) -> tuple[str, Row] | None:
    """The argument that exists for one of another library, with its row of the table; None if there is none.

    Example:
        >>> meant("bs", ["batch_size", "valid_share"])[0]
        'batch_size'
    """
    names = ((ours, row) for row in RENAMED.get(name, ()) for ours in row.ours.split())
    return next((found for found in names if found[0] in known), None)


def check_one_rate(name: str, rate: Any) -> None:
    """Raises if a learning rate is one per layer group.

    Raises:
        TypeError: A slice, a list or an array.

    Example:
        >>> check_one_rate("peak_lr", 1e-3)
    """
    if pair := pair_of_rates(rate):
        raise TypeError(f"{name} must be one number: {_per_group(name, pair)}. Received: {name}={_short(rate)}")


def _per_group(name: str, pair: tuple[Any, Any]) -> str:
    return f"use groups.discriminative(model, rates={pair}) in the optimizer, and one {name}"


def _checked(function: Any, names: Callable[..., tuple[str, Collection[str]]], closed: bool) -> Any:
    """The function, which refuses keyword arguments that are not among its own and those that `names` gives."""
    own = frozenset(_named(function))

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not kwargs.keys() <= own:
            _refuse_unknown(*names(*args[:1]), kwargs, closed)
        return function(*args, **kwargs)

    return call


def _refuse_unknown(title: str, known: Collection[str], given: dict[str, Any], closed: bool) -> None:
    found = {name: explain(name, known, value) for name, value in given.items() if name not in known}
    if closed:
        found = {name: answer or _nearest(name, known) for name, answer in found.items()}
    if refused := {name: answer for name, answer in found.items() if answer}:
        answers = "; ".join(f"no argument {name}: {answer}" for name, answer in refused.items())
        received = ", ".join(f"{name}={_short(given[name])}" for name in refused)
        raise TypeError(f"{title} has {answers}. Received: {received}")


def _nearest(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"the nearest is {near[0]}" if near else f"its arguments are {', '.join(known) or 'none'}"


def _of_class(child: type, first: type) -> tuple[str, tuple[str, ...]]:
    """The name of a class, and the arguments of `first` and, as far as it passes them on, of the bases behind it."""
    found: list[str] = []
    for owner in child.__mro__[child.__mro__.index(first) :]:
        if "__init__" in vars(owner):
            found += _named(owner.__init__)[1:]  # type: ignore[misc]
            if all(each.kind != each.VAR_KEYWORD for each in _parameters(owner.__init__)):  # type: ignore[misc]
                break
    return child.__name__, tuple(dict.fromkeys(found))


def _named(function: Callable[..., Any]) -> list[str]:
    """The arguments that can be given by name."""
    return [each.name for each in _parameters(function) if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]


def _is_required(parameter: inspect.Parameter) -> bool:
    return parameter.kind == parameter.POSITIONAL_OR_KEYWORD and parameter.default is parameter.empty


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def _short(value: Any) -> str:
    return shorten(repr(value), _SHOWN, placeholder="…")
