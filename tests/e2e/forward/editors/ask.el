;;; ask.el --- An Emacs asks once, and ends  -*- lexical-binding: t; -*-

;;; Code:

(require 'aircher-ask)

(aircher-ask "one two" nil 'window)
(with-current-buffer "*aircher*"
  (aircher-test-wait "it is answered"
                     (lambda ()
                       (save-excursion
                         (goto-char (point-min))
                         (re-search-forward "^one two\n\nwork/gpt-5\\.5, " nil t)))))
(aircher-test-emit :done t)

;;; ask.el ends here
