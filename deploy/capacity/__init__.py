"""How many of what a deadline needs: measured service times, a simulation, and the table in README.md."""
