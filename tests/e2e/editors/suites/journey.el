;;; journey.el --- A new user's way through docs/editors/emacs.md  -*- lexical-binding: t; -*-

;;; Commentary:

;; By commands and keys alone, in one Emacs that has the package installed.

;;; Code:

(require 'cl-lib)

(defconst journey--old "def hello():\n    print(1)\n")
(defconst journey--new "def hello():\n    print(2)\n")

(defvar journey--asked nil
  "What was asked in the minibuffer, the latest first.")

(defmacro journey--typing (text provider &rest body)
  "Do BODY, typing TEXT where text is read, and the key of PROVIDER where it is.
In lists the first entry with PROVIDER in it is chosen, or the first one."
  (declare (indent 2))
  `(cl-letf (((symbol-function 'read-string)
              (lambda (prompt &rest _) (push prompt journey--asked) ,text))
             ((symbol-function 'read-passwd)
              (lambda (prompt &rest _)
                (push prompt journey--asked)
                (aircher-test-please "the key" ,provider)))
             ((symbol-function 'completing-read)
              (lambda (prompt table &rest _)
                (push prompt journey--asked)
                (let ((titles (all-completions "" table)))
                  (or (seq-find (lambda (title) (string-match-p (regexp-quote ,provider) title))
                                titles)
                      (car titles))))))
     ,@body))

(defun journey--wait (buffer regexp)
  "Wait until BUFFER has what REGEXP matches."
  (aircher-test-wait
   (format "%s has %s" buffer regexp)
   (lambda ()
     (and (get-buffer buffer)
          (with-current-buffer buffer
            (save-excursion (goto-char (point-min)) (re-search-forward regexp nil t)))))))

(defun journey--ask (question who &optional text)
  "Ask QUESTION about TEXT, and wait until WHO has answered; return the answer."
  (when (get-buffer "*aircher*") (kill-buffer "*aircher*"))
  (aircher-ask question text)
  (journey--wait "*aircher*" (concat "^" who ", "))
  (with-current-buffer "*aircher*" (buffer-string)))

(defun journey--press (key)
  "Do what KEY does in the current buffer."
  (call-interactively (key-binding (kbd key))))

(ert-deftest a1-the-first-question-starts-the-daemon-and-is-answered-after-signing-in ()
  (should-not (featurep 'aircher-connection))
  (journey--typing "Why is the sky blue?" "work"
    (call-interactively #'aircher-ask)
    (journey--wait "*aircher*" "^work/gpt-5\\.5, [0-9]+ tokens in"))
  (with-current-buffer "*aircher*"
    (should (string-match-p "Why is the sky blue\\?" (buffer-string))))
  (should (seq-some (lambda (prompt) (string-match-p "work" prompt)) journey--asked)))

(ert-deftest a2-a-question-about-a-selection-sends-it-alone ()
  (with-temp-buffer
    (emacs-lisp-mode)
    (insert "(before) (chosen)")
    (journey--ask "What is this?" "work/gpt-5\\.5" "(chosen)"))
  (let ((sent (format "%s" (aircher-test-please "what was sent"))))
    (should (string-match-p "(chosen)" sent))
    (should-not (string-match-p "(before)" sent))))

(ert-deftest b1-a-chat-goes-on-by-its-keys ()
  (aircher-chat)
  (insert "hello")
  (journey--press "C-c C-c")
  (journey--wait (buffer-name) "^hello\n\n<!-- aircher: work/gpt-5\\.5, .*-->\n\n## You\n\n\\'")
  (goto-char (point-max))
  (insert "and again")
  (journey--press "C-c C-c")
  (journey--wait (buffer-name) "^and again\n\n<!-- aircher: work/gpt-5\\.5, ")
  (set-buffer-modified-p nil)
  (should (equal '("hello" "hello" "and again")
                 (mapcar (lambda (message) (gethash "content" message))
                         (aircher-test-please "what was sent")))))

(ert-deftest b2-a-region-is-rewritten-and-one-undo-takes-it-back ()
  (aircher-test-please "answer" journey--new)
  (with-current-buffer (generate-new-buffer "source.py")
    (buffer-enable-undo)
    (insert journey--old)
    (undo-boundary)
    (aircher-rewrite (point-min) (point-max) "use two")
    (journey--wait "*aircher change*" "print(2)")
    (should (equal journey--old (buffer-string)))
    (with-current-buffer "*aircher change*" (journey--press "A"))
    (should (equal journey--new (buffer-string)))
    (undo)
    (should (equal journey--old (buffer-string))))
  (aircher-test-please "answer"))

(ert-deftest c1-a-second-provider-is-signed-in-to-and-a-chain-is-the-default-of-all ()
  (journey--typing "" "spare"
    (call-interactively #'aircher-login)
    (journey--wait "*Messages*" "aircher: .*spare"))
  (journey--typing "" "chain"
    (call-interactively #'aircher-model))
  (aircher-test-wait "it is the default"
                     (lambda () (equal "chain" (aircher-test-please "the default model")))))

(ert-deftest c2-the-next-provider-answers-while-the-first-limits-the-rate ()
  (aircher-test-please "limit the rate")
  (should (string-match-p "work is rate limited; spare answers"
                          (journey--ask "hello" "spare/claude-sonnet-5"))))

(ert-deftest c3-so-it-does-when-the-first-refuses-the-key ()
  (aircher-test-please "refuse the key")
  (should (string-match-p "work .*; spare answers"
                          (journey--ask "hello" "spare/claude-sonnet-5"))))

(ert-deftest d1-a-daemon-that-was-killed-is-started-again-by-the-next-question ()
  (aircher-test-please "kill the daemon")
  (aircher-test-wait "its end is seen" (lambda () (not (aircher-connection-is-open))))
  (should (string-match-p "are you there" (journey--ask "are you there" "spare/claude-sonnet-5"))))

(ert-deftest d2-after-a-restart-the-next-question-is-answered ()
  (aircher-test-please "restart the daemon")
  (aircher-test-wait "its end is seen" (lambda () (not (aircher-connection-is-open))))
  (should (string-match-p "and now" (journey--ask "and now" "spare/claude-sonnet-5"))))

(ert-deftest e1-no-key-is-left-in-emacs ()
  (dolist (buffer (buffer-list))
    (with-current-buffer buffer
      (should-not (string-match-p "canary" (buffer-string)))))
  (mapatoms (lambda (symbol)
              (when (boundp symbol)
                (should-not (and (stringp (symbol-value symbol))
                                 (string-match-p "canary" (symbol-value symbol))))))))

;;; journey.el ends here
