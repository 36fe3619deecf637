;;; connection.el --- A real Emacs talks to a real daemon  -*- lexical-binding: t; -*-

;;; Code:

(require 'aircher-connection)
(require 'aircher-sign-in)

(defun connection--ask (prompt &optional model)
  "Return a chat request with PROMPT for MODEL."
  `((model . ,(or model "work/m")) (messages . [((role . "user") (content . ,prompt))])))

(defun connection--chat (params &optional on-delta)
  "Chat with PARAMS and ON-DELTA; return (FAILURE RESULT)."
  (aircher-test-call
   (lambda (done) (aircher-chat-start params :on-delta (or on-delta #'ignore) :on-done done))))

(defun connection--request (method &optional params)
  "Request METHOD with PARAMS; return (FAILURE RESULT)."
  (aircher-test-call (lambda (done) (aircher-request method params done))))

(ert-deftest a1-nothing-is-connected-before-the-first-request ()
  (should-not (aircher-connection-is-open)))

(ert-deftest a2-a-chat-streams-its-deltas-and-then-ends ()
  (let (texts)
    (pcase-let ((`(,failure ,result)
                 (connection--chat
                  (connection--ask "streamed to an editor")
                  (lambda (delta)
                    (when (equal (aircher-get delta 'type) "text")
                      (push (aircher-get delta 'text) texts))))))
      (should-not failure)
      (should (equal (string-join (nreverse texts)) "streamed to an editor"))
      (should (equal (aircher-get (aref (aircher-get result 'message 'content) 0) 'text)
                     "streamed to an editor"))
      (should (equal (aircher-get (aircher-connection-server) 'server 'name) "aircherd")))))

(ert-deftest a2b-nothing-is-read-while-much-waits-and-all-of-it-arrives ()
  (aircher-test-please "stream at once")
  ;; As an older daemon sends it, or one piece for each word would be joined.
  (connection--request "hello" '((pace_ms . 0)))
  (let* ((aircher-connection--turn-seconds 0.0001)
         (aircher-connection--max-backlog 0)
         (prompt (mapconcat #'number-to-string (number-sequence 1 200) " "))
         (texts nil)
         (was-stopped nil)
         (look (lambda (link)
                 (when (eq t (process-filter (aircher-connection--link-process link)))
                   (setq was-stopped t)))))
    (advice-add 'aircher-connection--read-later :after look)
    (should-not (car (connection--chat (connection--ask prompt)
                                       (lambda (delta)
                                         (when (equal (aircher-get delta 'type) "text")
                                           (push (aircher-get delta 'text) texts))))))
    (advice-remove 'aircher-connection--read-later look)
    (should was-stopped)
    (should (equal prompt (string-join (nreverse texts)))))
  (connection--request "hello" '((pace_ms . 25)))
  (aircher-test-please "stream slowly"))

(ert-deftest a3-cancelling-a-chat-closes-the-upstream ()
  (let (handle)
    (should (equal "cancelled"
                   (aircher-get
                    (car (aircher-test-call
                          (lambda (done)
                            (setq handle
                                  (aircher-chat-start
                                   (connection--ask (apply #'concat (make-list 5000 "again ")))
                                   :on-delta (lambda (delta)
                                               (when (equal (aircher-get delta 'type) "text")
                                                 (aircher-cancel handle)))
                                   :on-done done)))))
                    'code)))
    (should (eq t (aircher-test-please "the last upstream was closed")))))

(ert-deftest a4-an-error-is-the-daemons-own ()
  (pcase-let ((`(,failure ,result) (connection--request "ping" '((nonsense . 1)))))
    (should-not result)
    (should (equal "bad_request" (aircher-get failure 'code)))))

(ert-deftest a5-an-unknown-method-says-what-to-update ()
  (let ((failure (car (connection--request "future.method"))))
    (should (equal "unknown_method" (aircher-get failure 'code)))
    (should (string-match-p "aircherd [0-9.]+ is older.*daemon restart" (aircher-explain failure)))))

(ert-deftest a6-a-prompt-of-5-MB-and-bytes-that-are-no-text-arrive ()
  (let ((prompt (concat "bytes \377 " (make-string 5000000 ?x))))
    (pcase-let ((`(,failure ,result) (connection--chat (connection--ask prompt))))
      (should-not failure)
      (let ((text (aircher-get (aref (aircher-get result 'message 'content) 0) 'text)))
        (should (= (length text) (length prompt)))
        (should (string-prefix-p "bytes \ufffd " text))))))

(ert-deftest a6b-a-daemon-that-does-not-read-keeps-nothing-waiting ()
  (aircher-test-please "freeze the daemon")
  (let ((prompt (make-string 1000000 ?y)) answers)
    (dotimes (number 2)
      (aircher-chat-start (connection--ask (format "%d%s" number prompt)) :on-delta #'ignore
                          :on-done (lambda (failure _) (push (cons number failure) answers))))
    (aircher-test-wait "writing is stuck"
                       (lambda ()
                         (aircher-connection--link-is-stuck aircher-connection--link)))
    (should-not answers)
    ;; It is reached: nothing waits.
    (aircher-test-please "let the daemon go on")
    (aircher-test-wait "both are answered" (lambda () (cdr answers)))
    (should (equal '((0) (1)) (sort answers (lambda (one other) (< (car one) (car other))))))))

(ert-deftest a6c-a-daemon-that-does-not-answer-is-said-to-hang ()
  (aircher-connection-close)
  (aircher-test-please "freeze the daemon")
  (let ((aircher-connection--hello-seconds 0.1))
    (should (string-match-p "does not answer: it hangs or is stopped"
                            (aircher-get (car (connection--request "ping")) 'message))))
  (aircher-test-please "let the daemon go on")
  (should (equal '(nil nil) (connection--request "ping"))))

(ert-deftest a7-an-error-in-a-callback-ends-nothing ()
  (let (debug-on-error)  ; ERT sets it
    (aircher-request "ping" nil (lambda (&rest _) (error "Mine")))
    (should (equal '(nil nil) (connection--request "ping")))))

(ert-deftest b1-events-arrive-and-a-topic-of-a-newer-daemon-is-left-out ()
  (let* (heard
         (subscription (aircher-subscribe '("auth" "of-the-future")
                                          (lambda (kind topic value)
                                            (push (list kind topic value) heard)))))
    (aircher-test-wait "there is a snapshot" (lambda () (assq 'snapshot heard)))
    (should (< 1 (length (nth 2 (assq 'snapshot heard)))))
    (aircher-test-please "sign in")
    (let ((event (nth 2 (aircher-test-wait "there is an event"
                                           (lambda () (assq 'event heard))))))
      (should (equal '("auth" "spare" "authenticated")
                     (list (aircher-get event 'topic) (aircher-get event 'provider)
                           (aircher-get event 'state)))))
    (aircher-unsubscribe subscription)))

(ert-deftest b2-a-killed-daemon-ends-what-is-under-way-and-is-followed-again ()
  (let* (heard failure
         (subscription (aircher-subscribe '("config")
                                          (lambda (kind &rest _) (push kind heard)))))
    (aircher-test-wait "there is a snapshot" (lambda () (memq 'snapshot heard)))
    (aircher-chat-start (connection--ask (apply #'concat (make-list 5000 "again ")))
                        :on-delta #'ignore :on-done (lambda (why _) (setq failure why)))
    (aircher-test-please "kill the daemon")
    (aircher-test-wait "the chat has failed" (lambda () failure))
    (should (equal "connection_lost" (aircher-get failure 'code)))
    (should (string-match-p "aircherd closed the connection" (aircher-get failure 'message)))
    (should (eq 'lost (car heard)))
    ;; AIRCHER_AUTOSTART is off in this test.
    (should (string-match-p "AIRCHER_AUTOSTART is off"
                            (aircher-get (car (connection--request "ping")) 'message)))
    (aircher-test-please "start the daemon")
    (aircher-test-wait "there is a snapshot again" (lambda () (eq 'snapshot (car heard))))
    (aircher-unsubscribe subscription)
    (should (equal '(nil nil) (connection--request "ping")))))

(ert-deftest b3-requests-belong-to-the-project-of-their-buffer ()
  (let ((default-directory (file-name-directory (directory-file-name default-directory))))
    (connection--chat (connection--ask "from the project")))
  (let ((default-directory "/"))
    (connection--chat (connection--ask "from nowhere")))
  (let* ((report (cadr (connection--request "usage.report" '((by . ["client" "project"])))))
         (rows (aircher-list (aircher-get report 'rows))))
    (should (seq-every-p (lambda (row) (equal "emacs" (aircher-get row 'client))) rows))
    (should (equal (sort (mapcar (lambda (row) (or (aircher-get row 'project) "")) rows)
                         #'string<)
                   (list "" (directory-file-name
                             (expand-file-name ".." default-directory)))))))

(ert-deftest b4-a-closed-connection-is-opened-by-the-next-request ()
  (aircher-connection-close)
  (should-not (aircher-connection-is-open))
  (should (equal '(nil nil) (connection--request "ping"))))

(ert-deftest b5-a-buffer-of-a-remote-file-connects-here-and-says-nothing-of-its-place ()
  (aircher-connection-close)
  (let ((default-directory "/ssh:no-such-host.invalid:/tmp/")
        (tramp-mode t))
    (cl-letf (((symbol-function 'start-file-process) (lambda (&rest _) (error "Remote"))))
      (should-not (aircher-connection-context))
      (should (equal '(nil nil) (connection--request "ping"))))))

;;; connection.el ends here
