"""Shows an answer on a terminal while it streams in: wrapped at words, Markdown rendered plainly.

    text of the answer ─> markdown (lines: headings, lists, code) ─> inline (emphasis, links)
                       ─> word_wrap (words that fit into the terminal's width) ─> text to print

Nothing that was printed is drawn again: what cannot be decided yet, such as a word that may not
fit, is held back until the text that decides it has come. So the output does not depend on the
pieces in which the answer arrives. Nothing here prints.

- `answer`: the whole of it, for text that arrives in pieces.
- `blocks`: what a line is. `inline`: the text within a line. `word_wrap`: lines that fit.
- `tables`: aligned columns.
- `cells`: how wide characters are.

Imported with the first text of an answer: `ask` starts without it.
"""
