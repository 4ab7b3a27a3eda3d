"""Old names that go on working for one version, with a DeprecationWarning that gives the new one."""

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def warn(old: str, new: str, *, stacklevel: int = 3) -> None:
    """Warns that `old` is called `new` now; `stacklevel` 3 is the caller of whoever calls this.

    Example:
        >>> warn("--thaw-every", "--unfreeze-every")
    """
    message = f"{old} is deprecated and will be removed in the next version: use {new}."
    warnings.warn(message, DeprecationWarning, stacklevel=stacklevel)


def renamed_arguments(**new_names: str) -> Callable[[Function], Function]:
    """A decorator: keyword arguments by their old names are passed on by their new names.

    Args:
        **new_names: The new name of each argument, by its old name.

    Raises:
        TypeError: In the call: the old and the new name together.

    Example:
        >>> @renamed_arguments(colour="color")
        ... def paint(color): ...
        >>> paint(colour="red")   # warns
    """

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            for old in [name for name in kwargs if name in new_names]:
                new = new_names[old]
                if new in kwargs:
                    raise TypeError(
                        f"{function.__name__}: {old} is the old name of {new}. Received: both {old} and {new}"
                    )
                warn(f"The argument {old} of {function.__name__}", new)
                kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return call  # type: ignore[return-value] # it has the signature of `function`, which mypy cannot see

    return decorate


class RenamedAttribute:
    """A class attribute that stands for a method, property or value by its old name.

    Args:
        new: The name that it has now.

    Example:
        >>> class Images:
        ...     def augmented(self, index): ...
        ...     draws = RenamedAttribute("augmented")
    """

    def __init__(self, new: str) -> None:
        self.new = new

    def __set_name__(self, owner: type, name: str) -> None:
        self.old = name

    def __get__(self, instance: Any, owner: type) -> Any:
        warn(f"{owner.__name__}.{self.old}", f"{owner.__name__}.{self.new}")
        return getattr(owner if instance is None else instance, self.new)
