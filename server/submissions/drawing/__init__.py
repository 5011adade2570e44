"""What a report shows beside its words: heat maps, graphs, curves and figures, laid out here as plain data.

Everything is read again, strictly, from the report's JSON: reports are kept for years, and what they show came from
near a sandbox. Whatever is not as it should be is left out, and the page stands.
"""
