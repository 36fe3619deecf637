;;; aircher-chat.el --- A buffer that is a conversation  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; A chat is a Markdown buffer with a heading for each turn, see `aircher-chat-file'.  What is in the
;; buffer is what is sent, so any of it can be edited.  It is saved like any other buffer, and
;; Neovim opens the file, too.

;;; Code:

(require 'cl-lib)
(require 'subr-x)
(require 'aircher-answer)
(require 'aircher-chat-file)
(require 'aircher-model)
(require 'aircher-stream)

(declare-function markdown-mode "markdown-mode")

(defcustom aircher-chat-directory nil
  "The folder that `aircher-chat-save' and `aircher-chat-open' propose.
If it is nil, that is the folder of the current buffer."
  :type '(choice (const :tag "The current folder" nil) directory)
  :group 'aircher)

(defface aircher-chat-heading '((t :inherit font-lock-keyword-face :weight bold))
  "The heading of a turn."
  :group 'aircher)

(defvar-local aircher-chat--answer nil
  "The answer of this chat that is in progress, or the last one.")

(defvar-local aircher-chat--name nil
  "The name under which the daemon knows this conversation.")
(put 'aircher-chat--name 'permanent-local t)

;;;; The mode

(defvar aircher-chat-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'aircher-chat-send)
    (define-key map (kbd "C-c RET") #'aircher-chat-send)
    (define-key map (kbd "C-c C-k") #'aircher-stop)
    (define-key map (kbd "C-c C-r") #'aircher-chat-retry)
    (define-key map (kbd "C-c C-f") #'aircher-chat-fork)
    (define-key map (kbd "C-c C-v") #'aircher-chat-model)
    (define-key map (kbd "C-c C-w") #'aircher-chat-save)
    (define-key map (kbd "C-c TAB") #'aircher-chat-toggle-reasoning)
    map)
  "Keys in a chat.")
(put 'aircher-chat-send :advertised-binding (kbd "C-c C-c"))

(defvar aircher-chat--font-lock-keywords
  '(("^## \\(?:You\\|Assistant\\|System\\)[ \t]*$" 0 'aircher-chat-heading t)
    ("^<!-- aircher:.*$" 0 'aircher-aside t))
  "What is coloured in a chat.")

(defun aircher-chat-toggle-reasoning ()
  "Show or hide what the model thought before its answers."
  (interactive nil aircher-chat-mode)
  (if (memq 'aircher-reasoning buffer-invisibility-spec)
      (remove-from-invisibility-spec 'aircher-reasoning)
    (add-to-invisibility-spec 'aircher-reasoning)))

(defun aircher-chat--fold (start end)
  "Fold the thoughts between START and END."
  (save-excursion
    (goto-char start)
    (while (re-search-forward "^<!-- aircher: | .*\\(?:\n<!-- aircher: | .*\\)*\n" end t)
      (let ((overlay (make-overlay (match-beginning 0) (match-end 0) nil t)))
        (overlay-put overlay 'invisible 'aircher-reasoning)
        (overlay-put overlay 'evaporate t)
        (overlay-put overlay 'before-string
                     (propertize "(thoughts)\n" 'face 'aircher-aside))))))

;;;###autoload
(define-minor-mode aircher-chat-mode
  "A buffer that is a conversation with a model.

Write below the last heading \"## You\" and type \\<aircher-chat-mode-map>\\[aircher-chat-send].
The whole buffer is sent, as it is: change an earlier question or an answer if
you like.  \\[aircher-chat-retry] asks the question at point again, \
\\[aircher-chat-fork] copies the chat up to
point, \\[aircher-chat-model] chooses a model for this chat only.

\\{aircher-chat-mode-map}"
  :lighter " Chat"
  (if aircher-chat-mode
      (progn
        (unless aircher-chat--name
          (setq aircher-chat--name (format "emacs-%x-%x" (emacs-pid) (random #xffffffff))))
        (font-lock-add-keywords nil aircher-chat--font-lock-keywords 'append)
        (add-to-invisibility-spec 'aircher-reasoning)
        (aircher-chat--fold (point-min) (point-max))
        (aircher-stream-quicken-redisplay)
        (aircher-chat--keep-file-private)
        (add-hook 'after-save-hook #'aircher-chat--update-header nil t)
        (aircher-chat--update-header))
    (font-lock-remove-keywords nil aircher-chat--font-lock-keywords)
    (remove-hook 'write-file-functions #'aircher-chat--make-file t)
    (remove-hook 'after-set-visited-file-name-hook #'aircher-chat--keep-file-private t)
    (remove-hook 'after-save-hook #'aircher-chat--update-header t)
    (setq header-line-format nil))
  (font-lock-flush))

(defun aircher-chat--header ()
  "Return the header line of this chat."
  (let ((model (aircher-chat--model))
        (status (and aircher-chat--answer (aircher-answer-status aircher-chat--answer))))
    ;; A `%' in a model's name would be a construct of the mode line.
    (string-replace
     "%" "%%"
     (format " %s   %s" (or model aircher-model "default model")
             (substitute-command-keys
              (if status
                  (concat status "   \\<aircher-chat-mode-map>\\[aircher-stop]: stop")
                "\\<aircher-chat-mode-map>\\[aircher-chat-send]: send   \
\\[aircher-chat-retry]: again   \\[aircher-chat-fork]: fork   \\[aircher-chat-model]: model"))))))

(defun aircher-chat--update-header ()
  "Show the model and the state of this chat in its header line.
It is a string, because a form would be evaluated at each redisplay."
  (setq header-line-format (aircher-chat--header))
  (force-mode-line-update))

(defun aircher-chat--model ()
  "Return the model of this chat, or nil for the default."
  (save-restriction
    (widen)
    (let ((model (cdr (assoc "model" (aircher-chat-file-settings)))))
      (and model (not (string-empty-p model)) model))))

(defun aircher-chat--text-mode ()
  "Turn on the mode for the text of a chat: Markdown if it is there."
  (if (fboundp 'markdown-mode) (markdown-mode) (text-mode))
  (visual-line-mode 1))

;;;; New, fork, open, save

(defun aircher-chat--new-buffer (directory)
  "Return the buffer of a new, empty chat in DIRECTORY."
  (let ((buffer (generate-new-buffer "*aircher chat*")))
    (with-current-buffer buffer
      (setq default-directory directory)
      (aircher-chat--text-mode)
      (aircher-chat-mode 1)
      ;; It is what the user has written, so Emacs asks before it ends, once there is something.
      (setq buffer-offer-save 'always))
    buffer))

(defun aircher-chat-with (turns &optional model)
  "Open a new chat with TURNS, pairs of role and text, for MODEL."
  (let ((buffer (aircher-chat--new-buffer default-directory)))
    (with-current-buffer buffer
      (pcase-dolist (`(,role . ,text) turns)
        (aircher-chat--add-turn role)
        (let ((start (point)))
          (insert text)
          (goto-char (aircher-chat-file-close start (point)))))
      (aircher-chat--add-turn "user")
      (when model
        (aircher-chat-file-set "model" model)
        (aircher-chat--update-header))
      (set-buffer-modified-p nil)
      (setq buffer-undo-list nil))
    (pop-to-buffer buffer)))

;;;###autoload
(defun aircher-chat ()
  "Open a new chat.
If a region is active, it is the beginning of the question."
  (interactive)
  (let ((text (and (use-region-p)
                   (aircher-answer-fenced
                    (buffer-substring-no-properties (region-beginning) (region-end))
                    (aircher-answer-language)))))
    (deactivate-mark)
    (aircher-chat-with nil)
    (when text
      (save-excursion (insert "\n\n" text "\n")))))

(defun aircher-chat--add-turn (role)
  "Begin a turn of ROLE at the end of the buffer, after one blank line."
  (goto-char (point-max))
  (insert (aircher-chat--gap) (aircher-chat--heading role) "\n\n"))

(defun aircher-chat--heading (role)
  "Return the heading of a turn of ROLE."
  (concat "## " (car (rassoc role aircher-chat-file--roles))))

(defun aircher-chat--gap ()
  "Return the newlines that are missing for a blank line before point."
  (cond ((bobp) "")
        ((and (eq (char-before) ?\n) (memq (char-before (1- (point))) '(?\n nil))) "")
        ((eq (char-before) ?\n) "\n")
        (t "\n\n")))

(defun aircher-chat-fork ()
  "Copy this chat up to the turn at point into a new one."
  (interactive nil aircher-chat-mode)
  (save-restriction
    (widen)
    (let* ((turn (aircher-chat--turn-at-point))
           (is-answer (equal (aircher-chat-turn-role turn) "assistant"))
           (text (buffer-substring-no-properties (point-min) (aircher-chat-turn-end turn)))
           (buffer (aircher-chat--new-buffer default-directory)))
      (with-current-buffer buffer
        (insert text)
        (aircher-chat--update-header)
        (when is-answer (aircher-chat--add-turn "user"))
        (setq buffer-undo-list nil))
      (pop-to-buffer buffer)
      (goto-char (point-max)))))

;;;###autoload
(defun aircher-chat-open (file)
  "Open the chat that FILE has."
  (interactive (list (read-file-name "Open chat: " aircher-chat-directory nil t)))
  ;; What a model wrote sets no variables, and chooses no mode.
  (let ((enable-local-variables nil)
        (enable-local-eval nil))
    (find-file file)
    (unless (derived-mode-p 'markdown-mode) (aircher-chat--text-mode)))
  (aircher-chat-mode 1)
  (goto-char (point-max)))

(defun aircher-chat-save ()
  "Save this chat; the first time, ask for the file's name."
  (interactive nil aircher-chat-mode)
  (if buffer-file-name
      (save-buffer)
    (let ((directory (or aircher-chat-directory default-directory)))
      (with-file-modes #o700 (make-directory directory t))
      (let ((file (read-file-name "Save chat as: " directory nil nil (aircher-chat--file-name))))
        (let ((change-major-mode-with-file-name nil))
          (write-file file t))))))

(defun aircher-chat--keep-file-private ()
  "Have the file of this chat be readable for its user alone, if it is a new one.
A new name of the file forgets the function that sees to it, and may choose
another major mode."
  (add-hook 'write-file-functions #'aircher-chat--make-file nil t)
  (add-hook 'after-set-visited-file-name-hook #'aircher-chat--keep-file-private nil t))
(put 'aircher-chat--keep-file-private 'permanent-local-hook t)

(defun aircher-chat--make-file ()
  "Make the file of this chat, readable for its user alone, if there is none.
What was asked is no one else's business.  Emacs keeps the modes of a file that
exists.  Return nil, so that Emacs writes the text."
  (unless (file-exists-p buffer-file-name)
    (with-file-modes #o600
      (write-region "" nil buffer-file-name nil 'quiet nil 'excl))
    (set-visited-file-modtime)
    ;; An empty file is worth no backup.
    (setq buffer-backed-up t)
    (add-hook 'after-save-hook #'aircher-chat--allow-backup nil t))
  nil)

(defun aircher-chat--allow-backup ()
  "Let the next save of this chat make a backup."
  (setq buffer-backed-up nil)
  (remove-hook 'after-save-hook #'aircher-chat--allow-backup t))

(defun aircher-chat--file-name ()
  "Return a name for the file of this chat, made of its first question."
  (let* ((first (car (aircher-chat-file-messages)))
         (words (split-string (downcase (or (alist-get 'content first) "chat")) "[^[:alnum:]]+" t)))
    (concat (string-join (seq-take words 6) "-") ".md")))

(defun aircher-chat-model (model)
  "Use MODEL for this chat only; an empty name is the default."
  (interactive
   (list (aircher-read-model "Model of this chat, or nothing for the default"))
   aircher-chat-mode)
  (save-restriction
    (widen)
    (aircher-chat-file-set "model" (and model (not (string-empty-p model)) model)))
  (aircher-chat--update-header))

;;;; Turns

(defun aircher-chat--turn-at-point ()
  "Return the turn that point is in."
  (let ((position (point)))
    (car (last (cl-remove-if (lambda (turn)
                               (> (or (aircher-chat-turn-heading turn)
                                      (aircher-chat-turn-body turn))
                                  position))
                             (aircher-chat-file-turns))))))

(defun aircher-chat--ensure-ready ()
  "Signal an error if nothing can be sent from this buffer now."
  (barf-if-buffer-read-only)
  (when (aircher-answer-in (current-buffer))
    (user-error "The answer is in progress; %s stops it"
                (substitute-command-keys "\\<aircher-chat-mode-map>\\[aircher-stop]"))))

(defun aircher-chat-send ()
  "Send this chat, and stream the answer below it."
  (interactive nil aircher-chat-mode)
  (aircher-chat--ensure-ready)
  (save-restriction
    (widen)
    (let* ((turns (aircher-chat-file-turns))
           (messages (aircher-chat-file-messages turns))
           (role (alist-get 'role (car (last messages)))))
      (cond ((null messages)
             (user-error "There is nothing to send: write below \"## You\""))
            ((equal role "assistant")
             (user-error "The last turn is an answer: write below \"## You\", or %s asks again"
                         (substitute-command-keys
                          "\\<aircher-chat-mode-map>\\[aircher-chat-retry]")))
            ((equal role "system")
             (user-error "There is no question: write one below \"## You\"")))
      (aircher-chat--ask messages))))

(defun aircher-chat-retry ()
  "Ask the question at point again; what follows it is removed.
In an answer, that is the question before it."
  (interactive nil aircher-chat-mode)
  (aircher-chat--ensure-ready)
  (save-restriction
    (widen)
    (let* ((turns (aircher-chat-file-turns))
           (start (point))
           (questions (cl-remove-if-not
                       (lambda (turn)
                         (and (member (aircher-chat-turn-role turn) '("user" nil))
                              (<= (or (aircher-chat-turn-heading turn) (point-min)) start)
                              (not (string-empty-p (aircher-chat-file-text turn)))))
                       turns))
           (question (car (last questions))))
      (unless question
        (user-error "There is no question at or before point"))
      (undo-boundary)
      (delete-region (aircher-chat-turn-end question) (point-max))
      (goto-char (point-max))
      (aircher-chat-send))))

;;;; The answer

(defun aircher-chat--request (messages)
  "Return the chat request for MESSAGES."
  (let ((model (aircher-chat--model)))
    `((messages . ,(vconcat messages))
      (conversation . ,aircher-chat--name)
      ,@(if model `((model . ,model)) (aircher-answer-model-params)))))

(defun aircher-chat--prepare-end ()
  "Make the end of the buffer one after which an answer can begin.
Blank lines and notes on an attempt that failed are removed, an open code block
is closed.  Return whether point was in the last turn."
  (let* ((turn (car (last (aircher-chat-file-turns))))
         (was-in-turn (>= (point) (aircher-chat-turn-body turn))))
    (aircher-chat-file-close (aircher-chat-turn-body turn) (point-max) t)
    (save-excursion
      (goto-char (point-max))
      (skip-chars-backward " \t\n")
      (while (and (save-excursion (beginning-of-line) (looking-at-p "<!-- aircher:.*-->[ \t]*$"))
                  (> (line-beginning-position) (aircher-chat-turn-body turn)))
        (beginning-of-line)
        (skip-chars-backward " \t\n"))
      (delete-region (point) (point-max)))
    was-in-turn))

(defun aircher-chat--ask (messages)
  "Send MESSAGES and stream the answer to the end of the buffer."
  (undo-boundary)
  (let* ((request (aircher-chat--request messages))
         (follows (aircher-chat--prepare-end))
         (buffer (current-buffer))
         stream start answer thoughts)
    (setq stream (aircher-stream-open
                  buffer (point-max) :follow t
                  :on-lost (lambda (why) (when answer (aircher-answer-stop answer why)))))
    (when follows (goto-char (point-max)))
    (aircher-stream-put-now
     stream (concat "\n\n" (aircher-chat--heading "assistant") "\n\n"))
    (setq start (copy-marker (aircher-stream-end stream)))
    (cl-flet ((put-aside (text)
                ;; Before the answer: after its beginning, only its own text may be in the buffer.
                (when (and (aircher-stream-is-empty stream)
                           (= start (aircher-stream-end stream)))
                  (aircher-stream-put-now stream text)
                  (set-marker start (aircher-stream-end stream) buffer))))
      (setq answer
            (aircher-answer-start
             request
             :on-text (lambda (from to)
                        (when thoughts
                          (put-aside (aircher-chat--thoughts (apply #'concat (nreverse thoughts))))
                          (with-current-buffer buffer
                            (aircher-chat--fold (aircher-stream-start stream) start))
                          (setq thoughts nil))
                        (aircher-stream-put-bytes stream from to))
             :on-reasoning (and aircher-reasoning (lambda (text) (push text thoughts)))
             :on-notice (lambda (line)
                          (put-aside (aircher-chat--note line "\n\n"))
                          (message "aircher: %s" line))
             :on-state (lambda ()
                         (when (buffer-live-p buffer)
                           (with-current-buffer buffer (aircher-chat--update-header))))
             :on-end (lambda (how value)
                       (aircher-stream-finish
                        stream (lambda (lost)
                                 (unless lost
                                   (aircher-chat--end stream start how value))))))))
    (setq aircher-chat--answer answer)
    (aircher-chat--update-header)))

(defun aircher-chat--note (line &optional end)
  "Return LINE as a note of a chat, followed by END."
  (format "<!-- aircher: %s -->%s"
          (replace-regexp-in-string "--+>" "->" (replace-regexp-in-string "[ \t\n\r]+" " " line))
          (or end "")))

(defun aircher-chat--thoughts (text)
  "Return the model's thoughts in TEXT as notes of a chat, folded."
  (let ((lines (split-string (string-trim text) "\n")))
    (concat
     (mapconcat (lambda (line) (aircher-chat--note (concat "| " line))) lines "\n")
     "\n\n")))

(defun aircher-chat--end (stream start how value)
  "End the turn of the answer whose text begins at START in STREAM.
HOW and VALUE are as for ON-END of `aircher-answer-start'."
  (let* ((end (aircher-stream-end stream))
         (follows (= (point) end))
         (windows (cl-remove-if-not (lambda (window) (= (window-point window) end))
                                    (get-buffer-window-list nil nil t)))
         (has-text (save-excursion
                     (goto-char start)
                     (skip-chars-forward " \t\n" end)
                     (< (point) end)))
         (note (aircher-chat--note (aircher-answer-note how value has-text))))
    (save-excursion
      (save-restriction
        (widen)
        (if has-text
            (progn
              (goto-char (aircher-chat-file-close start end))
              (insert (aircher-chat--gap) note "\n\n"))
          ;; Without an answer there is no turn of it, so the question can be sent again.
          (delete-region (aircher-stream-start stream) end)
          (goto-char end)
          (insert "\n\n" note "\n"))
        (when has-text
          (insert (aircher-chat--heading "user") "\n\n"))
        (set-marker end (point))))
    (when follows (goto-char end))
    (dolist (window windows) (set-window-point window end))
    (unless (eq how 'done)
      (message "aircher: %s" (aircher-answer-note how value has-text)))
    (set-marker start nil)))

(provide 'aircher-chat)

;;; aircher-chat.el ends here
