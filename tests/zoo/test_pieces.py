"""Pictures cut into pieces."""

import numpy as np

from cnnviz_widgets import zoo


def test_pieces_lie_side_by_side_in_the_middle():
    picture = zoo.image("cat")
    rows, columns = picture.shape[0] // 100, picture.shape[1] // 120
    top, left = (picture.shape[0] - rows * 100) // 2, (picture.shape[1] - columns * 120) // 2
    found = np.stack(list(zoo.pieces(["cat"], 100, 120)))
    together = found.reshape(rows, columns, 100, 120, 3).swapaxes(1, 2)
    together = together.reshape(rows * 100, columns * 120, 3)
    inside = picture[top : top + rows * 100, left : left + columns * 120]
    np.testing.assert_array_equal(together, inside)


def test_the_sheet_of_digits_falls_apart_into_digits():
    found = list(zoo.pieces(["digits"], 28, 28))
    assert len(found) == 100
    np.testing.assert_array_equal(found[30], zoo.image("digit-3"))


def test_a_small_picture_comes_whole():
    found = list(zoo.pieces(["cat", "coffee"], 4000, 10))
    assert [piece.shape for piece in found] == [zoo.image(name).shape for name in ("cat", "coffee")]
