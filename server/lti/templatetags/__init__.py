"""Template filters of LTI's pages."""
