"""Starting harnesses in an engine, keeping them warm, and talking to them."""
