import keras
import numpy as np
import pytest
from kerasdl import export, models
from kerasdl.data import text
from kerasdl.data.text.generation import _sample
from kerasdl.errors import BadInput

RHYME = "one two three four five six seven eight nine ten\n" * 8


@pytest.fixture(scope="module")
def counting():
    """A vocabulary, and a model that has learned to count."""
    keras.utils.set_random_seed(0)
    data = text.language_model(
        text.from_texts([RHYME] * 2, valid_share=0.5), batch_size=2, level="whitespace", length=40
    )
    model = models.language_model(len(data.vocabulary), batch_size=2, embedding=16, units=16, depth=1)
    model.compile(keras.optimizers.Adam(0.05), data.loss)
    model.fit(data.train.repeat(30), verbose=0, shuffle=False)
    return data.vocabulary, model


def test_it_goes_on_with_the_prompt(counting):
    vocabulary, model = counting
    written = text.generate(model, "three four", n_words=4, temperature=0, tokenizer=vocabulary)
    assert written == "three four five six seven eight"


def test_one_word_a_step_is_the_whole_text_at_once(counting):
    """The most probable word by carried state is that by reading everything anew."""
    vocabulary, model = counting
    written = text.generate(model, "two", n_words=12, temperature=0, tokenizer=vocabulary)
    (ids,) = vocabulary.encode([written])
    logits = model({"tokens": ids[None], "start": np.ones(1)})[0].numpy()
    logits[:, [0, 1, vocabulary.start]] = -np.inf
    assert np.array_equal(logits.argmax(axis=1)[1:-1], ids[2:])


def test_an_exported_model_needs_no_tokenizer(counting, tmp_path):
    vocabulary, model = counting
    exported = export.language_model(model, vocabulary.layer())
    exported.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    texts = [
        text.generate(model, "one", n_words=9, tokenizer=vocabulary),
        text.generate(exported, "one", n_words=9),
        text.generate(loaded, "one", n_words=9),
    ]
    assert len(set(texts)) == 1


def test_the_seed_decides(counting):
    vocabulary, model = counting
    options = {"n_words": 20, "temperature": 3.0, "tokenizer": vocabulary}
    one, again, other = (text.generate(model, "one", seed=seed, **options) for seed in (1, 1, 2))
    assert one == again != other


def test_training_goes_on_as_if_nothing_had_been_written(counting):
    vocabulary, model = counting
    before = [state.numpy() for state in model.get_layer("stage1_lstm").training_states]
    text.generate(model, "one", n_words=3, tokenizer=vocabulary)
    after = [state.numpy() for state in model.get_layer("stage1_lstm").training_states]
    assert all(np.array_equal(*pair) for pair in zip(before, after, strict=True))


LOGITS = np.log([0.1, 0.5, 0.0001, 0.3, 0.0999])


def drawn(temperature=1.0, top_k=None, top_p=None, count=4000):
    random = np.random.default_rng(0)
    tokens = [_sample(LOGITS.copy(), temperature, top_k, top_p, random) for _ in range(count)]
    return np.bincount(tokens, minlength=5)


def test_tokens_are_drawn_in_proportion_to_their_probabilities():
    probabilities = np.exp(LOGITS)
    # A standard error is 0.008 at most.
    np.testing.assert_allclose(drawn() / 4000, probabilities, atol=0.025)
    hotter = probabilities**0.5
    np.testing.assert_allclose(drawn(temperature=2.0) / 4000, hotter / hotter.sum(), atol=0.025)


@pytest.mark.parametrize(
    ("options", "possible"),
    [
        ({"top_k": 2}, {1, 3}),
        ({"top_k": 99}, {0, 1, 2, 3, 4}),
        ({"top_p": 0.5}, {1}),
        ({"top_p": 0.51}, {1, 3}),
        ({"top_p": 0.85}, {0, 1, 3}),
        ({"top_p": 0.0001}, {1}),
        ({"temperature": 0.0}, {1}),
        ({"temperature": 1e-9}, {1}),
    ],
    ids=str,
)
def test_only_the_most_probable_tokens_are_drawn(options, possible):
    assert {*np.flatnonzero(drawn(**options))} <= possible
    assert options.get("top_k") == 99 or {*np.flatnonzero(drawn(**options))} == possible


def test_padding_and_unknown_words_are_never_written(counting):
    vocabulary, model = counting
    written = text.generate(model, "twelve", n_words=200, temperature=9.0, tokenizer=vocabulary)
    assert written.startswith("[UNK] ")
    assert written.count("[UNK]") == 1
    assert "xxbos" not in written


def test_other_tokenizers_write_too():
    class Letters:
        def encode(self, words):
            return [ord(letter) - 97 for letter in words]

        def decode(self, ids):
            return "".join(chr(each + 97) for each in ids)

        def __len__(self):
            return 26

    keras.utils.set_random_seed(0)
    model = models.language_model(26, batch_size=1, embedding=4, units=4, depth=1)
    written = text.generate(model, "cba", n_words=5, tokenizer=Letters())
    assert written[:3] == "cba"
    assert len(written) == 8
    # The prompt ends in 0, which is a letter here, not padding.
    logits = model({"tokens": np.array([[2, 1, 0]]), "start": np.ones(1)})[0, -1]
    most_probable = text.generate(model, "cba", n_words=1, temperature=0, tokenizer=Letters())
    assert most_probable == "cba" + chr(97 + int(np.argmax(logits)))
    with pytest.raises(BadInput, match="give a prompt"):
        text.generate(model, tokenizer=text.OtherTokenizer(Letters()))


@pytest.mark.parametrize(
    "options",
    [{"n_words": 0}, {"temperature": -1.0}, {"temperature": np.inf}, {"top_k": 0}, {"top_p": 0.0}, {"top_p": 1.5}],
    ids=str,
)
def test_numbers_out_of_range(counting, options):
    vocabulary, model = counting
    with pytest.raises(BadInput, match=f"Received: .*{next(iter(options))}="):
        text.generate(model, "one", tokenizer=vocabulary, **options)


def test_a_model_whose_training_diverged(counting):
    vocabulary, model = counting
    broken = keras.models.clone_model(model)
    broken.get_layer("head_embedding").bias.assign(np.full(len(vocabulary), np.nan))
    with pytest.raises(BadInput, match="a training that diverged"):
        text.generate(broken, "one", temperature=0, tokenizer=vocabulary)


def test_the_prompt_is_one_text(counting):
    vocabulary, model = counting
    with pytest.raises(BadInput, match="The prompt is one text. Received: list"):
        text.generate(model, ["one"], tokenizer=vocabulary)


def test_a_model_without_its_tokenizer(counting):
    vocabulary, model = counting
    with pytest.raises(
        BadInput,
        match=r"a model from export.language_model, or the tokenizer of the data. Received: 'language_model' alone",
    ):
        text.generate(model, "one")
    with pytest.raises(BadInput, match=r"The model has 14 tokens.*Received: a tokenizer of 5"):
        text.generate(model, "one", tokenizer=text.Vocabulary(vocabulary.words[:5], "whitespace"))
