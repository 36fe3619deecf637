;;; decoding.el --- What decoding costs in Emacs  -*- lexical-binding: t; -*-

;;; Code:

(require 'aircher-msgpack)

(defun decoding--cpu ()
  "Return the CPU time that this Emacs has taken, in milliseconds."
  (let ((found (process-attributes (emacs-pid))))
    (* 1000 (+ (float-time (alist-get 'utime found)) (float-time (alist-get 'stime found))))))

(defun decoding--measure (name count run)
  "Print the CPU time of RUN, the mean of COUNT times, as NAME.
Also print what it would be without collections of garbage."
  (cl-flet ((mean (threshold)
              (garbage-collect)
              (let ((gc-cons-threshold threshold)
                    (began (decoding--cpu)))
                (dotimes (_ count) (funcall run))
                (/ (- (decoding--cpu) began) count))))
    (aircher-test-emit :what name :ms (mean gc-cons-threshold)
                       :without_collecting_ms (mean most-positive-fixnum))))

(defun decoding--frames (count)
  "Decode COUNT frames of the current buffer, as the connection does."
  (let ((place 1))
    (dotimes (_ count)
      (let ((end (aircher-msgpack-frame-end (aircher-msgpack-scan-at place))))
        (goto-char place)
        (aircher-msgpack-read)
        (setq place end)))))

(defconst decoding--model
  '((provider . "openrouter") (model . "anthropic/claude-sonnet-5") (name . "Claude Sonnet 5")
    (window . 1000000) (max_output . 64000) (tools . t) (images . t) (reasoning . t)
    (prices . ((input . "3.00") (output . "15.00") (cached . "0.3"))) (state . "not_configured")
    (source . ["shipped" "models.dev"]))
  "A row of `models.list'.")

(with-temp-buffer
  (set-buffer-multibyte nil)
  (let ((delta (aircher-msgpack-encode
                [2 "chat.delta" [((id . 17) (seq . 1234) (type . "text") (text . " word"))]])))
    (dotimes (_ 5000) (insert delta)))
  (decoding--measure "5,000 text deltas" 20 (lambda () (decoding--frames 5000)))
  (erase-buffer)
  (insert (aircher-msgpack-encode `[1 5 :null ((models . ,(make-vector 900 decoding--model)))]))
  (decoding--measure (format "%d kB of models" (/ (buffer-size) 1000)) 20
                     (lambda () (decoding--frames 1)))
  (decoding--measure "the same, in pieces of 4 kB that are only searched for the end" 20
                     (lambda ()
                       (let ((scan (aircher-msgpack-scan-at 1)))
                         (save-restriction
                           (cl-loop for end from 4096 by 4096
                                    do (narrow-to-region 1 (min end (1+ (buffer-size))))
                                    (aircher-msgpack-frame-end scan)
                                    until (progn (widen) (> end (buffer-size))))))))
  (erase-buffer)
  (insert (aircher-msgpack-encode (make-string 1000000 ?x)))
  (decoding--measure "a text of 1 MB" 20 (lambda () (decoding--frames 1))))

;;; decoding.el ends here
