"""Trains a language model on texts: find the learning rate, train with one-cycle, let it write, look at what is hard.

The default data are Python's language reference, which every Python has. The run folder also holds encoder.npz, the
embedding and recurrent layers, from which another run (--encoder) or a classifier may start.
"""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import kerasdl
import keras
from kerasdl import distribute, export, interpret, models, plots, runs
from kerasdl.data import text
from kerasdl.errors import BadInput

# If the range test finds no rate.
CAUTIOUS_LR = 0.003


@dataclass(frozen=True)
class Config:
    texts: runs.TextData = field(default_factory=runs.TextData)
    network: runs.TextNetwork = field(default_factory=runs.TextNetwork)
    run: runs.Options = field(default_factory=runs.Options)
    level: Literal["words", "whitespace", "characters"] = "words"
    """Tokens: words, what whitespace separates (for texts that are tokenized already), or characters."""
    min_freq: int = 3
    """How often a token must occur in the training texts to be in the vocabulary."""
    max_vocab: int = 60_000
    """Largest size of the vocabulary."""
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
        runs.check_counts(min_freq=self.min_freq, max_vocab=self.max_vocab)
        if not 0 <= self.temperature < math.inf:
            raise BadInput(f"temperature must be at least 0, and finite. Received: temperature={self.temperature}")


def main(config: Config) -> None:
    run = runs.RunFolder.of(config, "language_model", config.texts.data)
    devices = runs.set_up_devices(run.precision, config.run.seed, config.run.deterministic)
    texts = runs.load_texts(config.texts, seed=config.run.seed)
    tokens = {name: getattr(config, name) for name in ("level", "min_freq", "max_vocab", "batch_size", "length")}
    data = text.language_model(texts, seed=config.run.seed, **tokens)
    print(texts, data, sep="\n")
    model, known = runs.load_network(config.network, data)
    facts = {"vocabulary_size": len(data.vocabulary), "characters_per_token": data.characters_per_token, **known}
    run.write_config({**runs.flattened(config), **devices, **facts})
    run.save_text("data", "\n\n".join(data.examples(3)))
    run.save_text("summary", str(kerasdl.summary(model, input_shape={"tokens": (config.length,)})))
    with distribute.strategy().scope():
        optimizer = kerasdl.optimizers.AdamW(weight_decay=config.run.weight_decay, global_clipnorm=1.0)
        model.compile(optimizer, data.loss)
    peak_lr = runs.peak_lr(run, model, data.train, config.run, cautious=CAUTIOUS_LR)
    exported = export.language_model(model, data.vocabulary.layer())
    written: dict[str, Any] = {"n_words": config.n_words, "temperature": config.temperature, "seed": config.run.seed}

    def write(epoch: int, _: Any) -> None:
        run.save_text("samples", text.generate(exported, config.prompt, **written), step=epoch + 1)

    stage = runs.Stage(run, peak_lr, data=data, more=[keras.callbacks.LambdaCallback(on_epoch_end=write)])
    fitted = model.fit(
        data.train, validation_data=data.valid, epochs=config.epochs, shuffle=False, callbacks=stage.callbacks
    )
    seconds = stage.finish(fitted.history, ["loss"])
    look(run, data, model, exported, facts, train_seconds=seconds, peak_lr=peak_lr)


def look(
    run: runs.RunFolder, data: text.Streams, model: keras.Model, exported: keras.Model, facts: Any, **more: Any
) -> None:
    """Saves model and encoder; writes metrics, the hardest words, and the nearest neighbours of frequent ones."""
    words = data.vocabulary.words
    result = interpret.LanguageModel.of(model, data.valid, words)
    run.save_model(exported, result.scores)
    models.save_encoder(model, run.path / "encoder.npz", words)
    with runs.looking("the hardest words and their neighbours"):
        hardest = {word: loss for word, loss, _ in result.hardest() or result.hardest(at_least=1)}
        run.save_figure("hardest", plots.bars(hardest, "mean loss (nats)", "Hardest tokens"))
        embeddings = model.get_layer("head_embedding").embeddings
        near = interpret.nearest_words(embeddings, words, data.vocabulary.frequent(20))
        run.save_text("nearest", "\n".join(f"{word}: {', '.join(each for each, _ in near[word])}" for word in near))
    if data.has_test:
        more["test_perplexity"] = interpret.LanguageModel.of(model, data.test, words).perplexity
    scores = {**result.scores, "bits_per_character": result.bits_per_character(facts["characters_per_token"])}
    run.finish(scores, warning=result.warning, **more)


if __name__ == "__main__":
    runs.run_recipe(main, Config)
