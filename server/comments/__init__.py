"""What teachers say about a submission."""
