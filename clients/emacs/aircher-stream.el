;;; aircher-stream.el --- Insert a streamed answer without holding Emacs up  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; A stream takes pieces of text at any rate, and a timer inserts them at a marker.  A turn of the
;; timer has a bounded amount of work, and what does not fit is inserted by the next one, so a key
;; never waits for an answer.
;;
;;   (let ((stream (aircher-stream-open buffer position :on-lost (lambda () ...))))
;;     (aircher-stream-put stream "text")
;;     ...
;;     (aircher-stream-finish stream (lambda (lost) ...)))
;;
;; What a user of the buffer can rely on:
;;
;; - Point, mark and windows stay where they are.  With :follow, those that are at the end of
;;   the text go on with it.
;; - All of the text is one step of undo, unless the buffer was changed elsewhere meanwhile.
;; - If the buffer is killed or the text cannot be inserted any more, :on-lost is called at once.
;; - A very long line changes how the buffer is shown (see `aircher-stream-long-line'), because
;;   Emacs needs time for its whole length at each redisplay.

;;; Code:

(require 'cl-lib)
(require 'subr-x)

(defconst aircher-stream--pause 0.03
  "Seconds between two turns.")

(defconst aircher-stream--budget 0.008
  "Seconds of work after which a turn ends.")

(defconst aircher-stream--piece 4096
  "Bytes that are inserted at once.")

(defconst aircher-stream-turn 32768
  "Bytes that a turn inserts at most.")

(defconst aircher-stream-long-line 10000
  "Characters of a line from which on its buffer is shown in a simpler way.
It is not wrapped then and has no colours, and the rest of the line is hidden:
Emacs 28 looks at each character of a line, which takes seconds for a megabyte.")

(cl-defstruct (aircher-stream (:constructor aircher-stream--make) (:copier nil))
  "Where streamed text is inserted.
START and END are markers around what was inserted, and QUEUE has what was not.
UNDO is the entry of the latest insertion in `buffer-undo-list'.
IS-OWN is non-nil in a buffer of aircher's own, which is read-only for others.
HIDDEN is an overlay on the rest of the last line, if that is very long.
ENDING is called with nil when the queue is empty, or with the reason why the
rest is lost."
  buffer start end (queue (aircher-bytes-new)) timer undo follow is-own hidden on-lost ending
         lost)

(defvar-local aircher-stream--streams nil
  "The streams that insert into this buffer.")
(put 'aircher-stream--streams 'permanent-local t)

;;;; Bytes

;; Text that waits is kept as UTF-8 in a unibyte buffer, because that makes no garbage.

(defun aircher-bytes-new ()
  "Return an empty queue of text."
  (with-current-buffer (generate-new-buffer " *aircher text*" t)
    (set-buffer-multibyte nil)
    (buffer-disable-undo)
    (current-buffer)))

(defun aircher-bytes-add-region (bytes start end)
  "Add to BYTES what is between START and END in this unibyte buffer."
  (let ((source (current-buffer))
        ;; There are none, and to look for them makes garbage.
        (inhibit-modification-hooks t))
    (with-current-buffer bytes
      (goto-char (point-max))
      (insert-buffer-substring source start end))))

(defun aircher-bytes-add (bytes text)
  "Add the string TEXT to BYTES."
  (with-current-buffer bytes
    (goto-char (point-max))
    (insert (encode-coding-string text 'utf-8-unix t))))

(defun aircher-bytes-is-empty (bytes)
  "Return whether there is nothing in BYTES."
  (= (buffer-size bytes) 0))

(defun aircher-bytes-take (bytes &optional size)
  "Remove up to SIZE bytes from BYTES, or all, and return them as text.
No character is cut.  Return nil if BYTES is empty."
  (with-current-buffer bytes
    (unless (= (point-min) (point-max))
      (let ((end (if size (min (point-max) (+ (point-min) size)) (point-max)))
            (steps 0))
        ;; A character has at most four bytes; those after the first one are 10xxxxxx.
        (while (and (< end (point-max)) (> end (1+ (point-min))) (< steps 3)
                    (= (logand (char-after end) #xc0) #x80))
          (setq end (1- end)
                steps (1+ steps)))
        (prog1 (decode-coding-string (buffer-substring-no-properties (point-min) end)
                                     'utf-8-unix t)
          (delete-region (point-min) end))))))

(defun aircher-bytes-free (bytes)
  "Give up BYTES; return its text."
  (when (buffer-live-p bytes)
    (prog1 (or (aircher-bytes-take bytes) "")
      (kill-buffer bytes))))

;;;; The queue

(defun aircher-stream-put (stream text)
  "Insert the string TEXT at the end of STREAM, soon."
  (unless (aircher-stream-lost stream)
    (aircher-bytes-add (aircher-stream-queue stream) text)
    (aircher-stream--wake stream)))

(defun aircher-stream-put-bytes (stream start end)
  "Insert at the end of STREAM, soon, what is between START and END here.
These are bytes in UTF-8."
  (unless (aircher-stream-lost stream)
    (aircher-bytes-add-region (aircher-stream-queue stream) start end)
    (unless (aircher-stream-timer stream)
      (aircher-stream--wake stream))))

;;;; The turns

(defun aircher-stream--wake (stream)
  "Let STREAM have a turn soon, if it is not waiting for one."
  (unless (aircher-stream-timer stream)
    (setf (aircher-stream-timer stream)
          (run-at-time aircher-stream--pause nil #'aircher-stream--run stream))))

(defun aircher-stream--run (stream)
  "Insert what STREAM has, as much as fits into a turn."
  (setf (aircher-stream-timer stream) nil)
  (condition-case failure
      (progn (aircher-stream--insert-turn stream)
             (cond ((not (aircher-bytes-is-empty (aircher-stream-queue stream)))
                    (aircher-stream--wake stream))
                   ((aircher-stream-ending stream) (aircher-stream--end stream nil))))
    ;; The buffer is gone, or read-only, or one of its hooks fails.
    (error (aircher-stream--lose stream (error-message-string failure)))))

(defun aircher-stream--insert-turn (stream)
  "Insert a turn's worth of the text of STREAM."
  (unless (buffer-live-p (aircher-stream-buffer stream))
    (error "The buffer was killed"))
  (with-current-buffer (aircher-stream-buffer stream)
    (let ((until (+ (float-time) aircher-stream--budget))
          (left aircher-stream-turn)
          (followers (and (aircher-stream-follow stream) (aircher-stream--followers stream)))
          text)
      (while (and (> left 0)
                  (setq text (aircher-bytes-take (aircher-stream-queue stream)
                                                 (min left aircher-stream--piece))))
        (aircher-stream--insert stream text)
        (setq left (if (< (float-time) until) (- left (string-bytes text)) 0)))
      (let ((is-long (aircher-stream--calm-long-line stream)))
        (aircher-stream--move-followers stream followers is-long)))))

(defun aircher-stream--insert (stream text)
  "Insert TEXT at the end of STREAM in the current buffer."
  (save-restriction
    (widen)
    (save-excursion
      ;; An insertion by a timer must not end the user's selection.
      (let ((deactivate-mark nil)
            (inhibit-read-only (or inhibit-read-only (aircher-stream-is-own stream)))
            (start (marker-position (aircher-stream-end stream))))
        (goto-char start)
        (aircher-stream--join-undo stream)
        (insert text)
        (unless (= (aircher-stream-end stream) (point))
          (set-marker (aircher-stream-end stream) (point)))
        (setf (aircher-stream-undo stream) (aircher-stream--undo-entry (point)))))))

;;;; Undo

(defun aircher-stream--undo-entry (end)
  "Return the entry of an insertion that ended at END from `buffer-undo-list'."
  (let ((rest buffer-undo-list)
        (looks 3))
    (while (and (consp rest) (> looks 0)
                (not (and (consp (car rest)) (integerp (caar rest)) (eql (cdar rest) end))))
      (setq rest (cdr rest)
            looks (1- looks)))
    (and (consp rest) (> looks 0) (car rest))))

(defun aircher-stream--join-undo (stream)
  "Let the next insertion of STREAM extend the entry of the one before.
Emacs does so unless there is a boundary, which commands in other buffers add,
too.  If this buffer was changed elsewhere, what follows is a step of its own."
  (when (and (aircher-stream-undo stream) (consp buffer-undo-list))
    (let ((rest buffer-undo-list))
      (while (and (consp rest) (null (car rest)))
        (setq rest (cdr rest)))
      (when (and (consp rest) (eq (car rest) (aircher-stream-undo stream)))
        (setq buffer-undo-list rest)))))

;;;; Windows

(defun aircher-stream--followers (stream)
  "Return what goes on with the text of STREAM: windows, and t for point."
  (let ((end (marker-position (aircher-stream-end stream)))
        (followers (and (= (point) (aircher-stream-end stream)) (list t))))
    (dolist (window (get-buffer-window-list nil nil t))
      (when (= (window-point window) end)
        (push window followers)))
    followers))

(defun aircher-stream--move-followers (stream followers is-long)
  "Move FOLLOWERS to the end of STREAM, or to its last line's beginning if IS-LONG."
  (when followers
    (let ((position (marker-position (aircher-stream-end stream))))
      (when is-long
        (setq position (max (marker-position (aircher-stream-start stream))
                            (save-excursion (goto-char position) (line-beginning-position))))
        ;; They stay there: the end of such a line is not what anyone wants to see.
        (setf (aircher-stream-follow stream) nil))
      (dolist (follower followers)
        (if (eq follower t)
            (goto-char position)
          (set-window-point follower position)
          (when is-long (set-window-hscroll follower 0)))))))

(defun aircher-stream-quicken-redisplay ()
  "Let Emacs find the direction of each line of this buffer by itself.
By default it looks for the beginning of the paragraph at each redisplay, which
takes 4 ms if there is no blank line for long."
  (setq-local bidi-paragraph-start-re "^"
              bidi-paragraph-separate-re "^"))

(defun aircher-stream--calm-long-line (stream)
  "Show this buffer in a simpler way if the last line of STREAM is very long.
Return non-nil if it is."
  (let* ((end (marker-position (aircher-stream-end stream)))
         (beginning (save-excursion (goto-char end) (line-beginning-position)))
         (hidden (aircher-stream-hidden stream)))
    (when (and hidden (overlay-start hidden) (> beginning (overlay-start hidden)))
      ;; The line has ended, and what follows it is to be seen.
      (move-overlay hidden (overlay-start hidden)
                    (save-excursion (goto-char (overlay-start hidden)) (line-end-position)))
      (setf (aircher-stream-hidden stream) nil))
    (when (> (- end beginning) aircher-stream-long-line)
      (when bidi-display-reordering
        (aircher-stream--simplify))
      (unless (aircher-stream-hidden stream)
        (setf (aircher-stream-hidden stream)
              (aircher-stream--hide (+ beginning aircher-stream-long-line) end)))
      t)))

(defun aircher-stream--simplify ()
  "Show this buffer without wrapping, colours and writing from right to left.
Even for text that is cut off, each of these takes time for each character."
  (when (bound-and-true-p visual-line-mode) (visual-line-mode -1))
  (font-lock-mode -1)
  (setq-local truncate-lines t
              bidi-display-reordering nil)
  (add-to-invisibility-spec '(aircher-rest . t))
  (message "%s has a very long line: its rest is hidden, M-x aircher-show-long-lines shows it"
           (buffer-name)))

(defun aircher-stream--hide (start end)
  "Hide what is between START and END, and what is inserted at END."
  (let ((overlay (make-overlay start end nil nil t)))
    (overlay-put overlay 'invisible 'aircher-rest)
    (overlay-put overlay 'evaporate t)
    overlay))

(defun aircher-show-long-lines ()
  "Show this buffer again as it was before an answer had a very long line.
Emacs may then need a second for each key."
  (interactive)
  (remove-overlays nil nil 'invisible 'aircher-rest)
  (kill-local-variable 'truncate-lines)
  (kill-local-variable 'bidi-display-reordering)
  (font-lock-mode 1))

;;;; Beginning and end

(cl-defun aircher-stream-open (buffer position &key follow is-own on-lost)
  "Return a stream that inserts at POSITION of BUFFER.
With FOLLOW, point and the windows that are at the end of its text stay there.
IS-OWN says that BUFFER may be read-only, because it is aircher's own.
ON-LOST is called with a sentence if the text cannot be inserted any more,
because BUFFER is killed for example; it should end what the text comes from.
The text is one step of undo with what the current command has changed before."
  (with-current-buffer buffer
    (let ((stream (aircher-stream--make
                   :buffer buffer :follow follow :is-own is-own :on-lost on-lost
                   :start (copy-marker position)
                   :end (copy-marker position t))))
      (push stream aircher-stream--streams)
      (add-hook 'kill-buffer-hook #'aircher-stream--buffer-killed nil t)
      stream)))

(defun aircher-stream-put-now (stream text)
  "Insert TEXT at the end of STREAM now, with its properties.
It must be short, and nothing may wait to be inserted before it."
  (unless (aircher-stream-lost stream)
    (with-current-buffer (aircher-stream-buffer stream)
      (let ((followers (and (aircher-stream-follow stream) (aircher-stream--followers stream))))
        (aircher-stream--insert stream text)
        (aircher-stream--move-followers stream followers nil)))))

(defun aircher-stream-is-empty (stream)
  "Return whether nothing of STREAM waits to be inserted."
  (or (aircher-stream-lost stream)
      (aircher-bytes-is-empty (aircher-stream-queue stream))))

(defun aircher-stream-finish (stream ending)
  "Call ENDING when all text of STREAM is inserted.
Its argument is nil, or says why the rest could not be inserted.  The buffer is
current, if it still exists."
  (setf (aircher-stream-ending stream) ending)
  (cond ((aircher-stream-lost stream)
         (aircher-stream--end stream (aircher-stream-lost stream)))
        ((not (aircher-bytes-is-empty (aircher-stream-queue stream)))
         (aircher-stream--wake stream))
        (t (aircher-stream--end stream nil))))

(defun aircher-stream--end (stream lost)
  "End STREAM, whose rest was LOST for a reason if non-nil."
  (let ((ending (aircher-stream-ending stream))
        (buffer (aircher-stream-buffer stream)))
    (setf (aircher-stream-ending stream) nil)
    (aircher-stream--release stream)
    (when ending
      (if (not (buffer-live-p buffer))
          (funcall ending (or lost "The buffer was killed"))
        (with-current-buffer buffer
          (aircher-stream--join-undo stream)
          (funcall ending lost)
          (undo-boundary))))))

(defun aircher-stream--release (stream)
  "Give up the timer and the queue of STREAM."
  (when (aircher-stream-timer stream)
    (cancel-timer (aircher-stream-timer stream)))
  (setf (aircher-stream-timer stream) nil)
  (aircher-bytes-free (aircher-stream-queue stream))
  (when (buffer-live-p (aircher-stream-buffer stream))
    (with-current-buffer (aircher-stream-buffer stream)
      (setq aircher-stream--streams (delq stream aircher-stream--streams)))))

(defun aircher-stream--lose (stream why)
  "Give up STREAM because of WHY."
  (unless (aircher-stream-lost stream)
    (setf (aircher-stream-lost stream) why)
    (let ((on-lost (aircher-stream-on-lost stream)))
      (aircher-stream--release stream)
      (when on-lost (funcall on-lost why))
      (when (aircher-stream-ending stream)
        (aircher-stream--end stream why)))))

(defun aircher-stream--buffer-killed ()
  "Give up the streams into this buffer."
  (dolist (stream aircher-stream--streams)
    (aircher-stream--lose stream "The buffer was killed")))
(put 'aircher-stream--buffer-killed 'permanent-local-hook t)

(provide 'aircher-stream)

;;; aircher-stream.el ends here
