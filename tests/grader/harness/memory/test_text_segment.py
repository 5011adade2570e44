"""Code that is moved while it is used: in a process of its own."""

from tests.grader.harness.alone import printed


def test_code_does_what_it_did_wherever_it_lies_in_a_child_too():
    program = """
import os
import torch
from grader.harness import code
from grader.harness.memory.heap import collapse_all

def slope():
    x = torch.ones(3, dtype=torch.float64, requires_grad=True)
    x.sin().sum().backward()
    return x.grad.tolist()

torch.set_num_threads(1)
before = slope()
code.forget()
print(slope() == before)
moved = code.hold()
print(slope() == before, (moved > 0) == (collapse_all() > 0))
pid = os.fork()
if pid == 0:
    os._exit(0 if slope() == before else 1)
print(os.waitpid(pid, 0)[1])
"""
    assert printed(program) == ["True", "True", "True", "0"]
