"""What the server and the grader tell each other: jobs, reports, snippets, and the sentences for learners."""
