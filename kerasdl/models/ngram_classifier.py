"""N-gram classifiers: naive Bayes with weights that learn (Wang and Manning, ACL P12-2018), and fastText."""

from collections.abc import Sequence

import keras
from keras import layers
from kerasdl.arguments import known_arguments
from kerasdl.layers import EmbeddingBag, NaiveBayes, NGrams
from kerasdl.models.mlp import dense_stack
from numpy.typing import ArrayLike


@known_arguments()
def ngram_classifier(
    vocabulary_size: int,
    classes: int,
    *,
    codes: ArrayLike | None = None,
    buckets: int | None = None,
    longest: int = 3,
    ratios: ArrayLike | None = None,
    odds: ArrayLike | None = None,
    embedding: int = 0,
    hidden: Sequence[int] = (),
    dropout: float = 0.0,
    classifier_activation: str | None = None,
    name: str = "ngram_classifier",
) -> keras.Model:
    """A linear model or an MLP on the set of a text's n-grams: the baseline that other classifiers must beat.

    With `ratios` the logits are those of naive Bayes, with a weight per n-gram and class that learns (Wang and Manning,
    "Baselines and Bigrams", ACL P12-2018; `layers.NaiveBayes`). With `embedding` the mean embedding of the n-grams goes
    through hidden layers, as in fastText (Joulin et al., arXiv:1607.01759). With both the logits are added.

    Layers are named by group: `stem_…`, `stage1_…` to `stageN_…` (one per hidden layer), `head_…`.

    Args:
        vocabulary_size: Number of different tokens.
        classes: Number of logits.
        codes: The vocabulary of n-grams, see `layers.NGrams`. These five are what `data.text.n_grams` finds.
        buckets: In place of `codes`, the number of buckets into which all n-grams are hashed.
        longest: Tokens of the longest n-grams.
        ratios: Naive-Bayes log-count ratios (n-grams, classes).
        odds: Logarithms of the odds of the classes (classes,), with `ratios`.
        embedding: Width of the embeddings of n-grams; 0 for none.
        hidden: Width of each hidden layer on the mean embedding; none for fastText.
        dropout: Dropout rate of the hidden layers.
        classifier_activation: None for logits, or an activation such as "softmax".
        name: Name of the model.

    Returns:
        A functional model: ids of tokens int32 (batch, steps), with 0 for padding, to float32 (batch, classes).

    Raises:
        ValueError: Neither `ratios` nor `embedding`, `odds` without `ratios`, or `hidden` without `embedding`; or as
            for `layers.NGrams`.

    Example:
        >>> model = kerasdl.models.ngram_classifier(1000, 2, buckets=5000, embedding=10)
        >>> found = kerasdl.data.text.n_grams(tokens)
        >>> model = kerasdl.models.ngram_classifier(len(tokens.vocabulary), 2, **vars(found))
        >>> list(kerasdl.groups.layer_groups(model))
        ['stem', 'head']
    """
    if (ratios is None and not embedding) or (ratios is None and odds is not None) or (hidden and not embedding):
        raise ValueError(
            "Pass ratios, embedding or both; odds go with ratios, and hidden with embedding. "
            f"Received: ratios={ratios}, odds={odds}, embedding={embedding}, hidden={tuple(hidden)}"
        )
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    n_grams = NGrams(vocabulary_size, codes=codes, buckets=buckets, longest=longest, name="stem_ngrams")
    numbers = n_grams(tokens)
    logits = []
    if ratios is not None:
        bayes = NaiveBayes(n_grams.count, classes, ratios=ratios, odds=odds, name=_name("naive_bayes", not embedding))
        logits.append(bayes(numbers))
    if embedding:
        x = EmbeddingBag(n_grams.count + 1, embedding, name="stem_embedding")(numbers)
        x = dense_stack(x, hidden, dropout=dropout)
        logits.append(layers.Dense(classes, dtype="float32", name=_name("dense", ratios is None))(x))
    x = layers.Add(dtype="float32", name="head_logits")(logits) if logits[1:] else logits[0]
    if classifier_activation is not None:
        x = layers.Activation(classifier_activation, dtype="float32", name="head_activation")(x)
    return keras.Model(tokens, x, name=name)


def _name(part: str, is_all: bool) -> str:
    return "head_logits" if is_all else f"head_{part}"
