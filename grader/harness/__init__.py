"""What runs inside a sandbox: it loads a submission, calls its entries and records what they return.

    __main__     starts the supervisor
    supervisor/  the first process of a sandbox, and the fork server beside it
    child/       the process that runs one submission
    memory/      arranges memory so that a fork is cheap
    wire/        the bytes between grader and sandbox
    system       system calls that Python has no name for

Each imports only from those below it. The sandbox image contains this folder and nothing else of the grader, so nothing
here imports the rest of the grader, and reading data from outside uses the standard library alone. The harness knows no
correct answers and compares nothing: `grader.grading.pipeline` judges what it records.
"""
