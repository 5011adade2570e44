"""Sandboxes: start them with an engine, keep them warm in a pool, run submissions in them.

    SandboxPool (pool) ── starts, reuses and stops ──> Instance (instance) ── frames ──> supervisor ── fork ──> child
         │                                                ^                             (grader/harness)
         └── opens for each submission ──> RunSession ────┘
                                           (run_session)

`select` chooses the engine for a runtime of `deploy/runtimes.toml`: `docker` or `bubblewrap`. An engine starts
instances and does nothing else; pool, session, frames and limits are the same for both.
"""
