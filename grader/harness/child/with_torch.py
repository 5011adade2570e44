"""What a child makes calls with if exercises can use torch."""

from grader.harness.child import losses
from grader.harness.child.evaluate import evaluate
from grader.harness.child.global_state import reset
from grader.harness.child.main import Evaluator
from grader.harness.wire.values import pack, unpack

WITH_TORCH = Evaluator(reset=reset, evaluate=evaluate, pack=pack, unpack=unpack, stream_losses=losses.stream)
