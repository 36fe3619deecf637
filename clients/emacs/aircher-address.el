;;; aircher-address.el --- Where aircher's socket is, and whether it is safe  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Finds the daemon's socket by the rules of docs/protocol.md, and checks who could have put it
;; there.
;;
;; Emacs cannot ask the kernel which user's process answers at a socket.  So owners and modes are
;; checked before a connection is made: the socket and its directory belong to you (or to root), the
;; directory is closed to all others, and no other user may write in a directory above it.  Then only
;; you and root can have made the socket.

;;; Code:

(require 'cl-lib)
(require 'seq)
(require 'subr-x)

(define-error 'aircher-address-error "Aircher's socket cannot be used")

(defconst aircher-address-max-path (if (eq system-type 'darwin) 103 107)
  "The bytes of the longest path of a socket.")

(defconst aircher-address--max-links 40
  "The symbolic links in a path that the kernel follows.")

;;;; The path

(defun aircher-address--getenv (name environment)
  "Return the variable NAME of ENVIRONMENT, a list like `process-environment'.
Return nil if it is empty."
  ;; Without an environment `getenv-internal' looks into that of Emacs.
  (let ((value (and environment (getenv-internal name environment))))
    (and (stringp value) (not (string-empty-p value)) value)))

(defun aircher-address--trim (directory)
  "Return DIRECTORY without slashes at its end."
  (replace-regexp-in-string "/+\\'" "" directory))

(defun aircher-address--hash (text)
  "Return the first 8 hex digits of the SHA-256 of TEXT."
  (substring (secure-hash 'sha256 (encode-coding-string text 'utf-8-unix)) 0 8))

(defun aircher-address--user-home (environment)
  "Return the user's home in ENVIRONMENT; a relative HOME is ignored."
  (let ((home (aircher-address--getenv "HOME" environment)))
    (aircher-address--trim
     (if (and home (string-prefix-p "/" home))
         home
       (expand-file-name (concat "~" (user-real-login-name)))))))

(defun aircher-address--absolute (name environment)
  "Return NAME as an absolute path; `~' is the home in ENVIRONMENT."
  (let ((file-name-handler-alist nil)
        (directory (if (file-remote-p default-directory)
                       (aircher-address--user-home environment)
                     (expand-file-name default-directory))))
    (cond ((or (string= name "~") (string-prefix-p "~/" name))
           (expand-file-name (concat (aircher-address--user-home environment)
                                     (substring name 1))))
          ((string-prefix-p "/" name) (expand-file-name name))
          ;; Python takes `~name' for a name, and so does the daemon.
          (t (expand-file-name (concat directory "/./" name))))))

(defun aircher-address--home (environment)
  "Return the directory of aircher's configuration in ENVIRONMENT."
  (let ((named (aircher-address--getenv "AIRCHER_HOME" environment)))
    (if named
        (aircher-address--absolute named environment)
      (concat (aircher-address--user-home environment) "/.aircher"))))

(defun aircher-address--real (directory)
  "Return DIRECTORY without symbolic links and without a slash at its end."
  (let ((file-name-handler-alist nil))
    (directory-file-name (file-truename directory))))

(defun aircher-address--home-hash (environment)
  "Return the 8 hex digits of the home in ENVIRONMENT, nil for `~/.aircher'."
  (when (aircher-address--getenv "AIRCHER_HOME" environment)
    (let ((home (aircher-address--real (aircher-address--home environment)))
          (usual (aircher-address--real
                  (concat (aircher-address--user-home environment) "/.aircher"))))
      (unless (string= home usual)
        (aircher-address--hash home)))))

(defun aircher-address-is-private (directory &optional uid)
  "Return whether DIRECTORY exists, is UID's (default: yours) and closed to others."
  (not (aircher-address--fault directory (or uid (user-uid)))))

(defun aircher-address--runtime (environment uid is-private)
  "Return the runtime directory of ENVIRONMENT and UID, nil if there is none.
IS-PRIVATE is as in `aircher-address-find-socket'."
  (let ((named (aircher-address--trim
                (or (aircher-address--getenv "XDG_RUNTIME_DIR" environment) "")))
        (default (format "/run/user/%d" uid)))
    (cond ((string-prefix-p "/" named) named)
          ((funcall is-private default uid) default))))

(cl-defun aircher-address-find-socket
    (&optional (environment process-environment) (uid (user-uid)) hostname
               (is-private #'aircher-address-is-private))
  "Return the absolute path of the daemon's socket.
ENVIRONMENT is a list like `process-environment'.  UID and HOSTNAME are those of
the user and the machine.  IS-PRIVATE is called with a directory and UID, and
says whether /run/user/UID may be used.  All have the obvious defaults."
  (let* ((named (aircher-address--getenv "AIRCHER_SOCKET" environment))
         (runtime (and (not named)
                       (aircher-address--runtime environment uid is-private))))
    (cond (named (aircher-address--absolute named environment))
          (runtime (format "%s/aircher/%s.sock" runtime
                           (or (aircher-address--home-hash environment) "aircher")))
          (t (format "%s/run/%s.sock" (aircher-address--home environment)
                     (aircher-address--hash (or hostname (system-name))))))))

(defun aircher-address-http-socket (socket)
  "Return the path of the socket for HTTP clients, beside the daemon's SOCKET."
  (let ((name (file-name-nondirectory socket)))
    (concat (file-name-directory socket)
            (if (string= name "aircher.sock")
                "http.sock"
              (concat (string-remove-suffix ".sock" name) ".http.sock")))))

;;;; Safety

(defun aircher-address--attributes (path)
  "Return the attributes of PATH itself, not of what it links to."
  (let ((file-name-handler-alist nil))
    (file-attributes path)))

(defun aircher-address--modes (path)
  "Return the modes of PATH itself as a number, 0 if it is gone."
  (let ((file-name-handler-alist nil))
    (or (file-modes path 'nofollow) 0)))

(defun aircher-address--fault (directory uid)
  "Return what is wrong with the socket's DIRECTORY for UID, nil if it is safe.
It may also be the symbol `missing'."
  (let ((found (aircher-address--attributes directory)))
    (cond
     ((null found) 'missing)
     ((stringp (file-attribute-type found))
      (format "the socket's directory %s is a symlink: put a real directory there" directory))
     ((not (file-attribute-type found))
      (format "the socket's directory %s is not a directory: move it away" directory))
     ((/= (file-attribute-user-id found) uid)
      (format "the socket's directory %s belongs to user %d, not to you (%d): move it away"
              directory (file-attribute-user-id found) uid))
     ((/= 0 (logand #o077 (aircher-address--modes directory)))
      (format "the socket's directory %s is open to other users (mode %04o): run chmod 700 on it"
              directory (logand #o7777 (aircher-address--modes directory)))))))

(defun aircher-address--numbers (file)
  "Return the numbers in each line of FILE, nil if it cannot be read."
  (ignore-errors
    (with-temp-buffer
      (insert-file-contents-literally file)
      (mapcar (lambda (line) (mapcar #'string-to-number (split-string line)))
              (split-string (buffer-string) "\n" t)))))

(defun aircher-address--is-unmapped-root (owner)
  "Return whether OWNER may be root, seen from a user namespace without root.
A sandbox such as Flatpak's is one: files of all others belong to one user."
  (let ((ranges (aircher-address--numbers "/proc/self/uid_map"))
        (overflow (caar (aircher-address--numbers "/proc/sys/kernel/overflowuid"))))
    (and ranges overflow (= owner overflow)
         (not (seq-some (lambda (range) (eq 0 (car range))) ranges)))))

(defun aircher-address--is-trusted (owner uid)
  "Return whether OWNER may change what UID relies on: UID itself, and root."
  (or (= owner uid) (= owner 0) (aircher-address--is-unmapped-root owner)))

(defun aircher-address--is-own-group (gid owner &optional file)
  "Return whether the user OWNER is alone in the group GID, as on most systems.
FILE is that of the groups.  A group that is not in it may have members."
  (let ((user (user-login-name owner)))
    (and user
         (with-temp-buffer
           (ignore-error file-error
             (insert-file-contents-literally (or file "/etc/group")))
           (and (re-search-forward (format "^\\([^:\n]*\\):[^:\n]*:%d:\\(.*\\)$" gid) nil t)
                (equal user (match-string 1))
                (member (match-string 2) (list "" user)))))))

(defun aircher-address--open-fault (directory found uid)
  "Return why users other than UID could replace what is in DIRECTORY, or nil.
FOUND are its attributes."
  (let ((owner (file-attribute-user-id found))
        (modes (aircher-address--modes directory)))
    (cond
     ((not (aircher-address--is-trusted owner uid))
      (format "%s belongs to another user (uid %d): choose a place that is yours alone"
              directory owner))
     ((or (= 0 (logand modes #o022)) (/= 0 (logand modes #o1000))) nil)
     ((and (= 0 (logand modes #o002))
           (aircher-address--is-own-group (file-attribute-group-id found) owner))
      nil)
     (t (format "other users may write in %s (mode %04o): run chmod go-w on it"
                directory (logand modes #o7777))))))

(defun aircher-address--open-parent (path uid)
  "Return why users other than UID could replace what is at PATH, nil if none can.
Each directory above PATH is checked, and those above the target of each
symbolic link on the way."
  (let ((current "/") (links 0) fault
        (left (split-string path "/" t)))
    (setq fault (aircher-address--open-fault "/" (aircher-address--attributes "/") uid))
    (while (and left (not fault))
      (let* ((name (pop left))
             (here (concat (file-name-as-directory current) name))
             (found (and (not (member name '("." ".."))) (aircher-address--attributes here))))
        (cond
         ((string= name ".") nil)
         ((string= name "..") (setq current (directory-file-name (file-name-directory current))))
         ((null found) (setq left nil))
         ((stringp (file-attribute-type found))
          (cl-incf links)
          (let ((target (file-attribute-type found))
                (owner (file-attribute-user-id found)))
            (cond
             ((not (aircher-address--is-trusted owner uid))
              (setq fault (format "%s belongs to another user (uid %d): choose a place that is \
yours alone" here owner)))
             ((> links aircher-address--max-links) (setq left nil))
             (t
              (when (string-prefix-p "/" target) (setq current "/"))
              (setq left (append (split-string target "/" t) left))))))
         (left
          (setq fault (aircher-address--open-fault here found uid)
                current here)))))
    fault))

(defun aircher-address-check-directory (directory &optional uid)
  "Return why the socket's DIRECTORY must not be used by UID, nil if it is safe.
Return the symbol `missing' if it does not exist."
  (let* ((uid (or uid (user-uid)))
         (fault (aircher-address--fault directory uid))
         (open (and (not fault) (aircher-address--open-parent directory uid))))
    (cond ((stringp fault) (concat fault "; or set AIRCHER_SOCKET elsewhere"))
          (fault)
          (open (format "other users could replace the socket's directory %s: %s. \
Or set AIRCHER_SOCKET elsewhere" directory open)))))

(defun aircher-address--check-owner (socket uid)
  "Return why the file SOCKET must not be used by UID, nil if it may.
Return the symbol `missing' if there is no such file."
  (let ((found (aircher-address--attributes socket)))
    (cond
     ((null found) 'missing)
     ((not (string-prefix-p "s" (file-attribute-modes found)))
      (format "%s is not a socket: move it away, or set AIRCHER_SOCKET elsewhere" socket))
     ((not (aircher-address--is-trusted (file-attribute-user-id found) uid))
      (format "the socket %s belongs to another user (uid %d): nothing was sent.  Remove that \
file, or set AIRCHER_SOCKET to a path that only you can write"
              socket (file-attribute-user-id found))))))

(defun aircher-address-check (socket &optional uid)
  "Check that SOCKET may be connected to by UID.
Return t if it may, nil if it does not exist.  Signal `aircher-address-error'
with a message that says why not, and what to do, if it must not be used."
  (let* ((uid (or uid (user-uid)))
         (size (string-bytes (encode-coding-string socket 'utf-8-unix)))
         (fault (if (> size aircher-address-max-path)
                    (format "the socket's path has %d bytes, and the system takes at most %d: \
%s.  Set AIRCHER_SOCKET to a shorter path" size aircher-address-max-path socket)
                  (or (aircher-address-check-directory
                       (directory-file-name (file-name-directory socket)) uid)
                      (aircher-address--check-owner socket uid)))))
    (when (stringp fault)
      (signal 'aircher-address-error (list fault)))
    (not fault)))

(provide 'aircher-address)

;;; aircher-address.el ends here
