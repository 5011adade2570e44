"""Settings: `base` is shared; `demo`, `test` and `production` add the rest."""
