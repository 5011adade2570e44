"""The people and courses of a platform: accounts, roles, rosters, and the links between courses."""
