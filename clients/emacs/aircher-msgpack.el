;;; aircher-msgpack.el --- The msgpack of aircher's protocol  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Encodes and decodes the types that aircher's protocol has: nil, booleans, integers of 64 bits,
;; floats, strings, arrays, and maps whose keys are strings.  There are no ext types.
;;
;; Values look as in Emacs's own `json-parse-buffer':
;;
;;   map      alist with symbols as keys; an empty map is nil
;;   array    vector
;;   string   string; bytes that are not UTF-8 are kept as raw bytes, and sent back unchanged
;;   true, false, nil    t, :false, :null
;;
;; What is encoded may also be a plist with keywords as keys, or a hash table.
;;
;; Frames arrive in pieces.  They are collected in a unibyte buffer, and two steps read them there,
;; without copies.  `aircher-msgpack-frame-end' only skips values until the frame is complete.  All
;; it has to remember is where it is and how many values are missing, so no byte is looked at again
;; when more arrive, and a long string is skipped by its length.  Then `aircher-msgpack-read'
;; decodes the frame at point, with no need to care for its end.

;;; Code:

(require 'cl-lib)

(define-error 'aircher-msgpack-error "Invalid msgpack")

(defconst aircher-msgpack-max-frame (* 32 1024 1024)
  "The bytes of the longest frame.")

(defconst aircher-msgpack--garbage (* 16 1024 1024)
  "The bytes that a frame may take before garbage is collected.")

(defconst aircher-msgpack-max-depth 32
  "The levels of nesting of a frame.  The daemon sends at most 16.")

;;;; Where a frame ends

(cl-defstruct (aircher-msgpack-scan
               (:constructor aircher-msgpack-scan-at (&optional (start 1) (next start)))
               (:copier nil))
  "The search for the end of a frame, which begins at START.
NEXT is looked at next, and MISSING values have to follow until it is complete."
  start next (missing 1))

(defsubst aircher-msgpack--uint (position size)
  "Return the unsigned integer of SIZE bytes at POSITION."
  (let ((value 0))
    (dotimes (index size)
      (setq value (logior (ash value 8) (char-after (+ position index)))))
    value))

(defconst aircher-msgpack--fixed-sizes
  (let ((sizes (make-vector 32 nil)))
    ;; The bytes after the head, for the heads from #xc0 on that have no length.
    (pcase-dolist (`(,head . ,size)
                   '((#xc0 . 0) (#xc2 . 0) (#xc3 . 0) (#xca . 4) (#xcb . 8) (#xcc . 1) (#xcd . 2)
                     (#xce . 4) (#xcf . 8) (#xd0 . 1) (#xd1 . 2) (#xd2 . 4) (#xd3 . 8)))
      (aset sizes (- head #xc0) size))
    sizes))

(defconst aircher-msgpack--length-sizes
  (let ((sizes (make-vector 32 nil)))
    ;; The bytes of the length, for the heads of strings, arrays and maps.
    (pcase-dolist (`(,head . ,size)
                   '((#xc4 . 1) (#xc5 . 2) (#xc6 . 4) (#xd9 . 1) (#xda . 2) (#xdb . 4)
                     (#xdc . 2) (#xdd . 4) (#xde . 2) (#xdf . 4)))
      (aset sizes (- head #xc0) size))
    sizes))

(defun aircher-msgpack-frame-end (scan)
  "Return the end of the frame that SCAN has begun to look at in this buffer.
Return nil if the end has not arrived; call this again with the same SCAN when
more bytes have.  Signal `aircher-msgpack-error' if the frame is too long, or
has what the protocol does not."
  (let ((position (aircher-msgpack-scan-next scan))
        (missing (aircher-msgpack-scan-missing scan))
        (limit (point-max))
        (waits nil))
    (while (and (> missing 0) (< position limit) (not waits))
      (let ((head (char-after position)))
        (cond
         ((< head #x80) (setq position (1+ position) missing (1- missing)))
         ((< head #x90) (setq position (1+ position)
                              missing (+ missing -1 (* 2 (logand head 15)))))
         ((< head #xa0) (setq position (1+ position) missing (+ missing -1 (logand head 15))))
         ((< head #xc0) (setq position (+ position 1 (logand head 31)) missing (1- missing)))
         ((>= head #xe0) (setq position (1+ position) missing (1- missing)))
         (t
          (let* ((row (- head #xc0))
                 (fixed (aref aircher-msgpack--fixed-sizes row))
                 (size (aref aircher-msgpack--length-sizes row)))
            (cond
             (fixed (setq position (+ position 1 fixed) missing (1- missing)))
             ((null size) (signal 'aircher-msgpack-error (list (format "a byte %#x" head))))
             ((> (+ position 1 size) limit) (setq waits t))
             (t
              (let ((length (aircher-msgpack--uint (1+ position) size)))
                (setq position (+ position 1 size))
                (cond ((>= head #xde) (setq missing (+ missing -1 (* 2 length))))
                      ((>= head #xdc) (setq missing (+ missing -1 length)))
                      (t (setq position (+ position length) missing (1- missing))))))))))))
    (setf (aircher-msgpack-scan-next scan) position
          (aircher-msgpack-scan-missing scan) missing)
    ;; Each missing value has a byte at least.
    (when (> (+ position missing (- (aircher-msgpack-scan-start scan)))
             aircher-msgpack-max-frame)
      (signal 'aircher-msgpack-error (list "a frame of more than 32 MiB")))
    (and (eq missing 0) (<= position limit) position)))

;;;; Decoding

(defsubst aircher-msgpack--take-uint (size)
  "Return the unsigned integer of SIZE bytes at point, and move behind it."
  (prog1 (aircher-msgpack--uint (point) size)
    (forward-char size)))

(defun aircher-msgpack--take-int (size)
  "Return the signed integer of SIZE bytes at point, and move behind it."
  (let ((value (aircher-msgpack--take-uint size))
        (half (ash 1 (1- (* 8 size)))))
    (if (< value half) value (- value (* 2 half)))))

(defun aircher-msgpack--take-float (size)
  "Return the float of SIZE bytes at point, and move behind it."
  (let* ((bits (aircher-msgpack--take-uint size))
         (fraction-bits (if (eq size 4) 23 52))
         (exponent-bits (if (eq size 4) 8 11))
         (fraction (logand bits (1- (ash 1 fraction-bits))))
         (biggest (1- (ash 1 exponent-bits)))
         (exponent (logand (ash bits (- fraction-bits)) biggest))
         (bias (ash biggest -1))
         (magnitude
          (cond
           ((and (eq exponent biggest) (eq fraction 0)) 1.0e+INF)
           ((eq exponent biggest) 0.0e+NaN)
           ((eq exponent 0) (ldexp (float fraction) (- 1 bias fraction-bits)))
           (t (ldexp (float (+ fraction (ash 1 fraction-bits)))
                     (- exponent bias fraction-bits))))))
    (if (eq 0 (ash bits (- (+ fraction-bits exponent-bits)))) magnitude (- magnitude))))

(defsubst aircher-msgpack--take-string (length)
  "Return the string of LENGTH bytes at point, and move behind it."
  (let ((start (point)))
    (forward-char length)
    (decode-coding-string (buffer-substring-no-properties start (point)) 'utf-8-unix t)))

(defun aircher-msgpack--take-array (length depth)
  "Return the LENGTH values at point as a vector; DEPTH levels are left."
  (let ((values (make-vector length nil)))
    (dotimes (index length)
      (aset values index (aircher-msgpack--take depth)))
    values))

(defun aircher-msgpack--take-key ()
  "Return the key at point as a symbol, and move behind it."
  (let ((head (following-char)))
    (if (and (>= head #xa0) (< head #xc0))
        (progn (forward-char 1)
               (intern (aircher-msgpack--take-string (logand head 31))))
      (let ((key (aircher-msgpack--take 0)))
        (unless (stringp key)
          (signal 'aircher-msgpack-error (list "a key that is no string")))
        (intern key)))))

(defun aircher-msgpack--take-map (length depth)
  "Return the LENGTH pairs at point as an alist; DEPTH levels are left."
  (let (pairs)
    (dotimes (_ length)
      (let ((key (aircher-msgpack--take-key)))
        (push (cons key (aircher-msgpack--take depth)) pairs)))
    (nreverse pairs)))

(defun aircher-msgpack--take (depth)
  "Return the value at point, and move behind it; DEPTH levels are left."
  (when (< depth 0)
    (signal 'aircher-msgpack-error (list "too many levels")))
  (let ((head (following-char)))
    (forward-char 1)
    (cond
     ((< head #x80) head)
     ((< head #x90) (aircher-msgpack--take-map (logand head 15) (1- depth)))
     ((< head #xa0) (aircher-msgpack--take-array (logand head 15) (1- depth)))
     ((< head #xc0) (aircher-msgpack--take-string (logand head 31)))
     ((>= head #xe0) (- head 256))
     ((eq head #xc0) :null)
     ((eq head #xc2) :false)
     ((eq head #xc3) t)
     ((or (eq head #xc4) (eq head #xd9))
      (aircher-msgpack--take-string (aircher-msgpack--take-uint 1)))
     ((or (eq head #xc5) (eq head #xda))
      (aircher-msgpack--take-string (aircher-msgpack--take-uint 2)))
     ((or (eq head #xc6) (eq head #xdb))
      (aircher-msgpack--take-string (aircher-msgpack--take-uint 4)))
     ((eq head #xca) (aircher-msgpack--take-float 4))
     ((eq head #xcb) (aircher-msgpack--take-float 8))
     ((eq head #xcc) (aircher-msgpack--take-uint 1))
     ((eq head #xcd) (aircher-msgpack--take-uint 2))
     ((eq head #xce) (aircher-msgpack--take-uint 4))
     ((eq head #xcf) (aircher-msgpack--take-uint 8))
     ((eq head #xd0) (aircher-msgpack--take-int 1))
     ((eq head #xd1) (aircher-msgpack--take-int 2))
     ((eq head #xd2) (aircher-msgpack--take-int 4))
     ((eq head #xd3) (aircher-msgpack--take-int 8))
     ((eq head #xdc) (aircher-msgpack--take-array (aircher-msgpack--take-uint 2) (1- depth)))
     ((eq head #xdd) (aircher-msgpack--take-array (aircher-msgpack--take-uint 4) (1- depth)))
     ((eq head #xde) (aircher-msgpack--take-map (aircher-msgpack--take-uint 2) (1- depth)))
     ((eq head #xdf) (aircher-msgpack--take-map (aircher-msgpack--take-uint 4) (1- depth)))
     (t (signal 'aircher-msgpack-error (list (format "a byte %#x" head)))))))

(defun aircher-msgpack-read ()
  "Return the value at point in the current unibyte buffer, and move behind it.
It must be complete, see `aircher-msgpack-frame-end'.  Signal
`aircher-msgpack-error' if it has what the protocol does not."
  ;; A list of models would have garbage collected five times while it is read.
  (let ((gc-cons-threshold (max gc-cons-threshold aircher-msgpack--garbage)))
    (aircher-msgpack--take aircher-msgpack-max-depth)))

;;;; Encoding

(defun aircher-msgpack--put-uint (value size)
  "Insert VALUE as an unsigned integer of SIZE bytes."
  (dotimes (index size)
    (insert (logand 255 (ash value (* -8 (- size index 1)))))))

(defun aircher-msgpack--put-head (length fix limit heads)
  "Insert the head of something with LENGTH.
FIX is the head for a LENGTH below LIMIT.  HEADS are those with a length of 1, 2
and 4 bytes; the first may be nil."
  (pcase-let ((`(,one ,two ,four) heads))
    (cond ((< length limit) (insert (logior fix length)))
          ((and one (< length #x100)) (insert one length))
          ((< length #x10000) (insert two) (aircher-msgpack--put-uint length 2))
          (t (insert four) (aircher-msgpack--put-uint length 4)))))

(defun aircher-msgpack--put-integer (value)
  "Insert the integer VALUE."
  (cond ((<= 0 value #x7f) (insert value))
        ((<= -32 value -1) (insert (+ 256 value)))
        ((<= 0 value #xff) (insert #xcc value))
        ((<= 0 value #xffff) (insert #xcd) (aircher-msgpack--put-uint value 2))
        ((<= 0 value #xffffffff) (insert #xce) (aircher-msgpack--put-uint value 4))
        ((<= 0 value #xffffffffffffffff) (insert #xcf) (aircher-msgpack--put-uint value 8))
        ((<= (- (ash 1 63)) value -1) (insert #xd3) (aircher-msgpack--put-uint value 8))
        (t (signal 'args-out-of-range (list value)))))

(defun aircher-msgpack--float-bits (value)
  "Return the 64 bits of the float VALUE as an integer."
  (let ((sign (if (< (copysign 1.0 value) 0) (ash 1 63) 0))
        (infinite (ash 2047 52))
        (magnitude (abs value)))
    (logior
     sign
     (cond ((isnan value) (logior infinite (ash 1 51)))
           ((= magnitude 1.0e+INF) infinite)
           ((= magnitude 0.0) 0)
           (t (pcase-let* ((`(,fraction . ,exponent) (frexp magnitude))
                           (biased (+ exponent 1022)))
                (if (< biased 1)
                    (truncate (ldexp magnitude 1074))
                  (+ (ash biased 52) (- (truncate (ldexp fraction 53)) (ash 1 52))))))))))

(defun aircher-msgpack--put-string (value)
  "Insert the string VALUE as UTF-8; raw bytes are inserted as they are."
  (let ((bytes (encode-coding-string value 'utf-8-unix t)))
    (aircher-msgpack--put-head (length bytes) #xa0 32 '(#xd9 #xda #xdb))
    (insert bytes)))

(defun aircher-msgpack--key (key)
  "Return the name of KEY: a symbol, a keyword or a string."
  (cond ((stringp key) key)
        ((keywordp key) (substring (symbol-name key) 1))
        ((and key (symbolp key)) (symbol-name key))
        (t (signal 'wrong-type-argument (list 'symbolp key)))))

(defun aircher-msgpack--put-map (pairs)
  "Insert the alist PAIRS as a map."
  (aircher-msgpack--put-head (length pairs) #x80 16 '(nil #xde #xdf))
  (dolist (pair pairs)
    (aircher-msgpack--put-string (aircher-msgpack--key (car pair)))
    (aircher-msgpack-insert (cdr pair))))

(defun aircher-msgpack--pairs (value)
  "Return the alist of VALUE: an alist, a plist or a hash table."
  (cond ((hash-table-p value)
         (let (pairs)
           (maphash (lambda (key each) (push (cons key each) pairs)) value)
           (nreverse pairs)))
        ((keywordp (car value))
         (cl-loop for (key each) on value by #'cddr collect (cons key each)))
        ((and (consp (car value)) (atom (caar value))) value)
        (t (signal 'wrong-type-argument (list 'alist value)))))

(defun aircher-msgpack-insert (value)
  "Insert VALUE into this unibyte buffer; the commentary has the types."
  (cond ((stringp value) (aircher-msgpack--put-string value))
        ((null value) (insert #x80))
        ((eq value t) (insert #xc3))
        ((eq value :false) (insert #xc2))
        ((eq value :null) (insert #xc0))
        ((integerp value) (aircher-msgpack--put-integer value))
        ((floatp value)
         (insert #xcb)
         (aircher-msgpack--put-uint (aircher-msgpack--float-bits value) 8))
        ((vectorp value)
         (aircher-msgpack--put-head (length value) #x90 16 '(nil #xdc #xdd))
         (mapc #'aircher-msgpack-insert value))
        ((or (consp value) (hash-table-p value))
         (aircher-msgpack--put-map (aircher-msgpack--pairs value)))
        (t (signal 'wrong-type-argument (list 'aircher-msgpack-value value)))))

(defun aircher-msgpack-encode (value)
  "Return VALUE as a unibyte string; the commentary has the types."
  (with-temp-buffer
    (set-buffer-multibyte nil)
    (aircher-msgpack-insert value)
    (buffer-string)))

(provide 'aircher-msgpack)

;;; aircher-msgpack.el ends here
