"""Users, and how they sign in."""
