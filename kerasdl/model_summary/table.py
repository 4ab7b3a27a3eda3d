"""The summary of a model: its numbers, and how they are printed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

_UNITS = ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k"))
_HEADER = ("", "output", "parameters", "trained", "multiply-adds")


@dataclass(frozen=True)
class Row:
    """A layer group, or a layer.

    Args:
        name: Its name.
        output_shape: Output of its last layer with weights, without the batch; None if it is not known.
        parameters: Number of its weights.
        trainable: How many of them are trained.
        frozen: How many of them belong to frozen layers. The others, such as the statistics of normalization, no
            optimizer trains.
        multiply_adds: Their number per sample; None if the sizes of the inputs are not all known. Layers that are
            `uncounted` add nothing.
        uncounted: Names of layers that have weights, but whose multiply-adds cannot be counted.
    """

    name: str
    output_shape: tuple[int | None, ...] | None
    parameters: int
    trainable: int
    frozen: int
    multiply_adds: int | None
    uncounted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """What a model is made of, and what will apply in its training.

    Prints as a table; a notebook shows it at the end of a cell.

    Args:
        name: Name of the model.
        inputs: Shape of each input by name, without the batch.
        rows: The layer groups from input to output, or if they are not known, the layers with weights.
        acceleration: For mixed precision, XLA, cuDNN and Tensor Cores a line: whether it is on, and if not, why.

    Example:
        >>> found = kerasdl.summary(kerasdl.models.mlp((8,), outputs=1, hidden=(4,), normalization="none"))
        >>> found.parameters, found.multiply_adds
        (41, 36)
    """

    name: str
    inputs: Mapping[str, tuple[int | None, ...]]
    rows: tuple[Row, ...]
    acceleration: Mapping[str, str]

    @property
    def parameters(self) -> int:
        """Number of all weights."""
        return sum(row.parameters for row in self.rows)

    @property
    def trainable(self) -> int:
        """How many of them are trained."""
        return sum(row.trainable for row in self.rows)

    @property
    def multiply_adds(self) -> int | None:
        """Number for one sample, without layers that are `uncounted`; None if the sizes are not all known."""
        known = [row.multiply_adds for row in self.rows if row.multiply_adds is not None]
        return sum(known) if len(known) == len(self.rows) else None

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Names of layers that have weights, but whose multiply-adds cannot be counted."""
        return tuple(name for row in self.rows for name in row.uncounted)

    def __str__(self) -> str:
        rows = [_HEADER, *self._cells()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
        lines.insert(-1, "-" * len(max(lines, key=len)))
        return "\n".join([self._title(), "", *lines, "", *self._notes()])

    def _repr_html_(self) -> str:
        header, *rows = (
            "".join(f'<td style="text-align:{"left" if n < 2 else "right"}">{escape(cell)}</td>' for n, cell in each)
            for each in map(enumerate, (_HEADER, *self._cells()))
        )
        table = "".join(f"<tr>{row}</tr>" for row in rows)
        notes = "<br>".join(map(escape, self._notes()))
        return (
            f"<p>{escape(self._title())}</p><table><thead><tr>{header}</tr></thead><tbody>{table}</tbody></table>"
            f"<p>{notes}</p>"
        )

    def _title(self) -> str:
        several = len(self.inputs) > 1
        shapes = [f"{name} {shape}" if several else str(shape) for name, shape in self.inputs.items()]
        return f"{self.name}, {'inputs' if several else 'input'} {', '.join(shapes) or 'not known'}"

    def _cells(self) -> Iterator[tuple[str, ...]]:
        frozen = sum(row.frozen for row in self.rows)
        whole = Row("total", (), self.parameters, self.trainable, frozen, self.multiply_adds, self.uncounted)
        for row in (*self.rows, whole):
            output = "" if row is whole else "?" if row.output_shape is None else str(row.output_shape)
            yield row.name, output, f"{row.parameters:,}", _share(row), _multiply_adds(row)

    def _notes(self) -> Iterator[str]:
        if self.multiply_adds is None:
            yield "multiply-adds: not counted, the input leaves sizes open; give input_shape=, the shape of one sample"
        if self.uncounted:
            yield f"multiply-adds: not counted of {', '.join(self.uncounted)}"
        yield from (f"{name}: {line}" for name, line in self.acceleration.items())


def _aligned(cells: tuple[str, ...], widths: list[int]) -> list[str]:
    pairs = enumerate(zip(cells, widths, strict=True))
    return [cell.ljust(width) if n < 2 else cell.rjust(width) for n, (cell, width) in pairs]


def _share(row: Row) -> str:
    if not row.trainable:
        return "frozen" if row.frozen else "-"
    percent = 100 * row.trainable / (row.trainable + row.frozen)
    return "<1%" if percent < 1 else ">99%" if 99 < percent < 100 else f"{percent:.0f}%"


def _multiply_adds(row: Row) -> str:
    if row.multiply_adds is None:
        return "?"
    return readable(row.multiply_adds) + (" + ?" if row.uncounted else "")


def readable(number: int) -> str:
    """Three digits and a unit.

    Example:
        >>> readable(3857973248)
        '3.86 G'
    """
    for size, unit in _UNITS:
        if number >= 0.9995 * size:
            return f"{number / size:#.3g}{unit}".replace(". ", " ")
    return str(number)
