"""Words: topics and tones are heard in them, and no two texts are alike."""

import re

import numpy as np
import pytest

from mspa_model.data.world import words
from mspa_model.data.world.aspects import LANGUAGES, TONES, TOPICS
from mspa_model.data.world.text import Writer


def test_every_topic_tone_and_language_has_words() -> None:
    for bank in (words.THINGS, words.DEEDS, words.PLACES):
        assert set(bank) == set(TOPICS)
    for bank in (words.SPEECH, words.TITLES, words.PROFILE, words.COMMENTS):
        assert set(bank) == set(TONES)
    assert set(words.GREETINGS) == set(LANGUAGES)


def test_no_thing_belongs_to_two_topics() -> None:
    things = [thing for bank in words.THINGS.values() for thing in bank]
    assert len(set(things)) == len(things)


def test_no_two_titles_are_alike_even_when_words_run_out() -> None:
    writer = Writer(np.random.default_rng(0))
    titles = [writer.title("travel", "joking") for _ in range(400)]
    assert len(set(titles)) == 400


@pytest.mark.parametrize("topic", TOPICS)
def test_speech_names_things_of_its_topic_and_leaves_no_gap(topic: str) -> None:
    writer = Writer(np.random.default_rng(0))
    for tone in TONES:
        said = writer.speech(topic, tone, "German")
        assert any(thing in said for thing in words.THINGS[topic])
        assert not re.search(r"[{}]", said + writer.title(topic, tone) + writer.comments(topic, tone))


def test_a_profile_says_the_name_and_two_different_sentences() -> None:
    profile = Writer(np.random.default_rng(0)).profile("drawing", "calm", "Ora <b>")
    assert profile.endswith("I am Ora <b>.")
    assert "quiet corner" in profile
    assert "Gentle drawing" in profile
