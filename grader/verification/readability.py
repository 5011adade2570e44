"""How hard a hint is to read: its number of words, and its reading grade.

The reading grade is that of Flesch and Kincaid: 0.39 x words per sentence + 11.8 x syllables per word - 15.59. It is
about the number of years at school that a reader needs. Code, formulas and the names of functions count neither as
words nor as syllables: they are what the reader looks at, not how it is said. So what is left out is

- text between backticks (`torch.autograd.grad`) and fields that are filled in ({factor});
- every word with a character that is no letter, hyphen or apostrophe (`3x²`, `f(x)`, `=`), and single letters but "a"
  and "I" (`x`).

A sentence ends with a full stop, a question mark, an exclamation mark or a line.
"""

import re

MOST_WORDS = 160
HIGHEST_GRADE = 9.0

_LEFT_OUT = re.compile(r"`[^`]*`|\{[^{}]*\}")
_SENTENCE_END = re.compile(r"[.!?]+(?:\s|$)|\n+")
_WORD = re.compile(r"(?:[^\W\d_]{2,}|[aAI])(?:[-'’][^\W\d_]+)*")
_VOWELS = re.compile(r"[aeiouy]+")


def words_of(text: str) -> list[str]:
    """Return the words of a text without code, formulas and fields."""
    bare = [part.strip(".,;:!?()[]“”\"'’*") for part in _LEFT_OUT.sub(" ", text).split()]
    return [word for word in bare if _WORD.fullmatch(word)]


def length_of(text: str) -> int:
    """Return the number of words of a text, with code and formulas."""
    return len(text.split())


def grade_of(text: str) -> float:
    """Return the reading grade of a text; 0.0 if it has no words, or if it is easier than that of the first year."""
    words = words_of(text)
    if not words:
        return 0.0
    sentences = sum(1 for part in _SENTENCE_END.split(_LEFT_OUT.sub(" ", text)) if words_of(part))
    syllables = sum(_syllables(word) for word in words)
    return max(0.0, 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59)


def complaint_about(text: str) -> str | None:
    """Return why a hint is too long or too hard to read, in words; None if it is neither."""
    if (length := length_of(text)) > MOST_WORDS:
        return f"has {length} words; the most are {MOST_WORDS}"
    if (grade := grade_of(text)) > HIGHEST_GRADE:
        return f"has the reading grade {grade:.1f}; the highest is {HIGHEST_GRADE:g}: use shorter sentences and words"
    return None


# Endings with one syllable more than groups of vowels.
_ENDINGS = ("ient", "ients", "iate", "iates", "iable", "eate", "eates", "eated")


def _syllables(word: str) -> int:
    word = re.sub(r"[^a-z]", "", word.lower())
    count = len(_VOWELS.findall(word)) + word.endswith(_ENDINGS)
    silent = re.search(r"[^aeiouyl]e$|[^aeiouytd]ed$|[^aeiouyszxcghl]es$", word) is not None
    return max(1, count - silent)
