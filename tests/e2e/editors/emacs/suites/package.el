;;; package.el --- The package follows the conventions of Emacs  -*- lexical-binding: t; -*-

;;; Code:

(require 'checkdoc)
(require 'package)
(require 'wid-edit)

(defconst package--sources
  (directory-files (getenv "AIRCHER_SOURCES") t "\\`[^.].*\\.el\\'")
  "The source files.")

(defun package--effects ()
  "Return what loading could have changed, in few words."
  (list (process-list)
        (seq-remove (lambda (name) (string-prefix-p " " name))
                    (mapcar #'buffer-name (buffer-list)))
        timer-list global-mode-string
        (sxhash-equal (format "%S" (current-global-map)))
        post-command-hook pre-command-hook kill-buffer-hook kill-emacs-hook find-file-hook
        after-init-hook auto-mode-alist magic-mode-alist process-environment))

(defun package--forms (file)
  "Return the top-level forms of FILE, each with whether it has an autoload cookie."
  (with-temp-buffer
    (insert-file-contents file)
    (set-syntax-table emacs-lisp-mode-syntax-table)
    (let (forms)
      (condition-case nil
          (while t
            (forward-comment (buffer-size))
            (let ((has-cookie (save-excursion
                                (forward-line -1)
                                (looking-at "^;;;###autoload"))))
              (push (cons (read (current-buffer)) has-cookie) forms)))
        (end-of-file nil))
      (nreverse forms))))

(defun package--is-list-of-options (form)
  "Return whether FORM says which files have options."
  (equal '(put 'aircher 'custom-loads) (seq-take form 3)))

(defun package--is-command (form)
  "Return whether FORM defines a command that users call anywhere."
  (or (memq (car form) '(define-minor-mode define-globalized-minor-mode))
      (and (memq (car form) '(defun cl-defun))
           (seq-some (lambda (each) (eq 'interactive (car-safe each))) (nthcdr 3 form)))))

(ert-deftest a1-loading-has-no-effect ()
  (let ((before (package--effects)))
    (dolist (file package--sources)
      (require (intern (file-name-base file))))
    (should (equal before (package--effects)))))

(ert-deftest a2-every-option-has-a-type-and-is-in-the-group ()
  (let (options)
    (mapatoms (lambda (symbol)
                (when (and (custom-variable-p symbol)
                           (string-prefix-p "aircher" (symbol-name symbol))
                           (not (string-match-p "-mode\\(-hook\\)?\\'" (symbol-name symbol)))
                           (get symbol 'standard-value))
                  (push symbol options))))
    (should (memq 'aircher-autostart options))
    (should-not (seq-remove (lambda (symbol)
                              (and (get symbol 'custom-type)
                                   (assq symbol (get 'aircher 'custom-group))
                                   (widget-convert (get symbol 'custom-type))
                                   (documentation-property symbol 'variable-documentation)))
                            options))))

(ert-deftest a2b-no-folder-sets-an-option-without-a-question ()
  (mapatoms (lambda (symbol)
              (when (string-prefix-p "aircher-" (symbol-name symbol))
                (should-not (get symbol 'safe-local-variable)))))
  (require 'aircher-ask)
  (should (risky-local-variable-p 'aircher-daemon-command))
  (should (risky-local-variable-p 'aircher-ask-display-action)))

(ert-deftest a2c-customize-loads-every-file-that-has-options ()
  (let* ((main (seq-find (lambda (file) (equal "aircher" (file-name-base file))) package--sources))
         (required (delq nil (mapcar (pcase-lambda (`(,form . ,_))
                                       (and (eq 'require (car form)) (cadr (cadr form))))
                                     (package--forms main)))))
    (should (memq 'aircher-connection required))
    (dolist (file package--sources)
      (when (seq-some (lambda (form) (eq 'defcustom (caar form))) (package--forms file))
        (should (memq (intern (file-name-base file))
                      (append required (get 'aircher 'custom-loads))))))))

(ert-deftest a3-cookies-are-on-commands-only ()
  (dolist (file package--sources)
    (pcase-dolist (`(,form . ,has-cookie) (package--forms file))
      (when has-cookie
        (should (or (package--is-command form) (package--is-list-of-options form))))))
  (should (seq-some (lambda (file) (seq-some #'cdr (package--forms file))) package--sources)))

(ert-deftest a4-only-the-main-file-says-what-is-required ()
  (should (equal '("aircher.el")
                 (mapcar #'file-name-nondirectory
                         (seq-filter (lambda (file)
                                       (with-temp-buffer
                                         (insert-file-contents file)
                                         (re-search-forward "^;; Package-Requires:" nil t)))
                                     package--sources)))))

(ert-deftest b1-checkdoc-is-silent ()
  (let ((checkdoc-verb-check-experimental-flag nil)  ; it takes nouns for verbs
        (text-quoting-style 'grave)
        found)
    (cl-letf (((symbol-function 'warn) (lambda (&rest arguments)
                                         (push (apply #'format arguments) found))))
      (mapc #'checkdoc-file package--sources))
    (should-not found)))

(ert-deftest b2-package-lint-finds-nothing ()
  (let ((package-directory-list '("/usr/share/emacs/site-lisp/elpa")))
    (package-initialize)
    (require 'package-lint))
  (dolist (file package--sources)
    (with-temp-buffer
      (insert-file-contents file t)
      (emacs-lisp-mode)
      (let ((package-lint-main-file
             (expand-file-name "aircher.el" (file-name-directory file))))
        (should-not
         (seq-remove
          (lambda (each)
            ;; Debian's package-lint is older than Emacs 28.1.
            (string-match-p "uninstallable in all released" (nth 3 each)))
          (package-lint-buffer)))))))

;;; package.el ends here
