"""The bundled texts: read character by character, and held out by message."""

import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets import zoo
from cnnviz_widgets.zoo.texts import CHARACTERS, ID_COUNT, OTHER, PADDING
from cnnviz_widgets.zoo.texts_data import held_out_texts, training_batches


def test_a_text_is_an_id_for_each_character_and_padding():
    words = cw.text("Guten Morgen")
    assert words.labels == tuple("Guten Morgen")
    assert (len(words), words.padding, words.ids.shape) == (12, 84, (96,))
    assert words.ids.dtype == np.int32
    assert (words.ids[12:] == PADDING).all()
    small = "".join(CHARACTERS[k - 2] for k in words.ids[:12])
    assert small == "guten morgen"
    np.testing.assert_array_equal(np.asarray(words), words.ids)
    assert "12 of 96 ids, the rest is padding" in repr(words)


def test_characters_that_are_written_in_another_way_are_the_same():
    np.testing.assert_array_equal(cw.text("cafe\u0301").ids, cw.text("café").ids)
    np.testing.assert_array_equal(cw.text("İ’m  “so”\n").ids, cw.text('i\'m "so"').ids)
    assert cw.text("ж").ids[0] == OTHER
    assert len(set(CHARACTERS)) == len(CHARACTERS) == ID_COUNT - 2


def test_a_longer_text_has_more_ids_and_none_is_refused():
    assert cw.text("a" * 97).ids.shape == (192,)
    for wrong in ("", " \n", "a" * 961):
        with pytest.raises(ValueError, match="a text of 1 to 960 characters"):
            cw.text(wrong)


def test_labels_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="a label for each token, from 1 to 2 of them, got 3"):
        cw.Tokens([1, 2], "abc")
    with pytest.raises(ValueError, match="one row of whole numbers, got float64"):
        cw.Tokens([0.5], "a")


def test_every_language_has_sentences_and_an_unknown_one_names_the_nearest():
    for language in zoo.languages():
        known = zoo.messages(language)
        assert len(known) > 500
        assert 0.15 < np.mean([each.held_out for each in known]) < 0.25
    assert len(zoo.messages()) == sum(len(zoo.messages(each)) for each in zoo.languages())
    with pytest.raises(ValueError, match=r"no language named 'dutch'\. Did you mean 'Dutch'"):
        zoo.messages("dutch")


def test_no_translation_of_a_held_out_message_is_trained_on():
    held_out = {each.number for each in zoo.messages() if each.held_out}
    trained = {each.number for each in zoo.messages() if not each.held_out}
    assert held_out
    assert not held_out & trained
    by_text = {(m.language, m.text) for m in zoo.messages() if m.held_out}
    seen = {(m.language, m.text) for m in zoo.messages() if not m.held_out}
    assert len(by_text & seen) < 0.02 * len(by_text)  # other messages, translated alike


def test_batches_are_pieces_of_sentences_of_all_languages():
    ids, classes = next(training_batches(np.random.default_rng(0)))
    assert (ids.shape, ids.dtype, classes.dtype) == ((96, 96), np.int32, np.int32)
    assert set(classes) == set(range(12))
    assert (ids != PADDING).sum(1).min() >= 10
    held_out, labels = held_out_texts()
    assert len(held_out) == len(labels) == sum(m.held_out for m in zoo.messages())
