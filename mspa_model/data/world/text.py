"""What is said and written: profiles, titles, speech and comments in a topic, a tone and a language."""

import numpy as np

from mspa_model.data.world import words


class Writer:
    """Writes texts of which no two are alike; each draw says another thing in another way."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._written: set[str] = set()

    def profile(self, topic: str, tone: str, name: str) -> str:
        """Two sentences with which a streamer presents itself."""
        return self._new(lambda: f"{self._several(words.PROFILE[tone], topic, 2)} I am {name}.")

    def title(self, topic: str, tone: str) -> str:
        """The title of a room; numbered where everything has been said already."""
        return self._new(lambda: self._fill(words.TITLES[tone], topic))

    def speech(self, topic: str, tone: str, language: str) -> str:
        """What is said in one segment: a greeting at times, then two or three sentences."""

        def draw() -> str:
            greeting = [self._pick(words.GREETINGS[language])] if self._rng.random() < 0.4 else []
            return " ".join([*greeting, self._several(words.SPEECH[tone], topic, int(self._rng.integers(2, 4)))])

        return self._new(draw)

    def comments(self, topic: str, tone: str) -> str:
        """What the audience writes in one segment: one to four lines."""
        return "\n".join(self.comment(topic, tone) for _ in range(self._rng.integers(1, 5)))

    def comment(self, topic: str, tone: str) -> str:
        """One line from the audience; these may repeat, as people do."""
        return self._fill(words.COMMENTS[tone] if self._rng.random() < 0.4 else words.REACTIONS, topic)

    def _pick(self, bank: tuple[str, ...]) -> str:
        return bank[self._rng.integers(len(bank))]

    def _several(self, bank: tuple[str, ...], topic: str, n: int) -> str:
        """n sentences, each of another template."""
        templates = self._rng.permutation(len(bank))[:n]
        return " ".join(self._fill((bank[i],), topic) for i in templates)

    def _fill(self, bank: tuple[str, ...], topic: str) -> str:
        deed, thing = self._pick(words.DEEDS[topic]), self._pick(words.THINGS[topic])
        return self._pick(bank).format(
            topic=topic,
            Topic=topic.capitalize(),
            deed=deed,
            Deed=deed.capitalize(),
            thing=thing,
            place=self._pick(words.PLACES[topic]),
        )

    def _new(self, draw) -> str:
        """The first of 20 draws that was not written before; after that, the last one with a number."""
        text = draw()
        for _ in range(20):
            if text not in self._written:
                break
            text = draw()
        number, numbered = 2, text
        while numbered in self._written:
            numbered, number = f"{text}, part {number}", number + 1
        self._written.add(numbered)
        return numbered
