"""Quality checks of exercise packages."""
