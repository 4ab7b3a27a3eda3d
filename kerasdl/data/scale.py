"""Scale: between the user's units and numbers of zero mean and unit deviation."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scale:
    """A mean and a deviation, one a column.

    Attributes:
        mean: float64 (columns,).
        std: float64 (columns,); 1 for a column that does not vary.

    Example:
        >>> scale = Scale.of(np.array([[1.0, 5.0], [3.0, 5.0]]))
        >>> scale.apply(np.array([[3.0, 6.0]])).tolist()
        [[1.0, 1.0]]
    """

    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> "Scale":
        """The scale of `values` (rows, columns), of which NaN are left out; a column needs one number at least."""
        values = np.asarray(values, np.float64)
        std = np.nanstd(values, axis=0)
        # Rounding gives a constant column a deviation of its own; and float32 cannot hold what a tiny one divides.
        constant = std <= np.maximum(1e-12 * np.nanmax(np.abs(values), axis=0), 1e-30)
        return cls(np.nanmean(values, axis=0), np.where(constant, 1.0, std))

    def apply(self, values: np.ndarray) -> np.ndarray:
        """From the user's units, (..., columns), to float32 on the scale."""
        return ((np.asarray(values, np.float64) - self.mean) / self.std).astype(np.float32)

    def undo(self, values: np.ndarray) -> np.ndarray:
        """From the scale, (..., columns), to float64 in the user's units."""
        return np.asarray(values, np.float64) * self.std + self.mean
