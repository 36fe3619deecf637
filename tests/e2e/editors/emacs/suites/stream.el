;;; stream.el --- Starts a daemon if there is none, and streams an answer  -*- lexical-binding: t; -*-

;;; Commentary:

;; A script.  It prints the process of the daemon, and "text" when the answer begins.

;;; Code:

(require 'aircher-connection)

(setq aircher-daemon-command (list (getenv "TEST_PYTHON") "-m" "aircher_cli" "daemon" "start"))

(pcase-let ((`(,failure ,status)
             (aircher-test-call (lambda (done) (aircher-request "status" nil done)))))
  (aircher-test-emit :pid (aircher-get status 'pid) :failure failure))

(let (has-ended has-begun)
  (aircher-chat-start
   `((messages . [((role . "user") (content . ,(apply #'concat (make-list 600 "again "))))]))
   :on-delta (lambda (delta)
               (when (and (equal "text" (aircher-get delta 'type)) (not has-begun))
                 (setq has-begun t)
                 (aircher-test-emit :text t)))
   :on-done (lambda (failure _)
              (setq has-ended t)
              (aircher-test-emit :end (aircher-get failure 'code))))
  (aircher-test-wait "the answer has ended" (lambda () has-ended)))

;;; stream.el ends here
