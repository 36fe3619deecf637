;;; text.el --- Answers in buffers: ask, chat, rewrite, and what can go wrong  -*- lexical-binding: t; -*-

;;; Code:

(require 'aircher-ask)
(require 'aircher-chat)
(require 'aircher-rewrite)

(setq aircher-model "work/m")

(defconst text--samples
  (expand-file-name "../../../../protocol/chats/" (file-name-directory load-file-name)))

(defun text--json (name)
  "Return what the sample NAME has."
  (with-temp-buffer
    (insert-file-contents (expand-file-name name text--samples))
    (json-parse-buffer :object-type 'alist :array-type 'list)))

(defun text--ended ()
  "Wait until no answer is in progress and all text is inserted."
  (aircher-test-wait
   "the answers have ended"
   (lambda ()
     (and (null aircher-answer--current)
          (not (seq-some (lambda (buffer) (buffer-local-value 'aircher-stream--streams buffer))
                         (buffer-list)))))))

(defun text--arrived (count)
  "Wait until COUNT characters of an answer are in the current buffer."
  (aircher-test-wait "text has arrived" (lambda () (> (buffer-size) count))))

(defmacro text--in-chat (question &rest body)
  "Do BODY in a new chat with QUESTION, then kill it."
  (declare (indent 1))
  `(progn
     (aircher-chat)
     (insert ,question)
     (let ((chat (current-buffer)))
       (unwind-protect (progn ,@body)
         (when (buffer-live-p chat)
           (with-current-buffer chat (set-buffer-modified-p nil))
           (kill-buffer chat))))))

(defun text--messages ()
  "Return roles and texts of this chat."
  (mapcar (lambda (message) (cons (alist-get 'role message) (alist-get 'content message)))
          (aircher-chat-file-messages)))

(defun text--said (regexp)
  "Return whether a message was shown that matches REGEXP."
  (with-current-buffer "*Messages*"
    (save-excursion (goto-char (point-max)) (re-search-backward regexp nil t))))

;;;; The format

(ert-deftest a1-every-sample-of-a-chat-is-read ()
  (dolist (file (directory-files text--samples nil "\\`[a-z-]+\\.md\\'"))
    (let ((expected (text--json (concat (file-name-sans-extension file) ".json"))))
      (with-temp-buffer
        (insert-file-contents (expand-file-name file text--samples))
        (should (equal (list file (alist-get 'messages expected))
                       (list file (aircher-chat-file-messages))))
        (should (equal (alist-get 'settings expected)
                       (mapcar (lambda (pair) (cons (intern (car pair)) (cdr pair)))
                               (aircher-chat-file-settings))))))))

(ert-deftest a2-an-answer-is-written-so-that-it-stays-one-turn ()
  (dolist (case (text--json "answers.json"))
    (with-temp-buffer
      (insert (alist-get 'text case))
      (aircher-chat-file-close (point-min) (point-max))
      (should (equal (cons (alist-get 'about case) (alist-get 'written case))
                     (cons (alist-get 'about case) (buffer-string)))))))

(ert-deftest a3-settings-are-added-changed-and-removed ()
  (with-temp-buffer
    (insert "## You\n")
    (aircher-chat-file-set "model" "a/b")
    (should (equal "---\nmodel: a/b\n---\n\n## You\n" (buffer-string)))
    (aircher-chat-file-set "model" "c\\1")
    (should (equal "---\nmodel: c\\1\n---\n\n## You\n" (buffer-string)))
    (aircher-chat-file-set "model" nil)
    (should (equal "## You\n" (buffer-string)))))

;;;; The stream

(defun text--streamed (texts &optional between)
  "Insert TEXTS by a stream at the end of this buffer, with BETWEEN after each."
  (undo-boundary)
  (let ((stream (aircher-stream-open (current-buffer) (point-max)))
        is-done)
    (dolist (text texts)
      (aircher-stream-put stream text)
      (aircher-test-wait "it is inserted" (lambda () (aircher-stream-is-empty stream)))
      (undo-boundary)
      (when between (funcall between)))
    (aircher-stream-finish stream (lambda (_) (setq is-done t)))
    (aircher-test-wait "it ended" (lambda () is-done))))

(ert-deftest b1-all-text-is-one-step-of-undo ()
  (with-temp-buffer
    (buffer-enable-undo)
    (insert "before ")
    (text--streamed '("one " "two " "three"))
    (should (equal "before one two three" (buffer-string)))
    (primitive-undo 1 (progn (while (null (car buffer-undo-list)) (pop buffer-undo-list))
                             buffer-undo-list))
    (should (equal "before " (buffer-string)))))

(ert-deftest b2-undo-is-right-if-the-user-typed-meanwhile ()
  (with-temp-buffer
    (buffer-enable-undo)
    (insert "middle ")
    (text--streamed '("one " "two ") (lambda () (goto-char (point-min)) (insert "x") (undo-boundary)))
    (should (equal "xxmiddle one two " (buffer-string)))
    (let ((pending buffer-undo-list))
      (while pending (setq pending (primitive-undo 1 pending))))
    (should (equal "" (buffer-string)))))

(ert-deftest b3-point-mark-selection-and-narrowing-stay ()
  (with-temp-buffer
    (insert "some text\n")
    (goto-char 3)
    (set-mark 5)
    (setq mark-active t deactivate-mark nil)
    (narrow-to-region 2 6)
    (let ((stream (aircher-stream-open (current-buffer) 11)) is-done)
      (aircher-stream-put stream "answer")
      (aircher-stream-finish stream (lambda (_) (setq is-done t)))
      (aircher-test-wait "it ended" (lambda () is-done)))
    (should (equal '(3 5 t nil 2 6)
                   (list (point) (mark) mark-active deactivate-mark (point-min) (point-max))))
    (widen)
    (should (equal "some text\nanswer" (buffer-string)))))

(ert-deftest b4-a-turn-inserts-a-bounded-amount ()
  (with-temp-buffer
    (let ((stream (aircher-stream-open (current-buffer) (point-max))))
      (aircher-stream-put stream (make-string (* 3 aircher-stream-turn) ?x))
      (aircher-stream--run stream)
      (should (<= 1 (buffer-size) aircher-stream-turn))
      (aircher-stream--run stream)
      (should (<= (buffer-size) (* 2 aircher-stream-turn)))
      (aircher-stream--release stream))))

(ert-deftest b5-no-character-is-cut ()
  (let ((text "aß日🙂\201")
        (bytes (aircher-bytes-new)))
    (dolist (size '(1 2 3 4 5 6 7 1000))
      (aircher-bytes-add bytes text)
      (let (pieces piece)
        (while (setq piece (aircher-bytes-take bytes size))
          (push piece pieces))
        (should (equal (encode-coding-string text 'utf-8-unix)
                       (encode-coding-string (apply #'concat (nreverse pieces)) 'utf-8-unix)))
        (when (>= size 4)
          (should (equal text (decode-coding-string (encode-coding-string text 'utf-8-unix)
                                                    'utf-8-unix))))))
    (should (equal "" (aircher-bytes-free bytes)))))

(ert-deftest b6-the-end-is-followed-only-from-the-end ()
  (let ((buffer (generate-new-buffer "followed")))
    (set-window-buffer (selected-window) buffer)
    (with-current-buffer buffer
      (insert "top\n")
      (let ((stream (aircher-stream-open buffer (point-max) :follow t)))
        (set-window-point nil (point-max))
        (goto-char (point-max))
        (aircher-stream-put-now stream "one\n")
        (should (= (window-point) (point-max)))
        (set-window-point nil 1)
        (goto-char 1)
        (aircher-stream-put-now stream "two\n")
        (should (equal '(1 1) (list (window-point) (point))))
        (aircher-stream--release stream)))
    (kill-buffer buffer)))

(ert-deftest b7-the-rest-of-a-very-long-line-is-hidden ()
  (with-temp-buffer
    (text--streamed (list (make-string 1000 ?x)))
    (should-not truncate-lines)
    (text--streamed (list (make-string aircher-stream-long-line ?x) (make-string 5000 ?y)
                          "\nnext line\n"))
    (should (and truncate-lines (not bidi-display-reordering) (not font-lock-mode)))
    (should-not (invisible-p (point-min)))
    (goto-char (point-min))
    (should (invisible-p (1- (line-end-position))))
    (search-forward "next")
    (should-not (invisible-p (1- (point))))
    (aircher-show-long-lines)
    (should-not (or truncate-lines (overlays-in (point-min) (point-max))))
    (should bidi-display-reordering)))

(ert-deftest b8-a-hook-that-fails-ends-the-stream ()
  (with-temp-buffer
    (let* (why
           (stream (aircher-stream-open (current-buffer) (point-max)
                                        :on-lost (lambda (reason) (setq why reason)))))
      (add-hook 'before-change-functions (lambda (&rest _) (error "No changes here")) nil t)
      (aircher-stream-put stream "text")
      (aircher-test-wait "it is lost" (lambda () why))
      (should (equal "No changes here" why)))))

;;;; Text deltas

(defun text--decoded (frame)
  "Return the id and the text of the bytes FRAME as `aircher-text-delta' finds them."
  (with-temp-buffer
    (set-buffer-multibyte nil)
    (setq case-fold-search nil)
    (insert frame)
    (and (aircher-text-delta-at 1)
         (= aircher-text-delta-end (point-max))
         (list aircher-text-delta-id
               (decode-coding-string
                (buffer-substring aircher-text-delta-start aircher-text-delta-end)
                'utf-8-unix)))))

(ert-deftest c1-a-text-delta-is-found-as-it-would-be-decoded ()
  (dolist (id '(0 127 128 255 256 65535 65536 4294967295))
    (dolist (text (list "" "a" "Grüße 🙂" (make-string 31 ?x) (make-string 32 ?x)
                        (make-string 300 ?x) (make-string 70000 ?x)))
      (let ((frame (aircher-msgpack-encode
                    `[2 "chat.delta" [((id . ,id) (seq . ,id) (type . "text") (text . ,text))]])))
        (should (equal (list id text) (text--decoded frame)))
        ;; All that is missing is waited for.
        (should-not (text--decoded (substring frame 0 -1)))))))

(ert-deftest c2-other-frames-are-no-text-deltas ()
  (dolist (frame '([2 "chat.delta" [((id . 1) (seq . 1) (type . "text") (text . "a") (refusal . t))]]
                   [2 "chat.delta" [((id . 1) (seq . 1) (type . "reasoning") (text . "a"))]]
                   [2 "chat.delta" [((id . 1) (seq . 1) (type . "text"))]]
                   [2 "Chat.delta" [((id . 1) (seq . 1) (type . "text") (text . "a"))]]
                   [1 1 :null t]))
    (should-not (text--decoded (aircher-msgpack-encode frame)))))

;; In a file that is not compiled, a form itself makes garbage.
(defconst text--copy-all
  (byte-compile
   '(lambda (bytes)
      (let ((position 1))
        (while (aircher-text-delta-at position)
          (aircher-bytes-add-region bytes aircher-text-delta-start aircher-text-delta-end)
          (setq position aircher-text-delta-end))))))

(ert-deftest c3-text-deltas-make-no-garbage ()
  (let ((bytes (aircher-bytes-new)))
    (with-temp-buffer
      (set-buffer-multibyte nil)
      (setq case-fold-search nil)
      (dotimes (seq 2000)
        (insert (aircher-msgpack-encode
                 `[2 "chat.delta" [((id . 7) (seq . ,seq) (type . "text") (text . "word "))]])))
      (let ((before (memory-use-counts)))
        (funcall text--copy-all bytes)
        (pcase-let ((`(,conses ,floats ,vectors ,_ ,characters . ,_)
                     (cl-mapcar #'- (memory-use-counts) before)))
          (should (< (+ conses floats vectors characters) 200)))))
    (should (= (* 2000 5) (length (aircher-bytes-free bytes))))))

(ert-deftest c4-the-text-of-a-real-answer-comes-as-bytes ()
  (let ((unusual 0))
    (cl-letf (((symbol-function 'aircher-answer--take-text)
               (lambda (&rest _) (cl-incf unusual))))
      (aircher-ask "one two three" nil 'window)
      (text--ended))
    (should (= 0 unusual))
    (with-current-buffer "*aircher*"
      (should (equal "one two three" (aircher-ask--answer-text))))))

;;;; Ask

(ert-deftest d1-a-question-about-a-selection-is-answered-in-a-window ()
  (with-temp-buffer
    (emacs-lisp-mode)
    (insert "before (a) ``` after")
    (let ((aircher-ask-place 'window))
      (aircher-ask "What is this?" "(a) ```"))
    (text--ended)
    (with-current-buffer "*aircher*"
      (should (equal "What is this?\n\n````emacs-lisp\n(a) ```\n````" (aircher-ask--answer-text)))
      (should (string-match-p "^work/m, [0-9]+ tokens in, [0-9]+ out, cost unknown$"
                              (buffer-string)))
      (should-not (string-match-p "before" (buffer-string)))
      (should buffer-read-only)
      (should-not (buffer-modified-p))
      (aircher-ask-copy)
      (should (string-prefix-p "What is this?" (current-kill 0))))))

(ert-deftest d1b-a-file-that-usually-has-secrets-is-not-sent-whole ()
  (let ((cases (text--json "../private_files.json")))
    (should-not (seq-remove #'aircher-ask--is-private (alist-get 'private cases)))
    (should-not (seq-filter #'aircher-ask--is-private (alist-get 'others cases))))
  (with-temp-buffer
    (insert "TOKEN=secret")
    (setq buffer-file-name "/tmp/.env")
    (let ((current-prefix-arg '(4)))
      (should (string-match-p "\\.env may have secrets"
                              (cadr (should-error (call-interactively #'aircher-ask)
                                                  :type 'user-error)))))
    (setq buffer-file-name nil)))

(ert-deftest d2-an-answer-goes-into-the-buffer-as-one-step-of-undo ()
  (with-temp-buffer
    (buffer-enable-undo)
    (insert "start end")
    (goto-char 7)
    (aircher-ask-insert "hello there")
    (text--ended)
    (should (equal "start hello thereend" (buffer-string)))
    (undo)
    (should (equal "start end" (buffer-string)))))

(ert-deftest d3-a-short-answer-is-in-the-echo-area ()
  (aircher-ask "say hi" nil 'echo)
  (text--ended)
  (should (text--said "^say hi  \\[work/m, ")))

(ert-deftest d4-a-long-answer-leaves-the-echo-area ()
  (let ((long (string-join (make-list 300 "long") " ")))
    (aircher-ask long nil 'echo)
    (text--ended)
    (with-current-buffer "*aircher*"
      (should (equal long (aircher-ask--answer-text))))))

(ert-deftest d5-an-answer-becomes-a-chat ()
  (aircher-ask "first question" nil 'window)
  (text--ended)
  (with-current-buffer "*aircher*" (aircher-ask-to-chat))
  (set-buffer (window-buffer))
  (should (equal '(("user" . "first question") ("assistant" . "first question"))
                 (text--messages)))
  (kill-buffer))

(ert-deftest d6-quit-closes-the-upstream-at-once ()
  (with-temp-buffer
    (aircher-ask "count 90000" nil 'point)
    (text--arrived 10)
    (should (eq 'aircher-answer-quit (key-binding (kbd "C-g"))))
    (should (eq 'quit (condition-case nil (aircher-answer-quit) (quit 'quit))))
    (should-not aircher-answering-mode)
    (text--ended)
    (should (eq t (aircher-test-please "the last upstream was closed")))
    (should (text--said "stopped"))
    (should (string-prefix-p "1 2 3" (buffer-string)))))

(ert-deftest d7-killing-the-buffer-closes-the-upstream ()
  (let ((buffer (generate-new-buffer "killed")))
    (with-current-buffer buffer
      (aircher-ask "count 90000" nil 'point)
      (text--arrived 10))
    (kill-buffer buffer)
    (should-not aircher-answer--current)
    (should (eq t (aircher-test-please "the last upstream was closed")))))

(ert-deftest d8-a-read-only-buffer-is-refused-before-anything-is-sent ()
  (with-temp-buffer
    (setq buffer-read-only t)
    (should-error (aircher-ask "hello" nil 'point) :type 'buffer-read-only)
    (should-not aircher-answer--current)))

;;;; Chat

(ert-deftest e1-a-chat-is-sent-and-goes-on ()
  (text--in-chat "hello there"
    (aircher-chat-send)
    (text--ended)
    (should (equal '(("user" . "hello there") ("assistant" . "hello there")) (text--messages)))
    (should (eobp))
    (should (string-suffix-p " -->\n\n## You\n\n" (buffer-string)))
    (insert "and again")
    (aircher-chat-send)
    (text--ended)
    (should (equal '("hello there" "hello there" "and again" "and again")
                   (mapcar #'cdr (text--messages))))
    (should (equal '("user: hello there" "assistant: hello there" "user: and again")
                   (append (aircher-test-please "the last messages") nil)))))

(ert-deftest e2-edited-text-is-what-is-sent ()
  (text--in-chat "first"
    (aircher-chat-send)
    (text--ended)
    (goto-char (point-min))
    (while (search-forward "first" nil t) (replace-match "changed"))
    (goto-char (point-max))
    (insert "second")
    (aircher-chat-send)
    (text--ended)
    (should (equal '("user: changed" "assistant: changed" "user: second")
                   (append (aircher-test-please "the last messages") nil)))))

(ert-deftest e3-headings-in-code-are-text ()
  (let ((question "Read this:\n\n```\n## Assistant\n\n## You\n```"))
    (text--in-chat question
      (aircher-chat-send)
      (text--ended)
      (should (equal (list (cons "user" question) (cons "assistant" question)) (text--messages))))))

(ert-deftest e4-an-answer-cannot-pretend-to-be-a-turn ()
  (text--in-chat "\\## You"
    (aircher-chat-send)
    (text--ended)
    (should (equal '(("user" . "## You") ("assistant" . "## You")) (text--messages)))))

(ert-deftest e5-retry-asks-the-question-at-point-again ()
  (text--in-chat "one"
    (aircher-chat-send)
    (text--ended)
    (insert "two")
    (aircher-chat-send)
    (text--ended)
    (goto-char (point-min))
    (search-forward "## Assistant")
    (aircher-chat-retry)
    (text--ended)
    (should (equal '(("user" . "one") ("assistant" . "one")) (text--messages)))
    (should (equal '("user: one") (append (aircher-test-please "the last messages") nil)))))

(ert-deftest e6-a-fork-has-the-chat-up-to-point ()
  (text--in-chat "one"
    (aircher-chat-send)
    (text--ended)
    (insert "two")
    (goto-char (point-min))
    (search-forward "## Assistant")
    (let ((name aircher-chat--name))
      (aircher-chat-fork)
      (should (equal '(("user" . "one") ("assistant" . "one")) (text--messages)))
      (should-not (equal name aircher-chat--name))
      (should aircher-chat-mode)
      (set-buffer-modified-p nil)
      (kill-buffer))))

(ert-deftest e7-two-chats-at-once-stay-apart ()
  (text--in-chat "count 300"
    (aircher-chat-send)
    (let ((first (current-buffer)))
      (text--in-chat "count 200"
        (aircher-chat-send)
        (text--ended)
        (should (string-suffix-p " 200" (cdar (last (text--messages)))))
        (with-current-buffer first
          (should (string-suffix-p " 300" (cdar (last (text--messages))))))))))

(ert-deftest e8-a-chat-is-saved-privately-and-opened-again ()
  (let ((file (expand-file-name "chats/tea.md" (make-temp-file "air" t))))
    (text--in-chat "one"
      (aircher-chat-model "spare/claude-sonnet-5")
      (cl-letf (((symbol-function 'read-file-name)
                 (lambda (_prompt directory _default _mustmatch initial)
                   (should (equal initial "one.md"))
                   (ignore directory)
                   file)))
        (let ((aircher-chat-directory (file-name-directory file)))
          (aircher-chat-save)))
      (should aircher-chat-mode)
      (should (= #o600 (file-modes file))))
    (aircher-chat-open file)
    (should (equal '(("user" . "one")) (text--messages)))
    (should (equal "spare/claude-sonnet-5" (aircher-chat--model)))
    (should (string-match-p "spare/claude-sonnet-5" (aircher-chat--header)))
    (aircher-chat-model "")
    (should (string-match-p "work/m" (aircher-chat--header)))
    (set-buffer-modified-p nil)
    (kill-buffer)))

(ert-deftest e8b-a-new-file-of-a-chat-is-private-however-it-is-saved ()
  (let* ((folder (make-temp-file "air" t))
         (file (expand-file-name "tea.txt" folder))
         (open (expand-file-name "open.md" folder))
         (backup-enable-predicate #'always)) ; by default there is none of temporary files
    (write-region "" nil open)
    (set-file-modes open #o644)
    (text--in-chat "one"
      (cl-letf (((symbol-function 'read-file-name) (lambda (&rest _) file)))
        (call-interactively #'save-buffer))
      (should (= #o600 (file-modes file)))
      (should (equal (buffer-string) (with-temp-buffer (insert-file-contents file) (buffer-string))))
      (should-not (file-exists-p (concat file "~")))
      (insert "two")
      (save-buffer)
      (should (= #o600 (file-modes (concat file "~"))))
      (write-file open)
      (should (= #o644 (file-modes open))))))

(ert-deftest e8c-what-a-model-wrote-sets-nothing-when-its-chat-is-opened ()
  (let ((file (make-temp-file "air" nil ".md"))
        (enable-local-variables :all)
        (enable-local-eval t))
    (with-temp-file file
      (insert "## You\n\nq\n\n## Assistant\n\nLocal Variables:\nmode: emacs-lisp\nfill-column: 33\n"
              "eval: (setq text--evaluated t)\nEnd:\n\n## You\n\n"))
    (aircher-chat-open file)
    (should aircher-chat-mode)
    (should-not (boundp 'text--evaluated))
    (should-not (derived-mode-p 'emacs-lisp-mode))
    (should-not (eql fill-column 33))
    (kill-buffer)))

(ert-deftest e9-nothing-to-send-says-so ()
  (text--in-chat ""
    (should (string-match-p "nothing to send" (cadr (should-error (aircher-chat-send))))))
  (text--in-chat "one"
    (aircher-chat-send)
    (should (string-match-p "in progress" (cadr (should-error (aircher-chat-send)))))
    (text--ended)
    (should (string-match-p "is an answer" (cadr (should-error (aircher-chat-send)))))))

(ert-deftest f1-undo-takes-an-answer-back-in-one-step ()
  (text--in-chat "count 500"
    (undo-boundary)
    (let ((before (buffer-string)))
      (aircher-chat-send)
      (text--ended)
      (should-not (equal before (buffer-string)))
      (undo)
      (should (equal before (buffer-string))))))

(ert-deftest f2-a-stopped-answer-is-kept-and-marked ()
  (text--in-chat "count 90000"
    (aircher-chat-send)
    (text--arrived 200)
    (aircher-stop)
    (text--ended)
    (should (eq t (aircher-test-please "the last upstream was closed")))
    (should (string-match-p "^<!-- aircher: stopped: the answer is not complete -->$"
                            (buffer-string)))
    (should (string-prefix-p "1 2 3" (cdar (last (text--messages)))))
    (goto-char (point-max))
    (insert "go on")
    (aircher-chat-send)
    (text--ended)
    (should (equal "go on" (cdar (last (text--messages)))))))

(ert-deftest f2b-without-an-answer-no-buffer-says-that-there-is-one ()
  ;; As a desktop does that was saved during an answer.
  (with-temp-buffer
    (aircher-answering-mode 1)
    (should-not aircher-answering-mode)))

(ert-deftest f3-a-failed-question-can-be-sent-again ()
  (aircher-test-please "fault" '((kind . "error") (error . "server") (times . 10)))
  (text--in-chat "hello"
    (aircher-chat-send)
    (text--ended)
    (should (equal '(("user" . "hello")) (text--messages)))
    (should (string-match-p "^<!-- aircher: .+ -->$" (buffer-string)))
    (aircher-test-please "no faults")
    (aircher-chat-send)
    (text--ended)
    (should (equal '("hello" "hello") (mapcar #'cdr (text--messages))))
    (should (= 1 (how-many "^<!-- aircher: " (point-min))))))

(ert-deftest f4-an-answer-that-breaks-off-is-kept-and-marked ()
  (aircher-test-please "fault" '((kind . "cut") (after . 3)))
  (text--in-chat "one two three four five"
    (aircher-chat-send)
    (text--ended)
    (should (equal "one two three" (cdar (last (text--messages)))))
    (should (string-match-p "^<!-- aircher: .*: the answer is not complete -->$"
                            (buffer-string)))))

(ert-deftest f5-a-key-is-asked-for-and-the-same-question-goes-on ()
  (text--in-chat "please"
    (aircher-chat-model "spare/claude-sonnet-5")
    (let (asked)
      (cl-letf (((symbol-function 'completing-read)
                 (lambda (_prompt table &rest _) (car (all-completions "" table))))
                ((symbol-function 'read-passwd)
                 (lambda (&rest _) (setq asked t) (copy-sequence "canary-spare-fedcba9876543210"))))
        (aircher-chat-send)
        (text--ended))
      (should asked))
    (should (equal '(("user" . "please") ("assistant" . "please")) (text--messages)))
    (should-not (string-match-p "fedcba9876543210" (buffer-string)))))

(ert-deftest f6-a-fallback-is-reported ()
  (aircher-test-please "fault" '((kind . "error") (vendor . "openai") (error . "rate_limit")))
  (text--in-chat "please"
    (aircher-chat-model "chain")
    (aircher-chat-send)
    (text--ended)
    (should (string-match-p
             "^<!-- aircher: work is rate limited; spare answers -->\n\nplease\n\n\
<!-- aircher: spare/claude-sonnet-5, " (buffer-string)))
    (should (equal "please" (cdar (last (text--messages))))))
  (aircher-test-please "no cooldowns"))

(ert-deftest f7-thoughts-are-folded-and-not-sent ()
  (let ((aircher-reasoning 'folded))
    (text--in-chat "please"
      (aircher-chat-model "spare/claude-sonnet-5")
      (cl-letf* ((request (symbol-function 'aircher-chat--request))
                 ((symbol-function 'aircher-chat--request)
                  (lambda (messages) (cons '(reasoning . "low") (funcall request messages)))))
        (aircher-chat-send)
        (text--ended))
      (should (equal '(("user" . "please") ("assistant" . "please")) (text--messages)))
      (goto-char (point-min))
      (search-forward "<!-- aircher: | Let me think about: please -->")
      (should (invisible-p (match-beginning 0)))
      (aircher-chat-toggle-reasoning)
      (should-not (invisible-p (match-beginning 0))))))

(ert-deftest f7b-thoughts-in-the-window-of-an-answer-are-shown-by-its-key ()
  (let ((aircher-reasoning 'folded)
        (aircher-model "spare/claude-sonnet-5"))
    (cl-letf* ((request (symbol-function 'aircher-ask--request))
               ((symbol-function 'aircher-ask--request)
                (lambda (&rest arguments) (cons '(reasoning . "low") (apply request arguments)))))
      (aircher-ask "please" nil 'window)
      (text--ended)))
  (with-current-buffer "*aircher*"
    (goto-char (point-min))
    (search-forward "Let me think about: please")
    (should (invisible-p (match-beginning 0)))
    (call-interactively (key-binding (kbd "TAB")))
    (should-not (invisible-p (match-beginning 0)))
    (should (equal "please" (aircher-ask--answer-text)))))

(ert-deftest f8-thinking-that-does-not-end-is-stopped ()
  (let ((aircher-max-reply-bytes 10))
    (text--in-chat "please"
      (aircher-chat-model "spare/claude-sonnet-5")
      (cl-letf* ((request (symbol-function 'aircher-chat--request))
                 ((symbol-function 'aircher-chat--request)
                  (lambda (messages) (cons '(reasoning . "low") (funcall request messages)))))
        (aircher-chat-send)
        (text--ended))
      (should (string-match-p "stopped: the model thinks for more than 10 bytes" (buffer-string)))
      (should (equal '(("user" . "please")) (text--messages))))))

;;;; Rewrite

(defconst text--old "def hello():\n    print(1)\n\n\ndef bye():\n    print(2)\n")
(defconst text--new "def hello():\n    print(10)\n\n\ndef bye():\n    print(20)\n")

(defmacro text--with-change (answer &rest body)
  "Do BODY after a region was rewritten with ANSWER, in a buffer that has more."
  (declare (indent 1))
  `(let ((buffer (generate-new-buffer "source")))
     (unwind-protect
         (with-current-buffer buffer
           (buffer-enable-undo)
           (insert "# top\n" text--old "# end\n")
           (undo-boundary)
           (aircher-test-please "answer" ,answer)
           (aircher-rewrite 7 (+ 7 (length text--old)) "multiply")
           ,@body)
       (aircher-test-please "answer" nil)
       (when-let ((review (text--review-buffer))) (kill-buffer review))
       (kill-buffer buffer))))

(defun text--review-buffer ()
  "Return the buffer in which hunks are reviewed, or nil."
  (get-buffer "*aircher change*"))

(defun text--review ()
  "Wait for the review, and return its buffer."
  (aircher-test-wait "the change is shown" #'text--review-buffer))

(ert-deftest g1-hunks-are-accepted-and-rejected-in-one-step-of-undo ()
  (text--with-change (concat "```python\n" text--new "```")
    (with-current-buffer (text--review)
      (should (= 2 (length aircher-rewrite--hunks)))
      (aircher-rewrite-reject)
      (aircher-rewrite-accept))
    (should (equal (concat "# top\n" (string-replace "print(2)" "print(20)" text--old) "# end\n")
                   (buffer-string)))
    (undo)
    (should (equal (concat "# top\n" text--old "# end\n") (buffer-string)))))

(ert-deftest g2-all-hunks-are-accepted-and-the-text-is-followed ()
  (text--with-change text--new
    (goto-char (point-min))
    (insert "# typed meanwhile\n")
    (with-current-buffer (text--review) (aircher-rewrite-accept-all))
    (should (equal (concat "# typed meanwhile\n# top\n" text--new "# end\n") (buffer-string)))))

(ert-deftest g3-a-region-that-was-changed-is-not-replaced ()
  (text--with-change text--new
    (goto-char (point-min))
    (search-forward "print(1")
    (insert "5")
    (let ((before (buffer-string)))
      (text--ended)
      (should (equal before (buffer-string)))
      (should (text--said "changed meanwhile, so nothing is replaced"))
      (should-not (text--review-buffer)))))

(ert-deftest g4-a-region-changed-during-the-review-is-not-replaced ()
  (text--with-change text--new
    (text--review)
    (goto-char (point-min))
    (search-forward "print(1")
    (insert "5")
    (let ((before (buffer-string)))
      (should-error (with-current-buffer (text--review) (aircher-rewrite-accept-all))
                    :type 'user-error)
      (should (equal before (buffer-string))))))

(ert-deftest g5-the-same-text-changes-nothing ()
  (text--with-change text--old
    (text--ended)
    (should (text--said "the answer is the same text"))
    (should-not (text--review-buffer))
    (should-not (overlays-in (point-min) (point-max)))))

(ert-deftest g6-an-empty-answer-changes-nothing ()
  (text--with-change "```\n```"
    (text--ended)
    (should (text--said "the answer is empty, so nothing is replaced"))))

(ert-deftest g7-an-answer-that-breaks-off-changes-nothing ()
  (aircher-test-please "fault" '((kind . "cut") (after . 2)))
  (text--with-change text--new
    (text--ended)
    (should (text--said "so nothing is replaced"))
    (should (equal (concat "# top\n" text--old "# end\n") (buffer-string)))))

(ert-deftest g8-only-the-region-and-the-instruction-are-sent ()
  (text--with-change text--new
    (text--ended)
    (let ((sent (aref (aircher-test-please "the last messages") 1)))
      (should (string-match-p "Instruction: multiply" sent))
      (should (string-match-p "print(1)" sent))
      (should-not (string-match-p "# top\\|# end\\|source" sent)))))

(ert-deftest g9-killing-the-buffer-closes-the-upstream-of-a-change ()
  (let ((buffer (generate-new-buffer "source"))
        (count (aircher-test-please "the number of requests")))
    (with-current-buffer buffer
      (insert "some text")
      (aircher-test-please "behave" '((first_delay . 60.0)))
      (aircher-rewrite (point-min) (point-max) "change it")
      (aircher-test-please "there are more requests" count)
      (kill-buffer buffer))
    (should-not aircher-answer--current)
    (aircher-test-please "behave" '((first_delay . 0.0)))
    (should (eq t (aircher-test-please "the last upstream was closed")))))

(defun text--ediff ()
  "Wait for Ediff, and return its control buffer."
  (aircher-test-wait "Ediff is there"
                     (lambda () (seq-find (lambda (buffer)
                                            (string-match-p "Ediff Control" (buffer-name buffer)))
                                          (buffer-list)))))

(defun text--type-in-ediff (key)
  "Call what KEY, a character, is bound to in this control buffer."
  (let ((last-command-event key))
    (call-interactively (lookup-key (current-local-map) (string key)))))

(ert-deftest g10-ediff-chooses-between-the-texts-of-each-difference ()
  (let ((aircher-rewrite-review 'ediff))
    (text--with-change text--new
      (let ((control (text--ediff)))
        (with-current-buffer control
          (should (= 2 ediff-number-of-differences))
          (text--type-in-ediff ?n)
          (text--type-in-ediff ?b)  ; it is there already
          (text--type-in-ediff ?a)
          (text--type-in-ediff ?n)
          (text--type-in-ediff ?a)
          (text--type-in-ediff ?b)
          (should (equal (string-replace "print(10)" "print(1)" text--new)
                         (with-current-buffer "*aircher new*" (buffer-string))))
          (should (equal text--old (with-current-buffer "*aircher old*" (buffer-string))))
          (text--type-in-ediff ?a)
          (text--type-in-ediff ?p)
          (text--type-in-ediff ?b)
          (cl-letf (((symbol-function 'y-or-n-p) #'always))
            (ediff-really-quit nil))))
      (should (equal (concat "# top\n" (string-replace "print(1)" "print(10)" text--old) "# end\n")
                     (buffer-string)))
      (should-not (get-buffer "*aircher old*"))
      (undo)
      (should (equal (concat "# top\n" text--old "# end\n") (buffer-string))))))

(ert-deftest g11-characters-that-hide-something-are-shown ()
  (let ((new (string-replace "print(1)" "print(1) # \u202e\u2066 if admin\u2069\u200b" text--old)))
    (text--with-change new
      (with-current-buffer (text--review)
        (should (string-search "\\u202e\\u2066 if admin\\u2069\\u200b" (buffer-string)))
        (should-not (re-search-forward aircher-rewrite--hidden nil t))
        (aircher-rewrite-accept-all))
      (should (equal (concat "# top\n" new "# end\n") (buffer-string)))))
  (let ((buffer (aircher-rewrite--ediff-buffer "*text*" "a\u202eb" 'fundamental-mode)))
    (with-current-buffer buffer
      (should (equal "\\u202e" (concat (aref buffer-display-table #x202e))))
      (should-not bidi-display-reordering))
    (kill-buffer buffer)))

(ert-deftest g10b-what-cannot-be-put-into-the-buffer-can-be-later ()
  (text--with-change text--new
    (with-current-buffer (text--review)
      (with-current-buffer buffer (setq buffer-read-only t))
      (should-error (aircher-rewrite-accept-all) :type 'buffer-read-only)
      (with-current-buffer buffer (setq buffer-read-only nil))
      (aircher-rewrite-apply))
    (should (equal (concat "# top\n" text--new "# end\n") (buffer-string)))
    (should-not (overlays-in (point-min) (point-max)))
    (should-not (text--review-buffer))))

(ert-deftest g13-ediff-begins-without-the-hunks-that-are-rejected ()
  (text--with-change text--new
    (with-current-buffer (text--review)
      (aircher-rewrite-reject)
      (aircher-rewrite-ediff))
    (with-current-buffer (text--ediff)
      (should (= 1 ediff-number-of-differences))
      ;; C-g at the last question is a no, and leaves no mark on the text.
      (cl-letf (((symbol-function 'y-or-n-p) (lambda (_) (signal 'quit nil))))
        (ediff-really-quit nil)))
    (should (equal (concat "# top\n" text--old "# end\n") (buffer-string)))
    (should-not (overlays-in (point-min) (point-max)))))

(ert-deftest g12-typing-goes-on-where-it-was ()
  ;; In the buffer of the hunks, the next letters would accept and reject.
  (dolist (aircher-rewrite-review '(diff ediff))
    (text--with-change text--new
      (let ((window (selected-window))
            (num-nonmacro-input-events (1+ num-nonmacro-input-events)))
        (text--review)
        (should (eq window (selected-window)))
        (should (get-buffer-window (text--review-buffer)))
        (should (text--said "the change can be reviewed in \\*aircher change\\*"))))))

(ert-deftest h1-fences-around-all-of-a-text-are-removed-and-no-others ()
  (pcase-dolist (`(,reply ,old ,new)
                 '(("```\na\n```" "b" "a")
                   ("```py\na\n```\n" "b\n" "a\n")
                   ("~~~\n  a\n~~~" "  b\n\n" "  a\n\n")
                   ("````md\n```\na\n```\n````" "b" "```\na\n```")
                   ("```md\n```\na\n```\n```" "b" "```\na\n```")
                   ("```\na\n```\nand\n```\nb\n```" "b" "```\na\n```\nand\n```\nb\n```")
                   ("```\na\n```" "```\nb\n```" "```\na\n```")
                   ("text" "\n\nb" "\n\ntext")
                   ("\n\n  text  \n" "  b" "  text")
                   ("" "b" "")))
    (should (equal (list reply new) (list reply (aircher-rewrite--fitted reply old))))))

(ert-deftest h2-hunks-put-together-are-the-new-or-the-old-text ()
  (dolist (pair '(("a\nb\nc" . "a\nB\nc\nd") ("" . "x") ("a\nb" . "") ("a\n\n" . "\na") ("a" . "a\n")
                  ("one\ntwo\nthree\nfour\nfive\nsix" . "1\ntwo\nthree\nfour\nfive\n6")))
    (let ((hunks (aircher-rewrite--hunks (aircher-rewrite--diff (car pair) (cdr pair)))))
      (should hunks)
      (should (equal (car pair) (aircher-rewrite--merged (car pair) (cdr pair) hunks)))
      (dolist (hunk hunks) (setf (aircher-rewrite-hunk-decision hunk) 'accepted))
      (should (equal (cdr pair) (aircher-rewrite--merged (car pair) (cdr pair) hunks))))))

(provide 'text)

;;; text.el ends here
