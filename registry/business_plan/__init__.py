"""What boards take into their own plans, year by year, and what measures cost."""
