"""Options for text classifiers, and the documents with the network that they describe."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
from kerasdl import distribute, models
from kerasdl.data import text
from kerasdl.errors import BadInput
from kerasdl.runs.earlier_run import load_config
from kerasdl.runs.options import check_counts, check_drop_mult

# At which the highest rate, that of the recurrent kernels, is 1.
_LARGEST_DROP_MULT = 2


@dataclass(frozen=True)
class ClassifierNetwork:
    """Options for text classifiers.

    Example:
        >>> options = ClassifierNetwork(cell="gru", units=(64,), bidirectional=True)
    """

    encoder: Path | None = None
    """Encoder to start from: a run of recipes/language_model.py, its encoder.npz, or fastai's as .safetensors."""
    encoder_words: Path | None = None
    """With a .safetensors file: a JSON file with the list of its words."""
    vectors: Path | None = None
    """Pretrained word vectors to start from: a text file of GloVe, fastText or word2vec."""
    cell: Literal["lstm", "gru"] = "lstm"
    """Kind of recurrent layer."""
    embedding: int = 100
    """Width of the embedding."""
    units: tuple[int, ...] = (100,)
    """Width of each recurrent layer."""
    bidirectional: bool = False
    """Read each text in both directions."""
    drop_mult: float = 0.5
    """Multiplies the dropout rates."""

    def __post_init__(self) -> None:
        check_counts(embedding=self.embedding, **{f"units[{at}]": size for at, size in enumerate(self.units)})
        check_drop_mult(self.drop_mult, _LARGEST_DROP_MULT)
        determined = ("vectors", "cell", "embedding", "units", "bidirectional") if self.encoder else ()
        if given := [name for name in determined if getattr(self, name) != getattr(type(self), name)]:
            raise BadInput(f"The encoder determines {', '.join(given)}: leave them out. Received: {self.encoder}")
        has_no_words = self.encoder is not None and self.encoder.suffix == ".safetensors"
        if (self.encoder_words is not None) != has_no_words:
            raise BadInput(
                "encoder_words (--encoder-words) goes with a .safetensors encoder, and that with it. "
                f"Received: encoder={self.encoder}, encoder_words={self.encoder_words}"
            )


def documents_and_network(
    options: ClassifierNetwork, texts: text.Texts, *, level: Any, **tokens: Any
) -> tuple[text.Documents, keras.Model, dict[str, int]]:
    """The documents as the network reads them, and the network that classifies them.

    Args:
        options: Options for the network.
        texts: The documents.
        level: What a token is; None for words, or what the encoder of a run says.
        **tokens: More arguments of `data.text.classifier`; without `min_freq` and `max_vocab` if there is an encoder.

    Returns:
        Documents, network, and how many words the encoder or the vectors do not know.

    Raises:
        BadInput: A file that is missing, damaged, or does not fit; options that the encoder determines; or as for
            `data.text.classifier`.

    Example:
        >>> data, model, facts = documents_and_network(ClassifierNetwork(), texts, level=None)
    """
    if options.encoder is None:
        data = text.classifier(texts, level=level, **tokens)
        sizes = {name: getattr(options, name) for name in ("cell", "embedding", "units", "bidirectional")}
        model = _network(options, data, sizes)
        if options.vectors is None:
            return data, model, {}
        return data, model, _announced("Vectors", models.load_vectors(model, options.vectors, data.vocabulary.words))
    file = options.encoder
    given = {name: value for name in ("min_freq", "max_vocab") if (value := tokens.pop(name, None)) is not None}
    if file.is_dir():
        known, file = load_config(file).get("level", level), file / "encoder.npz"
        given |= {"level": level} if level not in (None, known) else {}
        level = known
    if given:
        raise BadInput(f"The encoder determines {', '.join(given)}: leave them out. Received: {given} beside {file}")
    file_words = None if options.encoder_words is None else _words_in(options.encoder_words)
    vocabulary = _vocabulary(file_words or models.encoder_words(file), level or "words")
    data = text.classifier(texts, vocabulary=vocabulary, **tokens)
    model = _network(options, data, models.encoder_sizes(file))
    new = models.load_encoder(model, file, vocabulary.words, file_words=file_words)
    return data, model, _announced("Encoder", new)


def head_on_features(model: keras.Model, data: text.Documents) -> tuple[keras.Model, text.Features]:
    """The head of a network, and for each text the features of its frozen encoder, which are computed once.

    Args:
        model: A network whose encoder is pretrained; training the head trains this network.
        data: The documents.

    Example:
        >>> network = kerasdl.models.text_classifier(len(opinions.vocabulary), 2, embedding=4, units=(5,))
        >>> head, features = head_on_features(network, opinions)
        >>> head.input_shape, features.width
        ((None, 15), 15)
    """
    # Outside of the scope: each worker computes all features, with or without a cache.
    body, _ = models.split_head(model)
    with distribute.strategy().scope():
        _, head = models.split_head(model)
    return head, text.precompute(body, data)


def _network(options: ClassifierNetwork, data: text.Documents, sizes: dict[str, Any]) -> keras.Model:
    with distribute.strategy().scope():
        return models.text_classifier(len(data.vocabulary), len(data.classes), drop_mult=options.drop_mult, **sizes)


def _announced(what: str, new: list[str]) -> dict[str, int]:
    print(f"{what}: {len(new):,} words are new")
    return {"new_words": len(new)}


def _words_in(file: Path) -> list[str]:
    """The words in a JSON file."""
    if not file.is_file():
        raise BadInput(f"No such file of words, or it is a folder or a pipe. Received: {str(file)!r}")
    try:
        words = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"The words cannot be read ({error}): give a JSON list. Received: {str(file)!r}") from error
    if not (isinstance(words, list) and all(isinstance(word, str) for word in words)):
        raise BadInput(f"The words must be a JSON list of strings. Received: {str(file)!r}")
    return words


def _vocabulary(words: Sequence[str], level: Any) -> text.Vocabulary:
    """The words in our order: padding, unknown and the marks of the level first."""
    first = text.Vocabulary.of({"the": 1}, level, min_freq=1).words[:-1]
    others = dict.fromkeys(word for word in words if word not in {*first, "xxpad", "xxunk"})
    return text.Vocabulary((*first, *others), level)
