;;; state.el --- Models, the mode line and the status in a real Emacs  -*- lexical-binding: t; -*-

;;; Code:

(require 'aircher-model)
(require 'aircher-mode-line)
(require 'aircher-status)

(defun state--ask (model)
  "Ask MODEL; return (FAILURE RESULT)."
  (aircher-test-call
   (lambda (done)
     (aircher-chat-start `((model . ,model) (messages . [((role . "user") (content . "hello"))]))
                         :on-done done))))

(defun state--default ()
  "Return the default model."
  (aircher-get (cadr (aircher-test-call (lambda (done) (aircher-request "models.list" nil done))))
               'default))

(defun state--shown (name)
  "Return the row with NAME as it is shown, without spaces between columns."
  (pcase-let ((`((,_ ,prefix ,suffix)) (aircher-model--affixate (list name))))
    (replace-regexp-in-string " +" " " (substring-no-properties (concat prefix name suffix)))))

(defmacro state--with-choice (function &rest body)
  "Run BODY where FUNCTION, of a completion table, stands for the user."
  (declare (indent 1))
  `(cl-letf (((symbol-function 'completing-read)
              (lambda (_prompt table &rest _) (funcall ,function table))))
     ,@body))

(ert-deftest a1-figures-are-as-in-the-terminal ()
  (should (equal '("?" "512" "8.2k" "32k" "200k" "1M" "1.05M")
                 (mapcar #'aircher-model-tokens '(nil 512 8192 32000 200000 1000000 1048576))))
  (should (equal '("?" "free" "$3/$15" "$0.30/$2.50+" "$0.075/?")
                 (mapcar #'aircher-model-price
                         '(nil ((input . "0") (output . "0.00")) ((input . "3") (output . "15.0"))
                               ((input . "0.3") (output . "2.5") (tiers . [((above . 1))]))
                               ((input . "0.075")))))))

(ert-deftest a2-states-have-a-mark-and-a-word ()
  (should (equal '(ready cooling unknown stopped not-configured)
                 (mapcar #'aircher-mark-of
                         '(((state . "authenticated") (health . "ok"))
                           ((state . "authenticated") (health . "cooling"))
                           ((state . "of the future"))
                           ((state . "not_required") (absent . t))
                           ((state . "not_configured")))))))

(ert-deftest a3-a-row-is-found-by-its-name-as-the-rows-are-now ()
  (cl-flet ((rows (mark) (list (make-aircher-model-row :name "a" :mark mark)
                               (make-aircher-model-row :name "b" :mark 'local)
                               (make-aircher-model-row :name "a" :mark 'unknown))))
    (dolist (mark '(ready cooling))
      (let ((aircher-model--rows (rows mark)))
        (should (eq mark (aircher-model-row-mark (aircher-model--find "a"))))
        (should-not (aircher-model--find "c")))))
  (let ((aircher-model--rows nil))
    (should-not (aircher-model--find "a"))))

(ert-deftest b1-aliases-and-what-can-answer-are-first ()
  (let (names)
    (state--with-choice
        (lambda (table)
          (setq names (all-completions "" table))
          (should (eq 'identity (completion-metadata-get
                                 (completion-metadata "" table nil) 'display-sort-function)))
          "chain")
      (should (equal "chain" (aircher-read-model "Model: "))))
    (should (equal "chain" (car names)))
    (should (member "work/gpt-5.5" names))
    (should-not (member "spare/claude-sonnet-5" names))
    (should (equal aircher-model--all (car (last names))))
    (should (equal "✓ work/gpt-5.5 work ? ? ready, the default" (state--shown "work/gpt-5.5")))
    (should (equal "Aliases" (aircher-model--group "chain" nil)))
    (should (equal "work" (aircher-model--group "work/gpt-5.5" nil)))))

(ert-deftest b2-all-models-are-one-row-away ()
  (state--with-choice
      (lambda (table)
        (if (member aircher-model--all (all-completions "" table))
            aircher-model--all
          "anthropic/claude-sonnet-4-5"))
    (should (equal "anthropic/claude-sonnet-4-5" (aircher-read-model "Model: "))))
  (should (string-match-p
           "\\`○ \\S-+ anthropic [0-9.]+[kM] \\$[0-9.]+/\\$[0-9.]+\\+? not signed in\\'"
           (state--shown "anthropic/claude-sonnet-4-5")))
  (should (equal "Cannot answer now" (aircher-model--group "anthropic/claude-sonnet-4-5" nil))))

(ert-deftest b3-a-model-for-this-emacs-only-leaves-the-default ()
  (aircher-model "chain" t)
  (should (equal '("chain" "work/gpt-5.5") (list aircher-model (state--default))))
  (aircher-model "" t)
  (should-not aircher-model))

(ert-deftest b4-choosing-sets-the-default-of-all-clients ()
  (let ((has-run nil))
    (add-hook 'aircher-model-changed-hook (lambda () (setq has-run t)))
    (aircher-model "chain")
    (aircher-test-wait "the model was chosen" (lambda () has-run)))
  (should (equal "chain" (state--default))))

(ert-deftest c1-the-mode-line-shows-model-state-and-spend ()
  (aircher-mode-line-mode 1)
  (should (memq 'aircher-mode-line--text global-mode-string))
  (aircher-test-wait "it shows the model"
                     (lambda () (string-prefix-p " ✓ chain → work/gpt-5.5"
                                                 aircher-mode-line--text)))
  (should-not (car (state--ask "work/gpt-5.5")))
  (aircher-test-wait "it shows the cost" (lambda () (string-match-p "\\$" aircher-mode-line--text))))

(ert-deftest c2-the-status-is-readable-and-follows-what-changes ()
  (aircher-status)
  (with-current-buffer "*aircher status*"
    (cl-flet ((has (text) (save-excursion (goto-char (point-min)) (re-search-forward text nil t))))
      (aircher-test-wait "it is shown" (lambda () (has "^Providers")))
      (should (has "^default model chain"))
      (should (has "✓ work +ready"))
      (should (has "○ spare +not signed in"))
      (should (has "^Emacs cannot ask the system which user"))
      (aircher-test-please "sign in")
      (aircher-test-wait "it follows" (lambda () (has "✓ spare +ready")))))
  (kill-buffer "*aircher status*"))

(ert-deftest c3-a-list-that-is-shown-follows-what-changes ()
  (aircher-test-please "sign out")
  (state--with-choice
      (lambda (table)
        (aircher-test-wait "the model cannot be used"
                           (lambda () (not (member "spare/claude-sonnet-5"
                                                   (all-completions "" table)))))
        (aircher-test-please "sign in")
        (aircher-test-wait "the model can be used"
                           (lambda () (member "spare/claude-sonnet-5"
                                              (all-completions "" table))))
        "chain")
    (aircher-read-model "Model: ")))

(ert-deftest c4-a-killed-daemon-is-shown-and-its-return-too ()
  (aircher-test-please "kill the daemon")
  (aircher-test-wait "it is seen"
                     (lambda () (equal " · aircher not running" aircher-mode-line--text)))
  (aircher-test-please "start the daemon")
  (aircher-test-wait "it is back"
                     (lambda () (string-prefix-p " ✓ chain → work/" aircher-mode-line--text)))
  (aircher-mode-line-mode -1)
  (should-not (memq 'aircher-mode-line--text global-mode-string))
  (should-not aircher-connection--subscriptions))

(ert-deftest c5-the-mode-line-says-what-is-not-allowed ()
  (aircher-test-please "allow only to chat")
  (aircher-mode-line-mode 1)
  (aircher-test-wait "it is seen"
                     (lambda () (equal " · aircher: not allowed" aircher-mode-line--text)))
  (aircher-mode-line-mode -1))

;;; state.el ends here
