"""Made-up labelled texts: every text different, no two nearly the same, and labels that its words tell."""

from __future__ import annotations

import random

from groundswell.types import Example

GOOD = ["lovely", "great", "superb", "delightful", "charming", "excellent", "bright", "splendid"]
BAD = ["awful", "dreadful", "nasty", "terrible", "horrid", "dismal", "shabby", "poor"]
THINGS = [
    "kitchen", "garden", "window", "station", "village", "teacher", "picture", "morning", "engine", "bridge",
    "letter", "summer", "market", "island", "basket", "blanket", "candle", "doctor", "feather", "giraffe",
    "hammer", "jacket", "kettle", "lantern", "mirror", "needle", "orchard", "pencil", "quarry", "ribbon",
    "saddle", "tunnel", "umbrella", "violin", "wagon", "yard", "zebra", "anchor", "button", "carpet",
    "desert", "elbow", "forest", "glove", "harbour",
]  # fmt: skip


def make_texts(count: int, *, seed: int = 0, time: str | None = None) -> list[Example]:
    """Half good, half bad, in mixed order; `row` counts from 1."""
    chances = random.Random(seed)
    examples = []
    for number in range(count):
        is_good = chances.random() < 0.5
        words = [*chances.sample(THINGS, 9), *chances.sample(GOOD if is_good else BAD, 3)]
        chances.shuffle(words)
        label = "good" if is_good else "bad"
        examples.append(Example(str(number + 1), " ".join(words) + ".", label, number + 1, time=time))
    return examples
