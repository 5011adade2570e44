"""Tags and filters of the instructor's pages."""
