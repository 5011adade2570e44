"""Who people are: users and how they sign in."""
