"""n_grams: the n-grams of the training documents, and what each says about the classes by naive Bayes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.splits import Part
from kerasdl.data.text.tokens import Tokens
from kerasdl.errors import BadInput
from kerasdl.layers import n_gram_buckets, n_gram_codes

# Tokens that are counted at a time, with padding.
_BLOCK = 2**22
# Numbers in the matrix of n-grams and classes: a network holds it four times, trained with Adam.
_LARGEST = 8_000_000


@dataclass(frozen=True, eq=False, kw_only=True)
class NGrams:
    """N-grams and their naive-Bayes log-count ratios; by their names arguments of `models.ngram_classifier`.

    Attributes:
        codes: Sorted `layers.n_gram_codes` of the vocabulary of n-grams, int64; None if all are hashed into buckets.
        buckets: Number of buckets; None if there is a vocabulary.
        longest: Tokens of the longest n-grams.
        ratios: float32 (n-grams, classes): the logarithm of how much more frequent each n-gram is in documents of the
            class than in the others.
        odds: float32 (classes,): the logarithm of how many documents have the class for each that has not.

    Example:
        >>> found = n_grams(tokens)
        >>> model = kerasdl.models.ngram_classifier(len(tokens.vocabulary), 2, **vars(found))
    """

    codes: np.ndarray | None
    buckets: int | None
    longest: int
    ratios: np.ndarray
    odds: np.ndarray


@known_arguments()
def n_grams(
    tokens: Tokens,
    *,
    longest: int = 3,
    min_documents: int | None = None,
    max_ngrams: int | None = None,
    buckets: int | None = None,
) -> NGrams:
    """The n-grams of the training documents that have a class, and their naive-Bayes log-count ratios.

    Wang and Manning, "Baselines and Bigrams" (ACL P12-2018): an n-gram counts once per document, one is added to each
    count, and each class is compared with all others, or each tag with the documents that lack it.

    Args:
        tokens: The numericalized documents.
        longest: Tokens of the longest n-grams.
        min_documents: An n-gram in fewer documents is left out; by default 2.
        max_ngrams: Length of the vocabulary of n-grams at most, the most frequent ones; by default a million, or 8
            million by the number of classes if that is less.
        buckets: Hash all n-grams into so many buckets in place of a vocabulary.

    Returns:
        The n-grams.

    Raises:
        BadInput: Texts without classes or without training documents, `min_documents` or `max_ngrams` beside `buckets`,
            a number below 1, too large a vocabulary for n-grams so long, or no n-gram that is frequent enough.

    Example:
        >>> found = n_grams(tokens, longest=2)
        >>> found.ratios.shape
        (22, 2)
    """
    given = {"min_documents": min_documents, "max_ngrams": max_ngrams}
    if buckets is not None and any(each is not None for each in given.values()):
        raise BadInput(f"buckets take all n-grams: leave out the others. Received: buckets={buckets} beside {given}")
    if min(each for each in (longest, buckets, *given.values()) if each is not None) < 1:
        raise BadInput(f"All numbers must be at least 1. Received: longest={longest}, buckets={buckets}, {given}")
    if len(tokens.vocabulary) ** longest >= 2**63:
        raise BadInput(
            f"The vocabulary is too large for n-grams of {longest} tokens: use shorter ones, or a smaller max_vocab. "
            f"Received: {len(tokens.vocabulary):,} words"
        )
    training = tokens.texts.with_classes(Part.TRAIN)
    members = _members(tokens, training)
    most = max_ngrams or min(1_000_000, _LARGEST // members.shape[1])
    counter = _Counter(tokens, longest, buckets)
    keys, counts = counter.count(training)
    if buckets is None:
        kept = _most_frequent(counts, 2 if min_documents is None else min_documents, most)
        keys, counts = keys[kept], counts[kept]
    if not len(keys):
        raise BadInput(
            "No n-gram is in enough training documents: give more texts, or a smaller min_documents. "
            f"Received: {len(training)} training documents with classes, {given}"
        )
    codes = keys if buckets is None else np.arange(1, buckets + 1)
    total = _placed(codes, keys, counts)
    ratios = np.zeros((len(codes), members.shape[1]), np.float32)
    for number, is_member in enumerate(members.T):
        inside = _placed(codes, *counter.count(training[is_member]))
        ratios[:, number] = _log_shares(inside) - _log_shares(total - inside)
    return NGrams(
        codes=codes if buckets is None else None, buckets=buckets, longest=longest, ratios=ratios, odds=_odds(members)
    )


def _members(tokens: Tokens, documents: np.ndarray) -> np.ndarray:
    """Which documents have which class: (documents, classes)."""
    texts = tokens.texts
    assert texts.labels is not None
    labels = texts.labels[documents]
    return labels > 0 if texts.tags else labels[:, None] == np.arange(len(texts.classes))


def _odds(members: np.ndarray) -> np.ndarray:
    """One is added to each count, because a tag may have no training document."""
    inside = members.sum(axis=0) + 1
    return np.log(inside / (len(members) + 2 - inside)).astype(np.float32)


def _log_shares(counts: np.ndarray) -> np.ndarray:
    return np.log((counts + 1) / (counts + 1).sum())


def _most_frequent(counts: np.ndarray, least: int, most: int) -> np.ndarray:
    """Where the largest counts are, in ascending order."""
    kept = np.flatnonzero(counts >= least)
    return np.sort(kept[np.argsort(-counts[kept], kind="stable")[:most]])


def _placed(codes: np.ndarray, keys: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The count of each code; codes and keys are sorted."""
    place = np.minimum(np.searchsorted(codes, keys), len(codes) - 1)
    found = codes[place] == keys
    placed = np.zeros(len(codes), np.int64)
    placed[place[found]] = counts[found]
    return placed


@dataclass(frozen=True)
class _Counter:
    """Counts documents by their n-grams."""

    tokens: Tokens
    longest: int
    buckets: int | None

    def count(self, documents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The different codes, or buckets, sorted, and in how many of these documents each occurs."""
        keys, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
        for rows in self._rows(documents):
            found = np.sort(self._keys(rows), axis=1)
            # Each once per document, and no zeros.
            found = np.sort(found[np.diff(found, axis=1, prepend=0) > 0])
            begins = np.flatnonzero(np.diff(found, prepend=0))
            joined = np.concatenate([keys, found[begins]])
            # A stable sort merges what is sorted.
            order = np.argsort(joined, kind="stable")
            joined, both = joined[order], np.concatenate([counts, np.diff(begins, append=len(found))])[order]
            begins = np.flatnonzero(np.diff(joined, prepend=0))
            keys, counts = joined[begins], np.add.reduceat(both, begins)
        return keys, counts

    def _keys(self, rows: np.ndarray) -> np.ndarray:
        codes = n_gram_codes(rows, len(self.tokens.vocabulary), self.longest)
        return np.asarray(codes if self.buckets is None else n_gram_buckets(codes, self.buckets), np.int64)

    def _rows(self, documents: np.ndarray) -> Iterator[np.ndarray]:
        """Tokens of documents of about the same length, padded with zeros."""
        lengths = np.diff(self.tokens.starts)[documents]
        order, begin = np.argsort(lengths, kind="stable"), 0
        for end in range(1, len(order) + 1):
            if end == len(order) or (end + 1 - begin) * lengths[order[end]] > _BLOCK:
                block, begin = order[begin:end], end
                rows = np.zeros((len(block), lengths[block[-1]]), np.int64)
                is_token = np.arange(rows.shape[1]) < lengths[block][:, None]
                rows[is_token] = np.concatenate([self.tokens.document(each) for each in documents[block]])
                yield rows
