"""A lesson: a script that shows one idea in figures, and proves it with a few numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import keras
from kerasdl.files import atomic_write
from kerasdl.plots import Figure
from kerasdl.runs.command_line import run_recipe


@dataclass(frozen=True)
class Lesson:
    """What a lesson shows.

    Attributes:
        point: What the numbers prove, in a sentence.
        numbers: The numbers, by what they measure, with units.
        figures: The figures, by file name.
        files: Other files, such as an animation, by file name.

    Example:
        >>> lesson = Lesson("The steeper the slope, the larger the step.", {"slope at 3": 6.0}, {})
    """

    point: str
    numbers: Mapping[str, float]
    figures: Mapping[str, Figure]
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class LessonOptions:
    """Options of every lesson.

    Example:
        >>> options = LessonOptions(out=Path("figures"), seed=1)
    """

    out: Path = field(default=Path("runs/lessons"))
    """Folder for the figures."""
    seed: int = 0
    """Random seed; the same seed gives the same numbers."""


Options = TypeVar("Options", bound=LessonOptions)


def run_lesson(lesson: Callable[[Options], Lesson], options: Any = LessonOptions) -> None:
    """Runs a lesson from the command line: prints its numbers, saves its figures, and ends the process.

    Args:
        lesson: Takes the options.
        options: `LessonOptions`, or a frozen dataclass that adds to it.

    Example:
        >>> if __name__ == "__main__":
        ...     run_lesson(main)
    """

    def show(given: Options) -> None:
        keras.utils.set_random_seed(given.seed)
        given.out.mkdir(parents=True, exist_ok=True)
        found = lesson(given)
        print(found.point)
        for name, number in found.numbers.items():
            print(f"  {number:<10.4g} {name}")
        for name, content in {
            **{f"{name}.png": each.png for name, each in found.figures.items()},
            **found.files,
        }.items():
            with atomic_write(given.out / name) as temporary:
                temporary.write_bytes(content)
            print(f"  {given.out / name}")

    # The help of the command line is that of the script.
    show.__module__ = lesson.__module__
    run_recipe(show, options)
