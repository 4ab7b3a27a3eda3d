"""ChunkedEncoder: a recurrent encoder over documents of any length, in bounded memory."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class ChunkedEncoder(keras.layers.Wrapper):
    """Runs a recurrent encoder over documents, of which the last part gives features, and what comes before it a state.

    As fastai's `SentenceEncoder` (Howard and Ruder, arXiv:1801.06146, "BPTT for text classification"): of a document
    longer than `last` tokens, the beginning is read in chunks without gradients and without dropout, and its state
    carried on, so that memory does not grow with the document. In contrast to fastai's, gradients flow through all of
    the last tokens.

    Args:
        layer: A functional model from tokens (batch, steps) and states (batch, units) to features (batch, steps, units)
            and the states, in lists. Without states it cannot go on from a chunk: then the beginning is left out.
        last: Largest number of tokens that give features.
        chunk: Tokens per chunk of the beginning; a document's features begin after a whole number of chunks.
        **kwargs: As for `keras.layers.Layer`.

    Raises:
        ValueError: `layer` has not as many states in as out, or a number is not positive, or `chunk` above `last`.

    Shapes:
        Tokens (batch, steps), of which 0 on the right is padding, to features (batch, up to `last`, units), and bool
        (batch, up to `last`): where they belong to a token.

    Example:
        >>> tokens, state = keras.Input((None,), dtype="int32"), keras.Input((4,))
        >>> x = keras.layers.Embedding(10, 3)(tokens)
        >>> x, after = keras.layers.GRU(4, return_sequences=True, return_state=True)(x, initial_state=state)
        >>> encoder = ChunkedEncoder(keras.Model([tokens, state], [x, after]), last=6, chunk=2)
        >>> features, is_token = encoder(np.array([[5, 7, 8, 0]]))
        >>> features.shape, is_token.numpy().tolist()
        (TensorShape([1, 4, 4]), [[True, True, True, False]])
    """

    def __init__(self, layer: keras.Model, *, last: int = 1440, chunk: int = 72, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        if len(layer.inputs) != len(layer.outputs) or not 1 <= chunk <= last:
            raise ValueError(
                "The encoder must have as many states in as out, and chunk must be from 1 to last. "
                f"Received: {len(layer.inputs)} inputs and {len(layer.outputs)} outputs, chunk={chunk}, last={last}"
            )
        self.last, self.chunk = last, chunk

    def call(self, tokens: Any, training: bool = False) -> tuple[Any, Any]:
        lengths = ops.sum(ops.cast(ops.not_equal(tokens, 0), "int32"), axis=1)
        chunks = ops.maximum(lengths - self.last + self.chunk - 1, 0) // self.chunk
        states = self._read(tokens, chunks)
        kept = self._tokens(tokens, chunks * self.chunk, ops.minimum(ops.shape(tokens)[1], self.last))
        features, *_ = self._outputs(kept, states, training)
        return features, ops.not_equal(kept, 0)

    def _read(self, tokens: Any, chunks: Any) -> list[Any]:
        """The states after the first `chunks` of each row; those of rows with fewer than others begin later."""
        rows, most = ops.shape(tokens)[0], ops.max(chunks)
        states = [ops.zeros((rows, each.shape[-1]), self.compute_dtype) for each in self.layer.inputs[1:]]
        if not states:
            return []

        def read(number: Any, *states: Any) -> tuple[Any, ...]:
            at = number - (most - chunks)
            _, *after = self._outputs(self._tokens(tokens, at * self.chunk, self.chunk), states, training=False)
            begun = ops.expand_dims(at >= 0, 1)
            return number + 1, *(ops.where(begun, *pair) for pair in zip(after, states, strict=True))

        _, *states = ops.while_loop(lambda number, *_: number < most, read, (ops.zeros((), "int32"), *states))
        return [ops.stop_gradient(state) for state in states]

    def _tokens(self, tokens: Any, begins: Any, count: Any) -> Any:
        """`count` tokens of each row from the place where it `begins`, 0 beyond the end."""
        places, steps = begins[:, None] + ops.arange(count, dtype="int32"), ops.shape(tokens)[1]
        found = ops.take_along_axis(tokens, ops.clip(places, 0, steps - 1), axis=1)
        return ops.where(places < steps, found, 0)

    def _outputs(self, tokens: Any, states: Any, training: bool) -> list[Any]:
        # A model of one output gives no list.
        return keras.tree.flatten(self.layer([tokens, *states] if states else tokens, training=training))

    def compute_output_spec(self, tokens: Any, training: bool = False) -> tuple[Any, Any]:  # noqa: ARG002
        rows, steps = tokens.shape
        kept = None if steps is None else min(steps, self.last)
        features = self.layer.outputs[0]
        is_token = keras.KerasTensor((rows, kept), "bool")
        return keras.KerasTensor((rows, kept, features.shape[-1]), features.dtype), is_token

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "last": self.last, "chunk": self.chunk}
