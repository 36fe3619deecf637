;;; bad-input.el --- Text, daemons and sockets as they should not be  -*- lexical-binding: t; -*-

;;; Code:

(require 'aircher-ask)
(require 'aircher-chat)

(setq aircher-model "work/m")

(defun bad--ended ()
  "Wait until no answer is in progress and all text is inserted."
  (aircher-test-wait
   "the answers have ended"
   (lambda ()
     (and (null aircher-answer--current)
          (not (seq-some (lambda (buffer) (buffer-local-value 'aircher-stream--streams buffer))
                         (buffer-list)))))))

(defun bad--ask-about-buffer (question)
  "Ask QUESTION about this buffer, and return the answer."
  (aircher-ask question (buffer-substring-no-properties (point-min) (point-max)) 'window)
  (bad--ended)
  (with-current-buffer "*aircher*" (aircher-ask--answer-text)))

(defun bad--chat (question)
  "Send QUESTION in a new chat."
  (aircher-chat)
  (insert question)
  (aircher-chat-send))

(ert-deftest a1-text-that-is-no-utf-8-is-sent-and-answered ()
  (with-temp-buffer
    (insert "caf" (unibyte-char-to-multibyte #xe9) " \0 \e end")
    (should (equal "caf\ufffd \0 \e end"
                   (nth 1 (split-string (bad--ask-about-buffer "Read") "\n?```\n?"))))))

(ert-deftest a2-a-buffer-of-5-mb-in-one-line-is-sent-and-answered ()
  (aircher-test-please "behave" '((text . "read it")))
  (with-temp-buffer
    (insert (make-string (* 5 1000 1000) ?x))
    (should (equal "read it" (bad--ask-about-buffer "Read"))))
  (should (< (* 5 1000 1000) (aircher-test-please "the size of the last request"))))

(ert-deftest a3-a-line-of-1-mb-arrives-in-bounded-turns ()
  (aircher-test-please "behave" `((text . ,(make-string 1000000 ?y))))
  (let ((longest 0))
    (cl-letf* ((insert-turn (symbol-function 'aircher-stream--insert-turn))
               ((symbol-function 'aircher-stream--insert-turn)
                (lambda (stream)
                  (let ((before (buffer-size (aircher-stream-buffer stream))))
                    (funcall insert-turn stream)
                    (setq longest (max longest (- (buffer-size (aircher-stream-buffer stream))
                                                  before)))))))
      (bad--chat "go")
      (bad--ended))
    (should (<= 1 longest aircher-stream-turn))
    (should truncate-lines)
    (should (equal '(2 1000000)
                   (let ((messages (aircher-chat-file-messages)))
                     (list (length messages) (length (alist-get 'content (cadr messages)))))))
    (aircher-test-please "behave" '((text . nil)))
    (kill-buffer)))

(ert-deftest a4-a-reply-that-never-ends-is-stopped ()
  (let ((aircher-max-reply-bytes 3000))
    (bad--chat "count 99000")
    (bad--ended))
  (should (= 3000 (length (alist-get 'content (cadr (aircher-chat-file-messages))))))
  (should (string-match-p "^<!-- aircher: stopped: the answer is longer than 3000 bytes"
                          (buffer-string)))
  (should (eq t (aircher-test-please "the last upstream was closed")))
  (kill-buffer))

(ert-deftest a5-a-daemon-that-ends-in-mid-answer-costs-only-the-rest ()
  (bad--chat "count 99000")
  (let ((chat (current-buffer)))
    (aircher-test-wait "text arrives" (lambda () (> (buffer-size) 300)))
    (aircher-test-please "kill the daemon")
    (bad--ended)
    (should (string-prefix-p "1 2 3" (alist-get 'content (cadr (aircher-chat-file-messages)))))
    (should (string-match-p "^<!-- aircher: .*aircherd.*: the answer is not complete -->$"
                            (buffer-string)))
    (aircher-test-please "start the daemon")
    (set-buffer chat)
    (goto-char (point-max))
    (insert "and now?")
    (aircher-chat-send)
    (bad--ended)
    (should (equal "and now?" (alist-get 'content (car (last (aircher-chat-file-messages))))))
    (kill-buffer)))

(ert-deftest a6-a-socket-that-others-can-reach-gets-nothing ()
  (aircher-connection-close)
  (let* ((folder (make-temp-file "air" t))
         (process-environment
          (cons (concat "AIRCHER_SOCKET=" (expand-file-name "s" folder)) process-environment))
         (server (make-network-process :name "other" :server t :family 'local :noquery t
                                       :service (expand-file-name "s" folder)
                                       :filter (lambda (_ bytes) (error "It got %s" bytes)))))
    (set-file-modes folder #o777)
    (bad--chat "a secret")
    (bad--ended)
    (delete-process server)
    (delete-directory folder t)
    ;; The question is kept, and the reason is below it.
    (should (equal '(((role . "user") (content . "a secret"))) (aircher-chat-file-messages)))
    (should (string-match-p "^<!-- aircher: .*open to other users" (buffer-string)))
    (kill-buffer)))

(ert-deftest a7-deltas-in-any-pieces-make-the-same-text ()
  ;; Every letter is a delta, and the bytes of several are in one read.
  (let ((text (mapconcat #'identity (make-list 3000 "ä 🙂 x") "\n")))
    (aircher-test-please "behave" `((text . ,text) (delay . 0.0) (events_per_write . 7)))
    (bad--chat "go")
    (bad--ended)
    (should (equal text (alist-get 'content (cadr (aircher-chat-file-messages)))))
    (kill-buffer)))

(provide 'bad-input)

;;; bad-input.el ends here
