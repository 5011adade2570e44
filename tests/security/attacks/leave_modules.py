"""Leaves modules and patches for the next submission, and looks for those of the last one."""
import sys
import types

import torch

if "for_the_next_one" in sys.modules or hasattr(torch, "for_the_next_one") or hasattr(torch.cos, "for_the_next_one"):
    print("ESCAPED: found the modules of another submission")
sys.modules["for_the_next_one"] = types.ModuleType("for_the_next_one")
torch.for_the_next_one = True
torch.tan = torch.cos
sys.modules["statistics"] = None
