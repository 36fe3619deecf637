;;; suite.el --- What suites for Emacs share  -*- lexical-binding: t; -*-

;;; Commentary:

;; Loaded by tests/helpers/editors/emacs.py before a suite or script.  Standard output has a JSON
;; object a line: {"case", "failure"} for each ERT test, {"please"} for what the test is asked for,
;; and those of `aircher-test-emit'.

;;; Code:

(require 'ert)
(require 'json)

(defconst aircher-test-patience 20
  "Seconds until a case fails that waits for something that should happen at once.")

(defvar aircher-test--pleas 0
  "How often `aircher-test-please' was called.")

(defun aircher-test-emit (&rest pairs)
  "Print PAIRS, a plist, as a line of JSON, at once."
  (send-string-to-terminal (concat (json-encode pairs) "\n")))

(defun aircher-test-wait (what is-so)
  "Let Emacs run until IS-SO returns non-nil, and return that.
Fail with WHAT, a text, after a time."
  (let ((deadline (+ (float-time) aircher-test-patience)) found)
    (while (not (setq found (funcall is-so)))
      (when (> (float-time) deadline)
        (error "Timed out waiting until %s" what))
      (accept-process-output nil 0.01))
    found))

(defun aircher-test-call (start)
  "Call START with a callback and wait; return (FAILURE RESULT)."
  (let (answer)
    (funcall start (lambda (failure result) (setq answer (list failure result))))
    (aircher-test-wait "there is an answer" (lambda () answer))))

(defun aircher-test-please (name &optional value)
  "Have the Python test do NAME with VALUE; return its answer."
  (let* ((number (cl-incf aircher-test--pleas))
         (file (expand-file-name (number-to-string number) (getenv "AIRCHER_ANSWERS"))))
    (aircher-test-emit :please name :value value :number number)
    (aircher-test-wait (format "the test did: %s" name) (lambda () (file-exists-p file)))
    (with-temp-buffer
      (insert-file-contents file)
      (json-parse-buffer :null-object nil :false-object nil))))

(defun aircher-test--failure (result)
  "Return why the ERT test with RESULT failed, nil if it passed."
  (cond ((ert-test-passed-p result) nil)
        ((ert-test-result-with-condition-p result)
         (format "%S\n%s" (ert-test-result-with-condition-condition result)
                 (with-current-buffer (messages-buffer) (buffer-string))))
        (t (format "%S" (type-of result)))))

(defun aircher-test-run ()
  "Run all ERT tests in their order, print their results, and end Emacs."
  (ert-run-tests
   t (lambda (event &rest arguments)
       (when (eq event 'test-ended)
         (pcase-let ((`(,_stats ,test ,result) arguments))
           (aircher-test-emit :case (symbol-name (ert-test-name test))
                              :failure (aircher-test--failure result))))))
  (kill-emacs 0))

(provide 'suite)

;;; suite.el ends here
