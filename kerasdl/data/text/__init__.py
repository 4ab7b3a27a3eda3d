"""Texts: from files, folders, tables, lists or TensorFlow Datasets, read one document after the other.

Texts of any size are read as a stream, in memory that does not grow with them, and become the numbers of their tokens
in a file.
"""

from kerasdl.data.text.documents import Documents, classifier
from kerasdl.data.text.features import Features, precompute
from kerasdl.data.text.files import from_files
from kerasdl.data.text.folders import from_folder
from kerasdl.data.text.generation import generate
from kerasdl.data.text.levels import as_strings
from kerasdl.data.text.lines import read_lines
from kerasdl.data.text.n_grams import NGrams, n_grams
from kerasdl.data.text.other_tokenizer import OtherTokenizer
from kerasdl.data.text.predictions import predict
from kerasdl.data.text.streams import Streams, language_model
from kerasdl.data.text.strings import from_texts
from kerasdl.data.text.tables import from_csv, from_frame
from kerasdl.data.text.texts import Texts
from kerasdl.data.text.tfds import from_tfds
from kerasdl.data.text.tokens import Tokens, numericalize
from kerasdl.data.text.vocabulary import Vocabulary

__all__ = [
    "Documents",
    "Features",
    "NGrams",
    "OtherTokenizer",
    "Streams",
    "Texts",
    "Tokens",
    "Vocabulary",
    "as_strings",
    "classifier",
    "from_csv",
    "from_files",
    "from_folder",
    "from_frame",
    "from_texts",
    "from_tfds",
    "generate",
    "language_model",
    "n_grams",
    "numericalize",
    "precompute",
    "predict",
    "read_lines",
]
