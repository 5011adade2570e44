"""What runs inside the author's instance: a sandbox for the own code of courses' packages.

It reuses the supervisor, the fork server and the walls of the harness. Its children have the grader's checks and
references in memory. Each serves one grading of one package, and finds no other package anywhere.
"""
