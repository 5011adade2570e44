"""The queue of submissions: sending, finding lost ones, who grades, how long it takes."""
