;;; aircher-status.el --- Providers, keys, limits and costs of aircher  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; `aircher-status' shows what the daemon knows: which model answers, the providers with their keys,
;; the limits, and what was spent today.  The buffer is kept up to date while it exists.

;;; Code:

(require 'cl-lib)
(require 'seq)
(require 'subr-x)
(require 'aircher-connection)
(require 'aircher-sign-in)
(require 'aircher-model)
(require 'aircher-mode-line)

(defconst aircher-status--buffer-name "*aircher status*"
  "The name of the buffer.")

(defconst aircher-status--topics '("models" "auth" "provider" "config" "usage" "attempt")
  "The topics whose events change what is shown.")

(defconst aircher-status--quiet-seconds 1
  "Events within this time cause one request.")

(defvar-local aircher-status--subscription nil
  "The subscription of this buffer.")

(defvar-local aircher-status--timer nil
  "The timer that fetches the state again.")

(defvar aircher-status-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "l") #'aircher-login)
    (define-key map (kbd "m") #'aircher-model)
    map)
  "Keys of the buffer that shows aircher's status.")

(define-derived-mode aircher-status-mode special-mode "Aircher"
  "The state of aircher.
\\<aircher-status-mode-map>\\[aircher-login] signs in, \\[aircher-model] changes the model, \
\\[revert-buffer] asks again, \\[quit-window] leaves."
  :interactive nil
  (setq-local revert-buffer-function (lambda (&rest _) (aircher-status--fetch (current-buffer))))
  (setq-local truncate-lines t)
  (add-hook 'kill-buffer-hook #'aircher-status--stop nil t))

;;;; Text

(defun aircher-status--time (time)
  "Return the Unix TIME as a time of day, or with its date if that is another."
  (format-time-string (if (equal (format-time-string "%F") (format-time-string "%F" time))
                          "%H:%M"
                        "%F %H:%M")
                      time))

(defun aircher-status--provider-line (row)
  "Return ROW of `auth.status' as a line."
  (let ((mark (aircher-mark-of row))
        (until (aircher-get row 'until)))
    (string-trim-right
     (format "  %s %-14s %-14s %-10s %-10s %s"
             (aircher-mark-symbol mark) (aircher-get row 'provider) (aircher-mark-word mark)
             (or (aircher-get row 'key) "") (or (aircher-get row 'masked) "")
             (string-join (delq nil (list (or (aircher-get row 'reason)
                                              (aircher-get row 'health_reason))
                                          (and until (concat "until "
                                                             (aircher-status--time until)))))
                          ", ")))))

(defun aircher-status--limit-line (limit)
  "Return LIMIT of `limits.status' as a line."
  (let ((resets (aircher-get limit 'resets_at))
        (share (or (aircher-get limit 'share) 0)))
    (format "  %s %s of %s %s per %s%s%s" (if (>= share 1) "⚠" "✓")
            (aircher-get limit 'used) (aircher-get limit 'max) (aircher-get limit 'counted)
            (aircher-get limit 'per)
            (mapconcat (lambda (key)
                         (if (aircher-get limit key)
                             (format ", %s %s" key (aircher-get limit key))
                           ""))
                       '(provider key model client project) "")
            (if resets (concat ", again from " (aircher-status--time resets)) ""))))

(defun aircher-status--usage-line (row)
  "Return ROW of `usage.report' by provider as a line."
  (format "  %-14s %6d %-8s %10s" (aircher-get row 'provider) (aircher-get row 'requests)
          (if (= 1 (aircher-get row 'requests)) "request" "requests")
          (aircher-mode-line-spend
           (list :spent (string-to-number (or (aircher-get row 'cost) "0"))
                 :has-unknown (< 0 (or (aircher-get row 'unknown_cost) 0))))))

(defun aircher-status--section (title lines)
  "Insert TITLE and LINES, if there are any."
  (when lines
    (insert "\n" (propertize title 'face 'bold) "\n" (string-join lines "\n") "\n")))

(defun aircher-status--insert (found)
  "Insert FOUND, an alist of methods and their results."
  (let* ((status (alist-get "status" found nil nil #'equal))
         (auth (alist-get "auth.status" found nil nil #'equal))
         (rows (aircher-list (aircher-get auth 'rows)))
         (usable (seq-remove (lambda (row)
                               (and (aircher-get row 'builtin)
                                    (memq (aircher-mark-of row) '(not-configured stopped))))
                             rows)))
    (insert (format "aircherd %s, process %s\n" (aircher-get status 'version)
                    (aircher-get status 'pid))
            (format "socket %s\n" (aircher-get status 'socket))
            (format "default model %s\n"
                    (or (aircher-get status 'default 'model)
                        (aircher-get status 'default 'problem)
                        (car (aircher-list (aircher-get status 'default 'candidates))) "none")))
    (when aircher-model
      (insert (format "model of this Emacs %s\n" aircher-model)))
    (when-let ((problem (aircher-get status 'config 'problem 'message)))
      (insert (propertize (format "configuration: %s\n" problem) 'face 'warning)))
    (aircher-status--section "Providers" (mapcar #'aircher-status--provider-line usable))
    (when (< (length usable) (length rows))
      (insert (format "  ○ %d more that you could sign in to: M-x aircher-login\n"
                      (- (length rows) (length usable)))))
    (aircher-status--section
     "Limits" (mapcar #'aircher-status--limit-line
                      (aircher-list (aircher-get (alist-get "limits.status" found nil nil #'equal)
                                                 'limits))))
    (aircher-status--section
     "Today" (mapcar #'aircher-status--usage-line
                     (aircher-list (aircher-get (alist-get "usage.report" found nil nil #'equal)
                                                'rows))))
    (insert "\nEmacs cannot ask the system which user's process answers.  The owner and the modes\n"
            "of the socket and of its directory were checked: only you and root could put it there.\n")))

(defun aircher-status--show (buffer text)
  "Show TEXT, a function that inserts it, in BUFFER; point stays in its line."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (let* ((inhibit-read-only t)
             (places (mapcar (lambda (window)
                               (list window (line-number-at-pos (window-point window))))
                             (get-buffer-window-list buffer nil t)))
             (line (line-number-at-pos)))
        (erase-buffer)
        (funcall text)
        (goto-char (point-min))
        (forward-line (1- line))
        (dolist (place places)
          (save-excursion
            (goto-char (point-min))
            (forward-line (1- (cadr place)))
            (set-window-point (car place) (point))))))))

;;;; Fetching

(defun aircher-status--fetch (buffer)
  "Fetch the state, and show it in BUFFER when all of it is there."
  (let* ((wanted `(("status" (keyring . :false))
                   ("auth.status")
                   ("limits.status")
                   ("usage.report" (since . ,(aircher-mode-line--midnight)) (by . ["provider"]))))
         (missing (length wanted))
         found problem)
    (dolist (each wanted)
      (aircher-request
       (car each) (cdr each)
       (lambda (failure result)
         (push (cons (car each) result) found)
         (setq problem (or problem failure))
         (when (zerop (cl-decf missing))
           (aircher-status--show
            buffer (lambda ()
                     ;; A role may keep a client from parts of it.
                     (if (alist-get "status" found nil nil #'equal)
                         (aircher-status--insert found)
                       (insert (aircher-explain problem) "\n"))))))))))

(defun aircher-status--hear (buffer kind)
  "Fetch the state of BUFFER again, after something of KIND came."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (unless (or aircher-status--timer (memq kind '(lost refused)))
        (setq aircher-status--timer
              (run-at-time aircher-status--quiet-seconds nil
                           (lambda ()
                             (when (buffer-live-p buffer)
                               (with-current-buffer buffer
                                 (setq aircher-status--timer nil))
                               ;; A daemon that was stopped since is not started again.
                               (when (aircher-connection-is-open)
                                 (aircher-status--fetch buffer)))))))
      (when (eq kind 'lost)
        (aircher-status--show buffer (lambda () (insert "aircherd is not running\n")))))))

(defun aircher-status--stop ()
  "End what keeps this buffer up to date."
  (when aircher-status--timer
    (cancel-timer aircher-status--timer))
  (when aircher-status--subscription
    (aircher-unsubscribe aircher-status--subscription)
    (setq aircher-status--subscription nil)))

;;;###autoload
(defun aircher-status ()
  "Show the providers, keys, limits and today's costs of aircher.
The buffer follows what changes until it is killed."
  (interactive)
  (let ((buffer (get-buffer-create aircher-status--buffer-name)))
    (with-current-buffer buffer
      (unless (derived-mode-p 'aircher-status-mode)
        (aircher-status-mode))
      (aircher-status--fetch buffer)
      (unless aircher-status--subscription
        (setq aircher-status--subscription
              (aircher-follow aircher-status--topics
                              (lambda (kind &rest _) (aircher-status--hear buffer kind))))))
    (pop-to-buffer buffer)))

(provide 'aircher-status)

;;; aircher-status.el ends here
