"""How many of each part a deadline needs: measured service times, a simulation, and the tables in README.md."""
