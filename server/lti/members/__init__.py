"""The people of a platform: accounts, roles and rosters."""
