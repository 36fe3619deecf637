"""What is written in the pane about the selected row."""
