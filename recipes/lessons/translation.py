"""Translation: an encoder-decoder LSTM with attention learns to write dates as 2018-05-09, letter by letter.

A bidirectional LSTM reads "wednesday 9 may 2018"; another one writes the answer, and before each letter looks back at
the letters read (Bahdanau, Cho and Bengio, arXiv:1409.0473). The figures show where it looked. The test has only days
that are not in the training.
"""

from datetime import date, timedelta

import keras
import numpy as np
from kerasdl import callbacks, models, optimizers, plots, runs

ALPHABET = " ,-0123456789abcdefghijklmnopqrstuvwxyz"
PADDING, START = 0, 1
SAMPLES, TEST, EPOCHS, LENGTH = 10_000, 1000, 4, len("2018-05-09")
STYLES = ("%A %d %B %Y", "%d %B %Y", "%B %d, %Y", "%b %d %Y", "%a, %d %b %Y")


def tokens(texts: list[str]) -> np.ndarray:
    """Ids of letters (texts, longest), padded on the right."""
    found = np.full((len(texts), max(map(len, texts))), PADDING, "int32")
    for row, text in zip(found, texts, strict=True):
        row[: len(text)] = [START + 1 + ALPHABET.index(letter) for letter in text]
    return found


def text_of(ids: np.ndarray) -> str:
    return "".join(ALPHABET[one - START - 1] for one in ids if one > START)


def main(options: runs.LessonOptions) -> runs.Lesson:
    random = np.random.default_rng(options.seed)
    days = [date(1900, 1, 1) + timedelta(int(day)) for day in random.permutation(73_000)[: SAMPLES + TEST]]
    written = [day.strftime(random.choice(STYLES)).lower() for day in days]
    source, target = tokens(written), tokens([day.isoformat() for day in days])
    # The network reads the target one letter behind what it must predict.
    before = np.insert(target[:, :-1], 0, START, axis=1)
    model = models.encoder_decoder(len(ALPHABET) + 2, len(ALPHABET) + 2)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.Adam(), loss, jit_compile=True)
    train = [source[:SAMPLES], before[:SAMPLES]], target[:SAMPLES]
    model.fit(*train, batch_size=64, epochs=EPOCHS, verbose=0, callbacks=[callbacks.OneCycle(0.01)])

    found = models.greedy_decode(model, source[SAMPLES:], start=START, length=LENGTH)
    right = (found == target[SAMPLES:]).all(axis=1)
    attend = keras.Model(model.inputs, model.get_layer("stage2_attention").output[1])
    figures = {}
    for place in (0, 1, 2):
        text = written[SAMPLES + place]
        weights = attend.predict_on_batch([source[SAMPLES + place, None], before[SAMPLES + place, None]])
        figures[f"attention_{place}"] = plots.attention(
            weights[0, :, : len(text)], text, text_of(found[place]), "Each letter written, and where it looked"
        )
    return runs.Lesson(
        "It writes dates that it has never seen, and looks at the letters that matter.",
        {"share of test dates that are right in every letter": float(right.mean()), "test dates": float(TEST)},
        figures,
    )


if __name__ == "__main__":
    runs.run_lesson(main)
