import shutil
from zipfile import ZipFile

import numpy as np
import pytest
from kerasdl.data.splits import Part
from kerasdl.data.text import draft, from_files
from kerasdl.data.text.other_tokenizer import OtherTokenizer
from kerasdl.data.text.texts import Texts
from kerasdl.data.text.tokens import numericalize
from kerasdl.data.text.vocabulary import Vocabulary
from kerasdl.errors import BadInput
from kerasdl.files import cache_folder

DOCUMENTS = ["The film.\n\nGOOD film!!!", "", "a film", "Bad <br />\nfilm, the END", "the unseen"]
PARTS = [Part.TRAIN, Part.TRAIN, Part.VALID, Part.TRAIN, Part.TEST]
SPECIAL = ("", "[UNK]", "xxbos", "xxnl", "xxrep", "xxup", "xxmaj")


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def made(documents=DOCUMENTS, parts=PARTS, identity="one", pieces=None):
    """Texts that count how often they are read."""

    def read():
        reads.append(1)
        return iter(pieces or list(enumerate(documents)))

    reads = []
    size = sum(map(len, documents))
    texts = Texts(
        read=read,
        names=[f"text[{i}]" for i in range(len(documents))],
        parts=np.array(parts),
        identity=identity,
        size=size,
    )
    return texts, reads


def documents_of(tokens):
    return [tokens.document(index).tolist() for index in range(len(tokens.texts))]


def files():
    """And folders that have none."""
    found = (cache_folder() / "text").rglob("*")
    return sorted(path.name for path in found if path.is_file() or not any(path.iterdir()))


def same(one, other):
    assert one.vocabulary == other.vocabulary
    assert np.array_equal(one.ids, other.ids)
    assert np.array_equal(one.starts, other.starts)


@pytest.mark.parametrize("level", ["words", "whitespace", "characters"])
def test_numbers_are_those_that_the_vocabulary_gives(level):
    tokens = numericalize(made()[0], level=level, min_freq=1)
    expected = tokens.vocabulary.encode(DOCUMENTS)
    assert documents_of(tokens) == [ids.tolist() for ids in expected]
    assert tokens.starts.tolist() == [0, *np.cumsum([len(ids) for ids in expected])]
    assert tokens.ids.dtype == np.uint16
    assert tokens.vocabulary.level == level


def test_training_documents_decide_the_vocabulary():
    """Which words, and the order of those that are equally frequent."""
    tokens = numericalize(made()[0], min_freq=1)
    assert tokens.vocabulary.words == (*SPECIAL, "film", "the", ".", "good", "!", "bad", ",", "end")
    turned = made([DOCUMENTS[4], *DOCUMENTS[:4]], [Part.TEST, *PARTS[:4]], "turned")[0]
    assert numericalize(turned, min_freq=1).vocabulary == tokens.vocabulary
    all_train = numericalize(made(parts=[Part.TRAIN] * 5)[0], min_freq=1)
    assert "unseen" in all_train.vocabulary.words


def test_rare_words_have_no_number():
    assert numericalize(made()[0]).vocabulary.words == (*SPECIAL, "film")
    assert numericalize(made()[0], min_freq=2).vocabulary.words == (*SPECIAL, "film", "the")
    limited = numericalize(made()[0], min_freq=1, max_vocab=9)
    assert limited.vocabulary.words == (*SPECIAL, "film", "the")
    assert limited.document(2).tolist() == [2, 1, 7]


def test_marked_unknown_words_stay_unknown():
    tokens = numericalize(made(["<unk> a <unk>"], [Part.TRAIN])[0], level="whitespace", min_freq=1)
    assert tokens.document(0).tolist() == [2, 1, 4, 1]


def test_pieces_give_the_tokens_of_the_whole(monkeypatch):
    """In several blocks, and counted in several chunks."""
    whole = numericalize(made()[0], min_freq=1)
    pieces = [(0, "The film."), (0, "\n\nGOOD"), (0, " film!!!"), (1, ""), (2, "a film")]
    pieces += [(3, "Bad <br />"), (3, "\nfilm, the"), (3, " END"), (4, "the"), (4, " unseen")]
    for block, chunk in ((1, 4), (10, 1), (30, 100)):
        monkeypatch.setattr(draft, "BLOCK", block)
        monkeypatch.setattr(draft, "CHUNK", chunk)
        same(numericalize(made(pieces=pieces, identity=f"pieces {block}")[0], min_freq=1), whole)


@pytest.mark.parametrize("threads", [1, 2, 7, None])
def test_the_result_does_not_depend_on_the_number_of_threads(threads, monkeypatch):
    documents = [f"Word{number % 7} of text {number * 31 % 11}" for number in range(60)]
    texts = made(documents, [Part.TRAIN] * 60)[0]
    expected = numericalize(texts, min_freq=1)
    shutil.rmtree(cache_folder())
    monkeypatch.setattr(draft, "BLOCK", 50)
    monkeypatch.setattr("os.cpu_count", lambda: threads)
    same(numericalize(texts, min_freq=1), expected)


def test_what_was_made_is_read_again():
    texts, reads = made()
    first = numericalize(texts, min_freq=1)
    again, reads_again = made()
    second = numericalize(again, min_freq=1)
    same(first, second)
    assert second.texts is again
    assert (len(reads), len(reads_again)) == (1, 0)
    assert isinstance(second.ids, np.memmap)
    assert files() == ["ids.npy", "starts.npy", "vocabulary.json"]


@pytest.mark.parametrize(
    ("change", "options"),
    [
        ({"identity": "two"}, {}),
        ({"parts": [Part.TRAIN] * 5}, {}),
        ({}, {"level": "whitespace"}),
        ({}, {"min_freq": 2}),
        ({}, {"max_vocab": 100}),
        ({}, {"vocabulary": Vocabulary((*SPECIAL, "film"))}),
    ],
)
def test_whatever_changes_the_result_makes_it_anew(change, options):
    numericalize(made()[0], min_freq=1)
    texts, reads = made(**change)
    numericalize(texts, **(options if "vocabulary" in options else {"min_freq": 1, **options}))
    assert len(reads) == 1


@pytest.mark.parametrize("name", ["ids.npy", "starts.npy", "vocabulary.json"])
@pytest.mark.parametrize("damage", ["remove", "empty", "truncate", "replace"])
def test_a_damaged_cache_is_made_anew(name, damage):
    expected = numericalize(made()[0], min_freq=1)
    kept = np.array(expected.ids)
    (file,) = cache_folder().rglob(name)
    if damage == "remove":
        file.unlink()
    else:
        content = file.read_bytes()
        file.write_bytes({"empty": b"", "truncate": content[:-3], "replace": b"[1, 2]"}[damage])
    texts, reads = made()
    found = numericalize(texts, min_freq=1)
    assert len(reads) == 1
    assert found.vocabulary == expected.vocabulary
    assert np.array_equal(found.ids, kept)
    numericalize(texts, min_freq=1)
    assert len(reads) == 1


@pytest.mark.parametrize("after", [0, 2, 5])
def test_a_run_that_breaks_off_leaves_nothing(after):
    def read():
        yield from list(enumerate(DOCUMENTS))[:after]
        raise KeyboardInterrupt

    texts, _ = made()
    with pytest.raises(KeyboardInterrupt):
        numericalize(Texts(read=read, names=texts.names, parts=texts.parts, identity="one", size=9), min_freq=1)
    assert files() == []
    assert documents_of(numericalize(texts, min_freq=1))[1] == [2]


def test_a_vocabulary_of_an_earlier_run_is_used():
    vocabulary = Vocabulary((*SPECIAL, "unseen", "film"))
    tokens = numericalize(made()[0], vocabulary=vocabulary)
    assert tokens.vocabulary is vocabulary
    assert tokens.document(4).tolist() == [2, 1, 7]
    again, reads = made()
    same(numericalize(again, vocabulary=vocabulary), tokens)
    assert reads == []
    assert files() == ["ids.npy", "starts.npy", "vocabulary.json"]
    only_test = numericalize(made(["film"], [Part.TEST])[0], vocabulary=vocabulary)
    assert only_test.ids.tolist() == [2, 8]


def test_the_split_is_nothing_to_a_vocabulary_that_is_given():
    vocabulary = Vocabulary((*SPECIAL, "film"))
    numericalize(made()[0], vocabulary=vocabulary)
    other_split, reads = made(parts=[Part.TRAIN] * 5)
    numericalize(other_split, vocabulary=vocabulary)
    assert reads == []


def test_a_large_vocabulary_has_larger_numbers():
    words = tuple(f"w{number}" for number in range(2**16 - 4))
    document = made(["w65531 w0"], [Part.TRAIN])[0]
    small = Vocabulary(("", "[UNK]", "xxbos", "xxnl", *words), "whitespace")
    assert numericalize(document, vocabulary=small).ids.dtype == np.uint16
    large = numericalize(document, vocabulary=Vocabulary((*small.words, "more"), "whitespace"))
    assert large.ids.dtype == np.int32
    assert large.ids.tolist() == [2, 2**16 - 1, 4]


class Letters:
    def __init__(self, vocab_size=100_000):
        self.vocab_size = vocab_size

    def encode(self, text):
        return [ord(letter) for letter in text]

    def decode(self, ids):
        return "".join(map(chr, ids))


@pytest.mark.parametrize("start", [None, 0])
def test_a_tokenizer_of_another_library_is_used(start):
    pieces = [(0, "ab"), (0, "\nc"), (1, ""), (2, "見"), (3, "x"), (4, "y")]
    tokenizer = Letters() if start is None else OtherTokenizer(Letters(), start=start)
    tokens = numericalize(made(pieces=pieces)[0], vocabulary=tokenizer)
    first = [] if start is None else [0]
    assert documents_of(tokens) == [[*first, *map(ord, text)] for text in ("ab\nc", "", "見", "x", "y")]
    assert tokens.vocabulary.decode(tokens.document(0)) == "ab\nc"
    again, reads = made(pieces=pieces)
    same_ids = numericalize(again, vocabulary=tokenizer).ids
    assert np.array_equal(same_ids, tokens.ids)
    assert reads == []


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: numericalize(made()[0], level="word"), "level must be"),
        (lambda: numericalize(made()[0], level=["words"]), "level must be"),
        (lambda: numericalize(made()[0], min_freq=0), "min_freq must be at least 1. Received: min_freq=0"),
        (lambda: numericalize(made()[0], max_vocab=0), "max_vocab must be at least 1. Received: max_vocab=0"),
        (lambda: numericalize(made()[0], min_freq=100), "min_freq=100"),
        (lambda: numericalize(made(parts=[Part.TEST] * 5)[0]), "vocabulary is empty"),
        (lambda: numericalize(made(["", ""], [Part.TRAIN] * 2)[0]), "vocabulary is empty"),
        (lambda: numericalize(made([], [])[0], vocabulary=Vocabulary(SPECIAL)), "no tokens. Received: 0 documents"),
        (lambda: numericalize(made()[0], vocabulary=["film"]), "A tokenizer has"),
        (lambda: numericalize(made()[0], vocabulary=Letters(100)), r"numbers 0\.\.99.*Received: 104"),
        (lambda: numericalize("a.txt"), "from_texts, from_files, from_folder .* call it first. Received: str"),
        (lambda: numericalize(["a text"]), "call it first. Received: list"),
    ],
)
def test_what_has_no_tokens_is_refused(use, message):
    with pytest.raises(BadInput, match=message):
        use()
    assert files() == []


@pytest.mark.parametrize("given", [{"level": "characters"}, {"min_freq": 3}, {"max_vocab": 60_000}])
@pytest.mark.parametrize("vocabulary", [Vocabulary((*SPECIAL, "film")), Letters()])
def test_what_makes_a_vocabulary_is_refused_beside_one(given, vocabulary):
    with pytest.raises(BadInput, match=f"leave them out.*Received: {given} beside vocabulary"):
        numericalize(made()[0], vocabulary=vocabulary, **given)


def test_a_run_outlives_another_that_breaks_off():
    """And removes its folder, which is the same."""

    def read():
        yield 0, "film"
        (folder,) = (cache_folder() / "text").iterdir()
        folder.rmdir()

    texts = Texts(read=read, names=["0"], parts=np.array([Part.TRAIN]), identity="one", size=4)
    assert numericalize(texts, min_freq=1).ids.tolist() == [2, 7]


def test_a_cache_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(BadInput, match="XDG_CACHE_HOME"):
        numericalize(made()[0])


def test_penn_treebank_has_the_tokens_that_everybody_counts(real_data, tmp_path):
    with ZipFile(real_data / "ptb" / "ptb.zip") as archive:
        archive.extractall(tmp_path)
    files = [tmp_path / f"ptb.{part}.txt" for part in ("train", "valid", "test")]
    tokens = numericalize(from_files(files[0], files[1], test=files[2]), level="whitespace", min_freq=1)
    assert (np.diff(tokens.starts) - 1).tolist() == [929_589, 73_760, 82_430]
    # 10,000 with "<unk>" and the end of a line; beside them padding and the start.
    assert len(tokens.vocabulary) == 10_002
    (encoded,) = tokens.vocabulary.encode([files[1].read_text()])
    assert np.array_equal(tokens.document(1), encoded)


def test_a_bar_shows_the_progress_of_large_texts(monkeypatch, capsys):
    numericalize(made(identity="small")[0])
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(draft, "SHOWN_FROM", 10)
    numericalize(made(identity="large")[0])
    assert "1/1" in capsys.readouterr().out


def test_blocks_that_wait_are_few():
    """However many there are: texts are read no faster than they are tokenized."""
    read, seen = [], []

    def blocks():
        for number in range(100):
            read.append(number)
            yield [(number, "")]

    for block, _ in draft._in_order(lambda texts: texts, blocks()):
        seen.append(len(read) - block[0][0])
    assert max(seen) <= draft.MOST_THREADS + 1
    assert len(seen) == 100
