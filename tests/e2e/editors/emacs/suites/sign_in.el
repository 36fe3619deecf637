;;; sign_in.el --- Signing in from a real Emacs  -*- lexical-binding: t; -*-

;;; Code:

(require 'aircher-sign-in)

(defvar sign-in--asked nil
  "The prompts that were shown, the latest first.")

(defun sign-in--with-answers (choice keys run)
  "Call RUN with a callback, and return what it is called with.
CHOICE is a part of what is chosen in a list, and KEYS is what is typed for
hidden input."
  (setq sign-in--asked nil)
  (cl-letf (((symbol-function 'completing-read)
             (lambda (prompt table &rest _)
               (push prompt sign-in--asked)
               (let ((titles (all-completions "" table)))
                 (push titles sign-in--asked)
                 (or (seq-find (lambda (title) (string-match-p choice title)) titles)
                     (signal 'quit nil)))))
            ((symbol-function 'read-passwd)
             (lambda (prompt &rest _)
               (push prompt sign-in--asked)
               (copy-sequence (pop keys)))))
    (let (answer)
      (funcall run (lambda (&rest values) (setq answer (or values '(nothing)))))
      (aircher-test-wait "signing in has ended" (lambda () answer)))))

(defun sign-in--key (name)
  "Return the key NAME of the test."
  (getenv (concat "TEST_" name)))

(defun sign-in--ask (model)
  "Ask MODEL; return (FAILURE RESULT)."
  (aircher-test-call
   (lambda (done)
     (aircher-chat-start `((model . ,model) (messages . [((role . "user") (content . "hello"))]))
                         :on-done done))))

(defun sign-in--state (provider)
  "Return the state of PROVIDER."
  (let ((rows (aircher-get (cadr (aircher-test-call
                                  (lambda (done) (aircher-request "auth.status" nil done))))
                           'rows)))
    (aircher-get (seq-find (lambda (row) (equal provider (aircher-get row 'provider))) rows)
                 'state)))

(ert-deftest a1-a-failure-says-what-helps ()
  (let ((failure (car (sign-in--ask "spare/m"))))
    (should (equal "not_authenticated" (aircher-get failure 'code)))
    (should (string-match-p "M-x aircher-login stores a key for spare" (aircher-explain failure)))
    (let ((process-environment (cons "SPARE_KEY=canary-mine-0123456789-mine"
                                     process-environment)))
      (should (string-match-p "M-x aircher-login stores the key in SPARE_KEY"
                              (aircher-explain failure))))))

(ert-deftest a2-a-question-that-is-left-changes-nothing ()
  (let ((failure (car (sign-in--ask "spare/m"))) outcome)
    (sign-in--with-answers
     "leave it" nil
     (lambda (done)
       (should (aircher-offer-sign-in failure (lambda (_) (funcall done 'retry)) done))))
    (setq outcome (car sign-in--asked))
    ;; What helps can be chosen, so the prompt names no command of a terminal.
    (should (equal "no key for spare.  What now? (default sign in to spare): "
                   (cadr sign-in--asked)))
    (should (string-match-p "sign in to spare" (string-join outcome "|")))
    (should (string-match-p "ask work/[^|]+ instead" (string-join outcome "|")))
    (should (equal "not_configured" (sign-in--state "spare")))))

(ert-deftest a3-another-model-can-answer-instead ()
  (let ((failure (car (sign-in--ask "spare/m"))))
    (let ((answer (sign-in--with-answers
                   "ask work/.* instead" nil
                   (lambda (done) (aircher-offer-sign-in failure done)))))
      (should (string-prefix-p "work/" (aircher-get (car answer) 'model))))))

(ert-deftest a4-a-failure-of-another-kind-is-not-offered ()
  (should-not (aircher-offer-sign-in (car (sign-in--ask "absent/m")) #'ignore)))

(ert-deftest a5-those-who-type-are-asked-when-they-pause ()
  (let ((failure (car (sign-in--ask "spare/m")))
        (since (1- num-nonmacro-input-events)))
    (sign-in--with-answers
     "leave it" nil
     (lambda (done)
       (should (aircher-offer-sign-in failure #'ignore done since))
       (let ((timer (seq-find (lambda (each)
                                (eq #'aircher-sign-in--in-pause (timer--function each)))
                              timer-idle-list)))
         (aircher-test-call (lambda (called) (aircher-request "ping" nil called)))
         (should-not sign-in--asked)
         ;; A pause, which there is none of without a terminal.
         (cl-letf (((symbol-function 'current-idle-time) (lambda () (seconds-to-time 1))))
           (timer-event-handler timer)))))
    (should sign-in--asked)))

(ert-deftest a6-an-answer-that-was-stopped-meanwhile-needs-no-key ()
  (let ((failure (car (sign-in--ask "spare/m"))))
    (sign-in--with-answers
     "leave it" nil
     (lambda (done)
       (should (aircher-offer-sign-in failure #'ignore #'ignore nil
                                      (lambda () (funcall done 'stopped) nil)))))
    (should-not sign-in--asked)))

(ert-deftest b1-a-wrong-key-is-refused-in-plain-words-and-asked-for-again ()
  (let* ((failure (car (sign-in--ask "spare/m")))
         (answer (sign-in--with-answers
                  "sign in to spare\\|type the key again"
                  (list "canary-wrong-key-0123456789" (sign-in--key "SPARE"))
                  (lambda (done) (aircher-offer-sign-in failure done)))))
    (should (equal '(nil) answer))
    (should (= 2 (seq-count (lambda (each) (and (stringp each)
                                                (string-match-p "not shown" each)))
                            sign-in--asked)))
    (should (equal "authenticated" (sign-in--state "spare")))
    (should-not (car (sign-in--ask "spare/m")))))

(ert-deftest b2-a-rejected-replacement-keeps-the-old-key ()
  (should (equal '(nil)
                 (sign-in--with-answers
                  "\\`spare\\|leave it" (list "canary-wrong-key-0123456789")
                  (lambda (done) (aircher-sign-in nil done)))))
  (should (equal "authenticated" (sign-in--state "spare")))
  (with-current-buffer "*Messages*"
    (should (string-match-p "the old key is kept" (buffer-string)))))

(ert-deftest b2b-the-name-of-a-provider-is-what-is-typed ()
  (let ((titles (aircher-sign-in--titles
                 '(((provider . "work") (state . "authenticated") (health . "ok") (key . "default"))
                   ((provider . "work") (state . "rejected") (key . "other"))
                   ((provider . "third") (state . "not_configured"))))))
    (should (equal '("work" "work other" "third") titles))
    (should (equal '(("work" "✓ " " ready  default") ("third" "○ " " not signed in"))
                   (mapcar (lambda (shown) (mapcar #'substring-no-properties shown))
                           (aircher-sign-in--affixate '("work" "third") titles))))))

(ert-deftest b3-a-key-in-a-variable-of-emacs-is-stored ()
  (let ((process-environment (cons (concat "THIRD_KEY=" (sign-in--key "THIRD"))
                                   process-environment)))
    (should (equal '(t)
                   (sign-in--with-answers
                    "use the key in THIRD_KEY" nil
                    (lambda (done) (aircher-sign-in nil done)))))
    (should (equal "authenticated" (sign-in--state "third")))
    (should-not (aircher-unseen-variables
                 '("THIRD_KEY")
                 (append (aircher-get
                          (cadr (aircher-test-call
                                 (lambda (done) (aircher-request "auth.status" nil done))))
                          'rows)
                         nil)))))

(ert-deftest b4-no-key-is-anywhere-in-emacs ()
  (dolist (buffer (buffer-list))
    (with-current-buffer buffer
      (should-not (string-match-p "canary" (buffer-string)))))
  (should-not (string-match-p "canary" (format "%S" (list minibuffer-history kill-ring
                                                          sign-in--asked)))))

;;; sign_in.el ends here
