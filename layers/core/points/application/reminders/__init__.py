"""Who is to be reminded of what, found by the remind index."""
