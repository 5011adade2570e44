"""What runs inside a sandbox: it loads a submission, calls its entries and writes down what came out.

This folder is copied into the sandbox image whole. It imports nothing of the grader outside itself, holds no truth, and
compares nothing: see `grader.grading.pipeline` for what happens with its observations.
"""
