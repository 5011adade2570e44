"""The demo course and its people; only in the settings of the demo and of the tests."""
