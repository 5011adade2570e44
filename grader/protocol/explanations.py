"""The second and third level of the grader's general hints: why it goes wrong, and what to change.

The first level is in `grader.protocol.messages`. A text must hold for every code that can get the hint: it says how
things work, and names a cause only with "if". Each has at most 160 words and a reading grade of at most 9
(`grader.verification.readability`).
"""

DIAGNOSES = {
    "accumulated": (
        "A backward pass does not replace what is in `.grad`. It adds to it. Take y = x² at x = 3: the first pass leaves 6 in `x.grad`. A second pass adds another 6, and `.grad` says 12. That is 2 times the true slope.",
        "Clear `.grad` before each new backward pass: set it to None, or call `zero_grad()`. If you use a loop, do it inside the loop. You can also call `torch.autograd.grad`: it returns the gradient and adds to nothing.",
    ),
    "scaled": (
        "A derivative carries every constant factor along. If y = 5 · x², then the slope is 5 · 2x. Leave out the 5, and every number is too small by the same factor. So one factor that fits all numbers points to one place.",
        "Write down each step that multiplies or divides the result. Compare them with the exercise one by one. Then put in the factor that is missing, or remove the one that is too much.",
    ),
    "mean_for_sum": (
        "A mean is a sum divided by a count. So its gradient is divided by the same count. Take x = [1, 2]. The sum of the squares has the gradient [2, 4]. Their mean has the gradient [1, 2]: half of it, because there are two numbers.",
        'If your code calls `mean`, use `sum` there. If it divides by the number of entries, remove the division. Some losses take the mean unless you ask for `reduction="sum"`.',
    ),
    "sum_for_mean": (
        "A mean is a sum divided by a count, and its gradient is divided by that count too. Take x = [1, 2]. The mean of the squares has the gradient [1, 2]. Without the division by two it is [2, 4].",
        "If your code calls `sum`, use `mean` there, or divide by the number of entries. Count only what the exercise takes the mean of: rows and entries are not the same.",
    ),
    "sign_flipped": (
        "A derivative says which way the result goes. For y = 3 - x it is -1: a larger x gives a smaller y. Turn the difference around to x - 3, and the slope is +1. So one lost or extra minus turns every sign.",
        "Go through your formula and look at each difference: which side has the minus? If the sign is right there, look at what you do with the gradient at the end. Then turn the one sign that is wrong.",
    ),
    "transposed": (
        "A Jacobian has a row for each output and a column for each input. Take f(a, b) = (a, 2b, 3b). Three outputs and two inputs give a 3 x 2 table. Swap rows and columns, and the numbers are the same, but each stands in the wrong place.",
        "If you build the table row by row, let each row be the gradient of one output. If you stack columns, use the other axis. A `.T` at the end turns the table around, if the rest is right.",
    ),
    "zero_gradient": (
        "A gradient is zero if the result does not change when the input does. Take y = round(x): a small step in x changes nothing, so the slope is 0. The same happens if a step is multiplied by zero, or if `.grad` is set to zero before you read it.",
        "Go from the result back to the input, step by step. If a step rounds, compares or picks whole numbers, no gradient passes it. If you clear gradients, read them first.",
    ),
    "no_gradient": (
        "Autograd writes down each step on a tracked tensor, and goes back along these notes. Only leaves, the tensors at the beginning, get a `.grad`. In `b = a * 2` with a tracked `a`, the leaf is `a`. After the backward pass `a.grad` is 2, and `b.grad` is None.",
        "Track the tensor before you use it, with `requires_grad_()`. Use this very tensor in the formula, not a copy of it. Call the backward pass first, and read `.grad` of the leaf afterwards.",
    ),
    "detached_path": (
        "If the input reaches the result on two ways, the gradient is the sum of both. Take y = x · x at x = 3: each factor gives 3, so the slope is 6. If one factor counts as a constant, only 3 is left.",
        "Find the step of this way that makes a plain copy of a value, or that runs without tracking. Use the tracked tensor itself there. Do not turn it into a number or a new tensor.",
    ),
    "not_detached": (
        "Some values should count as constants: they are targets, not something to learn. Take (x - t)² with t = 2x at x = 1. If t is a constant, the slope is 2 · (1 - 2) = -2. If the gradient also flows through t, it is +2.",
        "Compute the part that is meant as a constant, and cut it off before you use it: `detach()` gives the same number without its notes. The part that should learn stays as it is.",
    ),
    "finite_differences": (
        "A difference divided by a small step is near the slope, but not equal to it. Take x² at x = 1 with the step 0.01: (1.01² - 1) / 0.01 is 2.01. The slope is 2. A smaller step helps only so far, because the computer rounds.",
        "Let autograd do the work: track the input, compute the result, go backward, and read the gradient. Then no step size is left to choose.",
    ),
    "low_precision": (
        "A float32 keeps about 7 digits, a float64 about 16. The number 0.1 is stored as 0.10000000149 in single precision. Once digits are lost, a later `.double()` does not bring them back: it keeps the rounded number.",
        "Look for a step that makes float32: `.float()`, or a new tensor without a dtype. Give new tensors the dtype of the input, with `dtype=x.dtype` or `torch.zeros_like(x)`.",
    ),
    "value_not_gradient": (
        "The value says how large the result is. The gradient says how fast it changes. For x² at x = 3, the value is 9 and the gradient is 6.",
        "Computing the function is only the first half. Go backward from the result, and return the gradient of the input: it is in its `.grad`, or in what `torch.autograd.grad` returns.",
    ),
    "wrong_variable": (
        "A result has one gradient for each input. Take z = x² + y³ at x = 1, y = 2. The gradient for x is 2, the one for y is 12. Both are right, but they answer two questions.",
        "Check the tensor that you differentiate by, and the one whose `.grad` you return. Both must be the input that the exercise names.",
    ),
    "wrong_order": (
        'The place tells the reader what a number means. If (6, 12) is asked for as "first for x, then for y", then (12, 6) is wrong, although both numbers are there.',
        "Read in the exercise which part comes first. Then put your parts into that order. If you build a list in a loop, check where each part is added.",
    ),
    "summed_over_batch": (
        "A gradient has one number for each entry of its input. Take x = [1, 2] and the sum of the squares: the gradient is [2, 4]. If you add these up, you get 6, and nobody can tell what belongs to which entry.",
        "Look for a `sum` or `mean` that runs over too many axes. If you need a sum, name its axis with `dim=`. The result must have the shape of the input.",
    ),
    "broadcast": (
        "If two shapes differ, torch repeats the smaller one. A column of 2 numbers plus a row of 2 gives a 2 x 2 table, without an error. So a sum along an axis can be spread out again, and stand in every place.",
        "Print the shapes on both sides of each operation. If they differ, decide if you want a repeat. If not, bring both to one shape with `reshape` or `squeeze`, or sum along another axis.",
    ),
    "stale": (
        "The gradient belongs to the point at which it was computed. Take x² with steps of 0.1: at x = 1 it is 2, and the step leads to 0.8. There it is 1.6. Using the 2 once more is one step behind.",
        "Keep the order in each round: compute the result at the present point, go backward, then take the step. Do not use a gradient from the round before.",
    ),
    "not_finite": (
        "Some steps have no finite result. 1 / 0 is infinite, and so is the slope of the root at 0. Infinity times 0 gives NaN. Once it is there, it spreads: NaN plus anything is NaN.",
        "Print the values step by step, and find the first one that is not finite. If it is a division, keep the denominator away from zero. If the numbers grow from step to step, check the sign and the size of the step.",
    ),
    "wrong_shape": (
        "A shape says how many axes there are, and how long each is. [1, 2] has the shape (2,), and [[1, 2]] has (1, 2). The numbers are the same, but they mean different things: two entries, or one row with two entries.",
        "Print the shape of what you return, and of each step before. Find the step that adds, drops or mixes up an axis. A gradient ends up with the shape of its input.",
    ),
    "wrong_dtype": (
        "The dtype says how each number is stored. Whole numbers cannot hold 0.5, float32 keeps about 7 digits, and float64 keeps about 16. A new tensor does not take over the dtype of another one unless you say so.",
        "Find the line that makes the tensor. Pass `dtype=` there, or make it from an input with `zeros_like` or `new_tensor`. A change at the very end comes too late if digits are lost on the way.",
    ),
    "wrong_device": (
        "A tensor lies in the memory of the CPU, or in that of a GPU. A new tensor goes to the CPU unless you say otherwise. Those who call your code expect the result where they put the inputs.",
        "Make new tensors with `device=x.device`, or from an input with `zeros_like`. Leave out `.cpu()` at the end. Move a model once, with `.to(device)`.",
    ),
    "input_modified": (
        "A function gets the caller's own object, not a copy. If it doubles the numbers inside, the caller's numbers are doubled too. After `x.mul_(2)` with x = 3, the caller has 6 and never asked for it.",
        "Compute a new value and give it a new name: `y = x * 2` leaves `x` alone. If you need to change something step by step, make a copy first and work on that.",
    ),
    "wrong_type": (
        "What you return is used in the next line of somebody else's code. A number, a list and a tensor can show the same 3, but they can do different things. So the type is part of the answer.",
        "Print `type(...)` of what you return. Compare it with the end of the signature in the exercise, after the arrow. Then return that kind of value.",
    ),
    "wrong_length": (
        "A loop that runs 3 times adds 3 parts. If the start is a part too, there are 4. Being off by one is the most common slip in a loop.",
        "Write down for 2 rounds which parts you expect. Then compare with what your code adds: before the loop, in each round, and after it. Add or remove the one that differs.",
    ),
    "wrong_keys": (
        'A key is found only if it is spelled exactly the same. `"Loss"`, `"loss"` and `"losses"` are three different keys.',
        "Copy the names from the exercise. Add those that are missing, and take out those that nobody asked for.",
    ),
    "nearly_right": (
        "Exact formulas agree in about 15 digits. If fewer agree, something on the way is only close. One third written as 0.333 has 3 good digits, and every result that uses it has no more.",
        "Compute with all digits until the end. Use constants from the library instead of typed ones. Do not round on the way. If a small number was added to keep a division safe, check if it belongs there.",
    ),
    "rounded_off": (
        "Rounding throws digits away. 2/3 rounded to two decimals is 0.67, and 3 · 0.67 is 2.01 and not 2. The error is small, but it is an error.",
        "Find the line that rounds, and return the number as it was before. If you want short output, round only what you print.",
    ),
    "half_precision": (
        "A number in half precision has about 3 digits. 2049 cannot be stored: it becomes 2048. So small parts of a sum can vanish.",
        "Find the step that uses a 16-bit type, and leave it out. Keep float64 from the input to the result. Going back to float64 at the end does not restore the digits.",
    ),
    "other_shape": (
        "The same numbers can stand in one row of 4, in a column, or in a 2 x 2 table. The shape tells which number belongs to what. A gradient takes the shape of its input, so that each entry has its own number.",
        "Find the step that changes the shape, such as `flatten`, `reshape`, `squeeze` or an index. Leave it out if it is not needed. Otherwise bring the result to the shape that the exercise asks for.",
    ),
    "one_late": (
        "In a loop, the order of two lines decides which value is noted. Start with x = 1 and double it each round. Note, then double: 1, 2, 4. Double, then note: 2, 4, 8. The same values, one place apart.",
        "Decide for the first round what must be noted: the value before the change, or after it. Then move the line that notes it, or the line that makes the change.",
    ),
    "one_early": (
        "In a loop, the order of two lines decides which value is noted. Start with x = 1 and double it each round. Note, then double: 1, 2, 4. Double, then note: 2, 4, 8. The same values, one place apart.",
        "Decide for the first round what must be noted: the value before the change, or after it. If the first value is missing, note it before the loop, or note before you change.",
    ),
    "names_swapped": (
        'A name says what a value is. If the loss is stored as `"weight"` and the weight as `"loss"`, both numbers are right, and both are wrong for the reader.',
        "Go through the pairs one by one: what does the name promise, and which value do you store? Swap the values that stand under each other's names.",
    ),
    "averaged": (
        "A mean turns several numbers into one. The mean of 2 and 4 is 3: neither of them is left. If each entry should keep its own number, no mean belongs on that axis.",
        "Find the `mean`, or the sum with a division. Leave it out, or let it run over another axis with `dim=`.",
    ),
    "combined": (
        "Two mistakes can hide each other. If a sign and a factor of 2 are both wrong, 3 becomes -6. Mending one of them changes the number, but the check still fails. That is no reason to undo it.",
        "Mend the first mistake alone, and run your code on the small example. The factor should now be all that is wrong. Then look for it: what multiplies or divides the whole result?",
    ),
}

REQUIREMENTS = {
    "not_tracked": (
        "Autograd notes the steps only for tensors that require grad. A new tensor does not, unless you say so. For `x = torch.tensor([1.0])`, `x.requires_grad` is False.",
        "Say it when you make the tensor, or right after, with `requires_grad_()`. Check that no step after it makes a plain copy.",
    ),
    "not_callable": (
        "The grader wants to ask your model about points that it has not seen. So it calls what you return, like a function. A tensor or a list cannot be called.",
        "Return the trained model itself. Or define a small function that takes points and returns the scores, and return that function without brackets after its name.",
    ),
    "not_logits": (
        "A classifier gives one score for each class. With 3 classes, one point gets 3 scores, and the largest wins. If only the winner is left, nobody can see how close the others were.",
        "Return the output of the last layer as it is. Leave out `argmax` and `softmax`. The result has a row for each point and a column for each class.",
    ),
    "one_class_only": (
        "A model that always gives the same class has learned nothing about the input. This happens if it was never trained, or if the steps were far too large or too small.",
        "Print the loss every few steps: it should fall. If it does not move, check that the optimizer got the model's parameters, and that you call the backward pass and the step. If it jumps about, use a smaller learning rate.",
    ),
    "low_accuracy": (
        "A model needs enough steps, of a good size. Too few, and it is still near its start. Too large, and it jumps past the best point. A straight line cannot separate a ring from its middle: this needs a hidden layer.",
        "Watch the loss. If it still falls at the end, train longer. If it jumps, lower the learning rate. If it stays high and flat, make the hidden layer wider.",
    ),
    "not_figure": (
        "In matplotlib, the figure is the whole sheet, and the axes are one diagram on it. Calls such as `plt.plot` draw, but return something else.",
        "Make both at the beginning with `fig, ax = plt.subplots()`. Draw on `ax`, and return `fig` at the end.",
    ),
    "unlabelled": (
        "Without a label nobody knows what the numbers on an axis mean. Is it steps, seconds or points? A diagram has to say it.",
        "Give both axes a name, with `ax.set_xlabel(...)` and `ax.set_ylabel(...)`. Say what is counted or measured.",
    ),
    "wrong_lines": (
        "Each line in the diagram stands for one entry of the data. If there are 3 entries, the reader expects 3 lines.",
        "Go through all entries in a loop, and call `ax.plot` once for each. Draw nothing else as a line on the same axes.",
    ),
    "wrong_rows": (
        "A picture of a table has a row for each row of the table. If the table is turned around, rows become columns. Two names and five steps make a picture with 2 rows and 5 columns.",
        "Print the shape of the table before you show it. If the two numbers are swapped, turn it around with `.T`. If a row is missing, check the loop that fills it.",
    ),
    "wrong_points": (
        "A line through 5 values has 5 points. If some are left out, or drawn elsewhere, the line shows something else than the data.",
        "Pass all values of an entry to `ax.plot` at once. Do not cut, thin out or smooth them first.",
    ),
    "wrong_curve": (
        "The grader reads the points of your lines, and compares them with the data. If the values were changed first, such as by a logarithm, no line has these numbers.",
        'Draw the values as they come. If you want another scale, change the axis and not the data: `ax.set_yscale("log")`.',
    ),
    "wrong_row": (
        "The grader reads the numbers behind your picture, and compares each row with the data. If the values were scaled or mixed first, no row has these numbers.",
        "Put the values of each name into one row, in their order. Show this table as it is. If you want other colours, change the colour scale and not the data.",
    ),
    "cannot_count": (
        "The grader looks for lines, or for the rows of a picture. Bars, dots and text can show the data too, but it cannot match them with the entries.",
        "Draw each entry as a line with `ax.plot`. If the exercise asks for rows, use `ax.imshow` with a table.",
    ),
    "not_a_tensor": (
        "A tensor knows its shape and its dtype, and it can carry notes for the gradient. A list or a plain number does not.",
        "Return the tensor itself. If you have a list of equal tensors, `torch.stack` makes one tensor of them.",
    ),
}

STOPPED = {
    "missing_entry": (
        "The grader loads your file and looks for the name at its top level. A function inside another function exists only while that one runs. So nobody outside can find it.",
        "Move the definition to the left edge of the file. Copy its name from the exercise, with the same capital letters.",
    ),
    "timed_out": (
        "A `while` loop runs until its condition is false. If nothing in the loop changes the condition, it runs for ever. Work can also grow fast: two nested loops over 1000 items make a million rounds.",
        "Try the code with a very small input, and print a line in each round. If the lines never end, look at what should end the loop. If they end, count how the rounds grow with the input.",
    ),
    "out_of_memory": (
        "Every tracked tensor keeps the notes of all steps that led to it. A list of 1000 losses with their notes keeps the steps of 1000 rounds.",
        "Keep only the numbers that you need, with `.item()` or `.detach()`. Do not build a table of all pairs if a sum over them will do.",
    ),
    "crashed": (
        "Most mistakes raise an exception, and Python can tell you the line. Some calls go below Python, straight into the machine. A mistake there ends the whole program.",
        "Remove the calls that end the process or reach into memory. If a function calls itself, check that it stops. Then add your lines back step by step.",
    ),
    "garbled": (
        "The grader reads your answer from a channel between two programs. Anything else that is written into this channel spoils it.",
        "Return the answer from the function. Print to the screen if you like, and leave other files and channels alone.",
    ),
}

ERRORS = {
    "hint.no_graph": (
        "Autograd can go back only along steps that it noted. It notes a step if one of its inputs is tracked at that moment. With x = 3, y = x² and then `x.requires_grad_()`, the step was taken before, so nothing was noted.",
        "Track the input first, and compute the result afterwards, from this very tensor. Use torch functions all the way. Then go backward.",
    ),
    "hint.in_place": (
        "Backward needs some values from the way forward. For y = exp(x) the slope is y itself. If y is then changed in place, the slope is lost, and autograd stops with an error instead of giving a wrong number.",
        "Make a new tensor: write `y = y * 2` in place of `y *= 2` or `y.mul_(2)`. Give it another name if you need both.",
    ),
    "hint.in_place_leaf": (
        "A tracked leaf is the point at which the gradient is taken. If it changes while the notes are being made, nobody knows any more which point is meant. So autograd forbids it.",
        "If this is a step of training, put it under `torch.no_grad()`. If it is part of the formula, compute a new tensor: `y = x * 2` in place of `x *= 2`.",
    ),
    "hint.second_backward": (
        "After a backward pass, the notes of the way forward are thrown away, to save memory. A second pass over the same notes finds nothing.",
        "In a loop, compute the result anew in each round, then go backward once. If you need the same notes twice, keep them the first time with `retain_graph=True`.",
    ),
    "hint.scalar_only": (
        "A gradient belongs to one number. If a result has two numbers, each has a gradient of its own. For (x², 3x) at x = 1 they are 2 and 3. Torch does not guess how to put them together.",
        "If the exercise gives you weights, pass them to `backward`. If it asks for the gradient of a sum or a mean, compute that one number first, and go backward from it.",
    ),
    "hint.unused": (
        "A gradient exists only for what the result was computed from. If y = a² and you ask for the gradient of b, there is no way from y to b. A copy of `a` is another tensor than `a`.",
        "Look at the tensor that you differentiate by: use exactly this one in the formula. If it truly plays no part, its gradient is zero, and you can ask for zeros.",
    ),
    "hint.numpy": (
        "Numpy knows nothing of gradients. A tensor that goes to numpy leaves its notes behind, so torch refuses it if the tensor is tracked.",
        "Use the torch function of the same name: most of numpy has one. If you need the plain numbers only to look at them, detach first.",
    ),
    "hint.devices": (
        "The CPU and the GPU have memories of their own. An operation can use only tensors that lie in the same one.",
        "Print `.device` of both tensors. Make new tensors with `device=x.device`, and move a model once, before you use it.",
    ),
    "hint.gpu_index": (
        "With 3 classes, the labels are 0, 1 and 2. Label 3 does not exist. The CPU says so at once. A GPU works ahead, so its error can show up some lines later.",
        "Print the smallest and largest index, and the size that it must fit. If labels begin with 1, subtract 1. If the model has too few outputs, give it one for each class.",
    ),
    "hint.no_gpu": (
        "The machine that grades this exercise has no GPU. Code that asks for one stops there. The results are the same on the CPU.",
        "Leave out what moves tensors to a GPU. If the code must run on both, take the device of the inputs.",
    ),
    "hint.arity": (
        "A call and its function must agree on the number of inputs. `def f(a, b)` takes two. Called with three, Python stops before the first line of the function. In a class, the first one is the object itself.",
        "Count the inputs in the definition and in the call. Bring the definition to the signature in the exercise. In a method, do not forget the first one, `self` or `ctx`.",
    ),
    "hint.none": (
        'None means "nothing here". A function that ends without `return` gives None. So `y = f(x)` makes y None, and the error comes later, when y is used.',
        "Find the value that is None with a `print` before this line. Then go to where it was made: a missing `return`, or a method that changes something and gives nothing back.",
    ),
    "hint.floating": (
        "A derivative asks what happens if you go a tiny step away. Between 1 and 2 a whole number has no place to go. So only numbers with a decimal point can be tracked.",
        "Write 1.0 in place of 1, or pass `dtype=torch.float64`. If you were given whole numbers, turn them into floats first with `.double()`.",
    ),
    "hint.dtypes": (
        "Torch does not mix float32 and float64 in a matrix product: it cannot know how exact you want the result. New layers are float32 unless you say otherwise.",
        "Print the dtypes of both. Change the one that you made yourself. To keep the input as it is, make the model `.double()`.",
    ),
    "hint.shapes": (
        "Shapes must fit. A 2 x 3 matrix times a vector of 3 works: each row meets the 3 numbers. With a vector of 2 there is nothing for the third column.",
        "Print both shapes right before this line. Write down what each axis means. Then swap the order, turn one of them around, or use another axis.",
    ),
    "hint.return": (
        "A function hands back only what stands after `return`. Without it, the result is computed and then forgotten, and the caller gets None.",
        "Add a `return` with the value that the exercise asks for, as the last line of the function. Check that it is not inside a loop or an `if` by mistake.",
    ),
    "hint.cut_by": (
        "Autograd goes back along the notes of each step. A plain copy of a value has no notes. With x = 3, y = x² is noted; a plain 9 made from y is not, and no gradient gets past it.",
        "Go from the result back to the input. If one of these stands on the way, use the tracked tensor itself there. If it stands elsewhere, such as in a print, it does no harm.",
    ),
    "hint.not_tracked": (
        "Autograd notes the steps only for tensors that require grad. The inputs come to you without it. So `y = x ** 2` gives the right value, but no notes to go back along.",
        "Make a copy of the input and track it: `x = x.clone().requires_grad_()`. Do this before the first step, and use this tensor from then on.",
    ),
    "hint.create_graph": (
        "The gradient of x³ is 3x². To differentiate it again, autograd must know that it came from x. Usually the backward pass takes no notes of its own, so the 3x² is just a number.",
        "Ask for notes in the first derivative, with `create_graph=True`. Then differentiate that result. For a third derivative, ask for them in the second one too.",
    ),
    "hint.vector_shape": (
        "The vector gives each output a weight. For f(a, b) = (a, 2b, 3b) there are three outputs, so it needs three numbers, though there are only two inputs.",
        "Print the shape of the result and that of the vector. Both must be the same. Do not bring the vector to the shape of the input.",
    ),
    "hint.gradient_count": (
        "Each input of `forward` asks what its gradient is. For `forward(ctx, x, n)` there are two inputs, so `backward` answers twice, for `x` and for `n`. A plain number such as `n` has none: its answer is None.",
        "Count the inputs of `forward`, without `ctx`. Return as many values from `backward`, in the same order.",
    ),
    "hint.gradient_shape": (
        "Each entry of an input gets its own slope. So an input of shape (2, 3) needs a gradient of shape (2, 3). If a small input was repeated on the way forward, its slopes must be added up on the way back.",
        "Print the shapes of the input and of what you return. If an axis is too much, sum over it. If one is missing, check where it was summed away.",
    ),
    "hint.staticmethod": (
        "Torch calls `forward` and `backward` on the class, not on an object. So there is no `self`. Their first input is `ctx`, a place to keep values for the way back.",
        "Write `@staticmethod` on the line above each of the two. Make `ctx` the first name in both.",
    ),
    "hint.function_base": (
        "A class inherits its methods from the class in brackets. `apply` is one of them: it calls your `forward` and notes that your `backward` belongs to it. Without the right base class there is no `apply`.",
        "Write `class Name(torch.autograd.Function):`. Define `forward` and `backward` in it, and call it with `Name.apply(x)`.",
    ),
    "hint.function_methods": (
        "Torch looks for the two methods by their names. `forward` computes the value, and `backward` the gradient. Another name is just another method that nobody calls.",
        "Check the spelling of both names. Check that both are indented inside the class, and static.",
    ),
    "hint.grad_tuple": (
        "You can ask for the gradients of several inputs at once. So the answer always comes as a tuple, one part for each input. For a single input it is a tuple with one part, and a tuple cannot do what a tensor can.",
        "Take the first part with `[0]` right after the call. Then go on with it.",
    ),
    "hint.take_out": (
        "A box with one thing in it is not that thing. `(g,)` is a tuple of length 1, and `g` is the tensor. They look much the same when printed.",
        "Take the tensor out with `[0]` before you return it. Check that no comma at the end of the line makes a tuple by mistake.",
    ),
    "hint.stack": (
        "Two tensors with 3 numbers each are two things. One 2 x 3 table is one thing. The numbers are the same, but the caller can use only the second.",
        "Put them together before you return them. `torch.stack` adds a new axis, `torch.cat` makes an old one longer. Choose the one that gives the shape in the exercise.",
    ),
    "hint.separate": (
        "A table with two rows is one tensor. The caller wants two values, and takes them apart by their places.",
        "Return the parts with a comma between them. Do not stack them first.",
    ),
    "hint.from_numpy": (
        "A numpy array holds numbers. A tensor also knows its device, and can have notes for the gradient. The two are different types.",
        "Stay with torch until the end, and return the tensor. Find the line that makes the array, and leave it out.",
    ),
    "hint.number_for_tensor": (
        "A tensor with one number still is a tensor: it has a shape, the empty one, and a dtype. `.item()` throws both away and leaves a plain 3.0.",
        "Return the tensor as it was before it became a number.",
    ),
    "hint.item": (
        "A tensor with one number prints much like a number, but it is another type. It can also keep the notes of a whole computation in memory.",
        "Turn it into a plain number when you note it: call `.item()` on it. In a list, do this for each entry.",
    ),
    "hint.non_leaf": (
        "Only leaves, the tensors at the beginning, keep their gradient. Take `w = w - 0.1 * w.grad`: the new `w` is a result of the old one. After the next backward pass, its `.grad` is None.",
        "Change the values without tracking, and keep the same leaf. Or make a new leaf each round: detach the new value, then call `requires_grad_()`. In both cases clear the old gradient.",
    ),
    "hint.no_backward": (
        "Computing a result does not compute its gradient. `.grad` is empty until a backward pass fills it. For y = x² at x = 3, `x.grad` is None before the pass and 6 after it.",
        "Call `backward()` on the result before you read `.grad`. Or use `torch.autograd.grad`, which returns the gradient.",
    ),
    "hint.none_grad": (
        "A backward pass fills `.grad` of tracked leaves that the result was computed from, and of nothing else. For `b = a * 2` with a tracked `a`, `a.grad` is filled and `b.grad` is None.",
        "Print `requires_grad` and `is_leaf` of the tensor: both must be True. Check that the result uses it, and that the backward pass comes before this line.",
    ),
    "hint.math": (
        "`math.sin(x)` wants a plain number and gives one back. The way to the input ends there: autograd takes no notes of it. `torch.sin(x)` works on each entry, and its slope is known.",
        "Replace each `math.` function by the torch function of that name. Constants such as `math.pi` can stay.",
    ),
    "hint.one_number": (
        "`if x > 0` asks one question. If x has 3 entries, there are 3 answers, and Python cannot choose. The same holds for turning a tensor with 3 numbers into one.",
        "Work on all entries at once: use torch functions for the computation, and `torch.where` for the choice. If one number is meant, make one first, such as with `sum()`.",
    ),
    "hint.parameters": (
        "An optimizer changes the tensors that it was given. A value that was computed from them is a copy of a moment: changing it would change nothing else. So torch refuses it.",
        "Pass the tracked leaves in a list. If a model gives you its parameters, call the method with brackets, and pass what it returns.",
    ),
    "hint.operands": (
        "`a + b` works only if one of the two knows how to add the other. A number and None do not, and neither do a number and a list. In a class of your own, you must say what `+` does.",
        "Print the type of both sides before this line. If one is not what you expect, go to where it was made. If it is your own class, write the method for this operator, and accept plain numbers too.",
    ),
    "hint.name": (
        "Python looks a name up when the line runs. It must have a value by then. A name that gets its value inside a function is known only there.",
        "Compare the spelling in both places. Check that the `import` is there. If the value is made further down, move it up.",
    ),
    "hint.attribute": (
        "What stands after the dot must belong to the object before it. A list can `append`, a tensor cannot. Often the object is not what one thinks: a tuple, or None.",
        "Print `type(...)` of the object just before this line. If it is the wrong one, go to where it was made. If it is the right one, check the spelling after the dot.",
    ),
    "hint.power": (
        "In a formula on paper, or in other languages, `^` raises to a power. In Python it works on the bits of whole numbers: `2 ^ 3` is 1, and `2 ** 3` is 8. Numbers with a decimal point have no such bits, so there it fails.",
        "Write `**` for a power. Check the whole file: with whole numbers the mistake raises no error.",
    ),
    "hint.index": (
        "Places are counted from 0. A list of 3 has the places 0, 1 and 2, and no place 3. A dict has only the keys that were put in.",
        "Print the length, and the place that you ask for. If a loop goes one too far, end it earlier. If a key is missing, check where it should be put in.",
    ),
    "hint.recursion": (
        "A function that calls itself needs a case in which it does not. `def f(n): return f(n - 1)` never stops. A very long chain is too deep as well: Python allows about 1000 calls inside each other.",
        "Write down the smallest case, and return its answer without another call. Check that every call comes closer to it. If the chain is just long, use a loop and a list instead.",
    ),
    "hint.read_error": (
        "The last line of an error says what went wrong. The lines above say how the program got there. The line of your own code that is nearest to the end is the one to look at.",
        "Print the values and types that this line uses. Find the first one that is not what you expect. Then go back to where it was made.",
    ),
    "hint.by_hand": (
        "A small example shows what a large one hides. For x² at x = 3 you can say without a computer: the value is 9, the slope is 6. If your code says 9 for the slope, you know a lot already.",
        "Take the smallest example, and compute each step on paper. Print the same steps in your code. Go to the first step that differs, and mend this one. Then try again.",
    ),
    "hint.returns_nothing": (
        "Some methods do something and give nothing back. `items.append(3)` makes the list longer, and its result is None. So `return items.append(3)` returns None.",
        "Make two lines of it. Call the method in the first. In the second, return what the exercise asks for.",
    ),
    "hint.return_of_grad": (
        "`.grad` is filled by a backward pass, and only for tracked leaves. For y = x² at x = 3, `x.grad` is None before the pass and 6 after it. A copy such as `b = x * 1` keeps none at all.",
        "Print the value just before the `return`. If it is a `.grad`, check that the tensor is tracked, that it is a leaf, and that the backward pass comes first.",
    ),
    "hint.returned_none": (
        "A function can end in several places. If one of them has a bare `return`, or a value that was never set, the caller gets None, but only on this way.",
        "Find out which `return` was used, with a `print` before each. Then make this one return the value that is asked for.",
    ),
    "hint.import": (
        "The code runs in a closed box with a fixed set of packages. Nothing can be installed there. What works on your machine can be missing here.",
        "Do the work with what is there. If the import is not used, remove it. If it is only for looking at things, guard it, so that the code runs without it.",
    ),
    "hint.input": (
        "`input()` waits for somebody at the keyboard. The grader calls your function by itself, so nobody answers.",
        "Take the values from the names in brackets after your function's name. Remove the lines that ask for them.",
    ),
    "hint.files": (
        "The code runs in a closed box with an empty folder of its own. Files of your machine are not there, and other folders are closed.",
        "Use the data that your function gets. Remove the lines that read or write files elsewhere.",
    ),
    "hint.network": (
        "The code runs in a closed box without a network. So no page can be read, and no data can be fetched.",
        "Use the data that your function gets. Remove the lines that fetch something.",
    ),
    "hint.processes": (
        "The code runs in a closed box in which no other program can be started. One process has to do the work.",
        "Replace the call by Python code that does the same. Leave out pools of processes: the tasks here are small.",
    ),
    "hint.arguments": (
        "Arguments come from a command line, such as `python file.py 3`. The grader loads your file and calls your functions, so there is no command line.",
        "Take the values from the names in brackets after your function's name. Remove the lines that read arguments.",
    ),
    "hint.workers": (
        "With workers, a data loader starts helper processes. In the closed box of the grader none can be started. For small data they would not be faster.",
        "Leave the option out, or set it to 0. The data come in the same order.",
    ),
    "hint.compile": (
        "Compiling turns the model into machine code first. The tools for that are not in the closed box of the grader. The results are the same without it.",
        "Remove the call, and use the model or function as it was.",
    ),
}

EXPLANATIONS: dict[str, tuple[str, str]] = DIAGNOSES | REQUIREMENTS | STOPPED | ERRORS
"""For each message or hint of the grader: why it goes wrong, and what to change."""

LEVELS: dict[str, str] = {
    f"{name}.{level}": text
    for name, texts in EXPLANATIONS.items()
    for level, text in zip(("why", "how"), texts, strict=True)
}
