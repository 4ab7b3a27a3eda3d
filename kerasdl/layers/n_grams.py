"""NGrams: the n-grams of a text, as numbers."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

# Codes have 63 bits, so that int64 has no signs to care for.
_BITS = 63
_MASK = 2**_BITS - 1
# Multiplied by an odd number modulo a power of two, different codes stay different.
_ODD = 0x1E3779B97F4A7C15
# Codes are spread evenly: a stretch of the sorted vocabulary has one on average, and never 2**_HALVINGS.
_HALVINGS = 4


def n_gram_codes(tokens: ArrayLike, vocabulary_size: int, longest: int = 3) -> Any:
    """A number for each sequence of one to `longest` tokens, different for different ones.

    The tokens are digits of a number in base `vocabulary_size`, whose bits are then mixed.

    Args:
        tokens: Ids (rows, steps), 0 for padding.
        vocabulary_size: Number of different tokens.
        longest: Tokens of the longest n-grams.

    Returns:
        int64 (rows, longest * steps) from 1 to 2**63 - 1, or 0 where an n-gram would reach into padding: first all
        single tokens, then all pairs, and so on.

    Example:
        >>> codes = kerasdl.layers.n_gram_codes([[3, 4, 3, 4, 0]], 5, longest=2)[0]
        >>> (codes != 0).numpy().astype(int).tolist()
        [1, 1, 1, 1, 0, 1, 1, 1, 0, 0]
        >>> bool(codes[5] == codes[7]), bool(codes[5] == codes[6])
        (True, False)
    """
    following = codes = ops.cast(tokens, "int64")
    found = [codes]
    for _ in range(1, longest):
        following = ops.pad(following[:, 1:], ((0, 0), (0, 1)))
        codes = ops.where((codes > 0) & (following > 0), codes * vocabulary_size + following, 0)
        found.append(codes)
    return _mixed(ops.concatenate(found, axis=1))


def _mixed(codes: Any) -> Any:
    """One to one, and 0 stays 0."""
    codes = ops.bitwise_and(codes * _ODD, _MASK)
    codes = ops.bitwise_xor(codes, ops.right_shift(codes, 32))
    return ops.bitwise_and(codes * _ODD, _MASK)


def n_gram_buckets(codes: Any, buckets: int) -> Any:
    """Of each code the number of its bucket, int32 from 1 to `buckets`; 0 where there is no n-gram.

    Example:
        >>> kerasdl.layers.n_grams.n_gram_buckets(np.array([[0, 7, 12]]), 5).numpy().tolist()
        [[0, 3, 3]]
    """
    return ops.where(ops.equal(codes, 0), 0, ops.cast(ops.mod(codes, buckets), "int32") + 1)


@keras.saving.register_keras_serializable("kerasdl")
class NGrams(keras.layers.Layer):
    """The different n-grams of each text, as numbers: those of a vocabulary of n-grams, or all, hashed into buckets.

    An n-gram is a sequence of one to `longest` tokens. It counts once per text, however often it occurs, as in Wang and
    Manning, "Baselines and Bigrams" (ACL P12-2018). Hashed n-grams may share a number (arXiv:0902.2206). With the JAX
    backend the layer needs `jax_enable_x64`.

    Args:
        vocabulary_size: Number of different tokens.
        codes: The vocabulary of n-grams: their `n_gram_codes`, sorted. Or only how many; they are then to be loaded
            as weights.
        buckets: In place of `codes`, the number of buckets.
        longest: Tokens of the longest n-grams.
        **kwargs: As for `keras.layers.Layer`.

    Raises:
        ValueError: Not exactly one of `codes` and `buckets`, a number below 1, codes that are not sorted
            `n_gram_codes`, or n-grams that have no code of 63 bits.

    Shapes:
        Ids of tokens (batch, steps), 0 for padding, to int32 (batch, longest * steps): the number of each n-gram, 1 to
        `count`, in ascending order among zeros.

    Example:
        >>> codes = np.sort(kerasdl.layers.n_gram_codes([[3, 4]], 5, longest=2).numpy()[0, :3])
        >>> layer = kerasdl.layers.NGrams(5, codes=codes, longest=2)
        >>> np.unique(layer(np.array([[3, 4, 3, 4], [3, 3, 0, 0]]))).tolist()
        [0, 1, 2, 3]
    """

    def __init__(
        self,
        vocabulary_size: int,
        *,
        codes: ArrayLike | int | None = None,
        buckets: int | None = None,
        longest: int = 3,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (codes is None) == (buckets is None):
            raise ValueError(f"Pass either codes or buckets. Received: codes={codes}, buckets={buckets}")
        self.vocabulary_size, self.buckets, self.longest = vocabulary_size, buckets, longest
        self._codes = None if codes is None or isinstance(codes, int) else np.asarray(codes, np.int64)
        given: Any = codes if self._codes is None else len(self._codes)
        self.count = int(given if buckets is None else buckets)
        if min(vocabulary_size, longest, self.count) < 1 or vocabulary_size**longest > _MASK:
            raise ValueError(
                "There must be an n-gram, and vocabulary_size to the power of longest must be below 2**63. "
                f"Received: vocabulary_size={vocabulary_size}, longest={longest}, {self.count} codes or buckets"
            )
        # The first bits of a code are the number of its stretch.
        self._shift = _BITS - max((self.count - 1).bit_length(), 1)
        if self._codes is not None:
            _check(self._codes, self._codes >> self._shift)

    def build(self, input_shape: Any) -> None:  # noqa: ARG002
        if self.buckets is not None:
            return
        stretches = 2 ** (_BITS - self._shift)
        # So that a search may look behind the last code.
        length = self.count + 2**_HALVINGS
        self.codes = self.add_weight((length,), "zeros", "int64", trainable=False, name="codes")
        # Where the codes with the same first bits begin.
        self.begins = self.add_weight((stretches,), "zeros", "int32", trainable=False, name="begins")
        if self._codes is not None:
            self.codes.assign(np.pad(self._codes, (0, 2**_HALVINGS), constant_values=_MASK))
            self.begins.assign(np.searchsorted(self._codes >> self._shift, np.arange(stretches)))

    def call(self, tokens: Any) -> Any:
        codes = n_gram_codes(tokens, self.vocabulary_size, self.longest)
        numbers = self._found(codes) if self.buckets is None else n_gram_buckets(codes, self.buckets)
        numbers = ops.sort(numbers, axis=1)
        is_repeated = ops.pad(numbers[:, 1:] == numbers[:, :-1], ((0, 0), (1, 0)))
        return ops.where(is_repeated, 0, numbers)

    def _found(self, codes: Any) -> Any:
        """The numbers of codes, by a binary search among the few with the same first bits.

        `ops.searchsorted` takes as long on a CPU, and XLA compares every code with all of the vocabulary for it.
        """
        place = ops.take(self.begins, ops.right_shift(codes, self._shift))
        for halving in reversed(range(_HALVINGS)):
            is_before = ops.take(self.codes, place + (2**halving - 1)) < codes
            place += 2**halving * ops.cast(is_before, "int32")
        return ops.where(ops.take(self.codes, place) == codes, place + 1, 0)

    def compute_output_spec(self, tokens: Any) -> Any:
        rows, steps = tokens.shape
        return keras.KerasTensor((rows, steps and steps * self.longest), "int32")

    def get_config(self) -> dict[str, Any]:
        how = {"codes": self.count} if self.buckets is None else {"buckets": self.buckets}
        return {**super().get_config(), "vocabulary_size": self.vocabulary_size, **how, "longest": self.longest}


def _check(codes: np.ndarray, stretches: np.ndarray) -> None:
    if codes[0] < 1 or (np.diff(codes) < 1).any():
        raise ValueError(f"Codes must be above 0, sorted and different. Received: {codes}")
    if np.bincount(stretches).max() >= 2**_HALVINGS:
        raise ValueError(f"Codes must be n_gram_codes, which are spread evenly. Received: {codes}")
