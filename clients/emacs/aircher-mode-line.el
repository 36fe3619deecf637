;;; aircher-mode-line.el --- The model, its state and today's cost in the mode line  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; `aircher-mode-line-mode' shows the model that would answer, a mark that says whether it can now,
;; and what was spent today.  The daemon reports what changes; nothing is asked while it is quiet.
;; The mode starts no daemon.

;;; Code:

(require 'cl-lib)
(require 'seq)
(require 'subr-x)
(require 'aircher-connection)
(require 'aircher-sign-in)
(require 'aircher-model)

(defconst aircher-mode-line--topics '("models" "auth" "provider" "config" "usage" "attempt")
  "The topics whose events change what is shown.")

(defconst aircher-mode-line--quiet-seconds 0.2
  "Events within this time cause one request.")

(defconst aircher-mode-line--spend-seconds 5
  "The least seconds between two questions for what was spent.")

(defconst aircher-mode-line--reasons
  '(("not_authenticated" . not-configured) ("auth_rejected" . rejected)
    ("keyring_locked" . locked) ("quota_exhausted" . no-credit) ("limit_reached" . limited)
    ("price_unknown" . limited) ("too_expensive" . limited) ("config_invalid" . invalid)
    ("network" . unreachable))
  "The marks of models that are skipped now, by the reason.")

(defvar aircher-mode-line--text nil
  "What is shown.")

(defvar aircher-mode-line--state nil
  "A plist: `:is-open', `:model', `:mark', `:answers-by', `:spent', `:has-unknown'.
`:is-open' is `refused' if this client may not follow what changes.")

(defvar aircher-mode-line--default nil
  "The name of the default model.")

(defvar aircher-mode-line--subscription nil
  "The subscription while the mode is on.")

(defvar aircher-mode-line--plan-timer nil
  "The timer that asks which model would answer.")

(defvar aircher-mode-line--spend-timer nil
  "The timer that asks what was spent.")

(defvar aircher-mode-line--spend-time 0
  "When it was asked last what was spent.")

;;;; The text

(defun aircher-mode-line--full-name (candidate)
  "Return the name of CANDIDATE."
  (format "%s/%s" (aircher-get candidate 'provider) (aircher-get candidate 'model)))

(defun aircher-mode-line--skipped-mark (plan name)
  "Return the mark of the model NAME, which PLAN would not call first."
  (let* ((skipped (aircher-list (aircher-get plan 'skipped)))
         (found (or (seq-find (lambda (each) (equal name (aircher-mode-line--full-name each)))
                              skipped)
                    (car skipped))))
    (if found
        (alist-get (aircher-get found 'reason) aircher-mode-line--reasons 'cooling nil #'equal)
      'unknown)))

(defun aircher-mode-line-plan (plan name)
  "Return what PLAN of `route.explain' says of the model NAME, as a plist.
An alias is ready while one of its routes is."
  (let* ((first (car (aircher-list (aircher-get plan 'candidates))))
         (answering (and first (aircher-mode-line--full-name first))))
    (cond
     ((null first)
      (list :model name :mark (aircher-mode-line--skipped-mark plan name) :answers-by nil))
     ((or (null name) (equal name answering))
      (list :model answering :mark 'ready :answers-by nil))
     (t (list :model name :answers-by answering
              :mark (if (string-search "/" name)
                        (aircher-mode-line--skipped-mark plan name)
                      'ready))))))

(defun aircher-mode-line-spend (state)
  "Return what was spent in STATE: $0, <$0.01, $0.42; + means that more may be."
  (when-let ((spent (plist-get state :spent)))
    (concat (cond ((= spent 0) "$0")
                  ((< spent 0.01) "<$0.01")
                  (t (format "$%.2f" spent)))
            (if (plist-get state :has-unknown) "+" ""))))

(defun aircher-mode-line-text (state)
  "Return STATE as text, such as ✓ sonnet → work/claude-sonnet-5 $0.42."
  (let ((mark (plist-get state :mark)))
    (cond
     ((not (plist-get state :is-open)) "· aircher not running")
     ((eq 'refused (plist-get state :is-open)) "· aircher: not allowed")
     ((null mark) "· aircher …")
     (t (string-join
         (delq nil
               (list (aircher-mark-symbol mark)
                     (or (plist-get state :model) "no model")
                     (unless (aircher-mark-answers mark) (aircher-mark-word mark))
                     (and (plist-get state :answers-by)
                          (concat "→ " (plist-get state :answers-by)))
                     (aircher-mode-line-spend state)))
         " ")))))

(defun aircher-mode-line--publish (&rest changes)
  "Show CHANGES, a plist, if they change the text."
  (cl-loop for (key value) on changes by #'cddr
           do (setq aircher-mode-line--state
                    (plist-put aircher-mode-line--state key value)))
  ;; A % would begin a construct of the mode line.
  (let ((text (concat " " (string-replace "%" "%%"
                                          (aircher-mode-line-text aircher-mode-line--state)))))
    (unless (equal text aircher-mode-line--text)
      (setq aircher-mode-line--text text)
      (force-mode-line-update t))))

;;;; What changes

(defun aircher-mode-line--ask-plan ()
  "Ask which model would answer."
  (setq aircher-mode-line--plan-timer nil)
  (when (aircher-connection-is-open)
    (let ((name (or aircher-model aircher-mode-line--default)))
      (aircher-request
       "route.explain" (and aircher-model `((model . ,aircher-model)))
       (lambda (failure plan)
         (cond ((null failure)
                (apply #'aircher-mode-line--publish (aircher-mode-line-plan plan name)))
               ((aircher-connection-is-open)
                (aircher-mode-line--publish :model name :mark 'invalid :answers-by nil))))))))

(defun aircher-mode-line--midnight ()
  "Return the time when this day has begun."
  (let ((now (decode-time)))
    (setf (decoded-time-hour now) 0
          (decoded-time-minute now) 0
          (decoded-time-second now) 0)
    (floor (float-time (encode-time now)))))

(defun aircher-mode-line--ask-spend ()
  "Ask what was spent today."
  (setq aircher-mode-line--spend-timer nil)
  (when (aircher-connection-is-open)
    (setq aircher-mode-line--spend-time (float-time))
    (aircher-request
     "usage.report" `((since . ,(aircher-mode-line--midnight)))
     (lambda (failure report)
       (unless failure
         (aircher-mode-line--publish
          :spent (string-to-number (or (aircher-get report 'totals 'cost) "0"))
          :has-unknown (< 0 (or (aircher-get report 'totals 'unknown_cost) 0))))))))

(defun aircher-mode-line--ask-plan-soon ()
  "Ask soon which model would answer."
  (unless aircher-mode-line--plan-timer
    (setq aircher-mode-line--plan-timer
          (run-at-time aircher-mode-line--quiet-seconds nil #'aircher-mode-line--ask-plan))))

(defun aircher-mode-line--ask-spend-soon ()
  "Ask soon what was spent, but not too often."
  (unless aircher-mode-line--spend-timer
    (setq aircher-mode-line--spend-timer
          (run-at-time (max aircher-mode-line--quiet-seconds
                            (- (+ aircher-mode-line--spend-time aircher-mode-line--spend-seconds)
                               (float-time)))
                       nil #'aircher-mode-line--ask-spend))))

(defun aircher-mode-line--hear (kind topic value)
  "Take VALUE of KIND about TOPIC."
  (when (and (equal topic "models") (not (eq kind 'refused)) (not (aircher-get value 'providers)))
    (setq aircher-mode-line--default (aircher-get value 'default)))
  (pcase kind
    ('lost (aircher-mode-line--publish :is-open nil))
    ('refused (aircher-mode-line--publish :is-open 'refused))
    ('snapshot
     (when (equal topic "models")
       (setq aircher-mode-line--default (aircher-get value 'default)))
     (aircher-mode-line--publish :is-open t)
     (aircher-mode-line--ask-plan-soon)
     (aircher-mode-line--ask-spend-soon))
    ('event
     (if (equal topic "attempt")
         (aircher-mode-line--ask-spend-soon)
       (aircher-mode-line--ask-plan-soon)))))

(defun aircher-mode-line--stop ()
  "End what the mode has begun."
  (when aircher-mode-line--subscription
    (aircher-unsubscribe aircher-mode-line--subscription))
  (dolist (timer (list aircher-mode-line--plan-timer aircher-mode-line--spend-timer))
    (when timer (cancel-timer timer)))
  (setq aircher-mode-line--subscription nil
        aircher-mode-line--plan-timer nil
        aircher-mode-line--spend-timer nil
        aircher-mode-line--state nil
        aircher-mode-line--text nil)
  (setq global-mode-string (delq 'aircher-mode-line--text global-mode-string))
  (remove-hook 'aircher-model-changed-hook #'aircher-mode-line--ask-plan-soon))

(defun aircher-mode-line--start ()
  "Begin to show the state."
  (setq global-mode-string
        (append (if (listp global-mode-string)
                    (or global-mode-string '(""))
                  (list global-mode-string))
                '(aircher-mode-line--text)))
  (add-hook 'aircher-model-changed-hook #'aircher-mode-line--ask-plan-soon)
  (aircher-mode-line--publish :is-open nil)
  (setq aircher-mode-line--subscription
        (aircher-follow aircher-mode-line--topics #'aircher-mode-line--hear)))

;;;###autoload
(define-minor-mode aircher-mode-line-mode
  "Show the model, its state and what was spent today in the mode line.
A mark says whether the model can answer now: ✓ is ready, and for all others
there is a word.  An arrow leads to the model that would answer instead."
  :global t
  :group 'aircher
  (aircher-mode-line--stop)
  (when aircher-mode-line-mode
    (aircher-mode-line--start)))

(provide 'aircher-mode-line)

;;; aircher-mode-line.el ends here
