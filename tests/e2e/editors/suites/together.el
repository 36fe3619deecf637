;;; together.el --- What an Emacs does beside a Neovim  -*- lexical-binding: t; -*-

;;; Code:

(require 'aircher)

(defun together--wait (regexp)
  "Wait until the current buffer has what REGEXP matches."
  (aircher-test-wait (format "the buffer has %s" regexp)
                     (lambda ()
                       (save-excursion (goto-char (point-min)) (re-search-forward regexp nil t)))))

(pcase (getenv "AIRCHER_TEST_DO")
  ("goes on"
   (aircher-chat-open "talk.md")
   (insert "a question of Emacs")
   (call-interactively (key-binding (kbd "C-c C-c")))
   (together--wait "^a question of Emacs\n\n<!-- aircher: .*-->\n\n## You\n\n\\'")
   (save-buffer))
  ("chooses"
   (aircher-model "chain")
   (aircher-test-wait "it is chosen"
                      (lambda ()
                        (with-current-buffer "*Messages*"
                          (save-excursion
                            (goto-char (point-min))
                            (search-forward "the default model is chain" nil t))))))
  ("asks"
   (aircher-ask "a word of Emacs" nil 'window)
   (with-current-buffer "*aircher*"
     (together--wait "^a word of Emacs\n\nwork/gpt-5\\.5, "))))

(aircher-test-emit :done t)

;;; together.el ends here
