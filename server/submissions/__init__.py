"""What learners handed in, on its way to a report and back."""
