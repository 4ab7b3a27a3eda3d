"""Classifiers of raw sequences, and of the samples of sounds."""

from collections.abc import Sequence

import keras
from kerasdl.export.probabilities import class_probabilities
from kerasdl.layers import ClassNames, LogMelSpectrogram
from kerasdl.outputs import Outputs, only_output


def sequence_classifier(
    model: keras.Model,
    classes: Sequence[str],
    *,
    spectrogram: LogMelSpectrogram | None = None,
    outputs: Outputs | None = None,
) -> keras.Model:
    """Wrap a trained classifier of sequences into a model with its class names inside; of sounds, from their samples.

    Args:
        model: From sequences (batch, length, channels), NaN after the end of a shorter one, to logits or probabilities;
            it does its own scaling (`preprocess=`).
        classes: Class names, in the order of the outputs; two names if the model has one output.
        spectrogram: Of a model that was trained on spectra of sounds: the layer that made them,
            `Recordings.spectrogram`.
        outputs: "logits" or "probabilities"; by default read from the last layer and the compiled loss.

    Returns:
        A functional model that shares `model`'s weights: float32 sequences as `model` takes them, or with `spectrogram`
        samples (batch, any) in -1..1 at its sample rate, NaN after the end of a shorter sound, to float32 probabilities
        (batch, classes). `class_names(exported)` returns the names, also after loading (`import kerasdl` before
        `keras.models.load_model`). `data.sequences.predict` predicts arrays, and WAV files.

    Raises:
        ValueError: The model takes no sequences, or others than the spectrogram gives; the number of names differs from
            the number of classes; several outputs; it is unknown what the outputs are, or the last layer and the loss
            contradict each other.

    Example:
        >>> network = kerasdl.models.resnet_1d((None, 6), 2)
        >>> exported = kerasdl.export.sequence_classifier(network, ["standing", "running"])
        >>> exported.predict(np.zeros((1, 100, 6))).shape
        (1, 2)
    """
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 3:
        raise ValueError(
            "The model must be functional, or Sequential with an Input, and take one batch of sequences (length, "
            f"channels). Received: {type(model).__name__} {model.name!r} with input_shape={shape}"
        )
    if spectrogram is not None and (shape[1] is not None or shape[2] != spectrogram.bands):
        raise ValueError(
            "The model must take spectra of any length with as many channels as the spectrogram has bands: build it "
            f"for (None, {spectrogram.bands}). Received: input_shape={shape}"
        )
    if spectrogram is None:
        inputs = x = keras.Input(shape[1:], dtype="float32", name="sequences")
    else:
        inputs = keras.Input((None,), dtype="float32", name="samples")
        x = spectrogram(inputs)
    probabilities = class_probabilities(model, only_output(model, model(x)), outputs)
    return keras.Model(inputs, ClassNames(classes, name="class_names", dtype="float32")(probabilities))
