"""Trains a text classifier: n-grams first, then a recurrent network with one-cycle; look at which words weighed.

With the encoder of a language model (--encoder) the network is trained in the three stages of ULMFiT (Howard and Ruder,
arXiv:1801.06146), each with a cycle of its own: the new head, the last two layer groups, all of them; each group at 2.6
times the learning rate of the one before it. An n-gram classifier, which is strong and takes little time, stands beside
every network. The default data are paragraphs of Python's language reference, which every Python has.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import kerasdl
import keras
from kerasdl import distribute, export, groups, optimizers, runs
from kerasdl.data import text
from kerasdl.errors import BadInput

CAUTIOUS_LR = 0.003  # if the range test finds no rate
STAGES = (("head_", -1), ("last_", -2), ("", 0))  # with an encoder: prefix of logs, and the first group that trains


@dataclass(frozen=True)
class Config:
    texts: runs.LabelledTextData = field(default_factory=runs.LabelledTextData)
    network: runs.ClassifierNetwork = field(default_factory=runs.ClassifierNetwork)
    run: runs.Options = field(default_factory=runs.Options)
    level: Literal["words", "whitespace", "characters"] | None = None
    """Tokens: words (the default), what whitespace separates, or characters."""
    min_freq: int | None = None
    """How often a token must occur in the training texts to be in the vocabulary; by default 3 times."""
    max_vocab: int | None = None
    """Largest size of the vocabulary; by default 60,000."""
    batch_size: int | None = None
    """Texts per batch; by default 32, or fewer for few texts."""
    epochs: int | None = None
    """Epochs of the whole network; by default as many as 400 steps take, from 3 to 30."""
    head_epochs: int | None = None
    """With an encoder: epochs of the head alone, and again of the last two groups; by default a third of --epochs."""
    balance: bool = False
    """Give all classes the same weight in the loss."""
    average: bool = False
    """Save the average of network and n-grams as the model."""

    def __post_init__(self) -> None:
        runs.check_counts(epochs=self.epochs, batch_size=self.batch_size, head_epochs=self.head_epochs)
        if self.head_epochs is not None and self.network.encoder is None:
            raise BadInput(f"head_epochs needs an encoder (--encoder). Received: head_epochs={self.head_epochs}")
        if self.balance and self.texts.tag_separator is not None:
            raise BadInput("balance is for one class per text, not for tags. Received: balance=True and tag_separator")


def main(config: Config) -> None:
    run = runs.RunFolder.of(config, "text_classifier", config.texts.data)
    devices = runs.set_up_devices(run.precision, config.run.seed, config.run.deterministic)
    texts = runs.load_texts(config.texts, seed=config.run.seed)
    tokens = {name: getattr(config, name) for name in ("level", "min_freq", "max_vocab")} | {"seed": config.run.seed}
    batch_size = config.batch_size or runs.batch_size_for(texts, 32)
    data, model, known = runs.documents_and_network(config.network, texts, batch_size=batch_size, **tokens)
    print(texts, data, sep="\n")
    run.write_config({**runs.flattened(config), **devices, "vocabulary_size": len(data.vocabulary), **known})
    run.save_text("summary", str(kerasdl.summary(model, input_shape=(None,))))
    run.save_text("data", "\n\n".join(f"[{names}] {example}" for example, names in data.examples(5)))
    options = {"level": data.vocabulary.level, "seed": config.run.seed}
    options |= {"batch_size": config.batch_size} if config.batch_size else {}
    baseline = runs.train_ngrams(run, texts, balance=config.balance, **options)
    seconds, peak_lr = train(config, run, data, model)
    results = runs.beside(baseline, model, data, "valid")
    exported = export.text_classifier(model, data.vocabulary.layer(), data.classes, tags=data.tags)
    if config.average:
        exported = export.average([exported, baseline.exported])
    result = results["average" if config.average else "network"]
    run.save_model(exported, result.scores)
    runs.look_at_texts(run, model, data, results["network"])
    more: dict[str, Any] = {f"{name}_accuracy": each.accuracy for name, each in results.items()}
    if data.has_test:
        tested = runs.beside(baseline, model, data, "test")
        more |= {f"test_{name}_accuracy": each.accuracy for name, each in tested.items()}
    more |= {"recommended": runs.compare(results), "ngrams_seconds": baseline.seconds, "peak_lr": peak_lr}
    more["intervals"] = runs.look(run, result, data)
    run.finish({**result.scores, "f1": result.f1}, train_seconds=seconds, warning=result.warning, **more)


def train(config: Config, run: runs.RunFolder, data: text.Documents, model: keras.Model) -> tuple[float, float]:
    """Trains the network, with an encoder stage by stage; the seconds it took, and the peak of the last cycle."""
    is_pretrained = config.network.encoder is not None
    whole, seconds, peak_lr = config.epochs or min(max(3, -(-400 // data.steps)), 30), 0.0, 0.0
    for prefix, first in STAGES if is_pretrained else STAGES[-1:]:
        rates = groups.discriminative(model)[first:] if is_pretrained else None
        learner, seen = runs.head_on_features(model, data) if first == -1 else (model, data)
        with distribute.strategy().scope():
            optimizer = optimizers.AdamW(weight_decay=config.run.weight_decay, groups=rates, global_clipnorm=1.0)
            for each in (model, learner):
                each.compile(optimizer, data.loss, metrics=data.metrics)
        groups.freeze_to(model, first)
        # Of the head behind its body: on features, without dropout, it suggests rates too low for the rest.
        peak_lr = peak_lr or runs.peak_lr(run, model, data.train, config.run, cautious=CAUTIOUS_LR)
        shown = partial(runs.evaluated, model, data) if learner is model else None
        stage = runs.Stage(run, peak_lr, data=seen, evaluate=shown, prefix=prefix)
        fitted = learner.fit(
            seen.train,
            validation_data=seen.valid,
            epochs=whole if not first else config.head_epochs or -(-whole // 3),
            shuffle=False,
            class_weight=data.class_weight if config.balance else None,
            callbacks=stage.callbacks,
        )
        seconds += stage.finish(fitted.history, ["loss", "accuracy"])
    return seconds, peak_lr


if __name__ == "__main__":
    runs.run_recipe(main, Config)
