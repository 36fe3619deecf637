;;; life.el --- Emacs without a daemon, and how it starts one  -*- lexical-binding: t; -*-

;;; Code:

(require 'aircher)
(require 'aircher-answer)

(defun life--ping ()
  "Return the message of the failure of a ping, nil if there is none."
  (aircher-get (car (aircher-test-call (lambda (done) (aircher-request "ping" nil done))))
               'message))

(ert-deftest a1-without-aircher-a-sentence-says-how-to-install-it ()
  (let ((aircher-daemon-command '("no-such-aircher" "daemon" "start")))
    (should (string-match-p "no-such-aircher was not found: install it with 'pipx install"
                            (life--ping)))))

(ert-deftest a2-the-option-keeps-emacs-from-starting-a-daemon ()
  (let ((aircher-autostart nil))
    (should (string-match-p "not running.*`aircher-autostart' is off.*aircher-cli daemon start"
                            (life--ping)))))

(ert-deftest a3-what-a-start-that-failed-has-printed-is-shown ()
  (let ((aircher-daemon-command '("sh" "-c" "echo the disk is full >&2; exit 3")))
    (should (equal "the disk is full" (life--ping)))))

(ert-deftest a4-a-socket-of-another-user-gets-nothing ()
  (when-let ((socket (aircher-test-please "a foreign socket")))
    (let ((process-environment (cons (concat "AIRCHER_SOCKET=" socket) process-environment)))
      (should (string-match-p "belongs to another user (uid 12345): nothing was sent"
                              (life--ping))))))

(ert-deftest a4b-only-a-group-without-others-may-write-above-the-socket ()
  (let ((file (make-temp-file "groups" nil nil "daemon:x:1:
root:x:0:
root:x:7:ann
root:x:8:root
")))
    (should (equal '(t nil nil t nil)
                   (mapcar (lambda (gid) (and (aircher-address--is-own-group gid 0 file) t))
                           '(0 1 7 8 9))))
    (should-not (aircher-address--is-own-group 0 0 (concat file ".absent")))
    (delete-file file)))

(ert-deftest a5-a-request-that-waits-can-be-cancelled ()
  (let ((aircher-daemon-command '("sleep" "1000")) failure)
    (let ((handle (aircher-request "ping" nil (lambda (why _) (setq failure why)))))
      (aircher-cancel handle)
      (should (equal "cancelled" (aircher-get failure 'code))))
    (kill-process aircher-connection--starter)
    (aircher-test-wait "the start has ended" (lambda () (not aircher-connection--starter)))))

(ert-deftest a6-an-answer-that-waits-is-stopped-in-the-words-of-any-other ()
  (let* ((aircher-daemon-command '("sleep" "1000"))
         ends
         (answer (aircher-answer-start '((messages . []))
                                       :on-end (lambda (&rest end) (push end ends)))))
    (aircher-answer-stop answer)
    (should (equal '((stopped "stopped")) ends))
    (kill-process aircher-connection--starter)
    (aircher-test-wait "the start has ended" (lambda () (not aircher-connection--starter)))))

(ert-deftest b1-a-follower-starts-no-daemon ()
  (aircher-mode-line-mode 1)
  (should (equal " · aircher not running" aircher-mode-line--text))
  (should-not aircher-connection--starter))

(ert-deftest b2-the-first-request-starts-the-daemon-and-others-wait-for-it ()
  (setq aircher-daemon-command (list (getenv "TEST_PYTHON") "-m" "aircher_cli" "daemon" "start"))
  (let (answers)
    (dotimes (number 3)
      (aircher-request "ping" nil (lambda (failure _) (push (or failure number) answers))))
    (aircher-test-wait "there are three answers" (lambda () (nth 2 answers)))
    (should (equal '(0 1 2) (sort answers #'<)))))

(ert-deftest b3-the-mode-line-has-seen-it ()
  (aircher-test-wait "it is shown"
                     (lambda () (string-match-p "work/gpt-5.5" aircher-mode-line--text)))
  (aircher-mode-line-mode -1))

(ert-deftest b4-a-chat-is-answered ()
  (should-not
   (car (aircher-test-call
         (lambda (done)
           (aircher-chat-start '((messages . [((role . "user") (content . "hello"))]))
                               :on-done done))))))

;;; life.el ends here
