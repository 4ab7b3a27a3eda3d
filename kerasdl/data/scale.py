"""Scale: standardization, and back to the user's units."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation per column.

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
        """The scale of `values` (rows, columns), without NaN; every column needs a number."""
        values = np.asarray(values, np.float64)
        std = np.nanstd(values, axis=0)
        # Rounding gives a constant column a tiny standard deviation, and division by it would overflow float32.
        constant = std <= np.maximum(1e-12 * np.nanmax(np.abs(values), axis=0), 1e-30)
        return cls(np.nanmean(values, axis=0), np.where(constant, 1.0, std))

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Standardizes values in the user's units, (..., columns), to float32."""
        return ((np.asarray(values, np.float64) - self.mean) / self.std).astype(np.float32)

    def undo(self, values: np.ndarray) -> np.ndarray:
        """Converts standardized values, (..., columns), to float64 in the user's units."""
        return np.asarray(values, np.float64) * self.std + self.mean

    def readable(self, values: np.ndarray) -> np.ndarray:
        """As `undo`, for people to read: what float32 makes of 0 is 0.

        Example:
            >>> scale = Scale.of(np.array([[0.0], [5.0], [7.0]]))
            >>> scale.readable(scale.apply(np.array([[0.0]]))).tolist()
            [[0.0]]
        """
        found = self.undo(values)
        return np.where(np.abs(found) < 1e-6 * (np.abs(self.mean) + self.std), 0.0, found)
