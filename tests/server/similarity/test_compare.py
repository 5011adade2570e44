from hypothesis import given
from hypothesis import strategies as st

from server.similarity.compare import compare
from server.similarity.fingerprints import K, W, prints, tokens

LONG = """
import torch

def train(model, batches, lr):
    losses = []
    for x, y in batches:
        prediction = model(x)
        loss = ((prediction - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= lr * parameter.grad
                parameter.grad = None
        losses.append(loss.item())
    return losses
"""
RENAMED = (
    LONG.replace("parameter", "p")
    .replace("prediction", "guess")
    .replace("losses", "history")
    .replace("    ", "  ")
    .replace("lr", "rate")
    + "# my own work\n"
)
OTHER = """
import torch

def train(model, batches, lr):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = [step(model, optimizer, *batch) for batch in batches]
    return history

def step(model, optimizer, x, y):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return float(loss)
"""


def test_new_names_layout_and_comments_hide_no_match():
    (pair,) = compare({"ann": LONG, "bob": RENAMED, "cyd": OTHER}, starter="")

    assert {pair.left, pair.right} == {"ann", "bob"}
    assert pair.share == 1
    assert pair.left_lines[0][0] <= 5


def test_code_from_the_starter_is_not_a_match():
    assert compare({"ann": LONG, "bob": RENAMED}, starter=LONG) == []


def test_code_of_the_whole_class_is_not_a_match():
    assert compare({str(number): LONG for number in range(20)}, starter="") == []


@given(st.text(max_size=400))
def test_fingerprints_of_any_text_do_not_fail(source):
    assert all(1 <= one.first <= one.last for one in prints(source))


names = st.lists(st.sampled_from(["x", "(", ")", "+", "if", "1", ",", "=", "return", "[", "]"]), max_size=120)


@given(names, names, names, names)
def test_a_common_run_of_enough_tokens_is_found(before, after, front, back):
    common = " ".join(f"a{n} + {n} *" for n in range(K + W)).rsplit(" *", 1)[0]
    left, right = (f"{' '.join(a)} ; {common} ; {' '.join(b)}" for a, b in ((before, after), (front, back)))
    plain = [token.text for token in tokens(common)]
    if all(_holds([token.text for token in tokens(side)], plain) for side in (left, right)):
        assert {one.value for one in prints(left)} & {one.value for one in prints(right)}


def _holds(found, run):
    return any(found[start : start + len(run)] == run for start in range(len(found)))


@given(st.integers(0, K - 1))
def test_fewer_than_k_tokens_have_no_fingerprint(count):
    assert prints(" ".join(["x"] * count)) == []
