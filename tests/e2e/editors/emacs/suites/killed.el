;;; killed.el --- An Emacs that is killed in mid-answer  -*- lexical-binding: t; -*-

;;; Code:

(require 'aircher-chat)

(aircher-chat)
(insert "count 99000")
(aircher-chat-send)
(aircher-test-wait "text arrives" (lambda () (> (buffer-size) 300)))
(aircher-test-emit :streams t)
(while t (accept-process-output nil 1))

;;; killed.el ends here
