from random import Random

from hypothesis import given
from hypothesis import strategies as st

from server.similarity.compare import MOST_HOLDERS, compare
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
    (cluster,) = compare({"ann": LONG, "bob": RENAMED, "cyd": OTHER}, starter="")
    (pair,) = cluster.pairs

    assert cluster.members == {"ann", "bob"}
    assert {pair.left, pair.right} == {"ann", "bob"}
    assert pair.share == 1
    assert pair.left_lines[0][0] <= 5


def test_code_from_the_starter_is_not_a_match():
    assert compare({"ann": LONG, "bob": RENAMED}, starter=LONG) == []


def test_code_of_the_whole_class_is_not_a_match():
    assert compare({str(number): LONG for number in range(20)}, starter="") == []


def variant(number, *, lines=12):
    """A program of its own: it shares hardly a run of tokens with the others."""
    random = Random(number)
    operators = ["+", "-", "*", "/", "%", "//", "**", "<<", ">>", "&", "|", "^"]
    return "".join(f"a = {' '.join(f'b {random.choice(operators)}' for _ in range(12))} e\n" for _ in range(lines))


def test_twenty_copies_are_one_cluster_with_nineteen_pairs():
    copies = {f"copy{n}": LONG.replace("losses", f"losses{n}") for n in range(20)}
    others = {f"own{n}": variant(n) for n in range(100)}

    (cluster,) = compare(copies | others, starter="")

    assert cluster.members == set(copies)
    assert len(cluster.pairs) == 19
    assert all(pair.share == 1 for pair in cluster.pairs)


def test_very_many_copies_are_still_one_cluster():
    copies = {f"copy{n}": LONG + f"# {n}\n" for n in range(3 * MOST_HOLDERS)}
    others = {f"own{n}": variant(n) for n in range(9 * MOST_HOLDERS)}

    (cluster,) = compare(copies | others, starter="")

    assert cluster.members == set(copies)


def test_a_cluster_begins_with_its_strongest_pair():
    half = LONG + variant(3)
    sources = {"ann": LONG, "bob": half, "cyd": RENAMED}

    (cluster,) = compare(sources, starter="", least=0.1)

    assert {cluster.pairs[0].left, cluster.pairs[0].right} <= {"ann", "bob", "cyd"}
    assert [pair.share for pair in cluster.pairs] == sorted((pair.share for pair in cluster.pairs), reverse=True)


def test_earlier_sources_are_compared_with_the_class_only():
    earlier = {"old": RENAMED, "older": LONG + "# older\n"}

    assert compare({"cyd": OTHER}, starter="", earlier=earlier) == []
    (cluster,) = compare({"ann": LONG, "cyd": OTHER}, starter="", earlier=earlier)
    assert cluster.members == {"ann", "old", "older"}
    assert all(pair.left == "ann" for pair in cluster.pairs)


def test_what_a_whole_earlier_class_wrote_is_no_match():
    earlier = {f"old{n}": RENAMED for n in range(20)}

    assert compare({"ann": LONG, "cyd": OTHER}, starter="", earlier=earlier) == []


def test_nobody_copies_from_themselves():
    authors = {"ann": 1, "old": 1, "older": 2}

    assert compare({"ann": LONG}, starter="", earlier={"old": RENAMED}, authors=authors) == []
    (cluster,) = compare({"ann": LONG}, starter="", earlier={"old": RENAMED, "older": LONG}, authors=authors)
    assert cluster.members == {"ann", "older"}


@given(st.permutations(["ann", "bob", "cyd", "dan"]))
def test_the_order_of_sources_changes_no_cluster(order):
    sources = {"ann": LONG, "bob": RENAMED, "cyd": OTHER, "dan": OTHER + "# mine\n"}

    found = compare({key: sources[key] for key in order}, starter="")

    assert {cluster.members for cluster in found} == {frozenset({"ann", "bob"}), frozenset({"cyd", "dan"})}


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
