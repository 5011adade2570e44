"""Code of an exercise that forbids torch finds none: not in its memory, and not on the disk."""

import pytest

from grader.protocol.reports import Outcome
from grader.sandboxes.base import Call, Limits, Program

pytestmark = pytest.mark.slow

LIMITS = Limits(wall_seconds=20.0, memory_mb=256)

# Each is the body of a function that returns what it has found of torch, or nothing.
WAYS = {
    "modules": "return [name for name in sys.modules if 'torch' in name or name == 'numpy']",
    "classes": """
    def below(kind):
        for one in type.__subclasses__(kind):
            yield one
            yield from below(one)
    return [one for one in below(object) if 'torch' in str(one.__module__)]""",
    "objects of the collector": "return [one for one in gc.get_objects() if 'torch' in str(type(one).__module__)]",
    "frozen objects": """
    gc.unfreeze()
    return [one for one in gc.get_objects() if 'torch' in str(getattr(one, '__module__', ''))
            and not str(one.__module__).startswith('grader')]""",
    "frames": """
    frame, found = sys._getframe(), []
    while frame is not None:
        found += [name for name in {**frame.f_globals, **frame.f_locals} if name in ('torch', 'Tensor', 'safetensors')]
        frame = frame.f_back
    return found""",
    "the import function": "return __import__('torch').ones(1)",
    "importlib": "return importlib.import_module('torch').ones(1)",
    "the real import": """
    sys.meta_path[:] = [one for one in sys.meta_path if 'ImportBlocker' not in type(one).__name__]
    sys.path.insert(0, '/opt/chainrule/site')
    return importlib.__import__('torch').ones(1)""",
    "a loader": """
    sys.meta_path[:] = [one for one in sys.meta_path if 'ImportBlocker' not in type(one).__name__]
    spec = importlib.util.spec_from_file_location('torch', '/opt/chainrule/site/torch/__init__.py')
    module = importlib.util.module_from_spec(spec)
    sys.modules['torch'] = module
    spec.loader.exec_module(module)
    return module.ones(1)""",
    "the library": "return ctypes.CDLL('/opt/chainrule/site/torch/lib/libtorch_cpu.so')",
    "mapped files": "return [line for line in open('/proc/self/maps') if 'torch' in line]",
    "the harness": "return importlib.import_module('grader.harness.child.evaluate').torch",
    "symbols": "return ctypes.PyDLL(None).THPVariable_Wrap",
    "another interpreter": "return os.execv(sys.executable, [sys.executable, '-c', 'import torch; print(torch)'])",
}

SOURCE = """
import ctypes, gc, importlib, importlib.util, os, sys
{functions}

def Value(x):
    found = {{}}
    for name, way in WAYS.items():
        try:
            if got := way():
                found[name] = str(got)[:200]
        except BaseException as error:
            pass
    return found
"""


def source():
    functions = [f"def way_{i}():\n    {body.strip()}" for i, body in enumerate(WAYS.values())]
    table = ", ".join(f"{name!r}: way_{i}" for i, name in enumerate(WAYS))
    return SOURCE.format(functions="\n\n".join([*functions, f"WAYS = {{{table}}}"]))


def test_no_way_leads_to_torch(engine, sandbox):
    if engine == "runsc":
        pytest.skip("needs a kernel with Landlock")
    program = Program(source=source(), entries=("Value",), imports=())

    with sandbox.open(program, limits=LIMITS) as run:
        (seen,) = run.observe([Call(entry="Value", args=(1.0,))])

    assert (run.ending.outcome, seen.error, seen.value) == (Outcome.GRADED, None, {})


def test_the_ways_find_torch_where_it_is(sandbox):
    """The same program in an exercise with torch: otherwise the ways themselves could be wrong."""
    program = Program(source=source(), entries=("Value",), imports=("torch",))

    with sandbox.open(program, limits=Limits(wall_seconds=20.0)) as run:
        (seen,) = run.observe([Call(entry="Value", args=(1.0,))])

    assert {"modules", "classes", "the import function", "mapped files"} <= set(seen.value)


def test_numbers_words_and_lists_go_through(sandbox):
    program = Program(source="def f(*args):\n    return list(args) + [float('nan')]\n", entries=("f",), imports=())

    with sandbox.open(program, limits=LIMITS) as run:
        (seen,) = run.observe([Call(entry="f", args=(1, 2.5, "word", [True, None], {"a": (1, 2)}))])

    assert seen.value[:5] == [1, 2.5, "word", [True, None], {"a": (1, 2)}]
