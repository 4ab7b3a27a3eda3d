"""Sound: WAV files in folders of classes, as log-mel spectrograms."""
