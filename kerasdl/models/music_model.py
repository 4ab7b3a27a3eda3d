"""An LSTM that predicts the next chord of a piece in voices, note after note; and new chords drawn from it."""

from typing import Any

import keras
import numpy as np
from keras import layers
from kerasdl.arguments import known_arguments

# MIDI note numbers, with 0 for a rest.
NOTES = 128


@known_arguments()
def music_model(
    voices: int,
    *,
    embedding: int = 32,
    units: int = 256,
    dropout: float = 0.3,
    name: str = "music_model",
) -> keras.Model:
    """LSTM over chords, whose notes it predicts one after the other, each given those before (by the chain rule).

    The LSTM reads the chords so far. The first voice is predicted from its output, the second from that and the first
    note, and so on, as in the RNN-NADE of Boulanger-Lewandowski et al. (arXiv:1206.6392), but with a choice among all
    notes for each voice in place of a yes or no for each note. So the probability of a chord is the product of those of
    its notes, and the sum of the cross entropies is the negative log-likelihood.

    Layers are named by group: `stem_…` (notes, and dropout before the LSTM), `stage1_…` (the LSTM), `head_…`.

    Args:
        voices: Notes of a chord, from the first that is predicted to the last.
        embedding: Width of the embedding of a note.
        units: Width of the LSTM, and of the hidden layer of each voice.
        dropout: Dropout rate before and after the LSTM (the same channels at all steps), and before the logits.
        name: Name of the model.

    Returns:
        A functional model: notes int32 (batch, steps, voices), from 0 (a rest) to 127, to their own float32 logits
        (batch, steps, voices, 128). Those of a note depend on the steps before, and on the voices before it in its
        step, alone: so the notes are inputs and targets at once.

    Raises:
        ValueError: Less than one voice.

    Example:
        >>> model = kerasdl.models.music_model(4)
        >>> model(np.array([[[67, 64, 60, 48], [65, 62, 59, 43]]])).shape
        TensorShape([1, 2, 4, 128])
    """
    if voices < 1:
        raise ValueError(f"A chord has at least one voice. Received: voices={voices}")
    notes: Any = keras.Input((None, voices), dtype="int32", name="notes")
    x = layers.Embedding(NOTES, embedding, name="stem_notes")(notes)
    chords = layers.Reshape((-1, voices * embedding), name="stem_chords")(x)
    # One step later; before the first chord there is nothing.
    before = layers.Cropping1D((0, 1), name="stem_crop")(layers.ZeroPadding1D((1, 0), name="stem_shift")(chords))
    if dropout:
        before = layers.SpatialDropout1D(dropout, name="stem_dropout")(before)
    memory = layers.LSTM(units, return_sequences=True, name="stage1_lstm")(before)
    if dropout:
        memory = layers.SpatialDropout1D(dropout, name="stage1_dropout")(memory)
    logits = []
    for voice in range(voices):
        x = memory
        if voice:
            sung = layers.Reshape((-1, voices, embedding), name=f"head_notes{voice}")(chords)
            sung = layers.Cropping2D(((0, 0), (0, voices - voice)), name=f"head_crop{voice}")(sung)
            sung = layers.Reshape((-1, voice * embedding), name=f"head_sung{voice}")(sung)
            x = layers.Concatenate(name=f"head_concat{voice}")([memory, sung])
        x = layers.Dense(units, "relu", name=f"head_dense{voice}")(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"head_dropout{voice}")(x)
        logits.append(layers.Dense(NOTES, dtype="float32", name=f"head_logits{voice}")(x))
    x = layers.Concatenate(name="head_all", dtype="float32")(logits) if voices > 1 else logits[0]
    return keras.Model(notes, layers.Reshape((-1, voices, NOTES), name="head_logits", dtype="float32")(x), name=name)


def continue_music(
    model: keras.Model, begun: np.ndarray, length: int, *, temperature: float = 1.0, seed: int = 0
) -> np.ndarray:
    """Draw chords after those that are given, one note after the other, each with the probability that it has.

    All steps are computed again for each note: simple, and fast enough for a piece of a few minutes.

    Args:
        model: From notes to their logits, as of `music_model`.
        begun: Integers (steps, voices), the chords to go on from; there may be none, (0, voices).
        length: Steps of the whole.
        temperature: By which the logits are divided: below 1 the probable notes are drawn more often than they should
            be, near 0 the most probable alone.
        seed: Random seed.

    Returns:
        int32 (length, voices), which begins with `begun`.

    Raises:
        ValueError: Another shape, fewer steps than are given, or a temperature that is not positive.

    Example:
        >>> model = kerasdl.models.music_model(4, units=16)
        >>> kerasdl.models.continue_music(model, np.array([[67, 64, 60, 48]]), 3).shape
        (3, 4)
    """
    begun, voices = np.asarray(begun), model.input_shape[-1]
    if begun.ndim != 2 or begun.shape[1] != voices or not 0 < length >= len(begun) or not temperature > 0:
        raise ValueError(
            f"Give chords (steps, {voices}), at least as many steps as a length, and a temperature above 0. "
            f"Received: begun of shape {begun.shape}, length={length}, temperature={temperature}"
        )
    random = np.random.default_rng(seed)
    # Of one length, so that the model is traced once; it does not look ahead at the rests.
    notes = np.zeros((1, length, voices), np.int32)
    notes[0, : len(begun)] = begun
    for step in range(len(begun), length):
        for voice in range(voices):
            logits = model.predict_on_batch(notes)[0, step, voice]
            # The largest of sums with Gumbel noise is a draw from the softmax.
            notes[0, step, voice] = np.argmax(logits / temperature + random.gumbel(size=NOTES))
    return notes[0]
