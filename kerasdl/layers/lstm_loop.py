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
        >>> outputs, h, c = lstm_loop(np.ones((2, 5, 3)), *np.zeros((2, 2, 4)), *lstm.get_weights())
    """
    by_step = ops.transpose(sequences, (1, 0, 2))
    steps, rows, features = ops.shape(by_step)
    projected = _product(ops.reshape(by_step, (-1, features)), kernel, kernel.dtype) + ops.cast(bias, "float32")
    projected = ops.reshape(projected, (steps, rows, kernel.shape[1]))
    outputs, cells = _recurrence(projected, ops.cast(h, "float32"), ops.cast(c, "float32"), recurrent_kernel)
    return ops.transpose(outputs, (1, 0, 2)), outputs[-1], cells[-1]


@ops.custom_gradient
def _recurrence(projected: Any, h: Any, c: Any, recurrent_kernel: Any) -> Any:
    """From projected inputs, float32 (steps, batch, 4 * units), to outputs and cells (steps, batch, units)."""
    units, dtype = recurrent_kernel.shape[0], recurrent_kernel.dtype

    def step(before: Any, z: Any) -> Any:
        h, c, _ = before
        z = z + _product(h, recurrent_kernel, dtype)
        squashed = ops.sigmoid(z[:, : 2 * units]), ops.tanh(z[:, 2 * units : 3 * units]), ops.sigmoid(z[:, 3 * units :])
        i, f, g, o = squashed[0][:, :units], squashed[0][:, units:], *squashed[1:]
        c = f * c + i * g
        after = o * ops.tanh(c), c, ops.concatenate(squashed, axis=1)
        return after, after

    _, (outputs, cells, gates) = ops.scan(step, (h, c, ops.zeros_like(projected[0])), projected)

    def gradient(*args: Any, upstream: Any = None) -> Any:
        outputs_gradient, cells_gradient = upstream or args
        i, f, g, o = ops.split(gates, 4, axis=-1)
        squashed = ops.tanh(cells)
        earlier_cells = ops.concatenate([c[None], cells[:-1]])
        # How the cells depend on i, f and g before their activations, the outputs on the cells and on o; one tensor,
        # because `ops.scan` takes several only if the number of steps is known.
        of_gates = [g * i * (1 - i), earlier_cells * f * (1 - f), i * (1 - ops.square(g))]
        of_outputs = [o * (1 - ops.square(squashed)), squashed * o * (1 - o)]
        steps = ops.concatenate([*of_gates, *of_outputs, f, outputs_gradient, cells_gradient], axis=-1)
        transposed = ops.transpose(recurrent_kernel)

        def step_back(after: Any, now: Any) -> Any:
            dh, dc, _ = after
            of_gates = now[:, : 3 * units]
            cell_of_output, gate_of_output, f, dh_now, dc_now = ops.split(now[:, 3 * units :], 5, axis=1)
            dh = dh + dh_now
            dc = dc + dc_now + dh * cell_of_output
            dz = ops.concatenate([ops.concatenate([dc] * 3, axis=1) * of_gates, dh * gate_of_output], axis=1)
            before = _product(dz, transposed, dtype), dc * f, dz
            return before, before

        nothing = ops.zeros_like(h), ops.zeros_like(c), ops.zeros_like(projected[0])
        (dh, dc, _), (_, _, dz) = ops.scan(step_back, nothing, steps, reverse=True)
        earlier_outputs = ops.concatenate([h[None], outputs[:-1]])
        flat = ops.transpose(ops.reshape(earlier_outputs, (-1, units)))
        of_kernel = _product(flat, ops.reshape(dz, (-1, 4 * units)), dtype)
        return dz, dh, dc, ops.cast(of_kernel, dtype)

    return (outputs, cells), gradient


def _product(left: Any, right: Any, dtype: Any) -> Any:
    """A matrix product in `dtype`, as float32."""
    return ops.cast(ops.matmul(ops.cast(left, dtype), ops.cast(right, dtype)), "float32")
