"""The grader's general sentences for learners. Code names a message by its id; the sentences are here.

Without torch: the web server renders findings with it. A message's hint has the id `<message>.hint`, and two further
levels `<message>.why` and `<message>.how` (`grader.protocol.explanations`). Sentences about one exercise are in its package's `messages.toml`
(`grader.packages.messages`); the grader puts them into the finding's data, and they are used before those here.
"""

import string
from collections.abc import Mapping, Sequence
from typing import Any

from grader.protocol import explanations

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
    "notebook_command": "Line {line} is a command of a notebook, not Python: lines that begin with `%` or `!` work only there. Remove them.",
    "notebook_json": "This is the file of a notebook, not its code. Upload the `.ipynb` file, or copy the code out of the notebook.",
    "code_fence": "Line {line} marks code in a chat or a document (three backticks), and is no Python. Remove the lines with backticks.",
    "console_prompt": "Line {line} was copied from a Python console: remove the `>>>` and `...` at the beginning of lines, and the output.",
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
    "differs": "{where} is {got:.4g}, expected {expected:.4g}{others}.",
    "differs_secret": "The numbers are wrong on “{case}”.",
    "differs_plain": "{where} is {got}, expected {expected}.",
}

DIAGNOSES = {
    "accumulated": "The gradients of several backward passes were added up; the factor is {factor}.",
    "accumulated.hint": "`.grad` is added to, never replaced. Is there a backward pass before this one, or a loop, whose gradient is still in `.grad`?",
    "scaled": "Every number is {factor:.4g} times what it should be.",
    "scaled.hint": "A constant factor is missing, or there is one too many. Look at what multiplies or divides the whole result.",
    "mean_for_sum": "Every number is too small by the factor {count}: this is the gradient of a mean, not of a sum.",
    "mean_for_sum.hint": "`mean` divides by the number of entries, and so does its gradient. Was `sum` asked for?",
    "sum_for_mean": "Every number is too large by the factor {count}: this is the gradient of a sum, not of a mean.",
    "sum_for_mean.hint": "A mean divides by the number of entries; its gradient does too.",
    "sign_flipped": "Every number has the wrong sign.",
    "sign_flipped.hint": "Is a minus sign missing, or are the two sides of a difference swapped?",
    "transposed": "This is the right matrix, transposed.",
    "transposed.hint": "Rows belong to outputs and columns to inputs. A gradient has the shape of what it is taken with respect to.",
    "zero_gradient": "The gradient is zero everywhere.",
    "zero_gradient.hint": "Nothing arrives at the input. Follow the way from the result back to it: which step does not pass gradients on, or is the gradient cleared before it is read?{seen}",
    "no_gradient": "{where} is None: no gradient arrived.",
    "no_gradient.hint": "A gradient arrives only after the backward pass. The tensor must be a leaf that is tracked before it is used, with an unbroken way to the result.{seen}",
    "detached_path": "The gradient lacks the part that flows through {path}.",
    "detached_path.hint": "One way from the input to the result is cut: the gradient along it is missing.{seen}",
    "not_detached": "The gradient also flows through {path}, which should be cut off.",
    "not_detached.hint": "Use `detach()` or `torch.no_grad()` on what should count as a constant.",
    "finite_differences": "The numbers are nearly right, with an error like that of a numerical derivative: about {digits} digits agree.",
    "finite_differences.hint": "A difference divided by a step is always approximate. Autograd gives the slope without such an error.",
    "low_precision": "The numbers are right in single precision, but float64 was asked for.",
    "low_precision.hint": "Keep the dtype of every input: a `.float()` on one of them, or a new tensor without `dtype`, rounds to float32.",
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
    "not_finite": "{where}: NaN or infinity is among the numbers.",
    "not_finite.hint": "Look for a division by zero, the logarithm of zero, or steps that grow without end.",
    "wrong_shape": "{where} has shape {got}, expected {expected}.",
    "wrong_shape.hint": "Compare it with the shape that is asked for. A gradient has the shape of what it is taken with respect to.",
    "wrong_dtype": "{where} is {got}, expected {expected}.",
    "wrong_dtype.hint": "Keep the dtype of the inputs.",
    "wrong_device": "`{where}` is on {got}, expected {expected}.",
    "wrong_device.hint": "Results must stay on the device of the inputs; make new tensors with `device=`.",
    "input_modified": "Your code changed the values of `{name}`, which belongs to the caller.",
    "input_modified.hint": "Work on a copy: operations that end in an underscore, and `out=`, change a tensor in place.",
    "wrong_type": "{where} is {got}, expected {expected}.",
    "wrong_type.hint": "Compare what you return with the signature in the exercise.",
    "wrong_length": "{where} has {got} parts, expected {expected}.",
    "wrong_length.hint": "Count how often your code adds a part: is a loop one turn too long or too short, or is something added outside of it?",
    "wrong_keys": "{where} has the keys {got}; expected {expected}.",
    "wrong_keys.hint": "Names must match exactly; compare them with the exercise.",
    "nearly_right": "The numbers are nearly right: about {digits} digits agree.",
    "nearly_right.hint": "Something is approximate. Possible causes are a small extra term, a constant or a result that was rounded, or a lower precision on the way. It can also be a difference in place of a derivative.",
    "rounded_off": "The numbers are right, but rounded to {decimals} decimals.",
    "rounded_off.hint": "Return the numbers as they were computed; round only what you print.",
    "half_precision": "The numbers are right only to half precision (about 3 digits).",
    "half_precision.hint": "Keep the dtype of the inputs, float64: look for `half()`, `bfloat16` or another low-precision type on the way.",
    "other_shape": "The numbers are right, but they have another shape than expected.",
    "other_shape.hint": "A gradient has the shape of what it is taken with respect to. Is an axis missing, are the rows in one line, or is a column a row?",
    "one_late": "The values are right, but each stands one place too late: it is the value of the step before.",
    "one_late.hint": "Is the value noted, or the step taken, before the new value is computed? Look at the order of the lines in the loop.",
    "one_early": "The values are right, but each stands one place too early: it is the value of the step after.",
    "one_early.hint": "Is the value noted after the step, or is the first one left out? Look at the order of the lines in the loop.",
    "names_swapped": "The numbers are right, but under each other's names.",
    "names_swapped.hint": "Compare each name with what you store under it.",
    "averaged": "An axis was averaged: each number is the mean of several expected ones.",
    "averaged.hint": "A mean mixes what should stay apart. Which axis should have stayed?",
    "combined": "Two things are wrong at once. {other} And every number has a factor of {factor:.4g} too much.",
    "combined.hint": "Take them one at a time. Is there a mean in place of a sum, a missing factor, or a repeated pass? Then look at the other.",
}

REQUIREMENTS = {
    "not_tracked": "The result does not require grad.",
    "not_tracked.hint": "Pass `requires_grad=True` when you make the tensor, or call `.requires_grad_()` on it.",
    "not_callable": "`{entry}` must return something that can be called on new points.",
    "not_callable.hint": "Return the trained model itself, or a function that computes logits.",
    "not_logits": "The model's answer {got}; expected are logits of shape {expected}: a row per point, a column per class.",
    "not_logits.hint": "Return the scores of all classes as a tensor of floats, before any `softmax` or `argmax`.",
    "one_class_only": "The model puts every held-out point into the same class.",
    "one_class_only.hint": "Is it trained at all? Check that the loss falls, and that the optimizer got the model's parameters.",
    "low_accuracy": "{accuracy:.0%} of the held-out points are classified correctly; at least {needed:.0%} are needed.",
    "low_accuracy.hint": "Does the loss fall? Try more steps, another learning rate, or a wider layer.",
    "not_figure": "`{entry}` must return a matplotlib Figure.",
    "not_figure.hint": "Make one with `fig, ax = plt.subplots()` and `return fig`.",
    "unlabelled": "The {axis} axis has no label.",
    "unlabelled.hint": "`ax.set_xlabel(...)` and `ax.set_ylabel(...)` say what is shown.",
    "wrong_lines": "Lines in the figure: {got}, expected {expected}.",
    "wrong_lines.hint": "Draw one line for each entry of what is passed in.",
    "wrong_rows": "Rows of the picture in the figure: {got}, expected {expected}.",
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
    "hint.no_graph": "The result has no way back to the input. Is the input tracked (`requires_grad`) before it is used, and does every step use torch operations on it?",
    "hint.in_place": "A value that backward needs was overwritten, by an operation that ends in an underscore or by `+=`, `*=` and the like. Make a new tensor instead.",
    "hint.in_place_leaf": "A leaf that requires grad must not be changed in place. Compute a new tensor, or do the update under `torch.no_grad()`.",
    "hint.second_backward": "The graph is freed after a backward pass. Compute the result again, or pass `retain_graph=True` if you need the same graph twice.",
    "hint.scalar_only": "`backward()` without an argument needs a single number. Pass it the vector that weighs the outputs, or make one number of them.",
    "hint.unused": "The tensor that you differentiate by does not take part in the result. Is a copy used in its place? If it truly has no part, `allow_unused=True` gives None and `materialize_grads=True` zeros.",
    "hint.numpy": "Use torch functions. If no gradient is needed there, `.detach()` first.",
    "hint.devices": "One tensor is in the memory of the CPU, another in the memory of the GPU. Make new ones with `device=`, move models with `.to(device)`.",
    "hint.gpu_index": "An index was out of range, such as a label that is not below the number of classes. A GPU reports this late: the real line can be an earlier one, and everything after it fails.",
    "hint.no_gpu": 'This exercise runs without a GPU: leave out `.cuda()` and `device="cuda"`, or ask `torch.cuda.is_available()` first.',
    "hint.arity": "Count the parameters of your function, and those of the call in the error. Compare both with the signature in the exercise.",
    "hint.none": "Something that this line uses is None. A function without a `return` gives None: print the values before this line.",
    "hint.floating": "Whole numbers have no derivative. Make the tensor of floats: `torch.tensor([1.0, 2.0])`, or pass `dtype=`.",
    "hint.dtypes": "Two dtypes do not go together. The inputs are float64: make a model `.double()`, or convert its inputs in the model itself.",
    "hint.shapes": "Two shapes do not go together. Print both, and compare them with the exercise.",
    "hint.return": "The function has no `return`, so it gives None. What should come back?",
    "hint.cut_by": "The result has no way back to the input. Your code uses {causes}, which can cut it: is one of them between the input and the result?",
    "hint.not_tracked": "No tensor in your code is tracked. Autograd follows only tensors that require grad: call `x.requires_grad_()` on a copy of the input first.",
    "hint.create_graph": "A derivative has a graph of its own only if you ask for it: pass `create_graph=True` to the first `grad` or `backward`. (`retain_graph=True` keeps only the old graph.)",
    "hint.vector_shape": "The vector that you pass to `backward` or `grad` weighs the outputs: it needs the shape of the result, not that of the input.",
    "hint.gradient_count": "`backward` returns one gradient for each input of `forward` (without `ctx`), in that order, and None for a constant. Count both.",
    "hint.gradient_shape": "The gradient that `backward` returns must have the shape of that input of `forward`.",
    "hint.staticmethod": "`forward` and `backward` of an autograd function are static: put `@staticmethod` above each, with `ctx` as the first parameter.",
    "hint.function_base": "`apply` comes from `torch.autograd.Function`: derive your class from it, not from `torch.nn.Module` or from nothing, and do not define `apply`.",
    "hint.function_methods": "The class needs both `forward` and `backward`, static and spelled exactly like this.",
    "hint.grad_tuple": "`torch.autograd.grad` returns a tuple, also for a single input: take its first part with `[0]`, or write `g, = torch.autograd.grad(...)`.",
    "hint.take_out": "A tuple or list with one tensor is not that tensor: take it out with `[0]`. `torch.autograd.grad` returns a tuple, also for a single input.",
    "hint.stack": "You return several tensors; one is expected. `torch.stack` puts equal shapes into one tensor, with a new first axis.",
    "hint.separate": "One tensor came back; the parts are expected one by one: `return a, b`.",
    "hint.from_numpy": "A numpy array is not a tensor. Return the tensor itself; leave out `.numpy()`.",
    "hint.number_for_tensor": "A Python number is not a tensor. Leave out `.item()` and `float(...)`.",
    "hint.item": "Plain Python numbers are expected: `.item()` makes one of a tensor with a single number.",
    "hint.non_leaf": "`{tensor}` was computed from another tensor, so it is not a leaf, and only leaves keep `.grad`. Update it under `torch.no_grad()`, or detach the new value and track it again.",
    "hint.no_backward": "`.grad` is filled by a backward pass, and your code has none before this line.",
    "hint.none_grad": "A `.grad` is None here. It is so before the first backward pass, and for a tensor that is not tracked, is not a leaf, or is not used by the result.",
    "hint.math": "Functions of `math` take plain numbers: they fail on tensors with several numbers, and autograd cannot see them. Use those of torch: `torch.sin`, `torch.exp`.",
    "hint.one_number": "Python needs a single number here, and the tensor has several, or must stay a tensor. Use the torch function of that name.",
    "hint.parameters": "An optimizer needs leaf tensors that require grad. Give it the tensors themselves, not values computed from them.",
    "hint.operands": "The two sides of the operator do not go together. Print both: is one of them None, a list, or another class than you expect?",
    "hint.name": "Python does not know this name at that place. Is it spelled as in its definition, imported, and defined before it is used?",
    "hint.attribute": "The object has no attribute or method of this name. Print the object: is it what you expect, and is the name spelled exactly like that?",
    "hint.power": "In Python `^` is no power: it compares bits. A power is written `x ** 2`.",
    "hint.index": "There is no such position or key. Print the length or the keys before this line.",
    "hint.recursion": "A function calls itself without an end, or far too deeply. What stops it?",
    "hint.read_error": "Read the error from its end, and print the values that this line uses.",
    "hint.by_hand": "Work the smallest example by hand, step by step. Then print the same steps in your code: the first one that differs is where to look.",
    "hint.returns_nothing": "Methods such as `backward()` and `append()` return None. Call it first, then return the value.",
    "hint.return_of_grad": "What your code returns is None. A `.grad` is None before the backward pass, of a tensor that is not tracked, and of one that is not a leaf.",
    "hint.returned_none": "What your code returns is None on this way through it. Print the value just before the `return`.",
    "hint.import": "This package is not there. The standard library and the packages that the exercise names can be imported; leave out the rest, or guard it with try and except ImportError.",
    "hint.input": "Nobody types while your code is graded: leave out `input()`, and take the values from the parameters.",
    "hint.files": "Your code can use files only in the current folder, and finds no file of yours there. Take the data from the parameters.",
    "hint.network": "There is no network while your code is graded: nothing can be downloaded. Take the data from the parameters.",
    "hint.processes": "Your code cannot start other programs or processes. Do the work in Python itself.",
    "hint.arguments": "Nobody calls your file with arguments. Leave out `argparse` and `sys.argv`; the entries get their values as parameters.",
    "hint.workers": "Your code cannot start other processes: use `num_workers=0`, the default.",
    "hint.compile": "`torch.compile` needs a compiler, which is not there. Leave it out: the code runs without it.",
}

MESSAGES: dict[str, str] = LOADING | RUNNING | DIFFERENCES | DIAGNOSES | REQUIREMENTS | HINTS | explanations.LEVELS


NO_SENTENCE = "The grader found `{message}`, and this version of Chainrule has no sentence for it."

OWN_WORDS = "own_words"
"""The key of a finding's data for a package's own sentences: [id, sentence, hint, why, how]."""

OPTIONAL = frozenset({"seen", "others"})
"""Parts of a sentence that can be missing, as in reports of an earlier version."""

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


def render_levels(hint: str | None, data: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of all levels that a hint has, by the names of `LEVELS` and in their order."""
    if hint is None:
        return {}
    message = hint.removesuffix(".hint")
    ids = (hint, *(f"{message}.{level}" for level in LEVELS[1:]))
    texts = {level: render_hint(one, data) for level, one in zip(LEVELS, ids, strict=True)}
    return {level: text for level, text in texts.items() if text}


def fields_of(message: str) -> set[str]:
    """Return the names of the values in the sentence of a message id; none if there is no such sentence."""
    return names_in(MESSAGES.get(message, ""))


def names_in(sentence: str) -> set[str]:
    """Return the names of the values that fill in a sentence. Raises ValueError if its braces do not match."""
    return {name for _, name, _, _ in _FORMATTER.parse(sentence) if name} - OPTIONAL


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
        if field_name in OPTIONAL and field_name not in kwargs:
            return "", field_name
        return self.get_value(field_name, args, kwargs), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        return str(value) if isinstance(value, str) else str(super().format_field(value, format_spec))


_FORMATTER = _Formatter()
