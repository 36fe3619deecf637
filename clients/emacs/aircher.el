;;; aircher.el --- Ask any language model through aircher's daemon  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; Author: The aircher authors
;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: convenience, tools
;; URL: https://github.com/aircher/aircher
;; SPDX-License-Identifier: MIT

;;; Commentary:

;; aircher's daemon keeps the keys of all providers of language models, goes on with another
;; provider where one fails, and counts what is spent.  This package is its client for Emacs.
;;
;; Nothing is connected before the first command, and nothing ever waits: Emacs stays as quick as
;; without it.  What is sent is what a command says, and the project's folder.
;;
;; Code in other packages can use what is in `aircher-connection'.

;;; Code:

(require 'aircher-connection)
(require 'aircher-sign-in)
(require 'aircher-model)
(require 'aircher-mode-line)
(require 'aircher-status)

(autoload 'aircher-ask "aircher-ask" nil t)
(autoload 'aircher-ask-insert "aircher-ask" nil t)
(autoload 'aircher-stop "aircher-answer" nil t)
(autoload 'aircher-chat "aircher-chat" nil t)
(autoload 'aircher-chat-open "aircher-chat" nil t)
(autoload 'aircher-chat-mode "aircher-chat" nil t)
(autoload 'aircher-rewrite "aircher-rewrite" nil t)

(defgroup aircher nil
  "Language models through aircher's daemon."
  :group 'tools
  :prefix "aircher-"
  :link '(url-link "https://github.com/aircher/aircher"))

(provide 'aircher)

;;; aircher.el ends here
