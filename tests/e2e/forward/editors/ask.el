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
;; It asks for no key here: the daemon would refuse it.
(let (ended)
  (aircher-sign-in nil (lambda (_) (setq ended t)))
  (aircher-test-wait "it says where to sign in" (lambda () ended))
  (with-current-buffer "*Messages*"
    (goto-char (point-min))
    (re-search-forward "takes no keys from this one: sign in there")))
(aircher-test-emit :done t)

;;; ask.el ends here
