;;; emacs.el --- What keystrokes/emacs.py runs in Emacs  -*- lexical-binding: t; -*-

;;; Commentary:

;; Two windows: a chat with a long answer to come, and a text.  C-\ sends the chat, C-^ begins to
;; count, C-] writes the figures and ends Emacs.

;;; Code:

(require 'aircher-chat)
(require 'json)

(setq inhibit-startup-screen t
      aircher-max-reply-bytes most-positive-fixnum)

(defvar bench-chat nil "The buffer of the chat.")

(defvar bench-start nil "The time, collections, their seconds and the chat's size at the start.")

(defun bench-state ()
  "Return what is counted now."
  (list (float-time) gcs-done gc-elapsed (buffer-size bench-chat)))

(defun bench-begin ()
  "Begin to count."
  (interactive)
  (setq bench-start (bench-state)))

(defun bench-end ()
  "Write the figures, and end Emacs."
  (interactive)
  (pcase-let* ((`(,start ,collections ,seconds ,size) bench-start)
               (`(,now ,collections-now ,seconds-now ,size-now) (bench-state))
               (count (- collections-now collections)))
    (write-region
     (json-encode
      `(("collections" . ,count)
        ("ms each" . ,(if (= count 0) 0 (* 1000 (/ (- seconds-now seconds) count))))
        ("kB/s" . ,(/ (- size-now size) (- now start) 1000))))
     nil (getenv "AIRCHER_FIGURES") nil 'quiet))

  (kill-emacs))

(global-set-key (kbd "C-^") #'bench-begin)
(global-set-key (kbd "C-]") #'bench-end)
(switch-to-buffer "*scratch*")
(text-mode)
(split-window-below)
(let ((display-buffer-overriding-action '((display-buffer-same-window))))
  (aircher-chat))
(setq bench-chat (current-buffer))
(insert "go")
(global-set-key (kbd "C-\\") #'aircher-chat-send)

;;; emacs.el ends here
