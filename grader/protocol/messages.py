"""The grader's general sentences for learners. Code names a message by its id; the sentences are here.

Without torch: the web server renders findings with it. A message's hint has the id `<message>.hint`, and two further
levels `<message>.why` and `<message>.how`. Sentences about one exercise are in its package's `messages.toml`
(`grader.packages.messages`); the grader puts them into the finding's data, and they are used before those here.
"""

import string
from collections.abc import Mapping, Sequence
from typing import Any

LOADING = {
    "empty": "There is no code in your submission. Write your answer and submit again; no attempt was used.",
    "too_large": "Your code is larger than {limit} KiB, which is the maximum. Leave out data and output.",
    "not_text": "Your file has bytes that are not text. Submit the Python source itself, saved as UTF-8.",
    "syntax_error": "Python cannot read line {line} of your code: {error}.",
    "import_not_allowed": "Line {line}: {error}.",
    "exits": "Your code ends the program while it loads. Remove the call of `exit()` or `sys.exit()`.",
    "does_not_load": "Your code stopped while it was loaded: {type}: {error}.",
    "does_not_load_at": "Your code raised {type} while it was loaded, at line {line}: {error}.",
    "missing_entry": "Your code does not define {names}. Names must match exactly.",
    "missing_entry.hint": "A name defined inside a function, a class or `if __name__ == ...` cannot be found from outside.",
}

RUNNING = {
    "raised": "Your code raised {error}.",
    "raised_at": "Your code raised {error} (line {line}).",
    "returned_none": "`{entry}` returned None.",
    "timed_out": "Your code was stopped after {seconds:g} seconds, while it worked on “{case}”.",
    "timed_out_loading": "Your code was stopped after {seconds:g} seconds, while it was still being loaded.",
    "timed_out.hint": "Is there a loop that never ends, or work that grows much faster than its input?",
    "out_of_memory": "Your code needed more than the {memory} MiB of memory that it can use, on “{case}”.",
    "out_of_memory_loading": "Your code needed more than the {memory} MiB of memory that it can use, while it was loaded.",
    "out_of_memory.hint": "Is a list of tensors with their graphs growing in a loop? Keep numbers with `.item()` or `.detach()`.",
    "crashed": "Python itself was stopped by {signal} while your code worked on “{case}”.",
    "crashed_loading": "Python itself was stopped by {signal} while your code was loaded.",
    "crashed.hint": "Endless recursion in C code, `os._exit` or `ctypes` can do this.",
    "garbled": "The data that your code sent back is not a valid answer.",
    "garbled.hint": "Do not use files and descriptors that your code did not open; just return the answer.",
    "not_run": "Not run: the code was stopped before.",
    "skipped_after": "Not run: “{title}” must pass first.",
    "skipped_ungradable": "Not run: the code must load first.",
}

DIFFERENCES = {
    "differs": "`{where}` is {got:.4g}, expected {expected:.4g}; {wrong} of {of} numbers differ, by up to {difference:.4g}.",
    "differs_secret": "The numbers are wrong on “{case}”.",
    "differs_plain": "`{where}` is {got}, expected {expected}.",
    "wrong_type": "`{where}` is {got}, expected {expected}.",
    "wrong_length": "`{where}` has {got} parts, expected {expected}.",
    "wrong_keys": "`{where}` has the keys {got}; expected {expected}.",
}

DIAGNOSES = {
    "accumulated": "The gradients of several backward passes were added up; the factor is {factor}.",
    "accumulated.hint": "`.grad` is added to, never replaced. Zero it before each backward pass, or use `torch.autograd.grad`.",
    "scaled": "Every number is {factor:.4g} times what it should be.",
    "scaled.hint": "A constant factor is missing, or there is one too many: look at what multiplies or divides the whole result.",
    "mean_for_sum": "Every number is too small by the factor {count}: this is the gradient of a mean, not of a sum.",
    "mean_for_sum.hint": "`mean` divides by the number of entries, and so does its gradient. Was `sum` asked for?",
    "sum_for_mean": "Every number is too large by the factor {count}: this is the gradient of a sum, not of a mean.",
    "sum_for_mean.hint": "A mean divides by the number of entries; its gradient does too.",
    "sign_flipped": "Every number has the wrong sign.",
    "sign_flipped.hint": "Is a minus sign missing, or are the two sides of a difference swapped?",
    "transposed": "This is the right matrix, transposed.",
    "transposed.hint": "Rows belong to outputs and columns to inputs; a gradient has the shape of what it is taken with respect to.",
    "zero_gradient": "The gradient is zero everywhere.",
    "zero_gradient.hint": "Something between input and result does not pass gradients on: `round`, a comparison, `detach`, or a fresh tensor.",
    "no_gradient": "`{where}` is None: no gradient arrived.",
    "no_gradient.hint": "`.grad` is None when the tensor did not require grad, is not a leaf, or was cut off by `detach`, `no_grad`, `.item()` or `torch.tensor(...)`.",
    "detached_path": "The gradient lacks the part that flows through {path}.",
    "detached_path.hint": "One path from input to result is cut. Look for `detach`, `.data`, `.item()`, `no_grad` or `torch.tensor(...)` on it.",
    "not_detached": "The gradient also flows through {path}, which should be cut off.",
    "not_detached.hint": "Use `detach()` or `torch.no_grad()` on what should count as a constant.",
    "finite_differences": "The numbers are nearly right, with the error of a numerical derivative.",
    "finite_differences.hint": "Differences of function values are always approximate. Autograd gives the exact derivative.",
    "low_precision": "The numbers are right in single precision, but float64 was asked for.",
    "low_precision.hint": "Keep the dtype of the inputs: a `.float()`, or a new tensor without `dtype`, rounds to float32.",
    "value_not_gradient": "This is the value of the function, not its gradient.",
    "value_not_gradient.hint": "Call `backward()` on it and return `.grad`, or use `torch.autograd.grad`.",
    "wrong_variable": "This is the gradient with respect to {variable}.",
    "wrong_variable.hint": "Look at which tensor requires grad, and whose `.grad` is returned.",
    "wrong_order": "The numbers are right, but in the wrong order.",
    "wrong_order.hint": "Compare the order of what you return with what the exercise asks for.",
    "summed_over_batch": "An axis was summed away: the result has fewer entries than expected.",
    "summed_over_batch.hint": "A gradient has the shape of what it is taken with respect to. Which axis should have stayed?",
    "broadcast": "One axis was summed and spread out again.",
    "broadcast.hint": "Broadcasting repeated a sum along an axis. Look at the shapes that meet in your formula.",
    "stale": "This is the gradient of the step before.",
    "stale.hint": "Compute the gradient at the current point: the forward pass must come after the update.",
    "not_finite": "`{where}` has NaN or infinity.",
    "not_finite.hint": "Look for a division by zero, the logarithm of zero, or steps that grow without end.",
    "wrong_shape": "`{where}` has shape {got}, expected {expected}.",
    "wrong_shape.hint": "Compare it with the shape that is asked for. A gradient has the shape of what it is taken with respect to.",
    "wrong_dtype": "`{where}` is {got}, expected {expected}.",
    "wrong_dtype.hint": "Keep the dtype of the inputs.",
    "wrong_device": "`{where}` is on {got}, expected {expected}.",
    "wrong_device.hint": "Results must stay on the device of the inputs; make new tensors with `device=`.",
    "input_modified": "Your code changed the values of `{name}`, which belongs to the caller.",
    "input_modified.hint": "Work on a copy: operations that end in an underscore, and `out=`, change a tensor in place.",
}

REQUIREMENTS = {
    "not_tracked": "The result does not require grad.",
    "not_tracked.hint": "Pass `requires_grad=True` when you make the tensor, or call `.requires_grad_()` on it.",
    "not_callable": "`{entry}` must return something that can be called on new points.",
    "not_callable.hint": "Return the trained model itself, or a function that computes logits.",
    "not_logits": "The model's answer {got}; expected are logits of shape {expected}: a row per point, a column per class.",
    "not_logits.hint": "Return the scores of all classes, before any softmax or argmax, as a floating-point tensor.",
    "one_class_only": "The model puts every held-out point into the same class.",
    "one_class_only.hint": "Is it trained at all? Check that the loss falls, and that the optimizer got the model's parameters.",
    "low_accuracy": "{accuracy:.0%} of the held-out points are classified correctly; at least {needed:.0%} are needed.",
    "low_accuracy.hint": "Does the loss fall? Try more steps, another learning rate, or a wider layer.",
    "not_figure": "`{entry}` must return a matplotlib Figure.",
    "not_figure.hint": "Make one with `fig, ax = plt.subplots()` and `return fig`.",
    "unlabelled": "The {axis} axis has no label.",
    "unlabelled.hint": "`ax.set_xlabel(...)` and `ax.set_ylabel(...)` say what is shown.",
    "wrong_lines": "The figure shows {got} lines, expected {expected}.",
    "wrong_lines.hint": "Draw one line for each entry of what is passed in.",
    "wrong_rows": "The picture in the figure has {got} rows, expected {expected}.",
    "wrong_rows.hint": "A row for each parameter, a column for each step: transpose the table if they are swapped.",
    "wrong_points": "{missing} of the lines cannot be found: as many points as there are values are expected ({expected}).",
    "wrong_points.hint": "Draw every value: `ax.plot(values)` puts the first at 0, the second at 1 and so on.",
    "wrong_curve": "No line shows the numbers of `{name}`.",
    "wrong_curve.hint": "Draw the numbers that are passed in, from left to right: `ax.plot(values)`.",
    "wrong_row": "No row of the picture shows the numbers of `{name}`.",
    "wrong_row.hint": "Show the table of numbers that are passed in: `ax.imshow(table)`, a row for each name.",
    "cannot_count": "The figure shows its data neither as lines nor as rows, so the grader cannot see if all {wanted} are there.",
    "cannot_count.hint": "Use `ax.plot` (a line each), or `ax.imshow` and `ax.pcolormesh` if the exercise asks for rows.",
    "not_a_tensor": "`{entry}` must return a tensor.",
    "not_a_tensor.hint": "Compare what you return with the signature in the exercise.",
}

HINTS = {
    "hint.no_graph": "The result has no path back to the input. Was it made with `torch.tensor(...)`, `.item()`, `detach` or under `no_grad`?",
    "hint.in_place": "A value that backward needs was overwritten by an operation ending in an underscore, or by `+=`.",
    "hint.in_place_leaf": "A leaf that requires grad must not be changed in place. Compute a new tensor, or wrap an update in `no_grad`.",
    "hint.second_backward": "The graph is freed after a backward pass. Compute the result again, or pass `retain_graph=True`.",
    "hint.scalar_only": "`backward()` without an argument needs a single number: sum the result, or pass a vector.",
    "hint.unused": "The tensor that you differentiate by does not take part in the result.",
    "hint.numpy": "Use torch functions, or `.detach()` first if no gradient is needed.",
    "hint.devices": "One tensor is in the memory of the CPU, another in the memory of the GPU. Make new ones with `device=`, move models with `.to(device)`.",
    "hint.gpu_index": "An index was out of range, such as a label that is not below the number of classes. A GPU reports this late: the real line can be an earlier one, and everything after it fails.",
    "hint.no_gpu": 'This exercise runs without a GPU: leave out `.cuda()` and `device="cuda"`, or ask `torch.cuda.is_available()` first.',
    "hint.arity": "Compare the parameters of your function with the signature in the exercise.",
    "hint.none": "Something that you use is None; `.grad` is None before the first backward pass.",
    "hint.floating": "Whole numbers have no derivative. Make the tensor of floats: `torch.tensor([1.0, 2.0])`, or pass `dtype=`.",
    "hint.dtypes": "Two dtypes do not go together. The inputs are float64: make a model `.double()`, or convert its inputs in the model itself.",
    "hint.shapes": "Two shapes do not go together. Print both, and compare them with the exercise.",
    "hint.return": "Is there a `return` at the end of every path?",
}

MESSAGES: dict[str, str] = LOADING | RUNNING | DIFFERENCES | DIAGNOSES | REQUIREMENTS | HINTS


NO_SENTENCE = "The grader found `{message}`, and this version of Chainrule has no sentence for it."

OWN_WORDS = "own_words"
"""The key of a finding's data for a package's own sentences: [id, sentence, hint, why, how]."""

LEVELS = ("hint", "why", "how")
"""The levels of hints: what to look at, the idea behind the mistake, what to change."""


def render(message: str | None, data: Mapping[str, Any]) -> str | None:
    """Return the sentence of a message id, filled in with `data`; None for None.

    A report can always be read: if there is no such sentence, or `data` lacks a value, the result is a general sentence.
    `verify` makes sure that no package needs it, but a report can come from another version.
    """
    if message is None:
        return None
    own = _own_words(message, data)
    return (_filled(own[1] if own else MESSAGES.get(message), data)) or NO_SENTENCE.format(message=message)


def render_hint(hint: str | None, data: Mapping[str, Any]) -> str | None:
    """Return the sentence of a hint, filled in with `data`; None if there is no such hint."""
    if hint is None:
        return None
    message, _, level = hint.rpartition(".")
    own = _own_words(message, data)
    if own and level in LEVELS:
        return _filled(own[2 + LEVELS.index(level)] or None, data)
    return _filled(MESSAGES.get(hint), data)


def render_levels(hint: str | None, data: Mapping[str, Any]) -> list[str]:
    """Return the sentences of all levels of a hint, the first level first."""
    if hint is None:
        return []
    message = hint.removesuffix(".hint")
    texts = [render_hint(hint, data), *(render_hint(f"{message}.{level}", data) for level in LEVELS[1:])]
    return [text for text in texts if text]


def fields_of(message: str) -> set[str]:
    """Return the names of the values in the sentence of a message id; none if there is no such sentence."""
    return names_in(MESSAGES.get(message, ""))


def names_in(sentence: str) -> set[str]:
    """Return the names of the values that fill in a sentence. Raises ValueError if its braces do not match."""
    return {name for _, name, _, _ in _FORMATTER.parse(sentence) if name}


def _own_words(message: str, data: Mapping[str, Any]) -> Sequence[str] | None:
    match data.get(OWN_WORDS):
        case [str(name), str(), str(), str(), str()] as words if name == message:
            return list(words)
    return None


def _filled(sentence: str | None, data: Mapping[str, Any]) -> str | None:
    if sentence is None:
        return None
    try:
        return _FORMATTER.vformat(sentence, (), data)
    except (LookupError, ValueError, AttributeError, TypeError):
        return None


class _Formatter(string.Formatter):
    """Fills in a sentence. Text in the place of a number (a factor "growing from row to row") is shown as it is."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        """Return the value of a name; a sentence cannot reach into a value."""
        return self.get_value(field_name, args, kwargs), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        return str(value) if isinstance(value, str) else str(super().format_field(value, format_spec))


_FORMATTER = _Formatter()
