;;; aircher-rewrite.el --- Change a region by an instruction  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; `aircher-rewrite' sends a region and an instruction.  The new text is shown as a difference, of
;; which each hunk is accepted or rejected, in Ediff or in a buffer of Diff mode.  What is accepted
;; is one step of undo.  The region is followed while the buffer changes around it; if its own text
;; changes, nothing is replaced.

;;; Code:

(require 'cl-lib)
(require 'diff-mode)
(require 'ediff)
(require 'subr-x)
(require 'aircher-answer)
(require 'aircher-stream)

(defcustom aircher-rewrite-review 'diff
  "How the new text is reviewed.
`diff' shows hunks in a buffer, to be accepted and rejected with single keys.
`ediff' compares the two texts side by side; its keys a and b choose a text for
each difference.  nil replaces the region at once; undo brings it back."
  :type '(choice (const :tag "Hunks in a buffer" diff)
                 (const :tag "Ediff" ediff)
                 (const :tag "None" nil))
  :group 'aircher)

(defcustom aircher-rewrite-context-lines 0
  "Lines before and after the region that are sent with it.
Only the region is replaced."
  :type 'natnum
  :group 'aircher)

(defface aircher-rewrite-pending '((t :inherit secondary-selection))
  "A region for which a new text is awaited."
  :group 'aircher)

(defvar aircher-rewrite-history nil
  "The instructions of `aircher-rewrite'.")

(cl-defstruct (aircher-rewrite-edit (:copier nil))
  "A change of a region: its OVERLAY, the text OLD that was sent, and NEW.
NUMBER is that of the input events when it was asked for."
  overlay old new number)

;;;; The request

(defconst aircher-rewrite--system
  "You change a text as the instruction says. Reply with the new text only: no explanation, and \
no code fence around it. Keep everything that the instruction does not concern, with its indentation."
  "The system prompt.")

(defun aircher-rewrite--context (start end)
  "Return the lines around START and END that are sent, as two texts."
  (let ((lines aircher-rewrite-context-lines))
    (if (= lines 0)
        (list "" "")
      (save-excursion
        (list (buffer-substring-no-properties
               (progn (goto-char start) (forward-line (- lines)) (point)) start)
              (buffer-substring-no-properties
               end (progn (goto-char end) (forward-line (1+ lines)) (point))))))))

(defun aircher-rewrite--request (instruction text language before after)
  "Return the chat request for INSTRUCTION on TEXT in LANGUAGE.
BEFORE and AFTER are the text around it, perhaps empty."
  (let ((around (lambda (where context)
                  (unless (string-blank-p context)
                    (format "\n\nThis is %s it; do not repeat it:\n\n%s"
                            where (aircher-answer-fenced context language))))))
    `((messages
       . [((role . "user")
           (content . ,(concat "Instruction: " instruction
                               "\n\nThe text" (unless (string-empty-p language)
                                                (format " (%s)" language))
                               ":\n\n" (aircher-answer-fenced text language)
                               (funcall around "before" before)
                               (funcall around "after" after))))])
      (system . ,aircher-rewrite--system)
      ,@(aircher-answer-model-params))))

;;;; The reply

(defun aircher-rewrite--unfenced (reply)
  "Return REPLY without a code fence around all of it, if there is one."
  (let* ((lines (split-string (string-trim reply) "\n"))
         (first (car lines))
         (fence (and (string-match "\\`\\(```+\\|~~~+\\)[^`]*\\'" first) (match-string 1 first)))
         (inner (butlast (cdr lines)))
         (fences (cl-count-if (lambda (line) (string-prefix-p (or fence "") line)) inner)))
    (if (and fence
             (cdr lines)
             (string= (string-trim (car (last lines))) fence)
             ;; Otherwise the first one ends before the last one begins, but models put Markdown with
             ;; blocks between fences that are too short.
             (or (= fences 0)
                 (and (cl-evenp fences) (string-match-p "[`~]\\(md\\|markdown\\)\\'" first))))
        (string-join inner "\n")
      reply)))

(defun aircher-rewrite--fitted (reply old)
  "Return the new text of REPLY in place of OLD.
It has no fences around it, and begins and ends with the blank lines of OLD."
  (let ((text (string-trim (if (string-match-p "\\`[ \t\n]*\\(?:```\\|~~~\\)" old)
                               reply
                             (aircher-rewrite--unfenced reply))
                           "\\(?:[ \t]*\n\\)+" "[ \t\n]+")))
    (if (string-empty-p text)
        ""
      (concat (and (string-match "\\`\\(?:[ \t]*\n\\)+" old) (match-string 0 old))
              text
              (and (string-match "[ \t\n]+\\'" old) (match-string 0 old))))))

(defun aircher-rewrite--refusal (edit)
  "Return why EDIT cannot be made, a sentence, or nil."
  (let ((overlay (aircher-rewrite-edit-overlay edit))
        (new (aircher-rewrite-edit-new edit)))
    (cond ((not (and (overlay-buffer overlay) (buffer-live-p (overlay-buffer overlay))))
           "the text was deleted meanwhile, so nothing is replaced")
          ((not (string= (aircher-rewrite--text-now edit) (aircher-rewrite-edit-old edit)))
           "the text was changed meanwhile, so nothing is replaced; ask again")
          ((string-empty-p new) "the answer is empty, so nothing is replaced")
          ((string= new (aircher-rewrite-edit-old edit)) "the answer is the same text"))))

(defun aircher-rewrite--text-now (edit)
  "Return the text that the region of EDIT has now."
  (let ((overlay (aircher-rewrite-edit-overlay edit)))
    (with-current-buffer (overlay-buffer overlay)
      (save-restriction
        (widen)
        (buffer-substring-no-properties (overlay-start overlay) (overlay-end overlay))))))

;;;; The command

(defvar aircher-rewrite--last nil
  "The latest `aircher-rewrite-edit' that was reviewed.")

(defun aircher-rewrite--free (edit)
  "Forget the region of EDIT."
  (delete-overlay (aircher-rewrite-edit-overlay edit)))

;;;###autoload
(defun aircher-rewrite (start end instruction)
  "Change the text between START and END as INSTRUCTION says.
The text, the instruction and the name of the language are sent, and nothing
else; `aircher-rewrite-context-lines' can add lines around it.  The change is
shown first, see `aircher-rewrite-review'."
  (interactive
   (progn
     (barf-if-buffer-read-only)
     (unless (use-region-p) (user-error "Select the text to change first"))
     (list (region-beginning) (region-end)
           (read-string (format "Change %s: "
                                (aircher-answer-size
                                 (buffer-substring-no-properties (region-beginning) (region-end))))
                        nil 'aircher-rewrite-history))))
  (barf-if-buffer-read-only)
  (when (string-blank-p instruction)
    (user-error "No instruction, so nothing is sent"))
  (let* ((old (buffer-substring-no-properties start end))
         (request (apply #'aircher-rewrite--request instruction old (aircher-answer-language)
                         (aircher-rewrite--context start end)))
         (overlay (make-overlay start end nil t))
         (edit (make-aircher-rewrite-edit :overlay overlay :old old
                                          :number num-nonmacro-input-events)))
    (overlay-put overlay 'face 'aircher-rewrite-pending)
    (overlay-put overlay 'aircher-rewrite t)
    (deactivate-mark)
    (message "Asking for the change…  C-g stops it")
    (aircher-rewrite--ask edit request)))

(defun aircher-rewrite--ask (edit request)
  "Ask for the new text of EDIT with REQUEST, and show it."
  (let ((bytes (aircher-bytes-new))
        (buffer (current-buffer))
        answer on-kill)
    (setq answer
          (aircher-answer-start
           request
           :on-text (lambda (start end) (aircher-bytes-add-region bytes start end))
           :on-notice (lambda (line) (message "aircher: %s" line))
           :on-end (lambda (how value)
                     (when (buffer-live-p buffer)
                       (with-current-buffer buffer
                         (remove-hook 'kill-buffer-hook on-kill t)))
                     (aircher-rewrite--answered
                      edit how value (aircher-bytes-free bytes)))))
    (setq on-kill (lambda () (aircher-answer-stop answer "the buffer was killed")))
    (unless (eq (aircher-answer-state answer) 'ended)
      (add-hook 'kill-buffer-hook on-kill nil t))))

(defun aircher-rewrite--answered (edit how value text)
  "Show the change of EDIT to TEXT, which ended with HOW and VALUE."
  (setf (aircher-rewrite-edit-new edit)
        (aircher-rewrite--fitted text (aircher-rewrite-edit-old edit)))
  (let ((refusal (cond ((eq how 'done)
                        (or (let ((note (aircher-answer-finish-note value)))
                              ;; What is cut off would remove the rest of the text.
                              (and note (concat note ", so nothing is replaced")))
                            (aircher-rewrite--refusal edit)))
                       (t (concat (aircher-answer-note how value)
                                  ", so nothing is replaced")))))
    (if refusal
        (progn (aircher-rewrite--free edit)
               (message "aircher: %s" refusal))
      (setq aircher-rewrite--last edit)
      (message "aircher: %s" (aircher-answer-note how value))
      ;; Not within the answer's callback: what follows reads keys.
      (run-at-time 0 nil #'aircher-rewrite--review edit))))

(defun aircher-rewrite--is-awaited (edit)
  "Return whether the user has typed nothing since EDIT was asked for.
Otherwise what is typed next is meant for another buffer than that of the
hunks, where single keys decide."
  (and (= num-nonmacro-input-events (aircher-rewrite-edit-number edit))
       (zerop (minibuffer-depth))))

(defun aircher-rewrite--review (edit)
  "Show EDIT as `aircher-rewrite-review' says."
  (let ((is-awaited (aircher-rewrite--is-awaited edit)))
    (pcase (if (executable-find diff-command) aircher-rewrite-review nil)
      ('nil (aircher-rewrite--replace edit (aircher-rewrite-edit-new edit)))
      ((and 'ediff (guard is-awaited)) (aircher-rewrite--start-ediff edit))
      (_ (aircher-rewrite--show-hunks edit is-awaited)))))

;;;; Replacing

(defun aircher-rewrite--replace (edit text)
  "Put TEXT in the place of the region of EDIT, as one step of undo.
Only what differs is touched, so that marks around it stay.  Signal an error if
the region has been changed."
  (when-let ((refusal (aircher-rewrite--refusal edit)))
    (aircher-rewrite--free edit)
    (user-error "aircher: %s" refusal))
  (let* ((overlay (aircher-rewrite-edit-overlay edit))
         (old (aircher-rewrite-edit-old edit))
         (before (length (aircher-rewrite--common-start old text)))
         (after (aircher-rewrite--common-end old text before)))
    (with-current-buffer (overlay-buffer overlay)
      (barf-if-buffer-read-only)
      (save-restriction
        (widen)
        (save-excursion
          (let ((start (+ (overlay-start overlay) before))
                (end (- (overlay-end overlay) after)))
            (undo-boundary)
            (goto-char end)
            (insert (substring text before (- (length text) after)))
            (delete-region start end)
            (undo-boundary)))))
    (aircher-rewrite--free edit)))

(defun aircher-rewrite--common-start (one other)
  "Return the longest text that ONE and OTHER begin with."
  (let ((difference (compare-strings one nil nil other nil nil)))
    (if (eq difference t) one (substring one 0 (1- (abs difference))))))

(defun aircher-rewrite--common-end (one other from)
  "Return the length of the longest end of ONE and OTHER after FROM."
  (let ((length 0)
        (limit (- (min (length one) (length other)) from)))
    (while (and (< length limit)
                (eq (aref one (- (length one) length 1)) (aref other (- (length other) length 1))))
      (setq length (1+ length)))
    length))

;;;; Hunks

(cl-defstruct (aircher-rewrite-hunk (:copier nil))
  "A hunk: its lines in the old and in the new text, from 0, and its text.
DECISION is nil, `accepted' or `rejected'; START and END are where it is shown."
  old-start old-count new-start new-count text decision start end)

(defun aircher-rewrite--diff (old new)
  "Return the unified difference between the texts OLD and NEW.
It has one line of context, so that changes that are close are separate hunks."
  (let ((old-file (make-temp-file "aircher-old"))
        (new-file (make-temp-file "aircher-new"))
        (coding-system-for-write 'utf-8-emacs-unix)
        (coding-system-for-read 'utf-8-emacs-unix)
        ;; An empty part of PATH means this folder, in which only root may put programs.
        (default-directory "/"))
    (unwind-protect
        (progn
          ;; Each line has an end, so that there is no message about a missing one.
          (write-region (concat old "\n") nil old-file nil 'quiet)
          (write-region (concat new "\n") nil new-file nil 'quiet)
          (with-temp-buffer
            (call-process diff-command nil t nil "-U1" "--" old-file new-file)
            (buffer-string)))
      (delete-file old-file)
      (delete-file new-file))))

(defun aircher-rewrite--hunks (diff)
  "Return the hunks of DIFF, a unified difference."
  (let ((hunks nil))
    (with-temp-buffer
      (insert diff)
      (goto-char (point-min))
      (while (re-search-forward "^@@ -\\([0-9]+\\)\\(?:,\\([0-9]+\\)\\)? \
\\+\\([0-9]+\\)\\(?:,\\([0-9]+\\)\\)? @@\n" nil t)
        (let* ((number (lambda (group) (and (match-string group)
                                            (string-to-number (match-string group)))))
               (old-count (or (funcall number 2) 1))
               (new-count (or (funcall number 4) 1))
               (old-start (funcall number 1))
               (new-start (funcall number 3))
               (start (point)))
          (goto-char (if (re-search-forward "^@@ " nil t) (match-beginning 0) (point-max)))
          (push (make-aircher-rewrite-hunk
                 ;; Without lines, the number is that of the line before.
                 :old-start (if (= old-count 0) old-start (1- old-start)) :old-count old-count
                 :new-start (if (= new-count 0) new-start (1- new-start)) :new-count new-count
                 :text (buffer-substring start (point)))
                hunks))))
    (nreverse hunks)))

(defun aircher-rewrite--merged (old new hunks)
  "Return the text OLD with those HUNKS to NEW that are accepted."
  (let ((old-lines (vconcat (split-string old "\n")))
        (new-lines (vconcat (split-string new "\n")))
        (position 0)
        (pieces nil))
    (dolist (hunk hunks)
      (push (cl-subseq old-lines position (aircher-rewrite-hunk-old-start hunk)) pieces)
      (setq position (+ (aircher-rewrite-hunk-old-start hunk) (aircher-rewrite-hunk-old-count hunk)))
      (push (if (eq (aircher-rewrite-hunk-decision hunk) 'accepted)
                (cl-subseq new-lines (aircher-rewrite-hunk-new-start hunk)
                           (+ (aircher-rewrite-hunk-new-start hunk)
                              (aircher-rewrite-hunk-new-count hunk)))
              (cl-subseq old-lines (aircher-rewrite-hunk-old-start hunk) position))
            pieces))
    (push (cl-subseq old-lines position) pieces)
    (mapconcat #'identity (apply #'vconcat (nreverse pieces)) "\n")))

(defconst aircher-rewrite--hidden "[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
  "Matches characters that are not seen, or show text in another order.")

(defun aircher-rewrite--visible (text)
  "Return TEXT with characters that hide something shown by their numbers."
  (replace-regexp-in-string
   aircher-rewrite--hidden
   (lambda (found) (propertize (format "\\u%04x" (aref found 0)) 'face 'escape-glyph))
   text t t))

(defun aircher-rewrite--show-hidden ()
  "Show in this buffer the characters that would hide something, if there are any."
  (save-excursion
    (goto-char (point-min))
    (when (re-search-forward aircher-rewrite--hidden nil t)
      (goto-char (point-min))
      (setq buffer-display-table (make-display-table)
            bidi-display-reordering nil)
      (while (re-search-forward aircher-rewrite--hidden nil t)
        (aset buffer-display-table (char-before)
              (vconcat (format "\\u%04x" (char-before))))))))

(defvar-local aircher-rewrite--edit nil "The change that this buffer shows.")
(defvar-local aircher-rewrite--hunks nil "The hunks that this buffer shows.")

(defvar aircher-rewrite-mode-map
  (let ((map (make-sparse-keymap)))
    (set-keymap-parent map special-mode-map)
    (define-key map (kbd "a") #'aircher-rewrite-accept)
    (define-key map (kbd "y") #'aircher-rewrite-accept)
    (define-key map (kbd "r") #'aircher-rewrite-reject)
    (define-key map (kbd "A") #'aircher-rewrite-accept-all)
    (define-key map (kbd "R") #'aircher-rewrite-reject-all)
    (define-key map (kbd "n") #'aircher-rewrite-next)
    (define-key map (kbd "p") #'aircher-rewrite-previous)
    (define-key map (kbd "e") #'aircher-rewrite-ediff)
    (define-key map (kbd "C-c C-c") #'aircher-rewrite-apply)
    (define-key map (kbd "q") #'aircher-rewrite-reject-all)
    map)
  "Keys while hunks are reviewed.")

(define-derived-mode aircher-rewrite-mode special-mode "Change"
  "Review a change of a region, hunk by hunk.
When the last hunk is decided, the accepted ones are put into the buffer.

\\{aircher-rewrite-mode-map}"
  :interactive nil
  (setq-local font-lock-defaults '(diff-font-lock-keywords t))
  (setq-local diff-font-lock-syntax nil diff-font-lock-prettify nil)
  (add-hook 'kill-buffer-hook #'aircher-rewrite--forget nil t)
  (setq header-line-format
        " a: accept  r: reject  A: accept all  q: reject all  n/p: next, previous  e: Ediff"))

(defun aircher-rewrite--forget ()
  "Forget the region whose change this buffer has shown."
  (when aircher-rewrite--edit (aircher-rewrite--free aircher-rewrite--edit)))

(defun aircher-rewrite--show-hunks (edit is-awaited)
  "Show the hunks of EDIT in a buffer, and select its window if it IS-AWAITED."
  (let ((hunks (aircher-rewrite--hunks (aircher-rewrite--diff (aircher-rewrite-edit-old edit)
                                                              (aircher-rewrite-edit-new edit))))
        (buffer (generate-new-buffer "*aircher change*")))
    (with-current-buffer buffer
      (aircher-rewrite-mode)
      (setq aircher-rewrite--edit edit
            aircher-rewrite--hunks hunks)
      (let ((inhibit-read-only t)
            (total (length hunks)))
        (cl-loop for hunk in hunks
                 for number from 1
                 do (setf (aircher-rewrite-hunk-start hunk) (copy-marker (point)))
                 (insert (format "@@ -%d,%d +%d,%d @@ %d of %d\n"
                                 (1+ (aircher-rewrite-hunk-old-start hunk))
                                 (aircher-rewrite-hunk-old-count hunk)
                                 (1+ (aircher-rewrite-hunk-new-start hunk))
                                 (aircher-rewrite-hunk-new-count hunk) number total)
                         (aircher-rewrite--visible (aircher-rewrite-hunk-text hunk)))
                 (setf (aircher-rewrite-hunk-end hunk) (copy-marker (point)))))
      (goto-char (point-min))
      (set-buffer-modified-p nil))
    (if is-awaited
        (pop-to-buffer buffer)
      (display-buffer buffer)
      (message "aircher: the change can be reviewed in %s" (buffer-name buffer)))))

(defun aircher-rewrite--hunk-at-point ()
  "Return the hunk at point."
  (or (cl-find-if (lambda (hunk) (< (point) (aircher-rewrite-hunk-end hunk))) aircher-rewrite--hunks)
      (car (last aircher-rewrite--hunks))))

(defun aircher-rewrite--decide (hunk decision)
  "Set the DECISION on HUNK, and show it."
  (setf (aircher-rewrite-hunk-decision hunk) decision)
  (save-excursion
    (goto-char (aircher-rewrite-hunk-start hunk))
    (remove-overlays (point) (line-end-position) 'aircher-rewrite-decision t)
    (let ((overlay (make-overlay (point) (line-end-position))))
      (overlay-put overlay 'aircher-rewrite-decision t)
      (overlay-put overlay 'after-string (format "  %s" decision)))))

(defun aircher-rewrite--decide-and-go-on (decision)
  "Set the DECISION on the hunk at point, and go to the next one that has none.
If there is none, apply the change."
  (aircher-rewrite--decide (aircher-rewrite--hunk-at-point) decision)
  (let* ((open (cl-remove-if #'aircher-rewrite-hunk-decision aircher-rewrite--hunks))
         (next (or (cl-find-if (lambda (hunk) (> (aircher-rewrite-hunk-start hunk) (point))) open)
                   (car open))))
    (if next
        (goto-char (aircher-rewrite-hunk-start next))
      (aircher-rewrite-apply))))

(defun aircher-rewrite-accept ()
  "Accept the hunk at point."
  (interactive nil aircher-rewrite-mode)
  (aircher-rewrite--decide-and-go-on 'accepted))

(defun aircher-rewrite-reject ()
  "Reject the hunk at point."
  (interactive nil aircher-rewrite-mode)
  (aircher-rewrite--decide-and-go-on 'rejected))

(defun aircher-rewrite--decide-all (decision)
  "Set the DECISION on all hunks that have none, and apply the change."
  (dolist (hunk aircher-rewrite--hunks)
    (unless (aircher-rewrite-hunk-decision hunk)
      (setf (aircher-rewrite-hunk-decision hunk) decision)))
  (aircher-rewrite-apply))

(defun aircher-rewrite-accept-all ()
  "Accept all hunks on which nothing is decided."
  (interactive nil aircher-rewrite-mode)
  (aircher-rewrite--decide-all 'accepted))

(defun aircher-rewrite-reject-all ()
  "Reject all hunks on which nothing is decided."
  (interactive nil aircher-rewrite-mode)
  (aircher-rewrite--decide-all 'rejected))

(defun aircher-rewrite-next ()
  "Go to the next hunk."
  (interactive nil aircher-rewrite-mode)
  (when-let ((next (cl-find-if (lambda (hunk) (> (aircher-rewrite-hunk-start hunk) (point)))
                               aircher-rewrite--hunks)))
    (goto-char (aircher-rewrite-hunk-start next))))

(defun aircher-rewrite-previous ()
  "Go to the previous hunk."
  (interactive nil aircher-rewrite-mode)
  (when-let ((previous (cl-find-if (lambda (hunk) (< (aircher-rewrite-hunk-start hunk) (point)))
                                   (reverse aircher-rewrite--hunks))))
    (goto-char (aircher-rewrite-hunk-start previous))))

(defun aircher-rewrite--close ()
  "Close this review; what it was about is not forgotten."
  (setq aircher-rewrite--edit nil)
  (quit-window t))

(defun aircher-rewrite-apply ()
  "Put the accepted hunks into the buffer; all others are rejected."
  (interactive nil aircher-rewrite-mode)
  (let* ((edit aircher-rewrite--edit)
         (hunks aircher-rewrite--hunks)
         (accepted (cl-count 'accepted hunks :key #'aircher-rewrite-hunk-decision))
         (is-over (or (= accepted 0) (aircher-rewrite--refusal edit))))
    (when is-over (aircher-rewrite--close))
    (if (= accepted 0)
        (progn (aircher-rewrite--free edit)
               (message "Nothing was changed"))
      (aircher-rewrite--replace edit (aircher-rewrite--merged (aircher-rewrite-edit-old edit)
                                                              (aircher-rewrite-edit-new edit)
                                                              hunks))
      ;; Not before: the file may be locked, or the buffer be read-only now, and what was decided
      ;; can be applied afterwards.
      (aircher-rewrite--close)
      (message "%d of %d hunks accepted; one undo takes them back" accepted (length hunks)))))

;;;; Ediff

(defun aircher-rewrite-ediff ()
  "Review this change in Ediff instead, without the hunks that are rejected."
  (interactive nil aircher-rewrite-mode)
  (let ((edit aircher-rewrite--edit)
        (hunks aircher-rewrite--hunks))
    (dolist (hunk hunks)
      (unless (aircher-rewrite-hunk-decision hunk)
        (setf (aircher-rewrite-hunk-decision hunk) 'accepted)))
    (setf (aircher-rewrite-edit-new edit)
          (aircher-rewrite--merged (aircher-rewrite-edit-old edit) (aircher-rewrite-edit-new edit)
                                   hunks))
    (aircher-rewrite--close)
    (aircher-rewrite--start-ediff edit)))

(defun aircher-rewrite--start-ediff (edit)
  "Review EDIT in Ediff: A is the old text, B what the region will be."
  (let* ((mode (buffer-local-value 'major-mode (overlay-buffer (aircher-rewrite-edit-overlay edit))))
         (old (aircher-rewrite--ediff-buffer "*aircher old*" (aircher-rewrite-edit-old edit) mode))
         (new (aircher-rewrite--ediff-buffer "*aircher new*" (aircher-rewrite-edit-new edit) mode))
         (windows (current-window-configuration)))
    (with-current-buffer old
      (setq buffer-read-only t
            header-line-format " The old text"))
    (with-current-buffer new
      (setq header-line-format
            " n/p: next, previous  a: take the old text  b: the new one again  q: finish"))
    (ediff-buffers
     old new
     (list (lambda ()
             (setq-local ediff-keep-variants t)
             (local-set-key "b" #'aircher-rewrite-ediff-take-new)
             (add-hook 'ediff-quit-hook
                       (lambda () (aircher-rewrite--ediff-ended edit old new windows))
                       90 t))))))

(defun aircher-rewrite-ediff-take-new ()
  "Take the new text of the current difference, if the old one was taken."
  (interactive nil ediff-mode)
  (if (assoc ediff-current-difference ediff-killed-diffs-alist)
      (ediff-restore-diff nil ?b)
    (message "B has the new text of this difference")))

(defun aircher-rewrite--ediff-buffer (name text mode)
  "Return a new buffer NAME with TEXT, in the major mode MODE."
  (let ((buffer (generate-new-buffer name)))
    (with-current-buffer buffer
      (insert text)
      (delay-mode-hooks (funcall mode))
      (aircher-rewrite--show-hidden)
      (set-buffer-modified-p nil))
    buffer))

(defun aircher-rewrite--ediff-ended (edit old new windows)
  "Put the text of buffer NEW in the place of the region of EDIT.
The user is asked first.  The buffers OLD and NEW are killed, and WINDOWS are
restored."
  (let ((text (with-current-buffer new (buffer-substring-no-properties (point-min) (point-max)))))
    (set-window-configuration windows)
    (mapc #'kill-buffer (list old new))
    (cond ((string= text (aircher-rewrite-edit-old edit))
           (aircher-rewrite--free edit)
           (message "Nothing was changed"))
          ((condition-case nil
               (y-or-n-p "Put the text of B into the buffer? ")
             (quit nil))
           (aircher-rewrite--replace edit text)
           (message "Replaced; one undo takes it back"))
          (t (aircher-rewrite--free edit)
             (message "Nothing was changed")))))

(provide 'aircher-rewrite)

;;; aircher-rewrite.el ends here
