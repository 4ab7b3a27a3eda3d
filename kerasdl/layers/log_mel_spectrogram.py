"""LogMelSpectrogram: from the samples of a sound to the loudness of bands of its frequencies."""

from typing import Any

import keras
import numpy as np
from keras import ops

# Hertz, by O'Shaughnessy's formula of the mel, log(1 + hertz / 700) but for a factor.
BREAK = 700.0
# Power: below the noise of 16 bits, so that silence is a number.
FLOOR = 1e-6
# Of a unit of loudness: whole numbers add up to the same in any order, so that padding changes no bit of a mean.
PARTS = 256


@keras.saving.register_keras_serializable("kerasdl")
class LogMelSpectrogram(keras.layers.Layer):
    """The logarithm of the power in bands of equal width on the mel scale (Davis and Mermelstein, 1980).

    Every frame is a function of its own samples alone: neither padding nor the other sounds of a batch change it. (In
    `keras.layers.MelSpectrogram` the loudest sound of a batch sets the floor of all, and padding has no mask.)

    Args:
        sample_rate: Samples per second.
        bands: Number of bands.
        window: Seconds that a frame sees, through a Hann window; the next power of two in samples.
        hop: Seconds from frame to frame.
        lowest: Hertz, the lower end of the lowest band.
        highest: Hertz, the upper end of the highest band; by default half of the sample rate.
        centered: Subtract from each band its mean over the sound. What a microphone, a room or a voice multiplies the
            power with is a constant in the logarithm, and vanishes (cepstral mean normalization, Atal, 1974,
            doi:10.1121/1.1914702); so does what is the same throughout, such as a steady tone.
        **kwargs: As for `keras.layers.Layer`. The layer computes in float32 under any dtype policy.

    Shapes:
        Input (batch, samples) in -1..1, NaN after the end of a shorter sound; output (batch, frames, bands), NaN after
        its last frame, which `layers.MaskNaN` masks. The last frame is filled up with silence.

    Raises:
        ValueError: Less than one band; a window or hop below one sample; frequencies that are not in order, or above
            half of the sample rate; bands so narrow that one holds no frequency of the window.

    Example:
        >>> spectrogram = kerasdl.layers.LogMelSpectrogram(8000)
        >>> spectrogram(np.zeros((1, 8000), "float32")).shape
        TensorShape([1, 98, 40])
    """

    def __init__(
        self,
        sample_rate: int,
        *,
        bands: int = 40,
        window: float = 0.025,
        hop: float = 0.01,
        lowest: float = 20.0,
        highest: float | None = None,
        centered: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.sample_rate, self.bands, self.window, self.hop = sample_rate, bands, window, hop
        self.lowest, self.highest = lowest, sample_rate / 2 if highest is None else highest
        self.centered = centered
        if bands < 1 or min(window, hop) * sample_rate < 1 or not 0 <= self.lowest < self.highest <= sample_rate / 2:
            raise ValueError(
                "At least one band, one sample per window and hop, and frequencies from 0 to half of the sample rate. "
                f"Received: bands={bands}, window={window}, hop={hop}, lowest={lowest}, highest={self.highest} at "
                f"sample_rate={sample_rate}"
            )
        self.step = round(hop * sample_rate)
        self.size = 2 ** int(np.ceil(np.log2(window * sample_rate)))
        self._weights_of_bands = mel_weights(sample_rate, self.size, bands, self.lowest, self.highest)

    @property
    def centers(self) -> list[float]:
        """The center of each band, in Hertz."""
        return _hertz(self.lowest, self.highest, self.bands)[1:-1].tolist()

    def call(self, inputs: Any) -> Any:
        samples = ops.cast(inputs, "float32")
        # The condition is that of NaN itself: converters to ONNX choose by multiplication wherever they see none.
        is_padding = ops.isnan(samples)
        # As many zeros as the last frame may need; frames beyond that are cut off.
        heard = ops.pad(ops.where(is_padding, 0.0, samples), ((0, 0), (0, self.size + self.step)))
        real, imaginary = self.spectrum(heard)
        power = ops.matmul(ops.square(real) + ops.square(imaginary), self._weights_of_bands)
        loudness = ops.log(power + FLOOR)[:, : self._frames(ops.shape(samples)[1])]
        last = self._frames(ops.sum(ops.cast(ops.logical_not(is_padding), "int32"), axis=1, keepdims=True))
        is_frame = (ops.arange(ops.shape(loudness)[1])[None] < last)[..., None]
        loudness = ops.where(is_frame, loudness, float("nan"))
        return without_mean(loudness) if self.centered else loudness

    def spectrum(self, samples: Any) -> tuple[Any, Any]:
        """The real and the imaginary part of each frame's spectrum, (batch, frames, size / 2 + 1) each."""
        return ops.stft(samples, self.size, self.step, self.size, window="hann", center=False)

    def _frames(self, samples: Any) -> Any:
        """As many as it takes to see every sample."""
        largest = max if isinstance(samples, int) else ops.maximum
        return 1 + largest(samples - self.size + self.step - 1, 0) // self.step

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        count, samples = input_shape
        return count, None if samples is None else self._frames(samples), self.bands

    def get_config(self) -> dict[str, Any]:
        own = ("sample_rate", "bands", "window", "hop", "lowest", "highest", "centered")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


def without_mean(spectra: Any) -> Any:
    """Spectra, of which each band is centered around its mean over the sound.

    Args:
        spectra: float32 (batch, frames, bands), NaN after the end of a shorter sound.

    Returns:
        The same shape, with the same NaN; no bit depends on how many there are.

    Example:
        >>> without_mean(np.array([[[1.0], [3.0], [np.nan]]], "float32")).numpy().ravel().tolist()
        [-1.0, 1.0, nan]
    """
    is_padding = ops.isnan(spectra)
    parts = ops.cast(ops.round(PARTS * ops.where(is_padding, 0.0, spectra)), "int32")
    frames = ops.sum(ops.cast(ops.logical_not(is_padding), "int32"), axis=1, keepdims=True)
    total = ops.sum(parts, axis=1, keepdims=True)
    return spectra - ops.cast(total, "float32") / ops.cast(PARTS * ops.maximum(frames, 1), "float32")


def mel_weights(sample_rate: int, size: int, bands: int, lowest: float, highest: float) -> np.ndarray:
    """How much of each frequency of a window belongs to each band: triangles of height 1 on the mel scale.

    Args:
        sample_rate: Samples per second.
        size: Samples of the window.
        bands: Number of bands.
        lowest: Hertz, the lower end of the lowest band.
        highest: Hertz, the upper end of the highest band.

    Returns:
        float32 (size / 2 + 1, bands).

    Raises:
        ValueError: A band holds no frequency.

    Example:
        >>> mel_weights(8000, 256, 40, 20.0, 4000.0).shape
        (129, 40)
    """
    mels, edges = (
        np.log1p(hertz / BREAK)
        for hertz in (np.linspace(0, sample_rate / 2, size // 2 + 1), _hertz(lowest, highest, bands))
    )
    rising = (mels[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mels[:, None]) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rising, falling))
    if (empty := np.flatnonzero(weights.sum(axis=0) == 0)).size:
        raise ValueError(
            f"Band {empty[0] + 1} holds no frequency: take fewer bands, or a longer window. "
            f"Received: bands={bands} for a window of {size} samples at {sample_rate} Hz"
        )
    return weights.astype(np.float32)


def _hertz(lowest: float, highest: float, bands: int) -> np.ndarray:
    """The edges of bands of equal width on the mel scale; the center of a band is the edge of its neighbors."""
    return BREAK * np.expm1(np.linspace(*np.log1p(np.array([lowest, highest]) / BREAK), bands + 2))
