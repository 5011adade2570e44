"""What every app uses and none owns."""
