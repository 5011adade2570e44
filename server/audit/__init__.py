"""The audit log: who did what to grades, people, tokens, connections and terms."""
