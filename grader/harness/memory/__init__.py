"""Where memory and code lie, so that a fork copies few pages."""
