;;; aircher-text-delta.el --- Take streamed text without garbage  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; A fast answer is thousands of small frames a second.  If each becomes an alist, Emacs collects
;; garbage several times a second, and each collection stops it for 10 to 40 ms: a key that is
;; pressed then waits.  So the frames of text deltas,
;;
;;   [2, "chat.delta", [{"id": 1, "seq": 2, "type": "text", "text": "..."}]]
;;
;; are recognised in the connection's buffer as they are, and their text is copied from there to
;; the buffer where it waits to be inserted.  Neither makes a Lisp object.  A text delta that looks
;; different in any way is read as all other frames are.

;;; Code:

(require 'aircher-msgpack)

(defconst aircher-text-delta--beginning
  (let ((uint "\\(?:[\0-\177]\\|\314[\0-\377]\\|\315[\0-\377]\\{2\\}\\|\316[\0-\377]\\{4\\}\\)"))
    (concat "\223\002\252chat\\.delta\221\204\242id\\(" uint "\\)\243seq" uint
            "\244type\244text\244text\\(\\)"))
  "Matches a text delta up to its text.
The buffer is unibyte, and its `case-fold-search' nil.")

(defvar aircher-text-delta-id nil "The id of the delta that was found last.")
(defvar aircher-text-delta-start nil "Where the text of the delta that was found last begins.")
(defvar aircher-text-delta-end nil "Where the delta that was found last, and its text, end.")

(defsubst aircher-text-delta--uint-at (position)
  "Return the unsigned integer at POSITION."
  (let ((head (char-after position)))
    (if (< head #x80) head
      (aircher-msgpack--uint (1+ position) (cond ((eq head #xcc) 1) ((eq head #xcd) 2) (t 4))))))

(defun aircher-text-delta-at (position)
  "Return whether a whole text delta begins at POSITION of this unibyte buffer.
If so, `aircher-text-delta-id', `aircher-text-delta-start' and
`aircher-text-delta-end' say what it has."
  (goto-char position)
  (when (looking-at aircher-text-delta--beginning)
    (let* ((at (match-beginning 2))
           (head (or (char-after at) 0))
           (size (cond ((and (>= head #xa0) (< head #xc0)) 0)
                       ((eq head #xd9) 1)
                       ((eq head #xda) 2)
                       ((eq head #xdb) 4)))
           (start (and size (+ at 1 size))))
      (when (and start (<= start (point-max)))
        (let ((end (+ start (if (eq size 0) (logand head 31)
                              (aircher-msgpack--uint (1+ at) size)))))
          (when (<= end (point-max))
            (setq aircher-text-delta-id (aircher-text-delta--uint-at (match-beginning 1))
                  aircher-text-delta-start start
                  aircher-text-delta-end end)
            t))))))

(provide 'aircher-text-delta)

;;; aircher-text-delta.el ends here
