;;; aircher-gptel.el --- Let gptel ask aircher's models  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; `aircher-gptel' registers a backend for gptel, which talks to aircher over the daemon's private
;; HTTP socket, by curl.  It is gptel's own backend for OpenAI's API.  The models, with their prices
;; and abilities, are asked for over aircher's own connection, which starts the daemon, too; while
;; Emacs runs, they follow what changes.
;;
;;   (with-eval-after-load 'gptel (aircher-gptel))
;;
;; Over HTTP no state and no fallback can be shown; the commands of this package show both.

;;; Code:

(require 'cl-lib)
(require 'seq)
(require 'subr-x)
(require 'aircher-address)
(require 'aircher-connection)
(require 'aircher-model)
(require 'aircher-sign-in)

;; gptel is not required: only its users call these.
(declare-function gptel-make-openai "ext:gptel-openai")
(defvar gptel-backend)
(defvar gptel-model)

(defconst aircher-gptel--topics '("models" "auth" "config")
  "The topics whose events change the models.")

(defconst aircher-gptel--quiet-seconds 1
  "Events within this time cause one request.")

(defconst aircher-gptel--pictures '("image/jpeg" "image/png" "image/gif" "image/webp")
  "The types of pictures that aircher takes.")

(defvar aircher-gptel--backend nil
  "The backend that was registered last.")

(defvar aircher-gptel--subscription nil
  "The subscription that keeps its models fresh.")

(defvar aircher-gptel--timer nil
  "The timer that asks for the models again.")

;;;; What gptel is given

(defun aircher-gptel--number (text)
  "Return the price TEXT as a number, nil if it is none."
  (and (stringp text) (string-to-number text)))

(defun aircher-gptel--model (model)
  "Return MODEL of `models.list' as gptel describes models."
  (let* ((images (aircher-get model 'images))
         (documents (aircher-get model 'documents))
         (window (aircher-get model 'window))
         (mark (aircher-mark-of model)))
    (cons
     (intern (format "%s/%s" (aircher-get model 'provider) (aircher-get model 'model)))
     (append
      (list :description (format "%s %s" (aircher-mark-symbol mark) (aircher-mark-word mark))
            :capabilities (append (and (or images documents) '(media))
                                  (and (aircher-get model 'tools) '(tool-use))
                                  (and (aircher-get model 'json_schema) '(json)))
            :mime-types (append (and images aircher-gptel--pictures)
                                (and documents '("application/pdf"))))
      (and window (list :context-window (/ window 1000)))
      (cl-loop for (key field) in '((:input-cost input) (:output-cost output))
               for price = (aircher-gptel--number (aircher-get model 'prices field))
               when price append (list key price))))))

(defun aircher-gptel--models (list)
  "Return the models of LIST, a result of `models.list', as gptel describes them.
Aliases are plain symbols: gptel replaces the properties of a symbol that has a
description, and an alias may have the name of anything."
  (append (mapcar (lambda (alias) (intern (aircher-get alias 'name)))
                  (aircher-list (aircher-get list 'aliases)))
          (mapcar #'aircher-gptel--model
                  (seq-remove (lambda (model) (eq :false (alist-get 'chats model)))
                              (aircher-list (aircher-get list 'models))))))

(defun aircher-gptel--headers (&rest _)
  "Return the headers of a request: the client, and the project."
  (let ((project (aircher-get (aircher-connection-context) 'project)))
    `(("User-Agent" . "gptel")
      ;; Headers are ASCII.
      ,@(and project (string-match-p "\\`[ -~]+\\'" project)
             `(("x-aircher-project" . ,project))))))

(defun aircher-gptel-curl-args ()
  "Return the arguments with which curl talks to the daemon.
Curl does not look who could have put the socket there, so that is done here."
  (let* ((socket (aircher-address-find-socket))
         (fault (aircher-address-check-directory (directory-file-name
                                                  (file-name-directory socket)))))
    (when (stringp fault)
      (user-error "Aircher: %s" fault))
    (list "--unix-socket" (aircher-address-http-socket socket))))

(defun aircher-gptel--register (name list)
  "Register the backend NAME with the models of LIST, and return it."
  (gptel-make-openai name
    :host "localhost" :protocol "http" :endpoint "/v1/chat/completions" :stream t
    :curl-args (aircher-gptel-curl-args)
    :header #'aircher-gptel--headers
    :models (aircher-gptel--models list)))

;;;; Keeping the models fresh

(defun aircher-gptel--replace (name list)
  "Register the backend NAME again with the models of LIST.
Buffers that use the former one get the models, too."
  (let ((backend (aircher-gptel--register name list))
        (former aircher-gptel--backend))
    (when former
      ;; A variable, since without gptel the compiler complains of a type that it does not know.
      (let ((type 'gptel-backend))
        (setf (cl-struct-slot-value type 'models former)
              (cl-struct-slot-value type 'models backend))))
    (when (and former (eq (default-value 'gptel-backend) former))
      (setq-default gptel-backend backend))
    (setq aircher-gptel--backend backend)))

(defun aircher-gptel--fetch (callback)
  "Fetch the models; call CALLBACK with the result of `models.list'."
  (aircher-request "models.list" nil
                   (lambda (failure list)
                     (if failure
                         (aircher-complain failure)
                       (funcall callback list)))))

(defun aircher-gptel--follow (name)
  "Keep the models of the backend NAME fresh."
  (unless aircher-gptel--subscription
    (setq aircher-gptel--subscription
          (aircher-follow
           aircher-gptel--topics
           (lambda (kind &rest _)
             (when (and (eq kind 'event) (not aircher-gptel--timer))
               (setq aircher-gptel--timer
                     (run-at-time aircher-gptel--quiet-seconds nil
                                  (lambda ()
                                    (setq aircher-gptel--timer nil)
                                    ;; A daemon that was stopped since is not started again.
                                    (when (aircher-connection-is-open)
                                      (aircher-gptel--fetch
                                       (lambda (list)
                                         (aircher-gptel--replace name list)))))))))))))

(defun aircher-gptel--first (name list)
  "Register the backend NAME with the models of LIST, and let gptel use it."
  (let ((default (or aircher-model (aircher-get list 'default))))
    (aircher-gptel--replace name list)
    (setq-default gptel-backend aircher-gptel--backend)
    (when default
      (setq-default gptel-model (intern default)))
    (aircher-gptel--follow name)
    (message "aircher: gptel asks %s" (or default "aircher's models"))))

;;;###autoload
(defun aircher-gptel (&optional name)
  "Let gptel ask aircher's models, with a backend that is called NAME, or aircher.
It becomes gptel's default, with aircher's default model.  The daemon is started
if it does not run, and the models follow what changes."
  (interactive)
  ;; The second is loaded by the first only where an autoload leads to it.
  (unless (and (require 'gptel nil t) (require 'gptel-openai nil t))
    (user-error "The package gptel is not installed"))
  (aircher-gptel--fetch (lambda (list) (aircher-gptel--first (or name "aircher") list))))

(provide 'aircher-gptel)

;;; aircher-gptel.el ends here
