from kerasdl.data.images.opencv import opencv


def test_opencv_takes_one_thread():
    assert opencv().getNumThreads() == 1
    assert opencv() is opencv()
