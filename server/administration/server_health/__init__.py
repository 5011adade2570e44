"""Whether everything works, and what to do if not: one module for each kind of part."""
