;;; gptel.el --- gptel's backend with aircher's models  -*- lexical-binding: t; -*-

;;; Code:

(load (expand-file-name "gptel_stand_in" (file-name-directory load-file-name)) nil t)
(require 'aircher-gptel)

(defun gptel-test--names ()
  "Return the names of the backend's models."
  (mapcar (lambda (model) (symbol-name (if (consp model) (car model) model)))
          (gptel-backend-models gptel-backend)))

(ert-deftest a1-the-backend-has-aircher-s-models-and-socket ()
  (aircher-gptel)
  (aircher-test-wait "it is registered" (lambda () gptel-backend))
  (should (equal '("aircher" "http://localhost/v1/chat/completions" t nil)
                 (list (gptel-backend-name gptel-backend) (gptel-backend-url gptel-backend)
                       (gptel-backend-stream gptel-backend) (gptel-backend-key gptel-backend))))
  (should (eq 'work/gpt-5.5 gptel-model))
  (should (equal "chain" (car (gptel-test--names))))
  (should (member "work/gpt-5.5" (gptel-test--names)))
  (should (equal "✓ ready"
                 (plist-get (alist-get 'work/gpt-5.5
                                       (seq-filter #'consp (gptel-backend-models gptel-backend)))
                            :description))))

(ert-deftest a2-models-are-described-as-gptel-describes-them ()
  (should (equal '(a/b :description "○ not signed in" :capabilities (media tool-use json)
                       :mime-types ("image/jpeg" "image/png" "image/gif" "image/webp"
                                    "application/pdf")
                       :context-window 200 :input-cost 3.0 :output-cost 15.0)
                 (let ((model (aircher-gptel--model
                               '((provider . "a") (model . "b") (state . "not_configured")
                                 (images . t) (documents . t) (tools . t) (json_schema . t)
                                 (window . 200000)
                                 (prices . ((input . "3.0") (output . "15")))))))
                   (cl-incf (plist-get (cdr model) :input-cost) 0.0)
                   (setf (plist-get (cdr model) :output-cost)
                         (float (plist-get (cdr model) :output-cost)))
                   model))))

(ert-deftest a3-curl-with-these-arguments-streams-from-the-daemon ()
  (let* ((default-directory (expand-file-name "lisp/" (getenv "TEST_REPOSITORY")))
         (body (json-encode '((model . "work/gpt-5.5") (stream . t)
                              (messages . [((role . "user") (content . "as gptel asks"))]))))
         (arguments (append (gptel-backend-curl-args gptel-backend)
                            (mapcan (lambda (pair)
                                      (list (format "-H%s: %s" (car pair) (cdr pair))))
                                    (cons '("Content-Type" . "application/json")
                                          (funcall (gptel-backend-header gptel-backend))))
                            (list "--silent" "-d" body (gptel-backend-url gptel-backend)))))
    (with-temp-buffer
      (should (eq 0 (apply #'call-process "curl" nil t nil arguments)))
      (goto-char (point-min))
      (should (< 2 (how-many "^data: {")))
      (should (re-search-forward "^data: \\[DONE\\]" nil t)))))

(ert-deftest a3b-curl-is-led-to-no-socket-that-another-user-could-have-made ()
  (let* ((folder (make-temp-file "air" t))
         (process-environment (cons (format "AIRCHER_SOCKET=%s/a.sock" folder)
                                    process-environment)))
    (should (string-suffix-p "/a.http.sock" (cadr (aircher-gptel-curl-args))))
    (set-file-modes folder #o777)
    (should (string-match-p "is open to other users"
                            (cadr (should-error (aircher-gptel-curl-args) :type 'user-error))))))

(ert-deftest a4-a-new-key-brings-its-models-to-open-buffers ()
  (let ((in-a-buffer gptel-backend))
    (aircher-test-please "sign in")
    (aircher-test-wait "its models are there"
                       (lambda () (member "spare/claude-sonnet-5" (gptel-test--names))))
    (should (equal (gptel-backend-models in-a-buffer) (gptel-backend-models gptel-backend)))))

;;; gptel.el ends here
