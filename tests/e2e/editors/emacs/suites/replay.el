;;; replay.el --- Replays the transcripts and cases of tests/protocol  -*- lexical-binding: t; -*-

;;; Commentary:

;; A script: its argument is a folder as the player of transcripts makes it, or, after "cases", as
;; `helpers.protocol.cases' does.  A line of JSON for each: {"name", "difference"}.

;;; Code:

(require 'aircher-connection)

(defconst replay--patience 5
  "Seconds that an expectation waits.")

(defvar replay--calls nil
  "Requests by their names in the transcript: their handles, and (FAILURE RESULT) when done.")

(defvar replay--notifications nil
  "The notifications that came and were not looked at, as (METHOD PARAMS), the oldest first.")

(defun replay--read (file)
  "Return the JSON in FILE."
  (with-temp-buffer
    (insert-file-contents file)
    ;; `json-parse-buffer' cannot read integers of 64 bits.
    (let ((json-null :null) (json-false :false))
      (json-read))))

(defun replay--bound (value)
  "Return VALUE with the ids of requests for their names."
  (cond ((and (stringp value) (string-prefix-p "#" value))
         (let ((call (cadr (assoc (substring value 1) replay--calls))))
           (if call (aircher-call-id call) value)))
        ((vectorp value) (vconcat (mapcar #'replay--bound value)))
        ((consp value) (mapcar (lambda (pair) (cons (car pair) (replay--bound (cdr pair)))) value))
        (t value)))

(defun replay--is-like (expected got)
  "Return whether EXPECTED describes GOT by the rules of tests/protocol/README.md."
  (cond ((equal expected "$any") t)
        ((memq expected '(nil [] :null)) (member got '(nil [] :null)))
        ((equal expected []) (member got '(nil [] :null)))
        ((numberp expected) (and (numberp got) (= expected got)))
        ((vectorp expected)
         (and (vectorp got) (= (length expected) (length got))
              (cl-every #'replay--is-like expected got)))
        ((consp expected)
         (and (listp got)
              (cl-every (lambda (pair) (replay--is-like (cdr pair) (alist-get (car pair) got)))
                        expected)))
        ((stringp expected) (and (stringp got) (string= expected got)))
        (t (eq expected got))))

(defun replay--difference (expected got)
  "Return nil if GOT is as EXPECTED, else what is different."
  (unless (replay--is-like (replay--bound expected) got)
    (format "expected %S, got %S" (replay--bound expected) got)))

(defun replay--wait (is-so)
  "Let Emacs run until IS-SO returns non-nil, and return that; nil after a time."
  (let ((deadline (+ (float-time) replay--patience)) found)
    (while (and (not (setq found (funcall is-so))) (< (float-time) deadline))
      (accept-process-output nil 0.01))
    found))

(defun replay--connect ()
  "Open the connection."
  (aircher-connection--connect)
  (unless (replay--wait #'aircher-connection-is-open)
    "it does not connect"))

(defun replay--step (step)
  "Do the client's part of STEP; return what is different, or nil."
  (pcase (caar step)
    ('connect (replay--connect))
    ('close (aircher-connection-close) nil)
    ('request
     (let ((entry (list (alist-get 'as step) nil nil)))
       (setf (nth 1 entry)
             (aircher-request (alist-get 'request step) (replay--bound (alist-get 'params step))
                              (lambda (failure result)
                                (setf (nth 2 entry) (list failure result)))))
       (push entry replay--calls)
       nil))
    ('notify
     (or (and (not (aircher-connection-is-open)) (replay--connect))
         (aircher-notify (alist-get 'notify step) (replay--bound (alist-get 'params step)))
         nil))
    ('result (replay--check-answer (alist-get 'result step) (alist-get 'value step) nil))
    ('error (replay--check-answer (alist-get 'error step) (alist-get 'value step) t))
    ('notification (replay--check-notification (alist-get 'notification step)
                                               (alist-get 'params step)))
    ('hello
     (replay--difference (alist-get 'hello step) (replay--wait #'aircher-connection-server)))
    ('closed
     (cond ((not (replay--wait (lambda () (not (aircher-connection-is-open)))))
            "the connection is still open")
           ((alist-get 'code step)
            (replay--check-notification "error" `((code . ,(alist-get 'code step)))))))))

(defun replay--check-answer (name expected is-failure)
  "Return what is different between the answer to the request NAME and EXPECTED.
IS-FAILURE says whether it has to be a failure."
  (let* ((entry (assoc name replay--calls))
         (answer (replay--wait (lambda () (nth 2 entry)))))
    (cond ((null answer) (format "no answer to %s" name))
          ((not (eq is-failure (and (car answer) t))) (format "the other kind: %S" answer))
          (t (replay--difference expected (if is-failure (car answer) (cadr answer)))))))

(defun replay--check-notification (method expected)
  "Return what is different between the next notification METHOD and EXPECTED."
  (let ((found (replay--wait (lambda () (assoc method replay--notifications)))))
    (setq replay--notifications (delq found replay--notifications))
    (if found
        (replay--difference expected (cadr found))
      (format "no %s came" method))))

(defun replay--run (transcript)
  "Do the client's part of TRANSCRIPT; return the first difference, or nil."
  (setq replay--calls nil
        replay--notifications nil)
  (let ((number 0) found)
    (seq-doseq (step (alist-get 'steps transcript))
      (cl-incf number)
      (unless (or found (string-prefix-p "daemon_" (symbol-name (caar step))))
        (when-let ((difference (replay--step step)))
          (setq found (format "step %d, %s: %s" number (caar step) difference)))))
    (aircher-connection-close)
    found))

(defun replay-transcripts (folder)
  "Replay the transcripts in FOLDER."
  (add-hook 'aircher-notification-functions
            (lambda (method params)
              (setq replay--notifications
                    (append replay--notifications (list (list method params))))))
  (dolist (file (directory-files folder t "\\.json\\'"))
    (setenv "AIRCHER_SOCKET" (concat (file-name-sans-extension file) ".sock"))
    (aircher-test-emit :name (file-name-base file) :difference (replay--run (replay--read file)))))

(defun replay-cases (folder)
  "Judge the addresses and directories in FOLDER."
  (seq-doseq (case (replay--read (expand-file-name "addresses.json" folder)))
    (let-alist case
      (let ((found (aircher-address-find-socket
                    (mapcar (lambda (pair) (format "%s=%s" (car pair) (cdr pair))) .environ)
                    .uid .hostname
                    (lambda (directory _) (seq-contains-p .private directory)))))
        (aircher-test-emit :name .about
                           :difference (unless (equal .socket found)
                                         (format "expected %s, got %s" .socket found))))))
  (seq-doseq (case (replay--read (expand-file-name "directories.json" folder)))
    (let-alist case
      (let ((found (format "%s" (or (aircher-address-check-directory .directory) "ok"))))
        (aircher-test-emit :name .about
                           :difference (unless (string-search .result found)
                                         (format "expected %s, got %s" .result found)))))))

(if (equal (car command-line-args-left) "cases")
    (replay-cases (cadr command-line-args-left))
  (replay-transcripts (car command-line-args-left)))
(setq command-line-args-left nil)

;;; replay.el ends here
