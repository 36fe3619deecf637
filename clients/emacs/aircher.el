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
;;   M-x aircher-ask       ask a question, about the selection if there is one
;;   M-x aircher-chat      a conversation in Markdown
;;   M-x aircher-rewrite   change the selection by an instruction
;;   M-x aircher-model     choose the model
;;   M-x aircher-login     sign in to a provider
;;   M-x aircher-status    providers, keys, limits and costs
;;
;; Nothing is connected before the first command, and nothing ever waits: Emacs stays as quick as
;; without it.  What is sent is what a command says, and the project's folder.
;;
;; Code in other packages can use `aircher-request', `aircher-chat-start' and `aircher-subscribe' of
;; aircher-connection.el.

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
(autoload 'aircher-gptel "aircher-gptel" nil t)

(defgroup aircher nil
  "Language models through aircher's daemon."
  :group 'tools
  :prefix "aircher-"
  :link '(url-link "https://github.com/aircher/aircher"))

;; So `customize-group' shows all options before the commands that have them were used.
;;;###autoload
(put 'aircher 'custom-loads
     '(aircher aircher-ask aircher-answer aircher-chat aircher-rewrite aircher-gptel))

(provide 'aircher)

;;; aircher.el ends here
