;;; aircher-model.el --- Choose the model that aircher asks  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; `aircher-model' shows the models with their states and prices, and makes the chosen one the
;; default: of all clients, or with a prefix argument of this Emacs alone.
;;
;; The list is shown at once, with what is known from before; the daemon's answer and its events
;; change it while you choose.

;;; Code:

(require 'cl-lib)
(require 'seq)
(require 'subr-x)
(require 'aircher-connection)
(require 'aircher-sign-in)

(defcustom aircher-model nil
  "The model that requests of this Emacs ask for.
Nil is the daemon's default model, which all clients share.  Set it with
\\[universal-argument] \\[aircher-model]."
  :type '(choice (const :tag "The daemon's default" nil)
                 (string :tag "An alias, or provider/model"))
  :group 'aircher)

(defvar aircher-model-changed-hook nil
  "Hook that runs after the model of this Emacs or of all clients was chosen.")

(defconst aircher-model--all "… models of providers that are not signed in, too"
  "The last row, which shows all models.")

(defconst aircher-model--topics '("models" "auth" "provider" "usage" "config")
  "The topics whose events change the rows.")

(defconst aircher-model--quiet-seconds 0.2
  "Events within this time cause one request.")

(defconst aircher-model--patience 2.0
  "Seconds until the list is shown although the daemon has not answered.")

(cl-defstruct (aircher-model-row (:copier nil))
  "A model or an alias: NAME is what a request takes.
MARK is its state, and GROUP the title under which it is shown."
  name provider mark window price is-alias is-default group)

;;;; Figures

(defun aircher-model-tokens (count)
  "Return COUNT of tokens in about three digits: 8.2k, 200k, 1.05M."
  (cond ((not (numberp count)) "?")
        ((< count 1000) (format "%d" count))
        ((< count 9950) (string-replace ".0k" "k" (format "%.1fk" (/ count 1000.0))))
        ((< count 999500) (format "%.0fk" (/ count 1000.0)))
        (t (format "%sM" (aircher-model--short (/ count 1e6) 3)))))

(defun aircher-model--short (number digits)
  "Return NUMBER with DIGITS significant digits, without zeros at its end."
  (let ((text (format (format "%%.%dg" digits) number)))
    (if (string-match-p "e" text)
        (replace-regexp-in-string "\\.?0+\\'" "" (format "%.6f" number))
      text)))

(defun aircher-model--dollars (text)
  "Return the price TEXT of the protocol in USD: $3, $0.30, $0.075."
  (if (not (stringp text))
      "?"
    (let ((short (aircher-model--short (string-to-number text) 4)))
      (concat "$" short (if (string-match-p "\\.[0-9]\\'" short) "0" "")))))

(defun aircher-model-price (prices)
  "Return PRICES per million tokens of input and output: $3/$15, free, ?."
  (let ((in (aircher-get prices 'input))
        (out (aircher-get prices 'output)))
    (cond ((not (or in out)) "?")
          ((and in out (= 0 (string-to-number in) (string-to-number out))) "free")
          (t (format "%s/%s%s" (aircher-model--dollars in) (aircher-model--dollars out)
                     (if (aircher-get prices 'tiers) "+" ""))))))

;;;; Rows

(defun aircher-model--is-limited (model limits)
  "Return whether a full limit of LIMITS concerns each request to MODEL."
  (let ((provider (aircher-get model 'provider))
        (name (aircher-get model 'model)))
    (seq-some
     (lambda (limit)
       (let ((only (aircher-get limit 'model)))
         (and (or (>= (or (aircher-get limit 'share) 0) 1) (aircher-get limit 'refuses))
              (not (or (aircher-get limit 'client) (aircher-get limit 'project)
                       (aircher-get limit 'key)))
              (member (aircher-get limit 'provider) (list nil provider))
              (member only (list nil name (format "%s/%s" provider name))))))
     limits)))

(defun aircher-model--row (model absent limits)
  "Return the row of MODEL.
ABSENT are the local servers that do not run, LIMITS is as in `limits.status'."
  (let* ((provider (aircher-get model 'provider))
         (mark (aircher-mark-of `((state . ,(aircher-get model 'state))
                                  (health . ,(aircher-get model 'health))
                                  (absent . ,(and (member provider absent) t)))))
         (mark (if (and (aircher-mark-answers mark) (aircher-model--is-limited model limits))
                   'limited
                 mark)))
    (make-aircher-model-row
     :name (format "%s/%s" provider (aircher-get model 'model)) :provider provider :mark mark
     :window (aircher-model-tokens (aircher-get model 'window))
     :price (aircher-model-price (aircher-get model 'prices))
     :is-default (aircher-get model 'is_default)
     :group (if (aircher-mark-answers mark) provider "Cannot answer now"))))

(defun aircher-model--alias-row (alias rows default)
  "Return the row of ALIAS, with the state of the route that would answer.
ROWS are those of the models, DEFAULT is the name of the default model."
  (let* ((routes (aircher-list (aircher-get alias 'routes)))
         (found (delq nil (mapcar (lambda (route)
                                    (seq-find (lambda (row)
                                                (equal route (aircher-model-row-name row)))
                                              rows))
                                  routes)))
         (best (or (seq-find (lambda (row) (aircher-mark-answers (aircher-model-row-mark row)))
                             found)
                   (car found)
                   (make-aircher-model-row
                    :provider (car (split-string (or (car routes) "?") "/"))
                    :mark 'unknown :window "?" :price "?"))))
    (make-aircher-model-row
     :name (aircher-get alias 'name) :provider (aircher-model-row-provider best)
     :mark (aircher-model-row-mark best) :window (aircher-model-row-window best)
     :price (aircher-model-row-price best) :is-alias t
     :is-default (equal default (aircher-get alias 'name))
     :group (if (aircher-mark-answers (aircher-model-row-mark best))
                "Aliases"
              "Cannot answer now"))))

(defun aircher-model-rows (list &optional limits)
  "Return the rows of LIST, a result of `models.list'.
LIMITS are those of `limits.status'.  What can answer now is first, and there
the aliases."
  (let* ((absent (mapcar (lambda (each) (aircher-get each 'provider))
                         (seq-filter (lambda (each) (aircher-get each 'is_absent))
                                     (aircher-list (aircher-get list 'lists)))))
         (rows (mapcar (lambda (model) (aircher-model--row model absent limits))
                       (seq-remove (lambda (model) (eq :false (alist-get 'chats model)))
                                   (aircher-list (aircher-get list 'models)))))
         (aliases (mapcar (lambda (alias)
                            (aircher-model--alias-row alias rows (aircher-get list 'default)))
                          (aircher-list (aircher-get list 'aliases)))))
    (seq-sort-by (lambda (row)
                   (+ (if (aircher-mark-answers (aircher-model-row-mark row)) 0 2)
                      (if (aircher-model-row-is-alias row) 0 1)))
                 #'<
                 (append aliases rows))))

;;;; The list

(defvar aircher-model--rows nil
  "The rows that were shown last.")

(defun aircher-model-fetch (all callback)
  "Fetch the rows; those of ALL models, or of usable ones.
CALLBACK is called with a failure and the rows."
  (aircher-request
   "limits.status" nil
   (lambda (_ found)
     ;; An older daemon or another role may refuse the limits; the list is right without them.
     (aircher-request
      "models.list" (if all '((all . t)) nil)
      (lambda (failure list)
        (funcall callback failure
                 (and (not failure)
                      (aircher-model-rows list (aircher-list (aircher-get found 'limits))))))))))

(defun aircher-model--names ()
  "Return the names of the rows, in their order."
  (mapcar #'aircher-model-row-name aircher-model--rows))

(defvar aircher-model--index nil
  "The rows that were looked up last, and a table of them by name.")

(defun aircher-model--find (name)
  "Return the row with NAME.
A list that is shown looks every name up, so there is a table of them."
  (unless (and aircher-model--index (eq aircher-model--rows (car aircher-model--index)))
    (let ((table (make-hash-table :test #'equal)))
      (dolist (row (reverse aircher-model--rows))
        (puthash (aircher-model-row-name row) row table))
      (setq aircher-model--index (cons aircher-model--rows table))))
  (gethash name (cdr aircher-model--index)))

(defun aircher-model--affixate (names)
  "Return NAMES with their marks before them and the rest of the rows behind."
  (let* ((rows (mapcar #'aircher-model--find names))
         (wide (apply #'max 0 (cl-mapcar (lambda (name row) (if row (string-width name) 0))
                                         names rows)))
         (columns (list #'aircher-model-row-provider #'aircher-model-row-window
                        #'aircher-model-row-price))
         (widths (mapcar (lambda (column)
                           (apply #'max 0 (mapcar (lambda (row)
                                                    (if row (string-width (funcall column row)) 0))
                                                  rows)))
                         columns)))
    (cl-mapcar
     (lambda (name row)
       (if (null row)
           (list name "  " "")
         (let ((mark (aircher-model-row-mark row)))
           (list name
                 (concat (aircher-mark-symbol mark) " ")
                 (propertize
                  (concat
                   ;; Some completion packages align what is behind the names themselves.
                   (propertize " " 'display `(space :align-to ,(+ 4 wide)))
                   (mapconcat (lambda (pair)
                                (string-pad (funcall (car pair) row) (cdr pair)))
                              (cl-mapcar #'cons columns widths) "  ")
                   "  " (aircher-mark-word mark)
                   (if (aircher-model-row-is-default row) ", the default" ""))
                  'face 'completions-annotations)))))
     names rows)))

(defun aircher-model--annotate (name)
  "Return what is shown behind NAME where there is no room for columns."
  (nth 2 (car (aircher-model--affixate (list name)))))

(defun aircher-model--group (name transform)
  "Return the title above NAME, or with TRANSFORM NAME itself."
  (cond (transform name)
        ((aircher-model--find name) (aircher-model-row-group (aircher-model--find name)))
        (t "More")))

(defun aircher-model--table (all)
  "Return a completion table of the rows as they are at any time.
Unless ALL models are shown, its last row asks for them."
  (lambda (text predicate action)
    (if (eq action 'metadata)
        '(metadata (category . aircher-model)
                   (display-sort-function . identity)
                   (cycle-sort-function . identity)
                   (affixation-function . aircher-model--affixate)
                   (annotation-function . aircher-model--annotate)
                   (group-function . aircher-model--group))
      (complete-with-action action
                            (append (aircher-model--names)
                                    (unless all (list aircher-model--all)))
                            text predicate))))

(defun aircher-model--refresh-completions ()
  "Show the rows as they are now, where a list of completions is shown."
  (when-let ((window (active-minibuffer-window)))
    (when (get-buffer-window "*Completions*" 0)
      (with-selected-window window
        (minibuffer-completion-help)))))

(defun aircher-model--follow (all)
  "Keep the rows fresh: those of ALL models, or of usable ones.
Return a function that ends it."
  (let* (timer subscription has-ended
         (fetch (lambda ()
                  (setq timer nil)
                  ;; A daemon that was stopped since is not started again.
                  (when (aircher-connection-is-open)
                    (aircher-model-fetch
                     all (lambda (failure rows)
                           (unless (or failure has-ended)
                             (setq aircher-model--rows rows)
                             (aircher-model--refresh-completions))))))))
    (setq subscription
          (aircher-subscribe aircher-model--topics
                             (lambda (kind &rest _)
                               (when (and (eq kind 'event) (not timer))
                                 (setq timer (run-at-time aircher-model--quiet-seconds nil
                                                          fetch))))))
    (lambda ()
      (setq has-ended t)
      (when timer (cancel-timer timer))
      (aircher-unsubscribe subscription))))

(defun aircher-model--read (prompt all)
  "Ask with PROMPT for one of the rows, or of ALL; they change while it is shown."
  (let ((end (aircher-model--follow all)))
    (unwind-protect
        (aircher-read-choice prompt (aircher-model--table all) nil
                             (and (not all) aircher-model))
      (funcall end))))

(defun aircher-model--prepare (all)
  "Fetch the rows, of ALL models or of usable ones, before they are shown.
A key ends the wait.  Return a failure, or nil."
  (let ((deadline (+ (float-time) aircher-model--patience))
        (has-answer nil)
        (problem nil))
    (aircher-model-fetch all (lambda (failure rows)
                               (setq has-answer t
                                     problem failure)
                               (unless failure
                                 (setq aircher-model--rows rows))))
    (while (and (not has-answer) (< (float-time) deadline) (sit-for 0.01)))
    problem))

(defun aircher-read-model (prompt &optional all)
  "Ask with PROMPT for a model, and return its name.
The models that can answer now are first; with ALL, those of providers that are
not signed in are there, too.  Any name that aircher accepts may be typed."
  (when-let ((failure (aircher-model--prepare all)))
    (user-error "Aircher: %s" (aircher-explain failure)))
  (let ((name (aircher-model--read prompt all)))
    (if (equal name aircher-model--all)
        (aircher-read-model prompt t)
      name)))

;;;; The command

(defun aircher-model--use-here (name)
  "Let NAME answer in this Emacs alone."
  (setq aircher-model (and (not (string-empty-p name)) name))
  (message "aircher: %s answers in this Emacs" (or aircher-model "the default model"))
  (run-hooks 'aircher-model-changed-hook))

(defun aircher-model--use (name)
  "Make NAME the default model of all clients."
  (aircher-request
   "models.use" `((model . ,name))
   (lambda (failure result)
     (if failure
         (aircher-complain failure)
       (setq aircher-model nil)  ; what was chosen last is in effect
       (message "aircher: the default model is %s%s%s" (aircher-get result 'model)
                (if (aircher-get result 'unlisted) ", which its provider does not list" "")
                (if (aircher-get result 'nearest)
                    (format "; did you mean %s?" (aircher-get result 'nearest))
                  ""))
       (run-hooks 'aircher-model-changed-hook)))))

;;;###autoload
(defun aircher-model (name &optional here)
  "Make the model NAME the default, for all clients and editors.
With a prefix argument, HERE, it answers in this Emacs only; an empty name there
goes back to the default.  If its provider is not signed in, you can do that
first."
  (interactive (list (aircher-read-model (if current-prefix-arg
                                             "Model of this Emacs"
                                           "Default model"))
                     current-prefix-arg))
  (let* ((row (aircher-model--find name))
         (use (if here #'aircher-model--use-here #'aircher-model--use)))
    (cond ((and row (memq (aircher-model-row-mark row) '(not-configured rejected)))
           (aircher-sign-in (aircher-model-row-provider row)
                            (lambda (is-signed-in)
                              (when is-signed-in
                                (funcall use name)))))
          ((and (string-empty-p name) (not here))
           (user-error "No model was named"))
          (t (funcall use name)))))

(provide 'aircher-model)

;;; aircher-model.el ends here
