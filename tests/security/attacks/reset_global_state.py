"""Changes torch's global state, for the harness and for the next submission, and looks for changes of the last one."""
import random

import torch

if torch.get_default_dtype() is not torch.float32 or torch.get_num_threads() != 1 or torch.is_anomaly_enabled() or torch.initial_seed() != 0:
    print("ESCAPED: found the settings of another submission")
torch.set_default_dtype(torch.float16)
torch.manual_seed(7)
random.seed(7)
torch.set_num_threads(64)
torch.autograd.set_detect_anomaly(True)
torch.use_deterministic_algorithms(True)
torch.set_printoptions(precision=1)
