"""What learners type before they hand it in."""
