"""Write down what each wrong answer of a package gets, so that nobody writes `mistakes.toml` by hand."""

from grader.grading.exercise import load_exercise
from grader.packages.mistakes import FILE, sources_of
from grader.packages.mistakes_file import with_results
from grader.protocol.verifications import MISTAKE_SEED, MistakeResult, result_of
from grader.sandboxes.base import Sandbox
from grader.verification.learner_runs import LearnerRuns


def keep(slug: str, *, sandbox: Sandbox) -> list[MistakeResult]:
    """Grade the starter and each mistake of a package, write what they get into `mistakes.toml`, and return it.

    Lines of code that the file names stay; other answers get the line that the search proposes. Raises UnknownExercise
    or PackageError.
    """
    exercise = load_exercise(slug)
    runs = LearnerRuns(exercise=exercise, sandbox=sandbox)
    results = []
    files = sources_of(exercise.package.folder)
    sources = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    for name, source in sources.items():
        report = runs.grade(source, MISTAKE_SEED)
        results.append(result_of(name, report, runs.find_line(source, MISTAKE_SEED, report) or "none"))
    file = exercise.package.folder / FILE
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    file.write_text(with_results(text, results, sources=sources, remove_others=True), encoding="utf-8")
    return results
