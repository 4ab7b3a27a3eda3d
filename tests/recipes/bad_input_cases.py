"""Bad input for each recipe: what makes it, and what the answer says. Adding a recipe means adding it to CASES."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.recipes.bad_input import (
    BAD_PICTURES,
    DAMAGES,
    HEADER,
    ROWS,
    Make,
    bomb,
    cells,
    damaged,
    file,
    files,
    flipped,
    in_folder,
    intact,
    link,
    listed,
    no_file,
    picture,
    pictures,
    pipe,
    replaced_by_pipe,
    table,
    typed,
    with_lambda,
)

# What makes the input, and a regular expression for the answer.
Cases = dict[str, tuple[Make, str]]
# Options with which each recipe reads the rows, or pictures, that all share.
USE: dict[str, list[Any]] = {
    "image_classifier": [],
    "tabular": ["--target", "place"],
    "time_series": ["--target", "area", "--time", "day"],
    "sequence_classifier": ["--sequence", "day", "--label", "place", "--channels", "area"],
    "language_model": ["--text", "text", "--min-freq", 1, "--batch-size", 1, "--embedding", 2, "--units", 2],
    "text_classifier": ["--text", "text", "--label", "place", "--min-freq", 1],
}
GOOD = {name: files(pictures(3, 3)) if name == "image_classifier" else table(HEADER, ROWS, *USE[name]) for name in USE}


def of_training(use: list[Any]) -> Cases:
    """Options of every recipe that trains."""
    return {
        "seed": (typed("--seed", 5_000_000_000), "seed must be from 0 to 4294967295"),
        "peak_lr": (typed("--peak-lr", "nan"), "learning rate must be positive and finite"),
        "weight_decay": (typed("--weight-decay", -1), "Weight decay must be at least 0"),
        "epochs": (typed("--epochs", 0), "epochs must be at least 1"),
        "epochs of 32 bits": (typed("--epochs", 2**31), "epochs must be at most 2147483647"),
        "batch_size": (typed("--batch-size", 0), "batch_size must be at least 1"),
        "resume": (typed("--resume"), "The folder holds no unfinished run"),
        "an option of another library": (typed("--lr", 0.1), "No option --lr: use --peak-lr"),
        "a long name": (typed("--data", "a" * 5000, *use), "File name too long"),
    }


def of_tables(use: list[Any]) -> Cases:
    """CSV files, for every recipe that reads them."""
    no_rows = "A table needs a header and at least one row"
    return {
        "not UTF-8": (table(HEADER, cells(3, "caf\udce9", 3), *use), "Line 3 is not utf-8"),
        "UTF-16 without a mark": (file("data.csv", "\n".join([HEADER, *ROWS]).encode("utf-16-le"), *use), "NUL char"),
        "zeros": (file("data.csv", bytes(999), *use), "NUL char"),
        "a picture": (file("data.csv", picture(32), *use), "Line 1 is not utf-8"),
        "an encoding for names": (table(HEADER, ROWS, *use, "--encoding", "punycode"), "is not punycode"),
        "no encoding": (table(HEADER, ROWS, *use, "--encoding", "klingon"), "Unknown encoding"),
        "a separator of two": (table(HEADER, ROWS, *use, "--separator", "::"), "separator must be one character"),
        "empty": (file("data.csv", "", *use), no_rows),
        "only a header": (table(HEADER, [], *use), no_rows),
        "a ragged row": (table(HEADER, [*ROWS, "1,2"], *use), "Line 33 has 2 cells, but the header has 4"),
        "an open quote": (table(HEADER, [*ROWS, '"1,2,3,4'], *use), "row that begins on line 33"),
        "two columns of a name": (table("day,area,place,day", ROWS, *use), "Two columns are named 'day'"),
        "no such column": (table("a,b,c,d", ROWS, *use), "No (such )?column"),
        "no such file": (typed("--data", "none.csv", *use), "No such file"),
        "a folder": (no_file("data.csv", *use), "folder|Is a directory"),
        "a device": (link("data.csv", "/dev/zero", *use), "device|No such file"),
    }


def of_shares(use: list[Any]) -> Cases:
    return {
        f"a share of {share}": (table(HEADER, ROWS, *use, "--valid-share", share), "_share must be between 0 and 1")
        for share in (0, 1, 2, "nan")
    }


def of_texts() -> Cases:
    """Folders of texts, for both recipes that read them."""
    texts = {f"{name}/{at}.txt": "a good house" for name in "ab" for at in range(3)}
    return {
        "an empty folder": (files({}), "No texts for training"),
        "an empty text": (files({**texts, "a/x.txt": ""}), "No text in 1 of the documents"),
        "a text that is not UTF-8": (files({**texts, "a/x.txt": b"a caf\xe9"}), "Line 1 is not utf-8.*a/x.txt"),
        "a folder linked twice": (files(texts, links={"c": "a"}), "Two links lead to the same folder"),
        "a link to nothing": (files(texts, links={"a/x.txt": "none"}), "No such file"),
        "valid/ alone": (
            files({f"valid/{name}": each for name, each in texts.items()}),
            "valid/ needs a train/ folder",
        ),
        "no texts in valid/": (
            files({f"train/{name}": each for name, each in texts.items()} | {"valid/readme.pdf": "x"}),
            "No texts for validation",
        ),
    }


def of_models(*arguments: Any) -> Cases:
    return {name: (damaged("images", change, *arguments), message) for name, (change, message) in DAMAGES.items()}


def names_of_pictures() -> str:
    return ".*".join(re.escape(name) for name in sorted(BAD_PICTURES))


def an_encoder(file: str) -> Cases:
    change: dict[str, Callable[[Path], Any]] = {
        "an empty encoder": lambda path: path.write_bytes(b""),
        "an encoder cut short": lambda path: os.truncate(path, path.stat().st_size // 2),
        "a bit of an encoder": flipped(0.5),
        "an encoder of gigabytes": bomb,
    }
    return {
        name: (damaged("language", each, "--encoder", file, file="encoder.npz"), "The file is damaged, or no encoder")
        for name, each in change.items()
    }


CASES: dict[str, Cases] = {
    "image_classifier": of_training([]) | of_models("--weights", "RUN") | {
        "image_size": (files(pictures(3, 3), "--image-size", 1_000_000), "at most 100,000,000 pixels"),
        "start_size": (files(pictures(3, 3), "--start-size", 1_000_000, "--epochs", 2), "at most 100,000,000 pixels"),
        "start_size of 0": (typed("--start-size", 0), "start_size must be at least 1"),
        "tta": (typed("--tta", -1), "Test-time augmentation needs"),
        "tta without augmentation": (typed("--tta", 2, "--augment", "none"), "Test-time augmentation needs"),
        "head_epochs": (typed("--head-epochs", 1), "These options need pretrained weights"),
        "valid_share": (files(pictures(3, 3), "--valid-share", 2), "valid_share must be between 0 and 1"),
        "no such weights": (typed("--weights", "nowhere"), "weights must be an existing file"),
        "weights of a text": (intact("texts", "--weights", "RUN"), "The earlier run is not an image classifier"),
        "bad pictures": (files(pictures(3, 3) | BAD_PICTURES), f"8 of 14 files do not decode.*{names_of_pictures()}"),
        "pictures that TensorFlow cannot decode": (files(pictures(3, 3) | {"a/x.heic": "x"}), "x.heic"),
        "a link to nothing": (files(pictures(3, 3), links={"a/x.jpg": "none"}), "x.jpg .No such file"),
        "a link to itself": (files(pictures(3, 3), links={"a/x.jpg": "a/x.jpg"}), "Too many levels of symbolic links"),
        "a folder linked twice": (files(pictures(3, 3), links={"c": "a"}), "Two links lead to the same folder"),
        "a folder in two parts": (
            files(pictures(3, 3, inside="train/"), links={"valid": "train"}), "Two links lead to the same folder",
        ),
        "a name that is not UTF-8": (files(pictures(3, 3) | {"a/\udce9.jpg": picture()}), "is not UTF-8: rename it"),
        "a pipe alone": (pipe("b.jpg", files(pictures(3))), "There is only one class"),
        "one picture": (files(pictures(1)), "There is only one class"),
        "one picture of each class": (files(pictures(1, 1)), "A class needs at least two samples"),
        "an empty folder": (files({}), "No images: expected one folder per class"),
        "no such folder": (typed("--data", "none"), "No such file or folder"),
        "a picture": (file("cat.jpg", picture()), "No such file or folder"),
        "valid/ alone": (files(pictures(2, 2, inside="valid/")), "valid/ needs a train/ folder"),
        "no pictures in valid/": (files(pictures(2, 2, inside="train/") | {"valid/a/x.txt": "x"}), "No images"),
        "no class b in valid/": (
            files(pictures(2, 2, inside="train/") | pictures(1, inside="valid/")), "Classes without images in validat",
        ),
        "devices and pipes in a table": (
            pipe("x.jpg", listed("/dev/zero,a", "x.jpg,a", "none.jpg,b", "/,b")),
            "4 of 4 files.*/dev/zero in line 2 .Not a file.*x.jpg in line 3 .Not a file.*none.jpg in line 4 .No such f",
        ),
        "NUL in a table": (listed("a\0.jpg,a"), "No file name in line 2"),
        "a table of a picture of each class": (listed("a/0.jpg,a", "a/1.jpg,b"), "A class needs at least two samples"),
        "a table of one class": (listed("a/0.jpg,a", "a/1.jpg,a"), "There is only one class"),
        "a table without labels": (listed("a/0.jpg,", "a/1.jpg,"), "2 rows have no target"),
        "a table without its column": (table("file,kind", ["1.jpg,a"]), "No such column: 'label'"),
        "a cache in a file": (
            in_folder(files(pictures(3, 3), "--cache", "FOLDER/a/0.jpg"), x_txt="x"), "cache must be a folder",
        ),
    },
    "tabular": of_training(USE["tabular"]) | of_tables(USE["tabular"]) | of_shares(USE["tabular"]) | {
        "hidden": (typed("--hidden", 0), "hidden must be at least 1"),
        "dropout": (typed("--dropout", 2), "dropout must be at least 0 and below 1"),
        "dropout of nan": (typed("--dropout", "nan"), "dropout must be at least 0 and below 1"),
        "no target": (table(HEADER, ROWS), "Name the target column"),
        "kinds of no column": (table(HEADER, ROWS, *USE["tabular"], "--kinds", "rooms", "number"), "No such column"),
        "a kind that does not fit": (table(HEADER, ROWS, *USE["tabular"], "--kinds", "text", "number"), "line 2"),
        "one row": (table(HEADER, ROWS[:1], *USE["tabular"]), "There is only one class"),
        "one class": (table(HEADER, cells(2, "north"), *USE["tabular"]), "There is only one class"),
        "a class of one": (table(HEADER, cells(2, "west", 9), *USE["tabular"]), "A class needs at least two samples"),
        "no targets": (table(HEADER, cells(2, ""), *USE["tabular"]), "31 rows have no target, the first line 2"),
        "infinity": (table(HEADER, cells(1, "inf", 7), *USE["tabular"]), "line 7 is not a finite float32"),
        "a number of 400 digits": (table(HEADER, cells(1, "9" * 400, 7), "--target", "area"), "line 7 is not a finite"),
        "no date": (table(HEADER, cells(0, "soon", 7), *USE["tabular"]), "holds dates .* line 7"),
        "quantiles of classes": (table(HEADER, ROWS, *USE["tabular"], "--quantiles", 0.9), "Only a single number has"),
        "a quantile of 5": (typed("--quantiles", 5), "quantiles must be between 0 and 1"),
    },
    "time_series": of_training(USE["time_series"]) | of_tables(USE["time_series"]) | of_shares(USE["time_series"]) | {
        "steps of 0": (typed("--steps", 0), "steps must be at least 1"),
        "steps of -5": (typed("--steps", -5), "steps must be at least 1"),
        "lookback": (typed("--lookback", 10**9), "The series is too short"),
        "lookback of 0": (typed("--lookback", 0), "lookback must be at least 1"),
        "horizon": (typed("--horizon", 10**9), "The series is too short"),
        "season": (typed("--season", 0), "season must be between 1 and"),
        "units": (typed("--units", 0), "units must be at least 1"),
        "intervals": (typed("--intervals", 80), "intervals must be between 0 and 1"),
        "no target": (table(HEADER, ROWS), "Name the column to forecast"),
        "words": (table(HEADER, ROWS, "--target", "place"), "place"),
        "a calendar of rows": (typed("--calendar"), "A calendar needs a time column"),
        "one row": (table(HEADER, ROWS[:1], *USE["time_series"]), "The series is too short"),
        "no targets": (table(HEADER, cells(1, ""), *USE["time_series"]), "31 missing values in 31 rows"),
        "infinity": (table(HEADER, cells(1, "1e39", 7), *USE["time_series"]), "line 7 is not a finite float32"),
        "no date": (table(HEADER, cells(0, "soon", 7), *USE["time_series"]), "line 7, is not a readable time stamp"),
        "dates out of order": (table(HEADER, ROWS[::-1], *USE["time_series"]), "earlier than the previous row"),
        "a date twice": (table(HEADER, [*ROWS, ROWS[-1]], *USE["time_series"]), "1 time stamps are duplicated"),
    },
    "sequence_classifier": of_training(USE["sequence_classifier"]) | of_tables(USE["sequence_classifier"])
    | of_shares(USE["sequence_classifier"]) | {
        "widths": (typed("--widths", 0), "widths must be at least 1"),
        "dropout": (typed("--dropout", 1), "dropout must be at least 0 and below 1"),
        "columns of no table": (typed("--label", "place"), "label: only with a CSV file"),
        "words": (table(HEADER, ROWS, "--sequence", "day", "--label", "place"), "Column 'text' holds numbers"),
        "one class": (table(HEADER, cells(2, "north"), *USE["sequence_classifier"]), "There is only one class"),
        "one row": (table(HEADER, ROWS[:1], *USE["sequence_classifier"]), "There is only one class"),
        "no classes": (table(HEADER, cells(2, "", 7), *USE["sequence_classifier"]), "without one in line 7"),
        "no numbers": (table(HEADER, cells(1, "", 7), *USE["sequence_classifier"]), "All values of channel 1"),
        "two classes": (table(HEADER, cells(0, "x"), *USE["sequence_classifier"]), "A sequence has one class"),
        "no .ts file": (file("a.ts", b"\0\xff" * 99), "needs a line '@data'"),
        "a damaged .npz file": (file("a.npz", b"PK\x03\x04"), "The file is damaged, no .npz file"),
        "an empty folder": (files({}), "No sounds: expected one folder per class"),
        "sounds that are none": (
            files({f"{name}/{at}.wav": "Dear Sir" for name in "ab" for at in range(3)}),
            r"6 of 6 files cannot be read: .*a/0.wav \(Not a sound",
        ),
        "sounds cut short": (
            files({f"{name}/{at}.wav": b"RIFF\0\1\0\0WAVEdata\0\1\0\0" for name in "ab" for at in range(3)}),
            "Cut short: 0 of 256 bytes of 'data' are there",
        ),
    },
    "language_model": of_training(USE["language_model"]) | of_tables(USE["language_model"]) | of_texts()
    | of_shares(USE["language_model"]) | an_encoder("RUN/encoder.npz") | {
        "length": (typed("--length", 0), "length must be at least 1"),
        "units": (typed("--units", 0), "units must be at least 1"),
        "min_freq": (typed("--min-freq", 0), "min_freq must be at least 1"),
        "temperature": (typed("--temperature", "nan"), "temperature must be at least 0"),
        "drop_mult": (typed("--drop-mult", 5), "drop_mult must be from 0"),
        "a text that is not UTF-8": (file("a.txt", b"a caf\xe9 " * 9), "Line 1 is not utf-8"),
        "an empty text": (file("a.txt", ""), "no line or word"),
        "white space": (file("a.txt", " \n" * 99), "There is no text"),
        "the same text twice": (in_folder(file("a.txt", "a b", "--valid", "FOLDER/a.txt")), "need files of their own"),
        "too large batches": (file("a.txt", "a good house\n" * 9, "--batch-size", 999), "use more text, or a smaller"),
        "too small a vocabulary": (file("a.txt", "a house\n" * 9, "--max-vocab", 3), "The vocabulary is empty"),
        "a text for validation of others": (typed("--valid", "a.txt"), "valid: only with a text file"),
        "no such encoder": (typed("--encoder", "none.npz"), "No such file"),
    },
    "text_classifier": of_training(USE["text_classifier"]) | of_tables(USE["text_classifier"]) | of_texts()
    | of_shares(USE["text_classifier"]) | an_encoder("RUN") | {
        "units": (typed("--units", 0), "units.* must be at least 1"),
        "min_freq": (table(HEADER, ROWS, *USE["text_classifier"], "--min-freq", 0), "min_freq must be at least 1"),
        "head_epochs": (typed("--head-epochs", 1), "head_epochs needs an encoder"),
        "tags in balance": (typed("--balance", "--tag-separator", "|"), "balance is for one class per text"),
        "units beside an encoder": (typed("--encoder", "run", "--units", 3), "The encoder determines units"),
        "no such encoder": (typed("--encoder", "none.npz"), "No such file"),
        "no such vectors": (table(HEADER, ROWS, *USE["text_classifier"], "--vectors", "none.txt"), "cannot be read"),
        "drop_mult": (typed("--drop-mult", 2), "drop_mult must be from 0"),
        "one row": (table(HEADER, ROWS[:1], *USE["text_classifier"]), "There is only one class"),
        "one class": (table(HEADER, cells(2, "north"), *USE["text_classifier"]), "There is only one class"),
        "no classes": (table(HEADER, cells(2, ""), *USE["text_classifier"]), "No label in 31 of the documents"),
        "no texts": (table(HEADER, cells(3, " ", 7), *USE["text_classifier"]), "No text in 1 of the documents.*:7"),
        "a text alone": (file("a.txt", "a good house"), "A single text has no classes"),
        "vectors": (
            in_folder(
                table(HEADER, ROWS, *USE["text_classifier"], "--embedding", 2, "--vectors", "FOLDER/vectors.txt"),
                vectors_txt="house 1 nan",
            ),
            "The numbers must be finite",
        ),
        "a run without its configuration": (
            damaged("language", Path.unlink, "--encoder", "RUN", file="config.json"), "no readable config.json",
        ),
        "a configuration that is a list": (
            damaged("language", lambda path: path.write_text("[]"), "--encoder", "RUN", file="config.json"),
            "no readable config.json",
        ),
        "a level that there is not": (
            damaged("language", lambda path: path.write_text('{"level": [1]}'), "--encoder", "RUN", file="config.json"),
            "level must be",
        ),
    },
    "predict": of_models("RUN", "cat.jpg") | {
        "no run": (typed("none", "cat.jpg"), "The folder has no model.keras"),
        "a run that forecasts without its configuration": (
            damaged("series", Path.unlink, "RUN", "data.csv", file="config.json"), "no readable config.json",
        ),
        "a language model": (intact("language", "RUN", "good"), "A language model writes texts"),
        "no pictures": (intact("images", "RUN"), "give image files, or folders"),
        "a folder without pictures": (intact("images", "RUN", "RUN/logs"), "give image files, or folders"),
        "no table": (intact("table", "RUN"), "give one CSV file"),
        "two tables": (intact("table", "RUN", "a.csv", "b.csv"), "give one CSV file"),
        "no series": (intact("series", "RUN"), "give one CSV file"),
        "no texts": (intact("texts", "RUN"), "give texts, or files"),
        "pictures for a table": (intact("table", "RUN", "RUN/logs"), "Is a directory"),
        "a folder for texts": (intact("texts", "RUN", "RUN/logs"), "Give files of a text on each line"),
        "a table without its columns": (
            in_folder(intact("table", "RUN", "FOLDER/a.csv"), a_csv="day\n1\n"), "needs columns|column",
        ),
        "cells that are no numbers": (
            in_folder(intact("table", "RUN", "FOLDER/a.csv"), a_csv="area\n1\nlarge\n"), "line 3 is not a finite",
        ),
        "too short a series": (
            in_folder(intact("series", "RUN", "FOLDER/a.csv"), a_csv="area\n1\n2\n"), "needs the last 4 rows",
        ),
        "lines that are not UTF-8": (
            in_folder(intact("texts", "RUN", "FOLDER/a.txt"), a_txt=b"a house\na caf\xe9\n"), "Line 2 is not utf-8",
        ),
        "a device": (intact("texts", "RUN", "/dev/zero"), "A device is not a file of text"),
        "the output onto its input": (
            in_folder(intact("texts", "RUN", "FOLDER/a.txt", "--csv", "FOLDER/a.txt"), a_txt="a house"),
            "would overwrite its input",
        ),
        "the output onto a picture": (
            in_folder(intact("images", "RUN", "FOLDER", "--csv", "FOLDER/a.jpg"), a_jpg=picture()),
            "would overwrite its input",
        ),
        "the output onto the model": (
            intact("texts", "RUN", "good", "--csv", "RUN/model.keras"), "would overwrite its input",
        ),
        "the output onto the configuration": (
            intact("texts", "RUN", "good", "--csv", "RUN/config.json"), "The file belongs to a run",
        ),
        "the output among the logs": (intact("texts", "RUN", "good", "--csv", "RUN/logs/a"), "belongs to a run"),
        "the output onto a folder": (intact("texts", "RUN", "good", "--csv", "RUN/logs"), "The output is a folder"),
        "the output nowhere": (intact("texts", "RUN", "good", "--csv", "RUN/none/a.csv"), "does not exist"),
    },
    "report": {
        "no run": (typed("none"), "neither config.json nor metrics.json: choose that of a run"),
        "nothing": (typed(), "Name the folder of a run"),
        "a run twice": (intact("images", "RUN", "RUN"), "at least two runs, each once"),
        "a damaged configuration": (
            damaged("images", lambda path: path.write_text("["), "RUN", file="config.json"), "is damaged, or no table",
        ),
        "a configuration that is a pipe": (
            damaged("images", replaced_by_pipe, "RUN", file="config.json"), "neither config.json nor metrics.json",
        ),
        "metrics in a list": (
            damaged("images", lambda path: path.write_text("[1]"), "RUN", file="metrics.json"), "is damaged, or no tab",
        ),
        "a damaged history": (
            damaged("images", lambda path: path.write_text("stage,epoch,loss\na,1,low"), "RUN", file="history.csv"),
            "history of the run is damaged: remove it",
        ),
        "the page onto a table": (
            in_folder(intact("images", "RUN", "--out", "FOLDER/a.csv"), a_csv="day\n1\n"), "The page must end in .html",
        ),
        "the page onto another": (intact("images", "RUN", "--out", "RUN/words.html"), "The file belongs to a run"),
        "the page nowhere": (intact("images", "RUN", "--out", "RUN/none/a.html"), "does not exist"),
    },
    "export": {
        "a Lambda layer": (damaged("images", with_lambda, "RUN"), "`Lambda` layer"),
        "no run": (typed("none"), "The folder has no model.keras"),
        "no other model": (intact("images", "RUN", "--model", "ngrams"), "The folder has no ngrams.keras"),
        "no configuration": (damaged("images", Path.unlink, "RUN", file="config.json"), "no readable config.json"),
        "a length of 0": (intact("images", "RUN", "--length", 0), "length must be at least 1"),
        "8 bits without LiteRT": (intact("images", "RUN", "--int8", "--to", "onnx"), "LiteRT writes 8 bits"),
        "other data": (intact("images", "RUN"), "The model has 3 channels, and the data have others"),
        "data that are gone": (intact("images", "RUN", "--data", "none/pets.csv"), "cannot be loaded again: give them"),
    },
    "share": {
        "a Lambda layer": (damaged("images", with_lambda, "RUN", "out"), "`Lambda` layer"),
        "no run": (typed("none", "out"), "no readable config.json"),
        "the run onto itself": (intact("images", "RUN", "RUN"), "The folder exists and is not empty"),
        "no owner": (intact("images", "RUN", "hf://pets"), "A repository of the Hub is hf://OWNER/NAME"),
        "metrics in a list": (
            damaged("images", lambda path: path.write_text("[1]"), "RUN", "out", file="metrics.json"), "is damaged",
        ),
    },
    "app": {
        "a Lambda layer": (damaged("images", with_lambda, "RUN"), "`Lambda` layer"),
        "no run": (typed("none"), "The folder has no model.keras"),
        "a port of 0": (intact("images", "RUN", "--port", 0), "port must be at least 1"),
        "a port above all": (intact("images", "RUN", "--port", 70000), "A port is at most 65535"),
        "no uploads": (intact("images", "RUN", "--max-upload", 0), "max_upload must be at least 1"),
        "a language model": (intact("language", "RUN"), "A language model writes texts"),
        "a repository without an owner": (typed("hf://pets"), "A repository of the Hub is hf://OWNER/NAME"),
    },
    "serve": {
        "a Lambda layer": (damaged("images", with_lambda, "RUN"), "`Lambda` layer"),
        "no run": (typed("none"), "The folder has no model.keras"),
        "a port above all": (typed("run", "--port", 70000), "A port is from 0, for a free one, to 65535"),
        "no bodies": (typed("run", "--max-body", 0), "max_body must be at least 1"),
        "a language model": (intact("language", "RUN"), "A language model writes texts"),
        "no export": (intact("table", "RUN", "--runtime", "onnx"), "was not exported: python recipes/export.py"),
    },
    "web_page": {
        "a Lambda layer": (damaged("images", with_lambda, "RUN"), "`Lambda` layer"),
        "no run": (typed("none"), "The folder has no model.keras"),
        "a table": (intact("table", "RUN"), "The page classifies pictures: choose a run of image_classifier"),
    },
}  # fmt: skip
