"""Trains a language model on texts: find the learning rate, train with one-cycle, let it write, look at what is hard.

The default data are Python's language reference, which every Python has. The run folder also holds encoder.npz, the
embedding and recurrent layers, from which another run (--encoder) or a classifier may start.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import kerasdl
import keras
from kerasdl import export, interpret, models, plots, runs
from kerasdl.data import text

# If the range test finds no rate.
CAUTIOUS_LR = 0.003


@dataclass(frozen=True)
class Config:
    texts: runs.TextData = field(default_factory=runs.TextData)
    run: runs.Options = field(default_factory=runs.Options)
    level: Literal["words", "whitespace", "characters"] = "words"
    """Tokens: words, what whitespace separates (for texts that are tokenized already), or characters."""
    min_freq: int = 3
    """How often a token must occur in the training texts to be in the vocabulary."""
    max_vocab: int = 60_000
    """Largest size of the vocabulary."""
    network: Literal["awd_lstm", "lstm", "gru", "rnn"] = "awd_lstm"
    """Network; the paper's sizes of AWD-LSTM are --embedding 400 --units 1152 --depth 3."""
    embedding: int = 200
    """Width of the embedding and of the last recurrent layer."""
    units: int = 400
    """Width of the other recurrent layers."""
    depth: int = 2
    """Number of recurrent layers."""
    drop_mult: float = 1.0
    """Multiplies all dropout rates of AWD-LSTM; the others have a rate of 0.2 times this."""
    encoder: Path | None = None
    """Encoder to start from: encoder.npz of an earlier run with the same sizes."""
    batch_size: int = 32
    """Texts that are read in parallel, the rows of a batch."""
    length: int = 70
    """Largest number of tokens per row of a batch."""
    epochs: int = 10
    """Number of epochs."""
    prompt: str = ""
    """Beginning of the texts that the model writes after every epoch."""
    n_words: int = 60
    """Length of these texts, in tokens."""
    temperature: float = 0.8
    """Their temperature: below 1 they are more probable, above 1 more surprising."""

    def __post_init__(self) -> None:
        runs.check_counts(epochs=self.epochs, batch_size=self.batch_size, length=self.length, n_words=self.n_words)


def main(config: Config) -> None:
    devices = runs.set_up_devices(config.run.precision, config.run.seed, config.run.deterministic)
    run = runs.RunFolder.of(config.run.out, "language_model", config.texts.data)
    texts = runs.load_texts(config.texts, seed=config.run.seed)
    tokens = {name: getattr(config, name) for name in ("level", "min_freq", "max_vocab", "batch_size", "length")}
    data = text.language_model(texts, seed=config.run.seed, **tokens)
    print(texts, data, sep="\n")
    model, new_words = network(config, data)
    run.write_config({**runs.flattened(config), **devices, "vocabulary_size": len(data.vocabulary)})
    run.save_text("data", "\n\n".join(data.examples(3)))
    model.compile(kerasdl.optimizers.AdamW(weight_decay=config.run.weight_decay, global_clipnorm=1.0), data.loss)
    peak_lr = runs.peak_lr(run, model, data.train, config.run, cautious=CAUTIOUS_LR)
    exported = export.language_model(model, data.vocabulary.layer())
    written: dict[str, Any] = {"n_words": config.n_words, "temperature": config.temperature, "seed": config.run.seed}

    def write(epoch: int, _: Any) -> None:
        run.save_text("samples", text.generate(exported, config.prompt, **written), step=epoch + 1)

    stage = runs.Stage(run, peak_lr)
    stage.callbacks.append(keras.callbacks.LambdaCallback(on_epoch_end=write))
    fitted = model.fit(
        data.train, validation_data=data.valid, epochs=config.epochs, shuffle=False, callbacks=stage.callbacks
    )
    seconds = stage.finish(fitted.history, ["loss"])
    look(run, data, model, exported, train_seconds=seconds, peak_lr=peak_lr, **new_words)


def network(config: Config, data: text.Streams) -> tuple[keras.Model, dict[str, int]]:
    """The network, and how many words of its encoder are new."""
    names = ("batch_size", "embedding", "units", "depth")
    options: dict[str, Any] = {name: getattr(config, name) for name in names}
    if config.network == "awd_lstm":
        model = models.awd_lstm(len(data.vocabulary), drop_mult=config.drop_mult, **options)
    else:
        options |= {"cell": config.network, "dropout": 0.2 * config.drop_mult}
        model = models.language_model(len(data.vocabulary), **options)
    if config.encoder is None:
        return model, {}
    return model, {"new_words": len(models.load_encoder(model, config.encoder, data.vocabulary.words))}


def look(run: runs.RunFolder, data: text.Streams, model: keras.Model, exported: keras.Model, **more: Any) -> None:
    """Saves model and encoder; writes metrics, the hardest words, and the nearest neighbours of frequent ones."""
    words = data.vocabulary.words
    result = interpret.LanguageModel.of(model, data.valid, words)
    run.save_model(exported, result.scores)
    models.save_encoder(model, run.path / "encoder.npz", words)
    hardest = {word: loss for word, loss, _ in result.hardest()}
    run.save_figure("hardest", plots.bars(hardest, "mean loss (nats)", "Hardest tokens"))
    frequent = [word for word in words if word.isalpha()]
    matrix = model.get_layer("head_embedding").embeddings
    near = interpret.nearest_words(matrix, words, frequent[20:40] or frequent)
    run.save_text("nearest", "\n".join(f"{word}: {', '.join(each for each, _ in near[word])}" for word in near))
    if data.has_test:
        more["test_perplexity"] = interpret.LanguageModel.of(model, data.test, words).perplexity
    scores = {**result.scores, "bits_per_character": result.bits_per_character(data.valid_characters)}
    run.finish(scores, warning=result.warning, **more)


if __name__ == "__main__":
    runs.run_recipe(main, Config)
