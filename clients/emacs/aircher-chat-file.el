;;; aircher-chat-file.el --- What a chat looks like as text  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Reads a chat: Markdown with a heading for each turn.  Nothing here talks to the daemon.
;; tests/protocol/chats/README.md has the rules, which all editors share, and samples.
;;
;; All functions work on the current buffer as it is narrowed.  They search for what follows a
;; newline, which takes 10 ms for 5 MB.

;;; Code:

(require 'cl-lib)
(require 'subr-x)

(defconst aircher-chat-file--roles '(("You" . "user") ("Assistant" . "assistant") ("System" . "system"))
  "Headings and their roles.")

(defconst aircher-chat-file--special
  "\\(?: \\{0,3\\}\\(?:```\\|~~~\\)\\|\\\\*## \\(?:You\\|Assistant\\|System\\)[ \t]*$\\|\\\\*<!-- aircher:\\)"
  "Matches the beginning of a line that may be more than text.")

(cl-defstruct (aircher-chat-turn (:copier nil))
  "A turn of a chat: its ROLE, nil if it has no heading.
HEADING is where its heading begins, BODY where its text does, END where the
next turn begins."
  role heading body end)

;;;; Lines

(defun aircher-chat-file--fence ()
  "Return the fence that would begin a code block in the line at point, or nil."
  (let ((end (line-end-position))
        (from (save-excursion (skip-chars-forward " ") (point))))
    (when (<= (- from (point)) 3)
      (let* ((kind (char-after from))
             (to (and (memq kind '(?` ?~))
                      (save-excursion (goto-char from)
                                      (skip-chars-forward (string kind) end)
                                      (point)))))
        (and to (>= (- to from) 3)
             (not (and (eq kind ?`)
                       (save-excursion (goto-char to) (search-forward "`" end t))))
             (buffer-substring-no-properties from to))))))

(defun aircher-chat-file--ends-block (fence)
  "Tell whether the line at point ends the code block that FENCE began."
  (let ((found (aircher-chat-file--fence)))
    (and found
         (eq (aref found 0) (aref fence 0))
         (>= (length found) (length fence))
         (save-excursion (search-forward found)
                         (looking-at-p "[ \t]*$")))))

(defun aircher-chat-file--is-note ()
  "Tell whether the line at point is a note, but for backslashes before it."
  (save-excursion
    (skip-chars-forward "\\\\")
    (let ((start (point)))
      (and (looking-at-p "<!-- aircher:")
           (progn (end-of-line)
                  (skip-chars-backward " \t")
                  (and (> (- (point) start) 15)
                       (string= (buffer-substring-no-properties (- (point) 3) (point)) "-->")))))))

(defun aircher-chat-file--line-kind ()
  "Return what the line at point is, outside of a code block.
It is `fence', `note', `escaped', a heading's word, or nil for text."
  (cond ((eq (following-char) ?\\)
         (and (or (looking-at-p "\\\\+##") (aircher-chat-file--is-note)) 'escaped))
        ((eq (following-char) ?#)
         (and (looking-at "## \\([A-Za-z]+\\)") (match-string-no-properties 1)))
        ((eq (following-char) ?<) (and (aircher-chat-file--is-note) 'note))
        ((aircher-chat-file--fence) 'fence)))

(defun aircher-chat-file--next-special ()
  "Go to the next line that may be more than text.
Return its position, or nil if there is none."
  (and (re-search-forward (concat "\n" aircher-chat-file--special) nil t)
       (goto-char (1+ (match-beginning 0)))))

(defun aircher-chat-file-walk (function)
  "Call FUNCTION with the kind of each line that is more than text.
Point is at the line's beginning then.  The kinds are those of
`aircher-chat-file--line-kind'; lines in code blocks are left out.
Return the fence of a code block that is open at the end, or nil."
  (goto-char (point-min))
  (let ((fence nil)
        (is-found (or (looking-at-p aircher-chat-file--special)
                      (aircher-chat-file--next-special))))
    (while is-found
      (let ((kind (if fence
                      (and (aircher-chat-file--ends-block fence) 'end)
                    (aircher-chat-file--line-kind))))
        (cond ((eq kind 'end) (setq fence nil))
              ((eq kind 'fence) (setq fence (aircher-chat-file--fence)))
              (kind (save-excursion (funcall function kind)))))
      (setq is-found (aircher-chat-file--next-special)))
    fence))

;;;; Settings

(defun aircher-chat-file--settings-end ()
  "Return the end of the settings at the beginning of the chat, or nil."
  (save-excursion
    (goto-char (point-min))
    (when (looking-at "---[ \t]*\n")
      (goto-char (match-end 0))
      (while (looking-at "[A-Za-z][A-Za-z0-9_-]*:\\(?:[ \t].*\\)?\n")
        (goto-char (match-end 0)))
      (and (looking-at "---[ \t]*\\(?:\n\\|\\'\\)") (match-end 0)))))

(defun aircher-chat-file-settings ()
  "Return the settings of the chat, an alist of names and texts."
  (let ((end (aircher-chat-file--settings-end))
        (settings nil))
    (when end
      (save-excursion
        (goto-char (point-min))
        (while (re-search-forward "^\\([A-Za-z][A-Za-z0-9_-]*\\):[ \t]*\\(.*?\\)[ \t]*$" end t)
          (push (cons (match-string-no-properties 1) (match-string-no-properties 2)) settings))))
    (nreverse settings)))

(defun aircher-chat-file-set (name value)
  "Set the setting NAME of the chat to VALUE; remove it if VALUE is nil."
  (save-excursion
    (let ((end (aircher-chat-file--settings-end)))
      (goto-char (point-min))
      (cond ((and end (re-search-forward (format "^%s:.*\n" (regexp-quote name)) end t))
             (replace-match (if value (format "%s: %s\n" name value) "") t t)
             (goto-char (point-min))
             (when (looking-at "---[ \t]*\n---[ \t]*\n\n*") (replace-match "")))
            ((null value))
            (end (forward-line 1) (insert (format "%s: %s\n" name value)))
            (t (insert (format "---\n%s: %s\n---\n\n" name value)))))))

;;;; Turns

(defun aircher-chat-file-turns ()
  "Return the turns of the chat in their order."
  (save-excursion
    (let* ((start (or (aircher-chat-file--settings-end) (point-min)))
           (turns (list (make-aircher-chat-turn :body start))))
      (save-restriction
        (narrow-to-region start (point-max))
        (aircher-chat-file-walk
         (lambda (kind)
           (when-let ((role (cdr (assoc kind aircher-chat-file--roles))))
             (setf (aircher-chat-turn-end (car turns)) (point))
             (push (make-aircher-chat-turn :role role :heading (point)
                                           :body (min (point-max) (1+ (line-end-position))))
                   turns)))))
      (setf (aircher-chat-turn-end (car turns)) (point-max))
      (nreverse turns))))

(defun aircher-chat-file-text (turn)
  "Return the text of TURN as it is sent; it may be empty."
  (save-excursion
    (save-restriction
      (narrow-to-region (aircher-chat-turn-body turn) (aircher-chat-turn-end turn))
      (let ((from (point-min))
            (pieces nil))
        (aircher-chat-file-walk
         (lambda (kind)
           (when (memq kind '(note escaped))
             (push (buffer-substring-no-properties from (point)) pieces)
             (setq from (if (eq kind 'escaped) (1+ (point))
                          (min (point-max) (1+ (line-end-position))))))))
        (push (buffer-substring-no-properties from (point-max)) pieces)
        (aircher-chat-file--without-blank-lines (apply #'concat (nreverse pieces)))))))

(defun aircher-chat-file--without-blank-lines (text)
  "Return TEXT without blank lines at its beginning and end."
  (let ((from 0)
        (first 0)
        (to (length text)))
    (while (and (< first to) (memq (aref text first) '(?\s ?\t ?\n)))
      (setq first (1+ first))
      (when (eq (aref text (1- first)) ?\n) (setq from first)))
    (if (= first to)
        ""
      (let ((last to))
        (while (memq (aref text (1- last)) '(?\s ?\t ?\n))
          (setq last (1- last))
          (when (eq (aref text last) ?\n) (setq to last))))
      (substring text from to))))

(defun aircher-chat-file-messages (&optional turns)
  "Return the messages of TURNS, by default of the whole chat, as a list of alists."
  (cl-loop for turn in (or turns (aircher-chat-file-turns))
           for text = (aircher-chat-file-text turn)
           unless (string-empty-p text)
           collect `((role . ,(or (aircher-chat-turn-role turn) "user")) (content . ,text))))

;;;; Writing

(defun aircher-chat-file-close (start end &optional only-fence)
  "Make the text between START and END one that ends with its turn.
Lines that would be headings or notes get a backslash, unless ONLY-FENCE; an
open code block is closed.  Return the new end."
  (save-excursion
    (save-restriction
      (narrow-to-region start end)
      (let* ((found nil)
             (fence (aircher-chat-file-walk
                     (lambda (kind)
                       (unless (and (stringp kind) (not (assoc kind aircher-chat-file--roles)))
                         (push (point) found))))))
        (goto-char (point-max))
        (when fence
          (unless (bolp) (insert "\n"))
          (insert fence "\n"))
        (unless only-fence
          ;; From the last one to the first one, so that the positions stay right.
          (dolist (position found)
            (goto-char position)
            (insert "\\")))
        (point-max)))))

(provide 'aircher-chat-file)

;;; aircher-chat-file.el ends here
