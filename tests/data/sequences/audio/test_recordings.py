from pathlib import Path

import keras
import numpy as np
import pytest
import soundfile
from kerasdl import export, models
from kerasdl.data import sequences
from kerasdl.data.sequences.audio.recordings import changes_within
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput
from kerasdl.layers import LogMelSpectrogram

RATE = 8000


def tone(hertz, seconds, rate=RATE):
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


@pytest.fixture
def folder(tmp_path):
    """Low and high tones by two speakers, of different lengths; one stereo at 44.1 kHz."""
    for label, hertz in (("high", 2000), ("low", 300)):
        (tmp_path / label).mkdir()
        for number in range(6):
            name = f"{('ann', 'bob')[number % 2]}_{number}.wav"
            soundfile.write(tmp_path / label / name, tone(hertz, 0.1 + 0.02 * number), RATE)
    both = np.stack([tone(300, 0.2, 44_100)] * 2, axis=1)
    soundfile.write(tmp_path / "low/ann_6.wav", both, 44_100, subtype="PCM_24")
    return tmp_path


def test_sounds_become_spectra_of_unequal_length(folder):
    data = sequences.from_audio(folder, batch_size=5, valid_share=0.4)
    assert str(data) == "8 training and 5 validation sounds of up to 0.2 seconds at 8,000 Hz in 2 classes"
    assert (data.classes, data.spectrogram.sample_rate, data.shape[1]) == (("high", "low"), 8000, 40)
    spectra = next(iter(data.valid))[0].numpy()
    for name, found in zip(data.valid_names, spectra, strict=True):
        samples = sequences.read_wav(name)[0]
        if "ann_6" not in name:
            expected = LogMelSpectrogram(RATE)(samples[None]).numpy()[0]
            assert np.array_equal(found[: len(expected)], expected)
            assert np.isnan(found[len(expected) :]).all()
    spectra = data.train_source.at(range(8)).numpy()
    train = spectra[~np.isnan(spectra)].reshape(-1, 40)
    np.testing.assert_allclose(data.statistics, [train.mean(axis=0), train.std(axis=0)], rtol=1e-4)


def test_all_sounds_are_resampled_to_the_lowest_rate(folder):
    data = sequences.from_audio(folder)
    names = list(data.train_names) + list(data.valid_names)
    place = next(index for index, name in enumerate(names) if name.endswith("ann_6.wav"))
    part, index = (Part.TRAIN, place) if place < len(data.train_names) else (Part.VALID, place - len(data.train_names))
    found = data.source(part).at([index]).numpy()[0].mean(axis=0)
    assert np.abs(np.array(data.spectrogram.centers) - 300).argmin() == found.argmax()
    assert sequences.from_audio(folder, sample_rate=4000).spectrogram.sample_rate == 4000


def test_a_speaker_stays_in_one_part(folder):
    data = sequences.from_audio(folder, group=r"(\w+)_\d")
    parts = [{name.split("/")[-1][:3] for name in names} for names in (data.train_names, data.valid_names)]
    assert sorted(map(len, parts)) == [1, 1]
    assert parts[0] != parts[1]


@pytest.mark.parametrize("centered", [pytest.param(False, marks=pytest.mark.slow), True])
def test_samples_and_files_through_the_exported_model_equal_the_pipeline_bit_for_bit(folder, tmp_path, centered):
    augment = sequences.augment.spec_augment()
    data = sequences.from_audio(folder, augment=augment, batch_size=8, centered=centered)
    model = models.resnet_1d((None, 40), 2, widths=(4,), preprocess=data.statistics)
    exported = export.sequence_classifier(model, data.classes, spectrogram=data.spectrogram)
    exported.save(tmp_path / "sounds.keras")
    loaded = keras.models.load_model(tmp_path / "sounds.keras")
    samples = [sequences.predictions.samples_of(name, 8000) for name in data.valid_names]
    padded = np.full((len(samples), max(map(len, samples))), np.nan, "float32")
    for row, each in zip(padded, samples, strict=True):
        row[: len(each)] = each
    (spectra, _), *_ = data.valid
    expected = keras.ops.softmax(model.predict(spectra, verbose=0)).numpy()
    assert np.array_equal(loaded.predict(padded, verbose=0), expected)
    # One after the other, from files, from their bytes, and from samples.
    contents = [Path(name).read_bytes() for name in data.valid_names]
    given = [list(sequences.predict(loaded, each)) for each in (data.valid_names, contents, samples)]
    assert given[0] == given[1] == given[2]
    for found, row in zip(given[0], expected, strict=True):
        assert found == {data.classes[row.argmax()]: pytest.approx(row.max(), abs=1e-6)}


def test_words_are_centered_and_steady_tones_are_not(folder):
    steady = sequences.from_audio(folder)
    assert not steady.spectrogram.centered
    for file in folder.glob("*/*.wav"):
        # Once louder, once softer by a factor of 30.
        samples, rate = soundfile.read(file)
        louder = np.arange(len(samples)) < len(samples) / 2
        soundfile.write(file, (samples.T * np.where(louder, 1, 1 / 30)).T, rate)
    data = sequences.from_audio(folder)
    assert data.spectrogram.centered
    assert "in 2 classes, each band centered" in str(data)
    spectra = data.train_source.at([0, 1]).numpy()
    np.testing.assert_allclose(np.nanmean(spectra, axis=1), 0, atol=2e-3)
    assert not sequences.from_audio(folder, centered=False).spectrogram.centered


def test_changes_within_by_hand():
    """Of means 1 and 3 the variance is 1."""
    assert changes_within([np.array([[0.0], [2.1]]), np.array([[2.0], [4.0]])])
    assert not changes_within([np.array([[0.1], [1.9]]), np.array([[2.1], [3.9]])])


def test_spectra_are_drawn_over_seconds_and_hertz(folder):
    data = sequences.from_audio(folder)
    figure = data.draw([0, 1], ["first", "second"])
    assert figure.axes[0].get_title(loc="left").endswith(".wav: first")
    assert figure.axes[0].images[0].get_extent()[1] == pytest.approx(
        0.01 * (~np.isnan(data.valid_source.at([0, 1])[0, :, 0])).sum()
    )
    assert (figure.get_supxlabel(), figure.get_supylabel()) == ("seconds", "Hz")


def test_bad_files_are_named_or_skipped(folder):
    (folder / "low/empty.wav").write_bytes(b"")
    (folder / "low/letter.wav").write_bytes(b"Dear Sir")
    cut = (folder / "low/ann_0.wav").read_bytes()[:-100]
    (folder / "high/cut.wav").write_bytes(cut)
    with pytest.raises(BadInput, match=r"3 of 16 files cannot be read: .*cut.wav \(Cut short.*empty.wav.*letter.wav"):
        sequences.from_audio(folder)
    data = sequences.from_audio(folder, on_bad="skip")
    assert len(data.skipped) == 3
    assert str(data).endswith("in 2 classes, 3 unreadable files skipped")


def test_folders_of_training_and_validation(folder, tmp_path):
    for part, numbers in (("train", range(4)), ("valid", (4, 5))):
        for label in ("low", "high"):
            (tmp_path / "parts" / part / label).mkdir(parents=True)
            for number in numbers:
                name = f"{('ann', 'bob')[number % 2]}_{number}.wav"
                (tmp_path / "parts" / part / label / name).symlink_to(folder / label / name)
    data = sequences.from_audio(tmp_path / "parts")
    assert (len(data.train_names), len(data.valid_names)) == (8, 4)
    with pytest.raises(BadInput, match="There is a validation folder already"):
        sequences.from_audio(tmp_path / "parts", group="(a)")


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda path: None, {"on_bad": "ignore"}, "Received: on_bad='ignore'"),
        (lambda path: None, {"bands": 900}, "Band .* holds no frequency"),
        (lambda path: None, {"batch_size": 0}, "Received: batch_size=0"),
        (lambda path: (path / "low").rename(path / ".low"), {}, r"There is only one class.*\('high',\)"),
        (lambda path: (path / "low/ann_0.wav").rename(path / "a.wav"), {}, "outside the class folders.*a.wav"),
        (lambda path: (path / "low").rename(path / "valid"), {}, "valid/ needs a train/ folder"),
    ],
)
def test_what_is_refused(folder, change, options, message):
    change(folder)
    with pytest.raises(BadInput, match=message):
        sequences.from_audio(folder, **options)


def test_a_folder_without_sounds(tmp_path):
    with pytest.raises(BadInput, match="No such folder"):
        sequences.from_audio(tmp_path / "none")
    with pytest.raises(BadInput, match="No sounds: expected one folder per class"):
        sequences.from_audio(tmp_path)
