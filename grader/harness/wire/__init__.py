"""The wire format between a grader and a sandbox: frames, and the values inside them."""
