;;; aircher-sign-in.el --- Keys for aircher, and what to say without one  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; `aircher-login' stores a key: it is typed hidden, or is in a variable of this Emacs, and the
;; daemon checks it before it stores it.
;;
;; Where a request fails because of keys, `aircher-offer-sign-in' asks what to do, and calls back
;; when the same request can be sent again.
;;
;; A key is never in a buffer, a history, a message or a variable that stays: it is an argument of
;; the functions that hand it to the connection.

;;; Code:

(require 'cl-lib)
(require 'seq)
(require 'subr-x)
(require 'aircher-connection)

(defconst aircher-sign-in--min-compared 16
  "The characters from which on the daemon shows the last four of a key.")

(defconst aircher-sign-in--max-models 3
  "The models that are offered instead of signing in.")

;;;; States

(defconst aircher-marks
  '((ready "✓" "ready" t)
    (local "⌂" "local" t)
    (unchecked "?" "not checked" t)
    (cooling "⚠" "cooling")
    (limited "⚠" "limited")
    (unreachable "⚠" "unreachable")
    (no-credit "⚠" "no credit")
    (locked "⚠" "locked")
    (unreadable "⚠" "unreadable")
    (rejected "✗" "refused")
    (unknown "·" "unknown")
    (invalid "✗" "invalid entry")
    (stopped "⌂" "not running")
    (not-configured "○" "not signed in"))
  "The states of providers and models, as in `aircher-cli models'.
Each has a symbol, a word, and whether a request would be answered now, as far
as is known.")

(defconst aircher-sign-in--states
  '(("authenticated" . ready) ("unverified" . unchecked) ("not_required" . local)
    ("locked" . locked) ("unreadable" . unreadable) ("rejected" . rejected)
    ("refused" . invalid) ("not_configured" . not-configured))
  "The marks of the daemon's states.")

(defconst aircher-sign-in--healths
  '(("cooling" . cooling) ("quota_exhausted" . no-credit) ("unreachable" . unreachable))
  "The marks of providers that could be used, but not now.")

(defun aircher-mark-symbol (mark) "Return the symbol of MARK." (nth 1 (assq mark aircher-marks)))
(defun aircher-mark-word (mark) "Return the word of MARK." (nth 2 (assq mark aircher-marks)))
(defun aircher-mark-answers (mark)
  "Return whether a request to what has MARK would be answered now."
  (nth 3 (assq mark aircher-marks)))

(defun aircher-mark-of (row)
  "Return the mark of ROW of `auth.status' or `models.list'.
A state that only a newer daemon knows is `unknown'."
  (let ((found (alist-get (aircher-get row 'state) aircher-sign-in--states 'unknown nil #'equal))
        (health (aircher-get row 'health)))
    (cond ((not (aircher-mark-answers found)) found)
          ((aircher-get row 'absent) 'stopped)
          ((or (null health) (equal health "ok")) found)
          (t (alist-get health aircher-sign-in--healths 'unknown nil #'equal)))))

;;;; What a failure says

(defun aircher-sign-in-of (failure)
  "Return what FAILURE says of signing in, nil if that is not its reason."
  (aircher-get failure 'data 'sign_in))

(defun aircher-sign-in--variable (name)
  "Return the trimmed value of the variable NAME of this Emacs."
  (string-trim (or (getenv name) "")))

(defun aircher-sign-in--names-in (row)
  "Return the variables that ROW names as its source."
  (split-string
   (replace-regexp-in-string
    "env:" " "
    (string-join (append (list (or (aircher-get row 'source) "") (or (aircher-get row 'key) ""))
                         (aircher-list (aircher-get row 'shadowed)))
                 " "))
   "[ ,]+" t))

(defun aircher-sign-in--is-rejected (row)
  "Return whether ROW has a rejected key whose last characters are known."
  (and (equal (aircher-get row 'state) "rejected")
       (> (length (aircher-get row 'masked)) 1)))

(defun aircher-unseen-variables (wanted rows)
  "Return those of WANTED that this Emacs has and the daemon cannot see.
WANTED are the variables that the daemon would read.  ROWS are as in
`auth.status', or the `providers' of `sign_in'.  A variable that the daemon sees
is in a row.  It counts as unseen nevertheless if its key was rejected and ours
ends differently.  Values are only compared."
  (let ((seen (mapcan #'aircher-sign-in--names-in
                      (seq-remove #'aircher-sign-in--is-rejected rows)))
        (seen-rejected (mapcan #'aircher-sign-in--names-in
                               (seq-filter #'aircher-sign-in--is-rejected rows)))
        (known (mapcar (lambda (row) (aircher-sign-in--last-four (aircher-get row 'masked)))
                       rows)))
    (seq-filter
     (lambda (name)
       (let* ((value (aircher-sign-in--variable name))
              (is-long (>= (length value) aircher-sign-in--min-compared)))
         (and (not (string-empty-p value))
              (not (member name seen))
              (not (and (member name seen-rejected) (not is-long)))
              (not (and is-long (member (aircher-sign-in--last-four value) known))))))
     wanted)))

(defun aircher-sign-in--last-four (text)
  "Return the last four characters of TEXT, nil if it is nil."
  (and text (substring text (max 0 (- (length text) 4)))))

(defun aircher-sign-in--unseen (failure)
  "Return the variables of this Emacs that would help against FAILURE."
  (let ((found (aircher-sign-in-of failure)))
    (aircher-unseen-variables (aircher-list (aircher-get found 'environment))
                              (aircher-list (aircher-get found 'providers)))))

(defun aircher-sign-in--needed (failure)
  "Return the rows of the providers that could answer after FAILURE."
  (seq-filter (lambda (row) (aircher-get row 'needed))
              (aircher-list (aircher-get (aircher-sign-in-of failure) 'providers))))

(defun aircher-sign-in--useful-variables (failure)
  "Return the variables whose keys the request needs that had FAILURE."
  (seq-intersection (aircher-sign-in--unseen failure)
                    (mapcan (lambda (row) (aircher-list (aircher-get row 'env)))
                            (aircher-sign-in--needed failure))))

(defun aircher-explain (failure)
  "Return FAILURE as a text: the daemon's message, and what helps."
  (let ((message (or (aircher-get failure 'message) "aircherd gave no reason"))
        (needed (car (aircher-sign-in--needed failure)))
        (variables (aircher-sign-in--useful-variables failure)))
    (cond
     (variables
      (format "%s\nM-x aircher-login stores the key in %s, which the daemon cannot see"
              message (car variables)))
     (needed
      (string-join
       (delq nil (list message
                       (and (aircher-get needed 'command)
                            (format "M-x aircher-login stores a key for %s"
                                    (aircher-get needed 'provider)))
                       (and (aircher-get needed 'keys_page)
                            (format "keys: %s" (aircher-get needed 'keys_page)))))
       "\n"))
     ((equal (aircher-get failure 'code) "unknown_method")
      (format "%s\n%s" message (aircher-sign-in--explain-version)))
     (t message))))

(defun aircher-sign-in--explain-version ()
  "Return what to do about a daemon that does not know a method."
  (format "aircherd %s is older than this command, which aircher %s has: run \
'aircher-cli daemon restart' after an update"
          (or (aircher-get (aircher-connection-server) 'server 'version) "of another version")
          aircher-version))

(defun aircher-complain (failure)
  "Show FAILURE in the echo area."
  (message "aircher: %s" (aircher-explain failure)))

;;;; Asking

(defun aircher-later (function &rest arguments)
  "Call FUNCTION with ARGUMENTS from the main loop, where it may ask the user.
What the daemon sends must not be answered by a question at once: the user may
be typing."
  (apply #'run-at-time 0 nil function arguments))

(defun aircher-sign-in--show-choices ()
  "Show what can be chosen, if nothing else in this Emacs does."
  (unless (or (not (eq completing-read-function #'completing-read-default))
              (and (bound-and-true-p icomplete-mode)
                   (bound-and-true-p icomplete-show-matches-on-no-input))
              (bound-and-true-p fido-mode)
              (bound-and-true-p vertico-mode))
    (minibuffer-completion-help)))

(defun aircher-read-choice (prompt table &optional require-match default)
  "Ask with PROMPT for something in the completion TABLE, which is shown at once.
REQUIRE-MATCH and DEFAULT are as in `completing-read'."
  (let ((completions-format 'one-column)
        (completion-show-help nil))  ; the room is for the choices
    (minibuffer-with-setup-hook (:append #'aircher-sign-in--show-choices)
      (completing-read (format-prompt prompt default) table nil require-match nil t default))))

(defun aircher-sign-in--affixate (shown titles)
  "Return those of TITLES that are SHOWN with what is before and behind them."
  (let ((wide (apply #'max 0 (mapcar #'string-width shown))))
    (mapcar
     (lambda (each)
       ;; Completion packages may have removed the properties.
       (let* ((title (or (car (member each titles)) each))
              (behind (get-text-property 0 'aircher-behind title)))
         (list each
               (or (get-text-property 0 'aircher-before title) "")
               (if behind
                   ;; Some completion packages align what is behind the titles themselves.
                   (propertize (concat (propertize " " 'display `(space :align-to ,(+ 4 wide)))
                                       behind)
                               'face 'completions-annotations)
                 ""))))
     shown)))

(defun aircher-choose (prompt choices)
  "Ask with PROMPT for one of CHOICES, pairs of a title and anything.
Return the chosen pair, nil if the user leaves.  The order stays, and RET takes
the first.  What is shown before and behind a title, and is not typed, are its
text properties `aircher-before' and `aircher-behind'."
  (let* ((completion-extra-properties nil)
         (titles (mapcar #'car choices))
         (affixate (lambda (shown) (aircher-sign-in--affixate shown titles)))
         (table (lambda (text predicate action)
                  (if (eq action 'metadata)
                      `(metadata (display-sort-function . identity)
                                 (cycle-sort-function . identity)
                                 (affixation-function . ,affixate))
                    (complete-with-action action titles text predicate))))
         (chosen (condition-case nil
                     (aircher-read-choice prompt table t (car titles))
                   (quit nil))))
    (assoc chosen choices)))

(defun aircher-sign-in--read-key (provider keys-page)
  "Ask for a key for PROVIDER without showing it, nil if none was typed.
KEYS-PAGE is where keys are made."
  (if defining-kbd-macro
      (progn (message "aircher: a macro is being recorded, and the key would be in it: end it first")
             nil)
    (let ((typed (condition-case nil
                     (aircher-sign-in--read-hidden
                      (format "Key for %s, not shown%s: " provider
                              (if keys-page (format " (keys: %s)" keys-page) "")))
                   (quit ""))))
      (unless (string-empty-p (string-trim typed))
        typed))))

(defun aircher-sign-in--read-hidden (prompt)
  "Ask with PROMPT for a text that is kept nowhere, and return it.
`read-passwd' leaves what was typed among the keys that \\[view-lossage] shows,
and what was killed in the kill ring."
  (let* ((kill-ring (copy-sequence kill-ring))
         (kill-ring-yank-pointer kill-ring)
         (interprogram-cut-function nil))
    (unwind-protect (read-passwd prompt)
      (clear-this-command-keys))))

(defun aircher-sign-in--store (provider label keys-page callback)
  "Ask for a key for PROVIDER, and have it checked and stored under LABEL.
Ask again while it is rejected; one that is stored already stays.  KEYS-PAGE is
where keys are made.  CALLBACK is called with whether it worked."
  (let ((typed (aircher-sign-in--read-key provider keys-page)))
    (if (null typed)
        (funcall callback nil)
      (message "Checking the key for %s..." provider)
      (aircher-request
       "auth.login" `((provider . ,provider) (key . ,(string-trim typed))
                      ,@(and label `((label . ,label))))
       (lambda (failure row)
         (cond
          ((null failure)
           (message "aircher: signed in to %s; the key is stored: %s" provider
                    (or (aircher-get row 'source) "yes"))
           (funcall callback t))
          (t
           (message "aircher: %s" (aircher-get failure 'message))
           (if (equal (aircher-get failure 'code) "auth_rejected")
               (aircher-later #'aircher-sign-in--store-again failure
                              provider label keys-page callback)
             (funcall callback nil))))))
      (clear-string typed))))

(defun aircher-sign-in--store-again (failure provider label keys-page callback)
  "Ask for another key after FAILURE.
PROVIDER, LABEL, KEYS-PAGE and CALLBACK are as before."
  (if (cdr (aircher-choose (format "%s.  What now?" (aircher-get failure 'message))
                           '(("type the key again" . t) ("leave it" . nil))))
      (aircher-sign-in--store provider label keys-page callback)
    (funcall callback nil)))

(defun aircher-sign-in--import (names callback)
  "Store the keys in the variables NAMES of this Emacs.
CALLBACK is called with whether one was."
  (aircher-request
   "auth.import"
   `((variables . ,(mapcar (lambda (name) (cons name (aircher-sign-in--variable name))) names)))
   (lambda (failure result)
     (if failure
         (aircher-complain failure)
       (dolist (each (aircher-list (aircher-get result 'outcomes)))
         (message "aircher: %s" (aircher-sign-in--describe-outcome each))))
     (funcall callback
              (seq-some (lambda (each)
                          (and (member (aircher-get each 'outcome) '("stored" "already")) t))
                        (aircher-list (aircher-get result 'outcomes)))))))

(defun aircher-sign-in--describe-outcome (outcome)
  "Return OUTCOME of `auth.import' as a text."
  (if (member (aircher-get outcome 'outcome) '("stored" "already"))
      (format "signed in to %s with the key in %s" (or (aircher-get outcome 'provider) "it")
              (aircher-get outcome 'variable))
    (format "%s: %s" (aircher-get outcome 'variable)
            (or (aircher-get outcome 'message) (aircher-get outcome 'outcome)))))

;;;; The offer

(defun aircher-sign-in--import-choice (names)
  "Return the choice to store the keys in the variables NAMES."
  (cons (format "use the %s in %s, which the daemon cannot see"
                (if (cdr names) "keys" "key") (string-join names ", "))
        (lambda (callback)
          (aircher-sign-in--import names callback))))

(defun aircher-sign-in--label-in (command)
  "Return the label of the key that COMMAND of the daemon would replace, or nil."
  (and command
       (string-match " --label \\([^ ]+\\)\\'" command)
       (match-string 1 command)))

(defun aircher-sign-in--login-choice (row)
  "Return the choice to sign in to the provider of ROW."
  (let ((provider (aircher-get row 'provider)))
    (cons (format "%s %s" (if (equal (aircher-get row 'state) "rejected")
                              "replace the key of"
                            "sign in to")
                  provider)
          (lambda (callback)
            (aircher-sign-in--store provider
                                    (aircher-sign-in--label-in (aircher-get row 'command))
                                    (aircher-get row 'keys_page) callback)))))

(defun aircher-sign-in--model-choices (failure)
  "Return the choices of other models that could answer after FAILURE."
  (seq-take
   (delq nil
         (mapcar (lambda (row)
                   (let ((model (aircher-get row 'model)))
                     (and model
                          (not (aircher-get row 'needed))
                          (aircher-mark-answers (aircher-mark-of row))
                          (cons (format "ask %s instead" model)
                                (lambda (callback) (funcall callback `((model . ,model))))))))
                 (aircher-list (aircher-get (aircher-sign-in-of failure) 'providers))))
   aircher-sign-in--max-models))

(defun aircher-sign-in--choices (failure)
  "Return what would help against FAILURE, the best first."
  (let ((variables (aircher-sign-in--useful-variables failure)))
    (append (and variables (list (aircher-sign-in--import-choice variables)))
            (mapcar #'aircher-sign-in--login-choice
                    (seq-filter (lambda (row) (aircher-get row 'command))
                                (aircher-sign-in--needed failure)))
            (aircher-sign-in--model-choices failure))))

(defun aircher-sign-in--reason (failure)
  "Return the message of FAILURE without its advice for a terminal.
What helps can be chosen here."
  (replace-regexp-in-string "[:;] sign in with 'aircher-cli auth login .*\\'" ""
                            (or (aircher-get failure 'message) "aircherd gave no reason")))

(defconst aircher-sign-in--pause 1.0
  "Seconds without a key after which someone who types is asked.")

(defun aircher-sign-in--in-pause (since function &rest arguments)
  "Call FUNCTION with ARGUMENTS, which asks, when the user does not type.
If nothing was typed SINCE that number of input events, that is now.  Otherwise
the next letters would be an answer, or even go to a provider as a key."
  (let ((idle (current-idle-time)))
    (apply (if (and (zerop (minibuffer-depth))
                    (or (null since)
                        (= since num-nonmacro-input-events)
                        (and idle (<= aircher-sign-in--pause (float-time idle)))))
               #'aircher-later
             (apply-partially #'run-with-idle-timer aircher-sign-in--pause nil
                              #'aircher-sign-in--in-pause since))
           function arguments)))

(defun aircher-offer-sign-in (failure retry &optional cancel since is-wanted)
  "Offer to sign in after FAILURE, and then to go on with the same request.
Return nil and do nothing if its reason is another one, or if a question is
being asked already; then it is the caller's to show it.  Otherwise RETRY is
called with what changes in the parameters of the request, an alist and usually
nil, or CANCEL if the user does not want to.  The failure is shown then.
If the user has typed SINCE that number of input events, the question comes when
they pause, unless IS-WANTED, a function, returns nil then."
  (let ((choices (aircher-sign-in--choices failure)))
    (when (and choices (zerop (minibuffer-depth)))
      (aircher-sign-in--in-pause
       since (lambda ()
               (when (or (null is-wanted) (funcall is-wanted))
                 (aircher-sign-in--offer failure choices retry cancel))))
      t)))

(defun aircher-sign-in--offer (failure choices retry cancel)
  "Ask which of CHOICES to take after FAILURE; RETRY and CANCEL are as before."
  (let ((act (cdr (aircher-choose (format "%s.  What now?" (aircher-sign-in--reason failure))
                                  (append choices '(("leave it")))))))
    (cl-flet ((refuse ()
                (aircher-complain failure)
                (when cancel (funcall cancel))))
      (if (null act)
          (refuse)
        (funcall act (lambda (change)
                       (cond ((null change) (refuse))
                             ((eq change t) (funcall retry nil))
                             (t (funcall retry change)))))))))

;;;; The command

(defun aircher-sign-in--title (row taken)
  "Return the provider of ROW of `auth.status', which is typed, as a title.
A provider with several keys has several rows: if it is in TAKEN, the label of
the key is added."
  (let* ((mark (aircher-mark-of row))
         (provider (aircher-get row 'provider))
         (key (aircher-get row 'key))
         (title (if (member provider taken) (format "%s %s" provider key) provider)))
    (propertize title
                'aircher-before (concat (aircher-mark-symbol mark) " ")
                'aircher-behind
                (string-join
                 (delq nil (list (aircher-mark-word mark) key (aircher-get row 'masked)
                                 (or (aircher-get row 'reason) (aircher-get row 'health_reason))))
                 "  "))))

(defun aircher-sign-in--titles (rows)
  "Return the titles of ROWS, each once."
  (let (titles)
    (dolist (row rows (nreverse titles))
      (push (aircher-sign-in--title row titles) titles))))

(defun aircher-sign-in--in-order (rows)
  "Return ROWS that can have a key: those of the configuration come first."
  (seq-sort-by (lambda (row)
                 (if (and (equal (aircher-get row 'state) "not_configured")
                          (aircher-get row 'builtin))
                     1
                   0))
               #'<
               (seq-remove (lambda (row) (equal (aircher-get row 'state) "not_required")) rows)))

(defun aircher-sign-in--is-stored (row)
  "Return whether the key of ROW is one that the daemon has stored."
  (string-match-p "\\`\\(keyring\\|file\\)" (or (aircher-get row 'source) "")))

(defun aircher-sign-in--login-row (row callback)
  "Sign in to the provider of ROW; CALLBACK is called with whether it worked."
  (let ((key (aircher-get row 'key)))
    (aircher-sign-in--store (aircher-get row 'provider)
                            (and (aircher-sign-in--is-stored row) (not (equal key "default")) key)
                            (aircher-get row 'keys_page) callback)))

(defun aircher-sign-in--choose (status callback)
  "Ask where to sign in, by STATUS as in `auth.status'.
CALLBACK is called with whether it worked."
  (let* ((rows (aircher-list (aircher-get status 'rows)))
         (variables (aircher-unseen-variables (aircher-list (aircher-get status 'environment))
                                              rows))
         (ordered (aircher-sign-in--in-order rows))
         (choices (append
                   (and variables (list (aircher-sign-in--import-choice variables)))
                   (cl-mapcar (lambda (title row)
                                (cons title (lambda (callback)
                                              (aircher-sign-in--login-row row callback))))
                              (aircher-sign-in--titles ordered) ordered)))
         (act (cdr (aircher-choose "Sign in to" choices))))
    (funcall (or act (lambda (callback) (funcall callback nil))) callback)))

(defun aircher-sign-in (provider callback)
  "Sign in to PROVIDER; if it is nil, ask to which.
CALLBACK is called with whether it worked."
  (aircher-request
   "auth.status" nil
   (lambda (failure status)
     (let ((row (seq-find (lambda (row) (equal (aircher-get row 'provider) provider))
                          (aircher-list (aircher-get status 'rows)))))
       (cond (failure (aircher-complain failure)
                      (funcall callback nil))
             ((equal (aircher-get status 'config 'file) "") ; a forward: it takes no keys
              (message "aircher: aircherd is on another machine, and takes no keys from this one:\
 sign in there")
              (funcall callback nil))
             (row (aircher-later #'aircher-sign-in--login-row row callback))
             (provider (message "aircher: there is no provider %s" provider)
                       (funcall callback nil))
             (t (aircher-later #'aircher-sign-in--choose status callback)))))))

;;;###autoload
(defun aircher-login ()
  "Sign in to a provider of language models.
The providers are shown with their states.  The key is typed hidden, checked by
the daemon, and stored in your keyring, or where aircher keeps keys without one.
Keys in variables of this Emacs that the daemon cannot see are offered first."
  (interactive)
  (aircher-sign-in nil #'ignore))

(provide 'aircher-sign-in)

;;; aircher-sign-in.el ends here
