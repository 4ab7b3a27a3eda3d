import numpy as np
import pytest
import tensorflow_datasets as tfds
from kerasdl.data import text
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput


class Reviews(tfds.core.GeneratorBasedBuilder):
    """Short reviews, with and without class."""

    VERSION = tfds.core.Version("1.0.0")
    COUNTS = {"train": 10, "unsupervised": 2, "test": 2}  # noqa: RUF012

    def _info(self):
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "text": tfds.features.Text(),
                    "label": tfds.features.ClassLabel(names=["neg", "pos"]),
                    "stars": np.int64,
                }
            ),
            supervised_keys=("text", "label"),
        )

    def _split_generators(self, manager):
        return {split: self._generate_examples(split, count) for split, count in self.COUNTS.items()}

    def _generate_examples(self, split, count):
        for number in range(count):
            label = -1 if split == "unsupervised" else number % 2
            yield number, {"text": f"größe {split} {number}", "label": label, "stars": number}


def test_a_prepared_dataset_is_read(prepared):
    folder = prepared(Reviews)
    texts = text.from_tfds("reviews", data_dir=folder, valid_share=0.2)
    found = list(texts.read())
    assert found == list(texts.read())
    assert [number for number, _ in found] == list(range(14))
    assert sorted(piece for _, piece in found[:10]) == sorted(f"größe train {number}" for number in range(10))
    assert [texts.names[number] for number in (0, 9, 10, 13)] == [
        "reviews/train[0]",
        "reviews/train[9]",
        "reviews/unsupervised[0]",
        "reviews/test[1]",
    ]
    assert [texts.labels[number] for number, piece in found[:10]] == [int(piece[-1]) % 2 for _, piece in found[:10]]
    assert (texts.classes, texts.labels[10:12].tolist()) == (("neg", "pos"), [-1, -1])
    assert np.bincount(texts.parts).tolist() == [10, 2, 2]
    assert sorted(texts.labels[texts.parts == Part.VALID]) == [0, 1]
    unlabelled = text.from_tfds("reviews", label=False, data_dir=folder, valid_share=0.2)
    assert (unlabelled.labels, unlabelled.classes, list(unlabelled.read())) == (None, (), found)
    assert texts.identity == text.from_tfds("reviews", data_dir=folder).identity


def test_the_only_text_of_a_dataset_without_classes(prepared):
    class Lines(Reviews):
        """Lines of text."""

        COUNTS = {"train": 3, "validation": 1}  # noqa: RUF012

        def _info(self):
            return self.dataset_info_from_configs(features=tfds.features.FeaturesDict({"line": tfds.features.Text()}))

        def _generate_examples(self, split, count):
            for number in range(count):
                yield number, {"line": f"{split} {number}" if number else ""}

    texts = text.from_tfds("lines", data_dir=prepared(Lines))
    assert (texts.labels, texts.parts.tolist()) == (None, [0, 0, 0, 1])
    assert [number for number, _ in texts.read()] == [0, 1, 2, 3]


def test_a_dataset_without_texts_or_with_several_is_an_error(prepared):
    class Pairs(Reviews):
        """Pairs of texts."""

        def _info(self):
            pair = {"a": tfds.features.Text(), "b": tfds.features.Text()}
            return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(pair))

        def _generate_examples(self, split, count):
            yield 0, {"a": "", "b": ""}

    with pytest.raises(BadInput, match=r"'pairs' must have one feature of texts. Received: features \['a', 'b'\]"):
        text.from_tfds("pairs", data_dir=prepared(Pairs))


def test_an_unknown_name_is_an_error(tmp_path):
    with pytest.raises(BadInput, match="No such file or folder, and no TensorFlow Datasets name"):
        text.from_tfds("huggingface:nothing", data_dir=str(tmp_path))
