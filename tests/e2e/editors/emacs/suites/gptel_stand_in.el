;;; gptel_stand_in.el --- What aircher-gptel calls of gptel  -*- lexical-binding: t; -*-

;;; Commentary:

;; gptel itself is in no registry of the tests.  This has the signature of its version 0.9.9.5.

;;; Code:

(require 'cl-lib)

(cl-defstruct gptel-backend name host header protocol stream endpoint key models url
              request-params curl-args)

(defvar gptel-backend nil)
(defvar gptel-model nil)

(cl-defun gptel-make-openai (name &key curl-args models stream key request-params header
                                  (host "api.openai.com") (protocol "https") endpoint)
  "Return a backend NAME; the others are as in gptel."
  (make-gptel-backend :name name :curl-args curl-args :models models :stream stream :key key
                      :request-params request-params :header header :host host
                      :protocol protocol :endpoint endpoint
                      :url (concat protocol "://" host endpoint)))

(provide 'gptel)
(provide 'gptel-openai)

;;; gptel_stand_in.el ends here
