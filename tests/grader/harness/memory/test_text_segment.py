"""Machine code that is moved while it is in use, in a process of its own."""

from tests.grader.harness.own_process import printed


def test_moved_code_still_computes_the_same():
    program = """
import os
import torch
from grader.harness.memory import text_segment
from grader.harness.memory.heap import collapse_all

def slope():
    x = torch.ones(3, dtype=torch.float64, requires_grad=True)
    x.sin().sum().backward()
    return x.grad.tolist()

torch.set_num_threads(1)
before = slope()
text_segment.drop_clean_pages()
print(slope() == before)
moved = text_segment.move_busiest_pages()
print(slope() == before, (moved > 0) == (collapse_all() > 0))
pid = os.fork()
if pid == 0:
    os._exit(0 if slope() == before else 1)
print(os.waitpid(pid, 0)[1])
"""
    assert printed(program) == ["True", "True", "True", "0"]
