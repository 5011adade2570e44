"""Changes what is global in torch, for the harness and for whoever comes next."""
import random

import torch

torch.set_default_dtype(torch.float16)
torch.manual_seed(7)
random.seed(7)
torch.set_num_threads(64)
torch.autograd.set_detect_anomaly(True)
torch.use_deterministic_algorithms(True)
torch.set_printoptions(precision=1)
