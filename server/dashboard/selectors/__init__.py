"""Reading what the pages show. The docstrings give the number of queries."""
