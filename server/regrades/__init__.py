"""Grade submissions again with a new version of an exercise. No score changes until the preview is applied."""
