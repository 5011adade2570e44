"""What a submission is worth: assignments, their terms, and the rules that make a grade of scores."""
