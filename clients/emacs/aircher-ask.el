;;; aircher-ask.el --- Ask a model about a text  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; `aircher-ask' asks one question, with the selected text if there is one.  The answer is streamed
;; into a window, into the buffer, or shown in the echo area: `aircher-ask-place'.

;;; Code:

(require 'cl-lib)
(require 'subr-x)
(require 'aircher-answer)
(require 'aircher-chat)
(require 'aircher-stream)

(defcustom aircher-ask-place 'window
  "Where `aircher-ask' shows the answer.
`window' is a buffer of its own in a side window, `point' the current buffer
after point or the selection, `echo' the echo area if the answer is short, and
else the window."
  :type '(choice (const :tag "A window of its own" window)
                 (const :tag "In the buffer, at point" point)
                 (const :tag "The echo area if it is short" echo))
  :group 'aircher)

(defconst aircher-ask--beside-columns 100
  "The columns of a frame from which on an answer is beside the text.")

(defun aircher-ask-display-in-side-window (buffer alist)
  "Display BUFFER at the right of the frame, or below if the frame is narrow.
ALIST is as for `display-buffer-in-side-window'."
  (display-buffer-in-side-window
   buffer
   (append alist (if (< (frame-width) aircher-ask--beside-columns)
                     '((side . bottom) (window-height . 0.4))
                   '((side . right) (window-width . 0.4))))))

(defcustom aircher-ask-display-action
  '((display-buffer-reuse-window aircher-ask-display-in-side-window))
  "How the window of `aircher-ask' is shown, see `display-buffer'."
  :type 'sexp
  :risky t
  :group 'aircher)

(defvar aircher-ask-history nil
  "The questions of `aircher-ask'.")

;;;; The question

(defun aircher-ask--request (question text language)
  "Return the chat request of QUESTION about TEXT in LANGUAGE; TEXT may be nil."
  (let ((content (if text
                     (concat question "\n\n" (aircher-answer-fenced text language))
                   question)))
    `((messages . [((role . "user") (content . ,content))])
      ,@(aircher-answer-model-params))))

(defconst aircher-ask--private-names
  (concat "\\`\\(?:\\.\\(?:env\\(?:\\..*\\)?\\|netrc\\|authinfo\\|pgpass\\|npmrc\\|pypirc\\|git-credentials\\)"
          "\\|credentials\\(?:\\.json\\)?\\|auth\\.json\\|secrets\\.\\(?:json\\|ya?ml\\|toml\\)"
          "\\|id_\\(?:rsa\\|dsa\\|ecdsa\\|ed25519\\)"
          "\\|.*\\.\\(?:env\\|pem\\|key\\|p12\\|pfx\\|kdbx\\|gpg\\)\\)\\'")
  "Matches names of files that usually have secrets.
tests/protocol/private_files.json has the cases that all editors share.")

(defun aircher-ask--is-private (file)
  "Return whether FILE usually has secrets."
  (let ((name (downcase (file-name-nondirectory file)))
        (case-fold-search nil))
    (or (string-prefix-p "/dev/shm/" file)
        (and (string-match-p aircher-ask--private-names name)
             (not (string-match-p "\\`\\.env\\..*\\(?:example\\|sample\\|template\\|dist\\)\\'" name))))))

(defun aircher-ask--read (wants-buffer)
  "Read a question; return it, and the text that it is about.
That is the active region, the whole buffer with WANTS-BUFFER, or nothing."
  (when (and wants-buffer buffer-file-name (not (use-region-p))
             (aircher-ask--is-private buffer-file-name))
    (user-error "%s may have secrets, so the whole of it is not sent: select the text that may be"
                (file-name-nondirectory buffer-file-name)))
  (let* ((text (cond ((use-region-p)
                      (buffer-substring-no-properties (region-beginning) (region-end)))
                     (wants-buffer
                      (save-restriction (widen)
                                        (buffer-substring-no-properties (point-min) (point-max))))))
         (question (read-string
                    (if text
                        (format "Ask about %s (%s): "
                                (if (use-region-p) "the selection" "this buffer")
                                (aircher-answer-size text))
                      "Ask: ")
                    nil 'aircher-ask-history)))
    (when (string-blank-p question)
      (user-error "No question, so nothing is sent"))
    (list question text)))

;;;###autoload
(defun aircher-ask (question &optional text place)
  "Ask QUESTION, with the selected text if there is a selection.
With a prefix argument, the whole buffer is sent with the question.  Nothing
else of Emacs is.  The answer is shown as `aircher-ask-place' says.

In a program, TEXT is what the question is about, or nil, and PLACE overrides
`aircher-ask-place'."
  (interactive (aircher-ask--read current-prefix-arg))
  (let ((request (aircher-ask--request question text (aircher-answer-language))))
    (pcase (or place aircher-ask-place)
      ('point (aircher-ask--at-point request))
      ('echo (aircher-ask--in-echo-area question request))
      (_ (aircher-ask--in-window question request)))
    (deactivate-mark)))

;;;###autoload
(defun aircher-ask-insert (question &optional text)
  "Ask QUESTION as `aircher-ask' does, and insert the answer into this buffer.
It is inserted at point, or after the selection, and is one step of undo.
TEXT is what the question is about."
  (interactive (aircher-ask--read current-prefix-arg))
  (aircher-ask question text 'point))

;;;; In the buffer

(defun aircher-ask--at-point (request)
  "Insert the answer to REQUEST into the current buffer."
  (barf-if-buffer-read-only)
  (undo-boundary)
  (let* ((position (if (use-region-p) (region-end) (point)))
         answer
         (stream (aircher-stream-open
                  (current-buffer) position
                  :on-lost (lambda (why)
                             (when answer (aircher-answer-stop answer why))))))
    (setq answer
          (aircher-answer-start
           request
           :on-text (lambda (start end) (aircher-stream-put-bytes stream start end))
           :on-notice (lambda (line) (message "aircher: %s" line))
           :on-end (lambda (how value)
                     (aircher-stream-finish
                      stream (lambda (lost)
                               (message "aircher: %s" (or lost (aircher-answer-note how value))))))))))

;;;; In the echo area

(defconst aircher-ask--echo-bytes 400
  "Bytes of an answer that is short enough for the echo area.")

(defun aircher-ask--in-echo-area (question request)
  "Show the answer to QUESTION, which REQUEST asks, in the echo area.
If it is long, it goes on in a window."
  (message "Asking…")
  (let ((bytes (aircher-bytes-new))
        notices answer stream)
    (setq answer
          (aircher-answer-start
           request
           :on-text (lambda (start end)
                      (cond (stream (aircher-stream-put-bytes stream start end))
                            (t (aircher-bytes-add-region bytes start end)
                               (when (> (buffer-size bytes) aircher-ask--echo-bytes)
                                 (setq stream (aircher-ask--open-window question answer request))
                                 (dolist (line (nreverse notices))
                                   (aircher-ask--put-aside stream line))
                                 (aircher-stream-put stream (aircher-bytes-free bytes))))))
           :on-notice (lambda (line) (push line notices))
           :on-end (lambda (how value)
                     (if stream
                         (aircher-ask--close-window stream how value)
                       (let ((text (string-trim (aircher-bytes-free bytes)))
                             (note (string-join (nreverse (cons (aircher-answer-note how value)
                                                                notices))
                                                "; ")))
                         (if (string-empty-p text)
                             (message "aircher: %s" note)
                           (message "%s  [%s]" text note)))))))))

;;;; In a window

(defvar-local aircher-ask--answer nil "The answer of this buffer.")
(defvar-local aircher-ask--question nil "The question of this buffer.")
(defvar-local aircher-ask--request nil "The request of this buffer.")
(defvar-local aircher-ask--stream nil "Where the answer's text is in this buffer.")

(defvar aircher-ask-mode-map
  (let ((map (make-sparse-keymap)))
    (set-keymap-parent map special-mode-map)
    (define-key map (kbd "C-c C-k") #'aircher-stop)
    (define-key map (kbd "k") #'aircher-stop)
    (define-key map (kbd "w") #'aircher-ask-copy)
    (define-key map (kbd "c") #'aircher-ask-to-chat)
    (define-key map (kbd "TAB") #'aircher-ask-toggle-reasoning)
    map)
  "Keys in the window of `aircher-ask'.")

(define-derived-mode aircher-ask-mode special-mode "Answer"
  "An answer of a model.
\\<aircher-ask-mode-map>\\[aircher-stop] stops it, \\[revert-buffer] asks again, \
\\[aircher-ask-copy] copies it, \\[aircher-ask-to-chat] goes on with it as a chat,
\\[quit-window] hides it.

\\{aircher-ask-mode-map}"
  :interactive nil
  (buffer-disable-undo)
  (aircher-stream-quicken-redisplay)
  (setq-local revert-buffer-function #'aircher-ask--ask-again)
  (add-to-invisibility-spec '(aircher-reasoning . t))
  (visual-line-mode 1)
  (setq header-line-format '(:eval (aircher-ask--header))))

(defun aircher-ask--header ()
  "Return the header line of an answer."
  (let ((status (and aircher-ask--answer (aircher-answer-status aircher-ask--answer))))
    (if status
        ;; A `%' would be a construct of the mode line.
        (string-replace "%" "%%" (concat " " status "  C-g: stop"))
      (substitute-command-keys
       " q: hide  g: again  w: copy  c: chat"))))

(defun aircher-ask--in-window (question request)
  "Show the answer to QUESTION, which REQUEST asks, in a window."
  (let* ((stream (aircher-ask--open-window question nil request))
         (buffer (aircher-stream-buffer stream))
         (thinks nil)
         (answer
          (aircher-answer-start
           request
           :buffers (list (current-buffer) buffer)
           :on-text (lambda (start end)
                      (when thinks
                        (setq thinks nil)
                        (aircher-ask--put-thought stream "\n\n"))
                      (aircher-stream-put-bytes stream start end))
           :on-reasoning (and aircher-reasoning
                              (lambda (text)
                                (unless thinks
                                  (setq thinks t)
                                  (aircher-ask--put-aside stream "Thoughts (TAB shows them)"))
                                (aircher-ask--put-thought stream text)))
           :on-notice (lambda (line) (aircher-ask--put-aside stream line))
           :on-state #'force-mode-line-update
           :on-end (lambda (how value) (aircher-ask--close-window stream how value)))))
    (when (buffer-live-p buffer)
      (with-current-buffer buffer
        (setq aircher-ask--answer answer)
        (force-mode-line-update)))))

(defun aircher-ask--open-window (question answer request)
  "Show the window for the ANSWER to QUESTION, which REQUEST asks.
Return the stream into it."
  (let ((buffer (aircher-ask--free-buffer))
        (directory default-directory)
        stream)
    (with-current-buffer buffer
      (aircher-ask-mode)
      (setq aircher-ask--answer answer
            aircher-ask--question question
            aircher-ask--request request
            default-directory directory)
      (let ((inhibit-read-only t))
        (erase-buffer)
        (insert (propertize question 'face 'bold) "\n\n")
        (setq stream (aircher-stream-open
                      buffer (point) :is-own t
                      :on-lost (lambda (why)
                                 (when-let ((answer (aircher-ask--current-answer buffer)))
                                   (aircher-answer-stop answer why)))))
        (set-buffer-modified-p nil)
        (setq aircher-ask--stream stream)))
    (display-buffer buffer aircher-ask-display-action)
    stream))

(defun aircher-ask--current-answer (buffer)
  "Return the answer of BUFFER, if that exists."
  (and (buffer-live-p buffer) (buffer-local-value 'aircher-ask--answer buffer)))

(defun aircher-ask--free-buffer ()
  "Return a buffer for an answer, one that no answer is streamed into."
  (cl-loop for number from 1
           for name = (if (= number 1) "*aircher*" (format "*aircher*<%d>" number))
           for buffer = (get-buffer name)
           while (and buffer (aircher-answer-in buffer))
           finally return (get-buffer-create name)))

(defun aircher-ask--put-thought (stream text)
  "Put TEXT into STREAM as a thought, folded, unless the answer has begun."
  (when (aircher-stream-is-empty stream)
    (aircher-stream-put-now stream (propertize text 'face 'aircher-aside
                                               'invisible 'aircher-reasoning))))

(defun aircher-ask--put-aside (stream line)
  "Put LINE into STREAM as something that is not part of the answer."
  (if (aircher-stream-is-empty stream)
      (aircher-stream-put-now stream (propertize (concat line "\n\n") 'face 'aircher-aside
                                                 'aircher-aside t))
    (message "aircher: %s" line)))

(defun aircher-ask--close-window (stream how value)
  "End the answer in STREAM: HOW and VALUE are as in `aircher-answer-start'."
  (let ((has-text (not (and (aircher-stream-is-empty stream)
                            (= (aircher-stream-start stream) (aircher-stream-end stream))))))
    (aircher-stream-finish
     stream
     (lambda (lost)
       (unless lost
         (let ((inhibit-read-only t)
               (end (marker-position (aircher-stream-end stream))))
           (save-excursion
             (goto-char end)
             (insert (propertize (concat (and has-text "\n\n")
                                         (aircher-answer-note how value has-text) "\n")
                                 'face 'aircher-aside)))
           (set-marker (aircher-stream-end stream) end))
         (set-buffer-modified-p nil)
         (force-mode-line-update))))
    (when (eq how 'failed)
      (message "aircher: %s" (aircher-answer-note how value has-text)))))

;;;; Commands in the window

(defun aircher-ask--ask-again (&rest _)
  "Ask the question of this buffer again."
  (when (aircher-answer-in (current-buffer))
    (user-error "The answer is in progress; k stops it"))
  (aircher-ask--in-window aircher-ask--question aircher-ask--request))

(defun aircher-ask--answer-text ()
  "Return the answer in this buffer, without what is said about it."
  (let ((position (marker-position (aircher-stream-start aircher-ask--stream)))
        (end (marker-position (aircher-stream-end aircher-ask--stream)))
        (pieces nil))
    (while (< position end)
      (let ((next (min end (next-property-change position nil end))))
        (unless (or (get-text-property position 'aircher-aside)
                    (get-text-property position 'invisible))
          (push (buffer-substring-no-properties position next) pieces))
        (setq position next)))
    (string-trim (apply #'concat (nreverse pieces)))))

(defun aircher-ask-copy ()
  "Copy the answer."
  (interactive nil aircher-ask-mode)
  (kill-new (aircher-ask--answer-text))
  (message "Copied"))

(defun aircher-ask-toggle-reasoning ()
  "Show or hide what the model thought."
  (interactive nil aircher-ask-mode)
  (if (member '(aircher-reasoning . t) buffer-invisibility-spec)
      (remove-from-invisibility-spec '(aircher-reasoning . t))
    (add-to-invisibility-spec '(aircher-reasoning . t)))
  (force-window-update (current-buffer)))

(defun aircher-ask-to-chat ()
  "Go on with this answer as a chat."
  (interactive nil aircher-ask-mode)
  (when (aircher-answer-in (current-buffer))
    (user-error "The answer is in progress; k stops it"))
  (let ((question (aircher-get (aref (alist-get 'messages aircher-ask--request) 0) 'content)))
    (aircher-chat-with (list (cons "user" question)
                             (cons "assistant" (aircher-ask--answer-text))))))

(provide 'aircher-ask)

;;; aircher-ask.el ends here
