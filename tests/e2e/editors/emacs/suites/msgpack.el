;;; msgpack.el --- The bytes of the protocol in Emacs  -*- lexical-binding: t; -*-

;;; Code:

(require 'aircher-msgpack)

(defconst msgpack--values
  (list 0 127 128 255 256 65535 65536 4294967295 4294967296 18446744073709551615
        -1 -32 -33 -128 -129 -32769 -2147483649 -9223372036854775808
        0.0 -0.0 1.5 -0.1 1e308 5e-324 2.2250738585072014e-308 1.0e+INF -1.0e+INF
        "" "ä€𝄞" (make-string 31 ?a) (make-string 32 ?a) (make-string 255 ?a)
        (make-string 256 ?a) (make-string 65536 ?a)
        [] [1 [2 [3]]] (make-vector 15 1) (make-vector 16 1) (make-vector 65536 1)
        nil '((a . 1) (b . []) (c . ((d . nil)))) t :false :null
        (mapcar (lambda (number) (cons (intern (format "k%d" number)) number))
                (number-sequence 1 16)))
  "A value of each kind and of each length of a head.")

(defmacro msgpack--in (bytes &rest body)
  "Run BODY in a buffer that has BYTES."
  (declare (indent 1))
  `(with-temp-buffer
     (set-buffer-multibyte nil)
     (insert ,bytes)
     (goto-char (point-min))
     ,@body))

(defun msgpack--read (bytes)
  "Return the value of BYTES, which must be a whole frame."
  (msgpack--in bytes
    (let ((end (aircher-msgpack-frame-end (aircher-msgpack-scan-at 1))))
      (should (eq end (point-max)))
      (prog1 (aircher-msgpack-read)
        (should (eq end (point)))))))

(defun msgpack--refusal (bytes)
  "Return why BYTES are refused, nil if they are not."
  (condition-case problem
      (progn (msgpack--in bytes
               (when (aircher-msgpack-frame-end (aircher-msgpack-scan-at 1))
                 (aircher-msgpack-read)))
             nil)
    (aircher-msgpack-error (cadr problem))))

(ert-deftest a1-values-come-back-as-they-were ()
  (dolist (value msgpack--values)
    (should (equal value (msgpack--read (aircher-msgpack-encode value)))))
  (should (isnan (msgpack--read (aircher-msgpack-encode 0.0e+NaN)))))

(ert-deftest a2-the-bytes-are-those-of-the-specification ()
  (pcase-dolist (`(,value ,hex)
                 '((1.5 "cb3ff8000000000000") (-0.1 "cbbfb999999999999a")
                   (-33 "d3ffffffffffffffdf") (65536 "ce00010000") ("ä" "a2c3a4")
                   (((a . [1 t]) (b . :null)) "82a1619201c3a162c0")
                   ((:a 1 :b nil) "82a16101a16280")))
    (should (equal hex (mapconcat (lambda (byte) (format "%02x" byte))
                                  (aircher-msgpack-encode value) "")))))

(ert-deftest a3-what-others-send-is-understood ()
  (should (= 0.5 (msgpack--read "\312\77\0\0\0")))
  (should (= -1.0e+INF (msgpack--read "\312\377\200\0\0")))
  (should (equal "abc" (msgpack--read "\304\3abc")))
  (should (equal '(-1 -1 -1 -1) (mapcar #'msgpack--read
                                        '("\320\377" "\321\377\377" "\322\377\377\377\377"
                                          "\323\377\377\377\377\377\377\377\377"))))
  (should (equal '((a . 1)) (msgpack--read "\336\0\1\331\1a\1"))))

(ert-deftest a4-bytes-that-are-no-text-come-and-go-unchanged ()
  (let* ((bytes "\246a\377\300\200bc")
         (text (msgpack--read bytes)))
    (should (multibyte-string-p text))
    (should (equal bytes (aircher-msgpack-encode text)))))

(ert-deftest b1-the-end-of-a-frame-is-found-at-every-cut-without-looking-back ()
  (dolist (value (list [1 2 "three" 4.5] '((a . "long enough to have a head of its own ......"))
                       (vector 1 (make-string 300 ?x) '((k . [nil t])))))
    (let ((bytes (aircher-msgpack-encode value))
          (scan (aircher-msgpack-scan-at 1))
          (before 1))
      (msgpack--in ""
        (dotimes (index (length bytes))
          (should-not (aircher-msgpack-frame-end scan))
          (should (>= (aircher-msgpack-scan-next scan) before))
          (setq before (aircher-msgpack-scan-next scan))
          (goto-char (point-max))
          (insert (aref bytes index)))
        (should (eq (point-max) (aircher-msgpack-frame-end scan)))))))

(ert-deftest b2-what-the-protocol-does-not-have-is-refused ()
  (should (string-match-p "0xc1" (msgpack--refusal "\301")))
  (should (string-match-p "0xd4" (msgpack--refusal "\324\0\0")))
  (should (equal "a key that is no string" (msgpack--refusal "\201\1\1")))
  (should (equal "too many levels" (msgpack--refusal (concat (make-string 40 #x91) "\1"))))
  (should (equal "a frame of more than 32 MiB" (msgpack--refusal "\333\377\377\377\377")))
  (should (equal "a frame of more than 32 MiB" (msgpack--refusal "\335\377\377\377\377")))
  (should (equal "a frame of more than 32 MiB" (msgpack--refusal "\337\377\377\377\377"))))

(ert-deftest b3-random-bytes-are-read-or-refused ()
  (random "always the same")
  (dotimes (_ 2000)
    (let ((bytes (apply #'unibyte-string (cl-loop repeat 40 collect (random 256)))))
      (msgpack--in bytes
        (condition-case nil
            (when-let ((end (aircher-msgpack-frame-end (aircher-msgpack-scan-at 1))))
              (aircher-msgpack-read)
              (should (eq end (point))))
          (aircher-msgpack-error nil))))))

(ert-deftest b4-what-cannot-be-sent-is-an-error-of-the-caller ()
  (should-error (aircher-msgpack-encode 'symbol) :type 'wrong-type-argument)
  (should-error (aircher-msgpack-encode '("a" "b")) :type 'wrong-type-argument)
  (should-error (aircher-msgpack-encode '((nil . 1))) :type 'wrong-type-argument)
  (should-error (aircher-msgpack-encode (ash 1 64)) :type 'args-out-of-range))

;;; msgpack.el ends here
