"""Reading what the pages show; each function says what it costs."""
