"""Music: an LSTM learns which chord comes next, in four voices, and goes on where a piece breaks off.

The LSTM reads the chords so far, and predicts the next one: the soprano first, then the alto, which sees it, tenor and
bass. The default are generated progressions, of which the lowest loss that is possible is known; --data takes a folder
with train/ and test/, such as of Bach's chorales (arXiv:1206.6392). Listen to music.mid.
"""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from kerasdl import callbacks, models, optimizers, plots, runs
from kerasdl.data import music

LONGEST, GIVEN, WRITTEN = 80, 8, 64
# Six semitones up and five down: every key once.
KEYS = range(-5, 7)


@dataclass(frozen=True)
class Options(runs.LessonOptions):
    data: Path | None = None
    """Folder with train/ and test/ of CSV files: a row for a sixteenth, a column for each voice."""
    epochs: int = 12
    """Number of epochs."""
    units: int = 128
    """Width of the LSTM."""
    dropout: float = 0.1
    """Dropout rate."""
    temperature: float = 0.9
    """Below 1, probable notes are written more often than the network says."""


def nats(chances: np.ndarray, notes: np.ndarray, weights: np.ndarray) -> float:
    """The negative log-likelihood of a chord, which is the sum over its voices; the mean over all chords."""
    right = np.take_along_axis(chances, notes[..., None], axis=-1)[..., 0]
    return float(-(right * weights).sum() / weights[..., 0].sum())


def main(options: Options) -> runs.Lesson:
    if options.data:
        train, test = (music.chorales(options.data / part) for part in ("train", "test"))
        known, keys = {}, KEYS
    else:
        pieces, entropy = music.progressions(500, phrases=8, seed=options.seed)
        train, test, keys = pieces[:450], pieces[450:], range(1)
        known = {"nats a chord that the rules leave open": entropy}
    notes, weights = music.padded(train, length=LONGEST, transpose=keys)
    model = models.music_model(notes.shape[-1], units=options.units, dropout=options.dropout)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.Adam(), loss)
    policy = [callbacks.OneCycle(0.005)]
    model.fit(notes, notes, sample_weight=weights, batch_size=16, epochs=options.epochs, verbose=0, callbacks=policy)

    unseen, there = music.padded(test)
    chances = keras.ops.log_softmax(model.predict(unseen, verbose=0)).numpy()
    sung = [np.bincount(each, minlength=chances.shape[-1]) + 1 for each in np.concatenate(train).T]
    counted = np.broadcast_to(np.log([each / each.sum() for each in sung]), chances.shape)
    piece = models.continue_music(model, test[0][:GIVEN], WRITTEN, temperature=options.temperature, seed=options.seed)
    return runs.Lesson(
        "The LSTM expects the next chord far better than counts of the notes of each voice do, and writes new ones.",
        {
            "nats a chord, of pieces that are not in the training": nats(chances, unseen, there),
            "nats a chord by counts of notes": nats(counted, unseen, there),
            **known,
            "consonant share of the pairs of voices, as written": music.consonance(piece[GIVEN:]),
            "consonant share in the training": music.consonance(np.concatenate(train)),
        },
        {"music": plots.piano_roll(piece, f"{GIVEN} chords were given", given=GIVEN, step="quarter")},
        {"music.mid": music.midi_bytes(piece)},
    )


if __name__ == "__main__":
    runs.run_lesson(main, Options)
