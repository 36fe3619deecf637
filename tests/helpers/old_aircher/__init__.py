"""What the earlier, Rust aircher left behind: own samples with made-up values, and homes of it."""
