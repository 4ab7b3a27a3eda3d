"""Decoding of image files: headers, orientation, crops, and the pixels."""
