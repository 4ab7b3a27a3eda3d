"""The loop of an LSTM over time with as little as possible inside of it, which is faster on a CPU."""

from typing import Any

from keras import ops


def lstm_loop(sequences: Any, h: Any, c: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> tuple[Any, Any, Any]:
    """Run an LSTM over sequences; values and gradients are those of `keras.layers.LSTM`.

    One matrix product each for the projection of the inputs and for the gradients of inputs, kernel and recurrent
    kernel, over all steps, as in cuDNN (arXiv:1410.0759): a loop that an optimizer differentiates adds up the gradients
    of the kernels step by step. Elementwise operations are in float32, matrix products in the dtype of the kernels.

    Args:
        sequences: (batch, steps, features).
        h: Output before the first step, (batch, units).
        c: State of the cells before the first step, (batch, units).
        kernel: (features, 4 * units), gates in Keras's order: input, forget, candidate, output.
        recurrent_kernel: (units, 4 * units).
        bias: (4 * units,).

    Returns:
        Outputs (batch, steps, units), and the last output and state of the cells, all float32.

    Example:
        >>> lstm = keras.layers.LSTM(4)
        >>> lstm.build((2, 5, 3))
        >>> outputs, h, c = lstm_loop(np.ones((2, 5, 3), "float32"), *np.zeros((2, 2, 4)), *lstm.get_weights())
        >>> outputs.shape
        TensorShape([2, 5, 4])
    """
    by_step = ops.transpose(sequences, (1, 0, 2))
    steps, rows, features = ops.shape(by_step)
    projected = _product(ops.reshape(by_step, (-1, features)), kernel, kernel.dtype)
    projected = ops.reshape(projected, (steps, rows, kernel.shape[1]))
    state = ops.cast(h, "float32"), ops.cast(c, "float32")
    outputs, c = _recurrence(projected, *state, recurrent_kernel, ops.cast(bias, "float32"))
    return ops.transpose(outputs, (1, 0, 2)), outputs[-1], c


@ops.custom_gradient
def _recurrence(projected: Any, h: Any, c: Any, recurrent_kernel: Any, bias: Any) -> Any:
    """From projected inputs, float32 (steps, batch, 4 * units), to outputs (steps, batch, units) and the last cells."""
    units, dtype = recurrent_kernel.shape[0], recurrent_kernel.dtype

    def step(before: Any, z: Any) -> Any:
        z = z + _product(before[0], recurrent_kernel, dtype) + bias
        i, f, o = ops.sigmoid(z[:, :units]), ops.sigmoid(z[:, units : 2 * units]), ops.sigmoid(z[:, 3 * units :])
        g = ops.tanh(z[:, 2 * units : 3 * units])
        c = f * before[1] + i * g
        squashed = ops.tanh(c)
        after = o * squashed, c, i, f, g, o, squashed
        return after, after

    # `ops.scan` returns of every step what it carries to the next; of the gates that need be nothing.
    first = h, c, *[ops.zeros_like(h)] * 5
    (_, last, *_), (outputs, cells, i, f, g, o, squashed) = ops.scan(step, first, projected)

    def gradient(*args: Any, upstream: Any = None) -> Any:
        of_outputs, of_last = upstream or args
        earlier_cells = ops.concatenate([c[None], cells[:-1]])
        of_gates = [g * i * (1 - i), earlier_cells * f * (1 - f), i * (1 - ops.square(g)), squashed * o * (1 - o)]
        slopes, cell_of_output = ops.concatenate(of_gates, axis=-1), o * (1 - ops.square(squashed))
        transposed = ops.transpose(recurrent_kernel)

        def step_back(after: Any, now: Any) -> Any:
            slopes, cell_of_output, f, of_output = ops.split(now, (4 * units, 5 * units, 6 * units), axis=-1)
            dh = after[0] + of_output
            dc = after[1] + dh * cell_of_output
            dz = ops.concatenate([dc, dc, dc, dh], axis=1) * slopes
            before = _product(dz, transposed, dtype), dc * f, dz
            return before, before

        first = ops.zeros_like(h), of_last, ops.zeros_like(projected[0])
        # One array, because `ops.scan` takes several only if the number of steps is known.
        now = ops.concatenate([slopes, cell_of_output, f, of_outputs], axis=-1)
        (dh, dc, _), (_, _, dz) = ops.scan(step_back, first, now, reverse=True)
        earlier_outputs = ops.concatenate([h[None], outputs[:-1]])
        # A row of ones, for the gradient of the bias.
        flat = ops.transpose(ops.reshape(earlier_outputs, (-1, units)))
        flat = ops.concatenate([flat, ops.ones_like(flat[:1])])
        of_weights = _product(flat, ops.reshape(dz, (-1, 4 * units)), dtype)
        return dz, dh, dc, ops.cast(of_weights[:-1], dtype), of_weights[-1]

    return (outputs, last), gradient


def _product(left: Any, right: Any, dtype: Any) -> Any:
    """A matrix product in `dtype`, as float32."""
    return ops.cast(ops.matmul(ops.cast(left, dtype), ops.cast(right, dtype)), "float32")
