"""The first numbers of all tokens: by first appearance, before there is a vocabulary."""

import math
import os
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import keras
import numpy as np
from kerasdl.data.array_file import cache_errors
from kerasdl.data.text.texts import Texts

# Characters that are tokenized together, tokens that are counted together, bytes of texts that take over a second.
BLOCK, CHUNK, SHOWN_FROM = 2**20, 2**22, 10**7
# What Python does under its lock keeps no more of them busy.
MOST_THREADS = 4


@dataclass(frozen=True, eq=False)
class Draft:
    """All tokens, as indices into `tokens`.

    Attributes:
        file: The indices, int32.
        starts: int64 (documents + 1,): where each document begins; the last is the number of all tokens.
        tokens: Each token once, by first appearance.
    """

    file: IO[bytes]
    starts: np.ndarray
    tokens: list[Any]

    def __len__(self) -> int:
        return int(self.starts[-1])

    def chunks(self, backwards: bool = False) -> Iterator[tuple[int, np.ndarray]]:
        """The indices from each of a number of places on. They are read, not mapped, to take no memory afterwards."""
        for begin in range(0, len(self), CHUNK)[:: -1 if backwards else 1]:
            self.file.seek(begin * np.dtype(np.int32).itemsize)
            yield begin, np.frombuffer(self.file.read(CHUNK * np.dtype(np.int32).itemsize), np.int32)

    def counts(self, documents: np.ndarray, at_least: int) -> dict[Any, int]:
        """How often each token occurs in these documents, bool (documents,), by first appearance in them.

        Tokens that occur fewer than `at_least` times, which are most, are left out.
        """
        counts, first = np.zeros(len(self.tokens), np.int64), np.zeros(len(self.tokens), np.int64)
        # Backwards: of the places that are written, the earliest stays.
        for begin, chunk in self.chunks(backwards=True):
            lengths = np.diff(np.clip(self.starts, begin, begin + len(chunk)))
            places = np.flatnonzero(np.repeat(documents, lengths))[::-1]
            counts += np.bincount(chunk[places], minlength=len(counts))
            first[chunk[places]] = begin + places
        found = np.flatnonzero(counts >= max(at_least, 1))
        return {self.tokens[each]: int(counts[each]) for each in found[np.argsort(first[found])]}


def write_draft(
    texts: Texts,
    tokenize: Callable[[Sequence[str]], Sequence[list[Any]]],
    has_start: bool,
    file: IO[bytes],
    place: Path,
) -> Draft:
    """Tokenizes all documents, on several threads, block by block.

    Args:
        texts: The documents.
        tokenize: From texts to the tokens of each.
        has_start: Whether every text begins with a token for the start, and so does each piece of a document.
        file: An empty file, to which the numbers are written.
        place: Its folder, which an error names.
    """
    # The number of a token that it has not seen is that of those it has.
    index: defaultdict[Hashable, int] = defaultdict()
    index.default_factory = index.__len__
    lengths, last, done = np.zeros(len(texts), np.int64), -1, 0.0
    bar = keras.utils.Progbar(math.ceil(texts.size / 1e6), unit_name="MB", verbose=int(texts.size > SHOWN_FROM))
    for block, tokenized in _in_order(tokenize, _blocks(texts.read())):
        for (number, _), tokens in zip(block, tokenized, strict=True):
            new = tokens[1:] if has_start and number == last else tokens
            ids = np.fromiter(map(index.__getitem__, new), np.int32, len(new))
            with cache_errors(place):
                file.write(ids.data)
            lengths[number] += len(ids)
            last = number
        # Of a text that is not ASCII, there are fewer characters than bytes.
        done += sum(len(piece) for _, piece in block) / 1e6
        bar.update(min(done, bar.target), finalize=False)
    bar.update(bar.target, finalize=True)
    with cache_errors(place):
        file.flush()
    return Draft(file, np.concatenate([[0], np.cumsum(lengths)]), list(index))


def _blocks(pieces: Iterator[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Pieces, with the numbers of their documents, until they make up a block."""
    block: list[tuple[int, str]] = []
    size = 0
    for number, piece in pieces:
        block.append((number, piece))
        size += len(piece)
        if size >= BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block


def _in_order(
    tokenize: Callable[[Sequence[str]], Sequence[list[Any]]], blocks: Iterator[list[tuple[int, str]]]
) -> Iterator[tuple[list[tuple[int, str]], Sequence[list[Any]]]]:
    """Each block with its tokens. Threads work on the next few blocks, not on more, to bound the memory."""
    threads = min(os.cpu_count() or 1, MOST_THREADS)
    waiting: deque[tuple[list[tuple[int, str]], Future[Sequence[list[Any]]]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for block in blocks:
            waiting.append((block, pool.submit(tokenize, [piece for _, piece in block])))
            if len(waiting) > threads:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()
