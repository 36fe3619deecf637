;;; aircher-answer.el --- One answer: deltas, fallback, sign-in, the end  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; What `aircher-ask', `aircher-chat' and `aircher-rewrite' have in common: they start an answer and
;; get its text, a line for each fallback, and one end.  If a key is missing, the user is offered
;; to sign in, and the same request goes on.
;;
;; Nothing here waits: all functions return at once, and what comes later calls back.

;;; Code:

(require 'cl-lib)
(require 'subr-x)
(require 'aircher-connection)
(require 'aircher-sign-in)

(defvar aircher-model)

(defcustom aircher-max-reply-bytes (* 8 1024 1024)
  "Bytes of an answer after which it is stopped.
A model that repeats itself does not end by itself, and each token costs."
  :type 'natnum
  :group 'aircher)

(defcustom aircher-reasoning nil
  "Whether to show what the model thinks before it answers.
With `folded' it is in the buffer, and TAB shows it.  Not every provider sends
it."
  :type '(choice (const :tag "No" nil) (const :tag "Folded" folded))
  :group 'aircher)

(defface aircher-aside '((t :inherit shadow))
  "What is said about an answer, and is not part of it."
  :group 'aircher)

(cl-defstruct (aircher-answer (:constructor aircher-answer--make) (:copier nil))
  "An answer in progress.
PARAMS is the request, HANDLE the chat in the connection.  STATE is `asking',
`thinking', `answering', `signing-in' or `ended'; STATUS is a sentence about it.
FAILED are the deltas of attempts that failed since the last line about them.
BYTES counts the text, THOUGHTS the bytes of the model's thinking.
EVENTS is the number of input events at its beginning.
BUFFERS are those in which `aircher-stop' stops it."
  params handle (state 'asking) (status "asking…") failed trying (bytes 0) (thoughts 0)
  buffers (events num-nonmacro-input-events)
  on-text on-reasoning on-notice on-state on-end)

(defvar aircher-answer--current nil
  "The answers in progress, the newest first.")

;;;; Words

(defconst aircher-answer--outcomes
  '(("rate_limited" . "is rate limited")
    ("quota_exhausted" . "has no credit left")
    ("limit_reached" . "has reached a limit of yours")
    ("not_authenticated" . "has no key")
    ("auth_rejected" . "refused the key")
    ("keyring_locked" . "has its key in a locked keyring")
    ("unknown_model" . "does not know the model")
    ("context_too_long" . "has too small a window")
    ("content_policy" . "refused the content")
    ("overloaded" . "is overloaded")
    ("network" . "cannot be reached")
    ("timeout" . "took too long")
    ("truncated" . "broke off")
    ("empty_reply" . "answered with nothing")
    ("too_expensive" . "is too expensive")
    ("price_unknown" . "has no known price"))
  "Outcomes of attempts, as words after the provider's name.
All others, also those of a later version, are a failure.")

(defun aircher-answer--fallback-line (failed provider)
  "Return a line that says that PROVIDER answers, after the attempts FAILED."
  (concat
   (string-join
    (delete-dups
     (mapcar (lambda (attempt)
               (format "%s %s" (aircher-get attempt 'provider)
                       (alist-get (aircher-get attempt 'outcome) aircher-answer--outcomes
                                  "failed" nil #'equal)))
             failed))
    ", ")
   (and provider (format "; %s answers" provider))))

(defun aircher-answer--money (cost)
  "Return COST, a decimal string or nil, with few digits."
  (let ((dollars (and (stringp cost) (string-to-number cost))))
    (cond ((null dollars) "cost unknown")
          ((= dollars 0) "$0")
          ((< dollars 0.000001) "under $0.000001")
          ((< dollars 0.1)
           (let ((digits (- 1 (floor (log dollars 10)))))
             (format "$%s" (string-trim-right (format (format "%%.%df" digits) dollars) "0+"))))
          (t (format "$%.2f" dollars)))))

(defun aircher-answer-summary (result)
  "Return the model that gave RESULT, with the tokens and the cost."
  (let ((usage (aircher-get result 'usage)))
    (format "%s/%s, %s, %s"
            (aircher-get result 'provider) (aircher-get result 'model)
            (if (consp usage)
                (format "%s tokens in, %s out"
                        (aircher-get usage 'input_tokens) (aircher-get usage 'output_tokens))
              "tokens unknown")
            (aircher-answer--money (aircher-get result 'cost)))))

(defconst aircher-answer--finishes
  '(("length" . "the answer was cut off at the maximum length")
    ("content_filter" . "the provider's content filter ended the answer")
    ("refusal" . "the model refused to answer")
    ("pause" . "the provider paused the answer, and did not complete it")
    ("tool_calls" . "the model wants to call a tool, and there is none here"))
  "Ways in which an answer ends that looks complete but is not.")

(defun aircher-answer-finish-note (result)
  "Return a sentence if the answer in RESULT is not complete, or nil."
  (if (aircher-get result 'empty)
      "the provider answered with nothing"
    (cdr (assoc (aircher-get result 'finish) aircher-answer--finishes))))

(defun aircher-answer-note (how value &optional has-text)
  "Return a line about the end of an answer.
HOW and VALUE are as for ON-END of `aircher-answer-start'; HAS-TEXT says that a
part of it has arrived."
  (pcase how
    ('done (let ((note (aircher-answer-finish-note value)))
             (concat (aircher-answer-summary value) (and note ", ") note)))
    (_ (concat (if (eq how 'failed) (aircher-answer-error-text value) value)
               (and has-text ": the answer is not complete")))))

(defun aircher-answer-error-text (failure)
  "Return what FAILURE, an error of the daemon, says, in one line."
  (string-join (split-string (aircher-explain failure) "[\n\r]+" t "[ \t]+") "; "))

;;;; Deltas

(defun aircher-answer--set-state (answer state status)
  "Set STATE and STATUS of ANSWER, and say so if they changed."
  (unless (and (eq (aircher-answer-state answer) state)
               (equal (aircher-answer-status answer) status))
    (setf (aircher-answer-state answer) state
          (aircher-answer-status answer) status)
    (when-let ((tell (aircher-answer-on-state answer)))
      (funcall tell))))

(defun aircher-answer--take-bytes (answer start end)
  "Pass on the text of ANSWER between START and END in this unibyte buffer.
After `aircher-max-reply-bytes' the answer is stopped."
  (when (memq (aircher-answer-state answer) '(asking thinking))
    (aircher-answer--tell-fallback answer)
    (aircher-answer--set-state
     answer 'answering (format "%s answers…" (or (aircher-answer-trying answer) "the model"))))
  (when (eq (aircher-answer-state answer) 'answering)
    (let ((left (- aircher-max-reply-bytes (aircher-answer-bytes answer))))
      (setf (aircher-answer-bytes answer) (+ (aircher-answer-bytes answer) (- end start)))
      (funcall (aircher-answer-on-text answer) start (min end (+ start left)))
      (when (> (- end start) left)
        (aircher-answer-stop
         answer (format "stopped: the answer is longer than %d bytes (aircher-max-reply-bytes)"
                        aircher-max-reply-bytes))))))

(defun aircher-answer--take-text (answer text)
  "Pass TEXT of ANSWER on, which was in an unusual delta."
  (with-temp-buffer
    (set-buffer-multibyte nil)
    (insert (encode-coding-string text 'utf-8-unix t))
    (aircher-answer--take-bytes answer (point-min) (point-max))))

(defun aircher-answer--take-thought (answer text)
  "Pass on TEXT, which is a part of the thinking before ANSWER.
It has a bound of its own, which is that of the answer."
  (cl-incf (aircher-answer-thoughts answer) (string-bytes text))
  (if (> (aircher-answer-thoughts answer) aircher-max-reply-bytes)
      (aircher-answer-stop
       answer (format "stopped: the model thinks for more than %d bytes (aircher-max-reply-bytes)"
                      aircher-max-reply-bytes))
    (when-let ((take (aircher-answer-on-reasoning answer)))
      (funcall take text))))

(defun aircher-answer--take-attempt (answer delta)
  "Remember what the attempt in DELTA says about ANSWER."
  (let ((outcome (aircher-get delta 'outcome)))
    (pcase outcome
      ("trying"
       (setf (aircher-answer-trying answer) (aircher-get delta 'provider))
       (aircher-answer--set-state answer 'asking (format "asking %s…" (aircher-get delta 'provider))))
      ("waiting" (aircher-answer--set-state answer 'asking "waiting for a provider…"))
      ((or "ok" "skipped" 'nil))
      (_ (setf (aircher-answer-failed answer) (append (aircher-answer-failed answer) (list delta)))))))

(defun aircher-answer--tell-fallback (answer)
  "Tell which attempts of ANSWER failed, now that one answers."
  (when-let ((failed (aircher-answer-failed answer)))
    (setf (aircher-answer-failed answer) nil)
    (funcall (aircher-answer-on-notice answer)
             (aircher-answer--fallback-line failed (aircher-answer-trying answer)))))

(defun aircher-answer--take-delta (answer delta)
  "Handle DELTA of ANSWER; unknown ones are ignored."
  (unless (memq (aircher-answer-state answer) '(ended signing-in))
    (pcase (aircher-get delta 'type)
      ("text" (aircher-answer--take-text answer (aircher-get delta 'text)))
      ("reasoning"
       (unless (eq (aircher-answer-state answer) 'answering)
         (aircher-answer--set-state
          answer 'thinking (format "%s thinks…" (or (aircher-answer-trying answer) "the model"))))
       (aircher-answer--take-thought answer (or (aircher-get delta 'text) "")))
      ("attempt" (aircher-answer--take-attempt answer delta)))))

;;;; Beginning and end

(cl-defun aircher-answer-start (params &key buffers on-text on-reasoning on-notice on-state on-end)
  "Start a chat with PARAMS and return it, an `aircher-answer'.
ON-TEXT is called for each piece of text with its beginning and its end in the
current buffer, where it is as UTF-8 only during the call; ON-REASONING with
each piece of the model's thinking, a string.  ON-NOTICE is called with a line
to show, such as that another provider answers, ON-STATE when there is something
new to show in a header.  ON-END is called once, with `done' and the result,
`stopped' and a sentence, or `failed' and the error, a map of the daemon.
In BUFFERS, by default the current one, `aircher-stop' stops it."
  (let ((answer (aircher-answer--make
                 :params params :buffers (or buffers (list (current-buffer)))
                 :on-text on-text :on-reasoning on-reasoning :on-notice on-notice
                 :on-state on-state :on-end on-end)))
    (push answer aircher-answer--current)
    (dolist (buffer (aircher-answer-buffers answer))
      (with-current-buffer buffer (aircher-answering-mode 1)))
    (aircher-answer--send answer)
    answer))

(defun aircher-answer--send (answer)
  "Send the request of ANSWER."
  (setf (aircher-answer-handle answer)
        (aircher-chat-start
         (aircher-answer-params answer)
         :on-delta (lambda (delta) (aircher-answer--take-delta answer delta))
         :on-text (lambda (start end) (aircher-answer--take-bytes answer start end))
         :on-done (lambda (failure result) (aircher-answer--done answer failure result)))))

(defun aircher-answer--done (answer failure result)
  "Handle the end of ANSWER: FAILURE, an error of the daemon, or RESULT."
  (unless (eq (aircher-answer-state answer) 'ended)
    (cond ((null failure)
           (aircher-answer--tell-fallback answer)
           (aircher-answer--end answer 'done result))
          ((and (= (aircher-answer-bytes answer) 0)
                (aircher-offer-sign-in
                 failure
                 (lambda (change) (aircher-answer--go-on answer change))
                 (lambda ()
                   (unless (eq (aircher-answer-state answer) 'ended)
                     (aircher-answer--end answer 'failed failure)))
                 (aircher-answer-events answer)
                 (lambda () (eq (aircher-answer-state answer) 'signing-in))))
           (aircher-answer--set-state answer 'signing-in "waiting for you to sign in…"))
          (t (aircher-answer--end answer 'failed failure)))))

(defun aircher-answer--go-on (answer change)
  "Send the request of ANSWER again, with CHANGE in its parameters."
  (unless (eq (aircher-answer-state answer) 'ended)
    (setf (aircher-answer-failed answer) nil
          (aircher-answer-params answer)
          (append change
                  (cl-remove-if (lambda (pair) (assq (car pair) change))
                                (aircher-answer-params answer))))
    (aircher-answer--set-state answer 'asking "asking…")
    (aircher-answer--send answer)))

(defun aircher-answer--end (answer how value)
  "End ANSWER: HOW and VALUE are as for ON-END of `aircher-answer-start'."
  (setf (aircher-answer-state answer) 'ended
        (aircher-answer-status answer) nil)
  (setq aircher-answer--current (delq answer aircher-answer--current))
  (dolist (buffer (aircher-answer-buffers answer))
    (when (and (buffer-live-p buffer) (not (aircher-answer-in buffer)))
      (with-current-buffer buffer (aircher-answering-mode -1))))
  (funcall (aircher-answer-on-end answer) how value)
  (when-let ((tell (aircher-answer-on-state answer)))
    (funcall tell)))

(defun aircher-answer-stop (answer &optional why)
  "Stop ANSWER because of WHY; the provider's connection is closed at once."
  (unless (eq (aircher-answer-state answer) 'ended)
    ;; First the end, because a request that was not sent yet fails at once.
    (aircher-answer--end answer 'stopped (or why "stopped"))
    (when (aircher-answer-handle answer)
      (aircher-cancel (aircher-answer-handle answer)))))

(defun aircher-answer-in (buffer)
  "Return the answers in progress that belong to BUFFER."
  (cl-remove-if-not (lambda (answer) (memq buffer (aircher-answer-buffers answer)))
                    aircher-answer--current))

;;;; Stopping

;;;###autoload
(defun aircher-stop ()
  "Stop the answers of this buffer, or else the newest one.
The providers' connections are closed at once.  What has arrived is kept."
  (interactive)
  (let ((answers (or (aircher-answer-in (current-buffer))
                     (and aircher-answer--current (list (car aircher-answer--current))))))
    (unless answers
      (user-error "No answer is in progress"))
    (mapc #'aircher-answer-stop answers)
    (message "Stopped")))

(defun aircher-answer-quit ()
  "Stop the answers of this buffer, then quit as usual.
With an active region, only that is deactivated."
  (interactive)
  (unless (region-active-p)
    (mapc #'aircher-answer-stop (aircher-answer-in (current-buffer))))
  (keyboard-quit))

(defvar aircher-answering-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map [remap keyboard-quit] #'aircher-answer-quit)
    map)
  "Keys in a buffer while an answer for it is in progress.")

(define-minor-mode aircher-answering-mode
  "On while an answer for this buffer is in progress: \\[keyboard-quit] stops it."
  :lighter " Answering"
  :interactive nil
  ;; A desktop that is restored turns it on; the answer has ended with the earlier Emacs.
  (unless (aircher-answer-in (current-buffer))
    (setq aircher-answering-mode nil)))

;;;; Questions

(defun aircher-answer-fenced (text language)
  "Return TEXT as a code block of LANGUAGE, with a fence that is not in it."
  (let ((longest 2)
        (start 0))
    (while (string-match "```+" text start)
      (setq longest (max longest (- (match-end 0) (match-beginning 0)))
            start (match-end 0)))
    (let ((fence (make-string (1+ longest) ?`)))
      (concat fence language "\n" text (unless (string-suffix-p "\n" text) "\n") fence))))

(defun aircher-answer-model-params ()
  "Return what a request says about the model, as an alist.
It is empty if the daemon's default answers."
  (and (bound-and-true-p aircher-model) `((model . ,aircher-model))))

(defun aircher-answer-size (text)
  "Return the size of TEXT for people."
  (let ((lines (with-temp-buffer (insert text) (count-lines (point-min) (point-max)))))
    (cond ((> (length text) 100000) (format "%d kB" (/ (string-bytes text) 1000)))
          ((= lines 1) "1 line")
          (t (format "%d lines" lines)))))

(defun aircher-answer-language ()
  "Return the name of this buffer's language for a code block."
  (if (derived-mode-p 'fundamental-mode)
      ""
    (string-remove-suffix "-ts" (string-remove-suffix "-mode" (symbol-name major-mode)))))

(provide 'aircher-answer)

;;; aircher-answer.el ends here
