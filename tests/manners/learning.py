"""``python -m tests.manners.learning``: learn anew which words want a picture.

Writes ``bot/language/weights.tsv``, by logistic regression over all labelled sayings that there
are: those of conversations count once, and prompts and commands, which are more, count less.
``--folds N`` writes nothing: it learns from the others what each of N parts is judged by, and
prints how many sayings are judged wrongly at each threshold.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import attrgetter

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from bot.domain.situation import Situation
from bot.language import classifier
from tests.manners.examples import Example, digest, examples

REGULARIZATION = 0.3
"""The inverse of its strength, as scikit-learn names it: ``C``."""

LEAST_OFTEN = 4
"""In so many sayings a feature has to be found for a weight of its own."""

LINE = 100
THRESHOLDS = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)


def learn(learned_from: Sequence[Example]) -> dict[str, int]:
    """The weight of each feature, in the parts that the classifier counts in."""
    vectorizer = CountVectorizer(
        analyzer=attrgetter("features"), binary=True, min_df=LEAST_OFTEN, dtype=float
    )
    found = vectorizer.fit_transform(learned_from)
    model = LogisticRegression(C=REGULARIZATION, max_iter=4000, fit_intercept=False)
    wants = [one.wants for one in learned_from]
    model.fit(found, wants, sample_weight=[one.weight for one in learned_from])
    weights = zip(vectorizer.get_feature_names_out(), model.coef_[0], strict=True)
    return {name: round(weight * classifier.PRECISION) for name, weight in weights}


def written(weights: dict[str, int], learned_from: Sequence[Example]) -> str:
    """The weights as the classifier reads them, in each situation the strongest first."""
    situations = (classifier.EVERYWHERE, *(situation.value for situation in Situation))
    sections = (line for situation in situations for line in _section(situation, weights))
    return "".join(f"{line}\n" for line in (classifier.LEARNED + digest(learned_from), *sections))


def _section(situation: str, weights: dict[str, int]) -> Iterator[str]:
    yield situation
    names = defaultdict(list)
    for feature, weight in weights.items():
        where, name = feature.split("\t")
        is_known = situation == classifier.EVERYWHERE and classifier.is_unit(name)
        if where == situation and (weight or is_known):
            names[weight, name.isascii()].append(name)
    for weight, is_ascii in sorted(names, key=lambda key: (-abs(key[0]), *key)):
        yield from _lines(weight, sorted(names[weight, is_ascii]))


def _lines(weight: int, names: Sequence[str]) -> Iterator[str]:
    line = str(weight)
    for name in names:
        if len(line) + len(name) >= LINE:
            yield line
            line = str(weight)
        line += f"\t{name}"
    yield line


def folds(count: int) -> str:
    """How sayings are judged that nothing was learned from, as a table."""
    every = examples()
    judged: list[tuple[Example, float]] = []
    for learned_from, rest in KFold(count, shuffle=True, random_state=1).split(every):
        weights = learn([every[index] for index in learned_from])
        for example in (every[index] for index in rest):
            total = sum(weights.get(name, 0) for name in example.features)
            judged.append((example, total / classifier.PRECISION))
    said = [(one, odds) for one, odds in judged if one.weight == 1]
    lines = ["| log odds at least | wants one: below | wants none: above |", "|--:|--:|--:|"]
    for least in THRESHOLDS:
        below = [odds < least for one, odds in said if one.wants]
        above = [odds >= least for one, odds in said if not one.wants]
        shares = (f"{100 * sum(each) / len(each):.1f} %" for each in (below, above))
        lines.append(f"| {least} | {' | '.join(shares)} |")
    return "\n".join([f"{len(said)} sayings", "", *lines])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.manners.learning", description=__doc__)
    parser.add_argument("--folds", type=int, metavar="N")
    asked = parser.parse_args()
    if asked.folds:
        sys.stdout.write(f"{folds(asked.folds)}\n")
        return
    every = examples()
    classifier.FILE.write_text(written(learn(every), every), "utf-8")


if __name__ == "__main__":
    main()
