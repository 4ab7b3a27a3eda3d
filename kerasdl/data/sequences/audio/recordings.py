"""Recordings: the datasets of labelled sounds, as sequences of spectra."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import keras
import numpy as np
import tensorflow as tf
from kerasdl.arguments import known_arguments
from kerasdl.data.listing import matched, refuse_bad_files
from kerasdl.data.scale import Scale
from kerasdl.data.sequences.audio.folders import labelled_files, training_folder
from kerasdl.data.sequences.audio.wav import read_wav, resampled
from kerasdl.data.sequences.augment.augmentation import Augmentation
from kerasdl.data.sequences.sequences import Sequences, check_options
from kerasdl.data.source import Source
from kerasdl.data.splits import Part, as_parts, stratified, whole_groups
from kerasdl.errors import BadInput
from kerasdl.layers import LogMelSpectrogram
from kerasdl.layers.log_mel_spectrogram import without_mean

if TYPE_CHECKING:
    from kerasdl.plots import Figure

# Hertz; speech has little above half of it.
HIGHEST_DEFAULT_RATE = 16_000
# Files from which on progress is shown.
SHOWN_FROM = 200


@dataclass(frozen=True, eq=False, kw_only=True)
class Recordings(Sequences):
    """Labelled sounds as log-mel spectrograms, ready for `fit`.

    A batch is (spectra, labels): float32 (batch, frames, bands), as long as its longest sound, NaN after the end of a
    shorter one, and int64 (batch,).

    Attributes:
        spectrogram: From samples to spectra; give it to `export.sequence_classifier`.
        skipped: Files that could not be read and were skipped, with the reason.

    Example:
        >>> digits = kerasdl.data.sequences.from_audio("digits")
        >>> print(digits)
        12 training and 4 validation sounds of up to 0.3 seconds at 8,000 Hz in 2 classes
    """

    spectrogram: LogMelSpectrogram = field(repr=False)
    skipped: tuple[str, ...] = field(default=(), repr=False)

    def sheet(self, values: np.ndarray, titles: Sequence[str], *, maps: np.ndarray | None = None) -> "Figure":
        """Draw spectra, each under its title, and what weighed in them; see `Sequences.sheet`."""
        from kerasdl import plots

        layer = self.spectrogram
        return plots.spectrogram_sheet(values, titles, hop=layer.hop, bands=layer.centers, maps=maps)

    @staticmethod
    def _shown(name: str) -> str:
        return Path(name).name

    def __str__(self) -> str:
        seconds = self.shape[0] * self.spectrogram.hop
        return (
            f"{len(self.train_names):,} training and {len(self.valid_names):,} validation sounds of up to "
            f"{seconds:.1f} seconds at {self.spectrogram.sample_rate:,} Hz in {len(self.classes)} classes"
            + ", each band centered" * self.spectrogram.centered
            + (f", {len(self.skipped)} unreadable files skipped" if self.skipped else "")
        )


@known_arguments()
def from_audio(
    folder: str | Path,
    *,
    sample_rate: int | None = None,
    bands: int = 40,
    window: float = 0.025,
    hop: float = 0.01,
    centered: bool | None = None,
    group: str | None = None,
    on_bad: Literal["raise", "skip"] = "raise",
    batch_size: int = 16,
    augment: Augmentation | None = None,
    valid_share: float = 0.2,
    seed: int = 0,
) -> Recordings:
    r"""Sounds in `folder/train/CLASS/*.wav` and `folder/valid/CLASS/*.wav`, or in `folder/CLASS/*.wav` only.

    WAV files of 8, 16, 24 or 32 bits or floating-point numbers, with any number of channels, which are averaged, at any
    sample rate. Every file is read once, at the start; with more than two hundred files a progress bar is shown.

    Args:
        folder: The folder of sounds.
        sample_rate: Samples per second to which all sounds are resampled; by default the lowest of the files, at most
            16,000.
        bands: Bands of frequencies of a spectrum.
        window: Seconds that a spectrum sees.
        hop: Seconds from spectrum to spectrum.
        centered: Whether to subtract from each band its mean over the sound, so that neither microphone nor voice are
            what is learned; by default if the sounds of the training part change more in themselves than they differ
            from each other on average, as words do, and steady tones do not. False is more accurate if all the voices
            and microphones to come are in the training part.
        group: A regular expression for the path relative to the folder of the class folders. Sounds with the same
            first group stay together in training or in validation, such as r"_(\w+)_" for a speaker.
        on_bad: "raise", or "skip" to leave out files that cannot be read (`Recordings.skipped` lists them).
        batch_size: Sounds per batch; the last batch of an epoch may be smaller.
        augment: An `augment.Augmentation` of the spectra, such as `augment.spec_augment()`, or None.
        valid_share: Share of each class for validation, if there is no folder of it.
        seed: Random seed of the split, the order and the augmentation.

    Returns:
        The datasets.

    Raises:
        BadInput: No such folder, no WAV files, only one class, classes that differ between training and validation, a
            class without readable files, files that cannot be read (the message names them), or an impossible
            spectrogram.
        ModuleNotFoundError: soundfile is not installed, or soxr if a sound must be resampled.

    Example:
        >>> digits = from_audio("digits", augment=kerasdl.data.sequences.augment.spec_augment())
        >>> digits.shape
        (28, 40)
    """
    folder = Path(folder)
    check_options(batch_size, augment)
    if on_bad not in ("raise", "skip"):
        raise BadInput(f"on_bad must be 'raise' or 'skip'. Received: on_bad={on_bad!r}")
    classes, listed = labelled_files(folder)
    sounds, bad = _read_all([file for file, _, _ in listed])
    if bad and on_bad == "raise":
        named = (f"{file} ({why})" for file, why in bad.items())
        refuse_bad_files(named, failed=len(bad), count=len(listed), problem="cannot be read", where=folder)
    kept = [each for each in listed if each[0] in sounds]
    files, labels = [file for file, _, _ in kept], np.array([label for _, label, _ in kept], np.int64)
    parts = _parts(files, labels, [part for _, _, part in kept], classes, folder, group, valid_share, seed)
    rate = sample_rate or min(HIGHEST_DEFAULT_RATE, *(rate for _, rate in sounds.values()))
    options = {"bands": bands, "window": window, "hop": hop}
    layer = _layer(rate, **options)
    # Traced once for all lengths: called alone, the layer runs operation by operation.
    traced = tf.function(layer, input_signature=[tf.TensorSpec((1, None), tf.float32)], autograph=False)
    spectra = [traced(resampled(*sounds[file], rate)[None]).numpy()[0] for file in _shown(files, "sound")]
    if centered is None:
        centered = changes_within([each for each, part in zip(spectra, parts, strict=True) if part == Part.TRAIN])
    if centered:
        layer = _layer(rate, **options, centered=True)
        spectra = [without_mean(each[None]).numpy()[0] for each in spectra]
    scale = Scale.of(np.concatenate([each for each, part in zip(spectra, parts, strict=True) if part == Part.TRAIN]))
    train, valid = (_source(files, labels, spectra, np.flatnonzero(parts == part)) for part in (Part.TRAIN, Part.VALID))
    return Recordings(
        train_source=train,
        valid_source=valid,
        batch_size=batch_size,
        seed=seed,
        classes=classes,
        shape=(max(map(len, spectra)), bands),
        statistics=(scale.mean.tolist(), scale.std.tolist()),
        interpolated=0,
        augmentation=augment,
        spectrogram=layer,
        skipped=tuple(f"{file} ({why})" for file, why in bad.items()),
    )


def bad_files(files: Sequence[str | Path]) -> dict[str, str]:
    """Reads every WAV file once and finds those that fail.

    Args:
        files: The files.

    Returns:
        The reason for each file that cannot be read, in the order of `files`.

    Raises:
        ModuleNotFoundError: soundfile is not installed.

    Example:
        >>> bad_files(["hello.wav", "none.wav"])
        {'none.wav': 'No such file or directory'}
    """
    return _read_all([str(file) for file in files])[1]


def _read_all(files: Sequence[str]) -> tuple[dict[str, tuple[np.ndarray, int]], dict[str, str]]:
    """Samples and rate of each file that can be read, and the reason for each that cannot."""
    sounds, bad = {}, {}
    for file in _shown(files, "file"):
        try:
            sounds[file] = read_wav(file)
        except ValueError as error:
            bad[file] = str(error)
    return sounds, bad


def _shown(files: Sequence[str], unit: str) -> Iterator[str]:
    """The files one after the other, with a progress bar if they are many."""
    bar = keras.utils.Progbar(len(files), unit_name=unit, verbose=int(len(files) > SHOWN_FROM))
    for file in files:
        yield file
        bar.add(1)


def _parts(
    files: Sequence[str],
    labels: np.ndarray,
    given: Sequence[Part],
    classes: Sequence[str],
    folder: Path,
    group: str | None,
    valid_share: float,
    seed: int,
) -> np.ndarray:
    """The part of each file: as given, or whole groups, or a random share of each class for validation."""
    parts = np.array(given)
    if Part.VALID in given and group is not None:
        raise BadInput(f"There is a validation folder already: group is only for splitting. Received: group={group!r}")
    if Part.VALID not in given and group is not None:
        parts = as_parts(whole_groups(np.array(matched(files, training_folder(folder), group)), valid_share, seed))
    elif Part.VALID not in given:
        parts = as_parts(stratified(labels, classes, valid_share, seed))
    for part, name in ((Part.TRAIN, "training"), (Part.VALID, "validation")):
        present = set(labels[parts == part].tolist())
        # A split by groups may leave a rare class out of validation.
        if lost := [each for label, each in enumerate(classes) if label not in present and (part == 0 or not group)]:
            raise BadInput(f"Classes without readable sounds for {name}: {lost}. Received: {str(folder)!r}")
    return parts


def changes_within(spectra: Sequence[np.ndarray]) -> bool:
    """Whether spectra vary more within the sounds than the means of the sounds do.

    Args:
        spectra: (frames, bands) each.

    Example:
        >>> changes_within([np.array([[0.0], [2.0]]), np.array([[0.5], [2.5]])])
        True
    """
    means = np.array([each.mean(axis=0) for each in spectra])
    within = np.concatenate([each - mean for each, mean in zip(spectra, means, strict=True)])
    return bool(np.square(within).mean() > means.var(axis=0).mean())


def _layer(sample_rate: int, **options: Any) -> LogMelSpectrogram:
    try:
        return LogMelSpectrogram(sample_rate, **options, name="spectrogram")
    except ValueError as error:
        raise BadInput(str(error)) from error


def _source(files: Sequence[str], labels: np.ndarray, spectra: Sequence[np.ndarray], chosen: np.ndarray) -> Source:
    """Sounds of different lengths in one array; a batch is padded to its longest."""
    with tf.device("CPU"):
        rows = tf.RaggedTensor.from_row_lengths(
            np.concatenate([spectra[index] for index in chosen]), [len(spectra[index]) for index in chosen]
        )

    def load(indices: tf.Tensor) -> tf.Tensor:
        padded = tf.gather(rows, indices).to_tensor(np.nan)
        return tf.ensure_shape(padded, (None, None, rows.shape[-1]))

    return Source([files[index] for index in chosen], labels[chosen], load)
