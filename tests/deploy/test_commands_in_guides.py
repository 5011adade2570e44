"""Every command of a guide is run by a test or marked as not run, and its subcommand and options exist."""

import argparse
import re
import shlex
from itertools import pairwise

import pytest
from django.core.management import get_commands, load_command_class

from deploy.dev.base import ROOT
from deploy.dev.guides import Guide, commands, read_guides
from grader.__main__ import _parser as grader_parser

GUIDES = read_guides()
BLOCKS = [(guide, block) for guide in GUIDES.values() for block in commands(guide.blocks())]
IDS = [f"{guide.path}:{block.line}" for guide, block in BLOCKS]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
# Continuous integration runs `make test`: all of it is in these files.
WHOLE_RUN = (".ci/run", "deploy/dev/test.py")


def lines_of(text):
    """The commands of a block, one each, without comments and variables."""
    text = re.sub(r"[<>] *(\$\([^)]*\)|\S)+", "", text.replace("\\\n", " "))
    for line in text.splitlines():
        for part in re.split(r" && | \| |; ", re.sub(r"(^|\s)#.*", "", line).strip()):
            words = re.sub(r"^(export )?(\w+=\S*\s*)+", "", part.strip())
            if words and re.match(r"[\w./]", words):
                yield words


def verb(command):
    """The word by which a test can be recognised that runs this command."""
    words = command.split()
    for before, word in pairwise(words):
        if (before, words[0]) in (("-m", words[0]), ("make", "make")) or before.endswith("manage.py"):
            return words[words.index("grader") + 1] if word == "grader" else word
    if words[:2] == ["docker", "compose"]:
        return words[-1].rpartition("/")[2] if words[2] == "exec" else words[2]
    return words[0].rpartition("/")[2]


def text_of_test(test):
    """The text of the file of a test, in which its function must exist."""
    if test == WHOLE_RUN[0]:
        return "".join((ROOT / path).read_text(encoding="utf-8") for path in WHOLE_RUN)
    path, _, name = test.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    assert f"\ndef {name}(" in text, f"there is no test {test}"
    return text


@pytest.mark.parametrize(("guide", "block"), BLOCKS, ids=IDS)
def test_commands_are_run_by_a_test_or_marked(guide, block):
    assert block.tests or block.reason, "write `<!-- run by TEST -->` or `<!-- not run: REASON -->` above the block"

    texts = [text_of_test(test) for test in block.tests]
    itself = "ROOT / " + " / ".join(f'"{part}"' for part in guide.path.parts)
    if texts and not any(itself in text for text in texts):
        # A test that reads the guide runs its commands as they stand. Another one has at least the same verbs.
        assert [word for word in map(verb, lines_of(block.text)) if not any(word in text for text in texts)] == []


@pytest.mark.parametrize(("guide", "block"), BLOCKS, ids=IDS)
def test_subcommands_and_options_of_a_guide_exist(guide, block):
    assert [command for command in lines_of(block.text) if not exists(command)] == []


def exists(command):
    """Whether this subcommand and these options exist, if the command is our own; other commands count as existing."""
    options = set(re.findall(r"(?<=\s)\[?(--[a-z][a-z-]+)", command))
    words = command.split()
    if words[0] == "make":
        return {word for word in words[1:] if "=" not in word} <= TARGETS
    if "manage.py" in command:
        name = verb(command)
        return name in get_commands() and options <= options_of_management(name)
    if re.search(r"-m grader\b", command):
        return options <= options_of_grader(verb(command))
    return not words[0].startswith("deploy/") or (ROOT / words[0]).exists()


def options_of_management(name):
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    return all_options(parser)


def options_of_grader(name):
    (subcommands,) = (action for action in grader_parser()._actions if isinstance(action, argparse._SubParsersAction))
    return all_options(subcommands.choices[name])


def all_options(parser):
    """The options of a parser and of its subcommands."""
    found = set(parser._option_string_actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= {option for one in action.choices.values() for option in all_options(one)}
    return found


def test_every_block_of_a_guide_names_its_language():
    # Without one, a block of commands would not be found, and the site could not colour it.
    unnamed = [
        f"{guide.path}:{block.line}" for guide in GUIDES.values() for block in guide.blocks() if not block.language
    ]

    assert unnamed == []


def test_a_block_has_its_marker_and_its_lines():
    text = "before\n\n<!-- not run: it needs a cluster -->\n````sh\na\n```\nb\n````\n\n```text\nc\n```\n"
    first, second = Guide("a.md", text).blocks()

    assert (first.reason, first.text, first.line, first.last_line) == ("it needs a cluster", "a\n```\nb\n", 4, 8)
    assert (second.tests, second.reason, second.text) == ([], "", "c\n")


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("make demo PORT=8001", "demo"),
        (".venv/bin/python -m grader verify derivatives/sin", "verify"),
        (".venv/bin/python -m ruff check exercises", "ruff"),
        ("docker compose exec web python3 manage.py sendtestemail a@b.org", "sendtestemail"),
        ("docker compose exec -T postgres sh /chainrule/backup", "backup"),
        ("docker compose up -d", "up"),
        ("deploy/make-secrets", "make-secrets"),
    ],
)
def test_the_verb_of_a_command_is_what_it_does(command, word):
    assert verb(command) == word


def test_a_wrong_command_is_found():
    right = ["make demo", "python manage.py apitoken NAME --course X", "python3 -m grader grade a b --sandbox none"]
    wrong = ["make dmeo", "python manage.py apitokens", "python manage.py apitoken --curse X", "deploy/make-secret"]

    assert [command for command in [*right, *wrong] if not exists(command)] == wrong


def test_lines_are_split_as_a_shell_does():
    text = 'A=1 B=$(x) make demo   # why\ncd deploy && docker compose \\\n    up -d\ncurl "$API" | tr a b\n'

    assert list(lines_of(text))[1:3] == ["cd deploy", "docker compose      up -d"]
    assert shlex.split(list(lines_of(text))[3])[0] == "curl"
