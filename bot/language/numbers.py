"""Numbers, ratios and sizes in words, with the number words of the languages that are read."""

from __future__ import annotations

import re
from collections.abc import Mapping


def read_ratio(text: str) -> str:
    """Return "16:9" for "aspect ratio 16 x 9", "16比9", "16/9"; "" when there is none.

    2.35:1 becomes a ratio of whole numbers, 235:100.
    """
    numbers = re.findall(r"\d{1,6}(?:\.\d{1,4})?", text)[:2]
    decimals = max((len(number.partition(".")[2]) for number in numbers), default=0)
    whole = [round(float(number) * 10**decimals) for number in numbers]
    return ":".join(map(str, whole)) if len(whole) == 2 and all(whole) else ""


def read_size(text: str) -> str:
    """Return the number of K or pixels in the text: "8K", "512"."""
    match = re.search(r"(\d+(?:\.\d+)?) ?(k?)", text)
    return f"{match[1]}{match[2].upper()}" if match else ""


def read_number(text: str, numbers: Mapping[str, int]) -> int:
    """Return the number in a text: "three different", 十二张, "x4"; 0 when there is none."""
    if digits := re.search(r"\d+", text):
        return int(digits[0])
    for word in re.findall(r"[^\W\d_\u2e80-\u9fff]+", text):
        if word in numbers:
            return numbers[word]
    return _number_in_han(text, numbers)


def _number_in_han(text: str, numbers: Mapping[str, int]) -> int:
    for word, number in numbers.items():
        if len(word) > 1 and word in text:
            return number
    text = "".join(letter for letter in text if letter in numbers or letter in "十百")
    hundreds, has_hundreds, rest = text.rpartition("百")
    tens, has_tens, ones = rest.rpartition("十")
    total = 100 * numbers.get(hundreds[-1:], 1) if has_hundreds else 0
    total += 10 * numbers.get(tens[-1:], 1) if has_tens else 0
    return total + numbers.get(ones[-1:], 0)
