"""Who may ask a service how much, what is written down of it, and what never is."""
