"""Calendar feeds: a person's due dates at a secret address, for the calendars of phones and mail programs."""
