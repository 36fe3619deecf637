;;; aircher-connection.el --- Requests to aircher's daemon  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The aircher authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; The one connection of this Emacs to the daemon.  Nothing here waits: each function returns at
;; once, and its callback is called later.
;;
;;   (aircher-request "ping" nil (lambda (failure result) ...))
;;
;;   (aircher-chat-start '((messages . [((role . "user") (content . "hello"))]))
;;                       :on-delta (lambda (delta) ...)
;;                       :on-done (lambda (failure result) ...))
;;
;; Both return a handle for `aircher-cancel'.  A failure is an alist with `code', `message' and
;; perhaps `data', as in docs/protocol.md, or nil; `unreachable' and `connection_lost' are codes of
;; this client.  `aircher-explain' makes a text of it.  Values are as in `aircher-msgpack';
;; `aircher-get' takes them apart.
;;
;;   (aircher-subscribe '("auth" "usage") (lambda (kind topic value) ...))
;;
;; follows what changes in the daemon, over restarts.
;;
;; The connection is opened by the first request, and made again by the next one after it has ended;
;; while there is a subscription, it is made again by itself.  Requests under way when it ends fail
;; at once and are never sent twice.  If no daemon answers, one is started by
;; `aircher-daemon-command'.

;;; Code:

(require 'cl-lib)
(require 'seq)
(require 'subr-x)
(require 'aircher-address)
(require 'aircher-msgpack)
(require 'aircher-text-delta)

(defconst aircher-version "0.1.0"
  "The version of aircher that this package belongs to.")

;; The group itself is in aircher.el.

(defcustom aircher-daemon-command '("aircher-cli" "daemon" "start")
  "The command that starts the daemon, and its arguments.
It is run where no daemon answers, see `aircher-autostart'."
  :type '(repeat string)
  :risky t
  :group 'aircher)

(defcustom aircher-autostart t
  "Whether to start the daemon if none answers.
The environment variable AIRCHER_AUTOSTART=0 also prevents it."
  :type 'boolean
  :group 'aircher)

(defvar aircher-notification-functions nil
  "Functions that get the method and the parameters of every notification.
They are called after `aircher-chat-start' and `aircher-subscribe' had their
part.  Meant for programs; prefer these two.")

(defconst aircher-connection--turn-seconds 0.008
  "The longest time for which frames are decoded before keys are looked at again.")

(defconst aircher-connection--pause-seconds 0.002
  "The pause between two such turns.")

(defconst aircher-connection--max-backlog (* 1024 1024)
  "Bytes that wait to be decoded.  No more are read meanwhile.")

(defconst aircher-connection--write-size 65536
  "Bytes that are written at once.  The rest follows between keys.")

(defconst aircher-connection--send-seconds 0.004
  "The longest time for which the daemon may keep Emacs from writing.")

(defconst aircher-connection--stuck-seconds 0.02
  "The pause until it is tried again.")

(defconst aircher-connection--hello-seconds 60
  "Seconds that a daemon may take to answer `hello'.
An old one may have to end before a service manager starts the next one.")

(defconst aircher-connection--first-delay 0.2
  "Seconds until the first attempt to connect again.")

(defconst aircher-connection--last-delay 5.0
  "The longest pause, in seconds, between two attempts to connect again.")

(defconst aircher-connection--counted-methods '("chat" "chat.start" "route.explain")
  "The methods whose requests belong to a project.")

;;;; Values

(defun aircher-get (value &rest keys)
  "Return what is in the nested map VALUE under KEYS.
What is missing, false or nil in the protocol is nil."
  (while (and keys value)
    (setq value (and (consp value) (alist-get (pop keys) value))))
  (if (memq value '(:false :null)) nil value))

(defun aircher-list (value)
  "Return the vector VALUE as a list; what is none is the empty list."
  (and (vectorp value) (append value nil)))

(defun aircher-failure (code message &rest data)
  "Return a failure with CODE and MESSAGE as the daemon would send it.
DATA are pairs for its `data'."
  `((code . ,code) (message . ,message) (data . ,data)))

;;;; State

(cl-defstruct (aircher-call (:constructor aircher-call--create) (:copier nil))
  "A request.  Its STATE is `waiting' to be sent, `sent' or `done'."
  id method params on-delta on-text on-done context (state 'waiting))

(cl-defstruct (aircher-connection--link (:constructor aircher-connection--link-create)
                                        (:copier nil))
  "An open connection, or one that is being opened.
PROCESS is the socket and BUFFER has what arrived, in which SCAN looks for
frames.  CALLS are the requests under way by their ids.  OUTBOX are strings
that are still to be written; IS-STUCK says that Emacs itself has some, too."
  process buffer scan (calls (make-hash-table)) (outbox nil) writer reader context server
  last-error is-open is-ended end-message is-stuck)

(defvar aircher-connection--link nil
  "The connection, nil if there is none.")

(defvar aircher-connection--waiting nil
  "Requests that wait for a connection, the last one first.")

(defvar aircher-connection--starter nil
  "The process of `aircher-daemon-command' while it runs.")

(defvar aircher-connection--last-id 0
  "The id of the last request.")

(defvar aircher-connection--subscriptions nil
  "What `aircher-subscribe' has returned.")

(defvar aircher-connection--resubscribe-call nil
  "The request `events.subscribe' under way.")

(defvar aircher-connection--timer nil
  "The timer that connects again.")

(defvar aircher-connection--delay aircher-connection--first-delay
  "Seconds until the next attempt to connect again.")

(defvar aircher-connection--notices nil
  "The messages of the daemon that were shown.")

(defun aircher-connection-is-open ()
  "Return whether the daemon is connected."
  (and aircher-connection--link
       (aircher-connection--link-is-open aircher-connection--link)))

(defun aircher-connection-server ()
  "Return the daemon's answer to `hello', nil while there is none."
  (and aircher-connection--link
       (aircher-connection--link-server aircher-connection--link)))

(defun aircher-connection--call-safely (function &rest arguments)
  "Call FUNCTION with ARGUMENTS; an error in it must not end the connection."
  (when function
    (condition-case-unless-debug problem
        (apply function arguments)
      (error (message "aircher: error in a callback: %s" (error-message-string problem))))))

;;;; Project and folder

(defun aircher-connection--sendable (name)
  "Return the path NAME as it is sent, nil if it is too long."
  (and name (<= (length name) 4096) name))

(defun aircher-connection-context ()
  "Return what `hello' says of where a request comes from, as an alist.
It has the `project', the nearest folder above this buffer's that contains
.git, and the `folder', if that is another one.  AIRCHER_PROJECT overrides the
project; if it is empty, nothing is sent.  Nothing is said of remote files."
  (let* ((named (getenv "AIRCHER_PROJECT"))
         (given (and named (string-trim named)))
         (here (and (not (file-remote-p default-directory))
                    (directory-file-name (expand-file-name default-directory))))
         (root (and here (not given)
                    (locate-dominating-file
                     here (lambda (each) (aircher-address--attributes
                                          (expand-file-name ".git" each))))))
         (project (aircher-connection--sendable
                   (if given
                       (and (not (string-empty-p given)) given)
                     (and root (directory-file-name (expand-file-name root))))))
         (folder (aircher-connection--sendable
                  (and here
                       (not (and given (or (string-empty-p given) (string-prefix-p "/" given))))
                       (not (equal here project))
                       here))))
    (append (and project `((project . ,project)))
            (and folder `((folder . ,folder))))))

;;;; Writing

;; `process-send-string' waits until the system has taken all of it, which can be forever if the
;; daemon does not read.  So it is left after a few milliseconds.  Emacs keeps what was not written
;; in the process's own queue, and writes that first when the next string is sent, even an empty one.

(defun aircher-connection--write (link bytes)
  "Write BYTES to LINK: at once if they are few, else piece by piece."
  (if (and (null (aircher-connection--link-outbox link))
           (null (aircher-connection--link-writer link))
           (<= (length bytes) aircher-connection--write-size))
      (aircher-connection--send link bytes)
    (setf (aircher-connection--link-outbox link)
          (nconc (aircher-connection--link-outbox link) (aircher-connection--pieces bytes)))
    (aircher-connection--write-later link aircher-connection--pause-seconds)))

(defun aircher-connection--pieces (bytes)
  "Return BYTES in pieces that are written at once."
  (cl-loop for start from 0 below (length bytes) by aircher-connection--write-size
           collect (substring bytes start
                              (min (length bytes) (+ start aircher-connection--write-size)))))

(defun aircher-connection--write-later (link seconds)
  "Write the next piece of the outbox of LINK after SECONDS, and after keys."
  (unless (aircher-connection--link-writer link)
    (setf (aircher-connection--link-writer link)
          (run-at-time seconds nil #'aircher-connection--write-next link))))

(defun aircher-connection--write-next (link)
  "Write what LINK has not taken yet, and then the next piece of its outbox."
  (setf (aircher-connection--link-writer link) nil)
  (when (eq link aircher-connection--link)
    (let ((piece (if (aircher-connection--link-is-stuck link)
                     ""
                   (pop (aircher-connection--link-outbox link)))))
      (aircher-connection--send link (or piece ""))
      (when (and (aircher-connection--link-outbox link) (eq link aircher-connection--link))
        (aircher-connection--write-later link aircher-connection--pause-seconds)))))

(defun aircher-connection--send (link bytes)
  "Send BYTES over LINK, for a few milliseconds at most; a failure ends it.
If the daemon does not read, the rest is tried again later."
  ;; While this waits, an answer may arrive whose callback sends something: that goes to the outbox.
  (setf (aircher-connection--link-writer link) 'now
        (aircher-connection--link-is-stuck link) t)
  (let ((problem (condition-case problem
                     (with-timeout (aircher-connection--send-seconds nil)
                       (process-send-string (aircher-connection--link-process link) bytes)
                       (setf (aircher-connection--link-is-stuck link) nil))
                   (error (format "the connection to aircherd broke: %s"
                                  (error-message-string problem))))))
    (setf (aircher-connection--link-writer link) nil)
    (cond (problem (aircher-connection--end link problem))
          ((not (eq link aircher-connection--link)) nil)
          ((aircher-connection--link-is-stuck link)
           (aircher-connection--write-later link aircher-connection--stuck-seconds))
          ((aircher-connection--link-outbox link)
           (aircher-connection--write-later link aircher-connection--pause-seconds)))))

(defun aircher-connection--send-call (link call)
  "Send CALL over LINK, after a `hello' if it belongs to another project."
  (when (and (member (aircher-call-method call) aircher-connection--counted-methods)
             (not (equal (aircher-call-context call) (aircher-connection--link-context link))))
    (aircher-connection--say-hello link (aircher-call-context call)))
  (setf (aircher-call-state call) 'sent)
  (puthash (aircher-call-id call) call (aircher-connection--link-calls link))
  (let ((bytes (aircher-call-params call)))
    (setf (aircher-call-params call) nil)
    (aircher-connection--write link bytes)))

(defun aircher-connection--next-id ()
  "Return an id that no request has."
  (setq aircher-connection--last-id
        (if (>= aircher-connection--last-id #xffffffff) 1 (1+ aircher-connection--last-id))))

(cl-defun aircher-connection--make-call (method params &key on-delta on-text on-done context)
  "Return the request METHOD with PARAMS, which is encoded now.
ON-DELTA, ON-TEXT and ON-DONE are its callbacks, CONTEXT is where it comes from."
  (let ((id (aircher-connection--next-id)))
    (aircher-call--create :id id :method method :on-delta on-delta :on-text on-text
                          :on-done on-done :context context
                          :params (aircher-msgpack-encode (vector 0 id method (vector params))))))

(defun aircher-connection--hello-params (context)
  "Return the parameters of `hello' for CONTEXT."
  (let ((bus (getenv "DBUS_SESSION_BUS_ADDRESS")))
    `((protocol . 1)
      (client . ((name . "emacs") (version . ,aircher-version)))
      (shows_notices . t)
      ;; A little less than a turn of the writer: the daemon joins what comes meanwhile.
      (pace_ms . 25)
      ;; The daemon may be on another machine.
      (host . ,(system-name))
      ,@(and bus (<= 1 (length bus) 4096) `((session_bus . ,bus)))
      ,@context)))

(defun aircher-connection--say-hello (link context)
  "Introduce this Emacs over LINK; requests that follow come from CONTEXT."
  (setf (aircher-connection--link-context link) context)
  (let ((call (aircher-connection--make-call
               "hello" (aircher-connection--hello-params context)
               :on-done (lambda (failure result)
                          (unless failure
                            (setf (aircher-connection--link-server link) result)
                            (aircher-connection--show-notices result))))))
    (run-at-time aircher-connection--hello-seconds nil #'aircher-connection--give-up link call)
    (aircher-connection--send-call link call)))

(defun aircher-connection--give-up (link call)
  "End LINK if the daemon has not answered CALL, a `hello', by now."
  (unless (eq (aircher-call-state call) 'done)
    (aircher-connection--end link "aircherd accepts connections but does not answer: it hangs or \
is stopped.  'aircher-cli daemon restart' starts it again")))

(defun aircher-connection--show-notices (server)
  "Show what the daemon's answer SERVER to `hello' wants the user to know, once."
  (let ((version (aircher-get server 'server 'version)))
    (dolist (text (append
                   (mapcar (lambda (notice) (aircher-get notice 'message))
                           (aircher-list (aircher-get server 'notices)))
                   (and version (not (equal version aircher-version))
                        (list (aircher-connection--version-notice version)))))
      (unless (member text aircher-connection--notices)
        (push text aircher-connection--notices)
        (message "aircher: %s" text)))))

(defun aircher-connection--version-notice (version)
  "Return what to say about a daemon of another VERSION."
  (format "aircherd %s is running, and this package is of %s: %s" version aircher-version
          (if (ignore-errors (version< version aircher-version))
              "run 'aircher-cli daemon restart' to start the new version"
            "update the package")))

;;;; Reading

(defun aircher-connection--filter (link bytes)
  "Take BYTES that arrived over LINK."
  (with-current-buffer (aircher-connection--link-buffer link)
    (let ((inhibit-modification-hooks t)) ; there are none, and to look for them makes garbage
      (goto-char (point-max))
      (insert bytes)))
  (unless (aircher-connection--link-reader link)
    (aircher-connection--read-turn link)))

(defun aircher-connection--read-turn (link)
  "Handle frames of LINK for a short time; the others follow between keys."
  (setf (aircher-connection--link-reader link) nil)
  (let ((deadline (+ (float-time) aircher-connection--turn-seconds))
        (frame t))
    (while (and frame (buffer-live-p (aircher-connection--link-buffer link))
                (< (float-time) deadline))
      (setq frame (or (aircher-connection--take-texts link)
                      (aircher-connection--next-frame link)))
      (when (vectorp frame)
        (aircher-connection--handle link frame)))
    (when (buffer-live-p (aircher-connection--link-buffer link))
      (aircher-connection--forget-read link)
      (if frame
          (aircher-connection--read-later link)
        (aircher-connection--read-on link)))))

(defconst aircher-connection--texts-at-once 32
  "Text deltas that are handled before the clock is looked at.")

(defun aircher-connection--take-texts (link)
  "Give the text deltas that come next over LINK to their requests.
Return whether there was one.  Nothing here makes garbage, see
`aircher-text-delta'."
  (with-current-buffer (aircher-connection--link-buffer link)
    (let ((scan (aircher-connection--link-scan link))
          (count 0)
          call)
      (while (and (< count aircher-connection--texts-at-once)
                  ;; A request may have closed the connection.
                  (buffer-live-p (aircher-connection--link-buffer link))
                  (aircher-text-delta-at (aircher-msgpack-scan-start scan))
                  (setq call (gethash aircher-text-delta-id
                                      (aircher-connection--link-calls link)))
                  (aircher-call-on-text call))
        (setf (aircher-msgpack-scan-start scan) aircher-text-delta-end
              (aircher-msgpack-scan-next scan) aircher-text-delta-end
              (aircher-msgpack-scan-missing scan) 1
              count (1+ count))
        (condition-case-unless-debug problem
            (funcall (aircher-call-on-text call) aircher-text-delta-start aircher-text-delta-end)
          (error (message "aircher: error in a callback: %s" (error-message-string problem)))))
      (> count 0))))

(defun aircher-connection--next-frame (link)
  "Return the next frame of LINK, nil if none is complete.
End LINK if the frame is broken."
  (let ((scan (aircher-connection--link-scan link)))
    (condition-case problem
        (with-current-buffer (aircher-connection--link-buffer link)
          (when-let ((end (aircher-msgpack-frame-end scan)))
            (goto-char (aircher-msgpack-scan-start scan))
            (let ((frame (aircher-msgpack-read)))
              (setf (aircher-connection--link-scan link) (aircher-msgpack-scan-at end))
              (unless (and (vectorp frame) (> (length frame) 2))
                (signal 'aircher-msgpack-error (list "no frame")))
              frame)))
      (aircher-msgpack-error
       (aircher-connection--end
        link (format "aircherd sent an invalid frame: %s" (cadr problem)))
       nil))))

(defun aircher-connection--forget-read (link)
  "Delete the bytes of LINK that were decoded, if that is worth moving the others."
  (let* ((scan (aircher-connection--link-scan link))
         (start (aircher-msgpack-scan-start scan)))
    (with-current-buffer (aircher-connection--link-buffer link)
      (when (or (= start (point-max)) (> start aircher-connection--write-size))
        (delete-region (point-min) start)
        (cl-decf (aircher-msgpack-scan-start scan) (1- start))
        (cl-decf (aircher-msgpack-scan-next scan) (1- start))))))

(defun aircher-connection--read-later (link)
  "Go on with the frames of LINK after keys were looked at.
If there are many, no more bytes are read until then."
  (let ((process (aircher-connection--link-process link)))
    (when (and (> (buffer-size (aircher-connection--link-buffer link))
                  aircher-connection--max-backlog)
               (process-live-p process))
      (set-process-filter process t))
    (setf (aircher-connection--link-reader link)
          (run-at-time aircher-connection--pause-seconds nil
                       #'aircher-connection--read-turn link))))

(defun aircher-connection--read-on (link)
  "Read more bytes of LINK, of which all frames were handled."
  (let ((process (aircher-connection--link-process link)))
    (cond ((aircher-connection--link-is-ended link)
           (aircher-connection--end link (aircher-connection--link-end-message link)))
          ((eq t (process-filter process))
           (set-process-filter process (lambda (_ bytes)
                                         (aircher-connection--filter link bytes)))))))

(defun aircher-connection--handle (link frame)
  "Handle FRAME, which arrived over LINK."
  (pcase frame
    (`[1 ,id ,failure ,result] (aircher-connection--handle-response link id failure result))
    (`[2 ,method ,params]
     (aircher-connection--handle-notification
      link method (and (vectorp params) (> (length params) 0) (aref params 0))))))

(defun aircher-connection--handle-response (link id failure result)
  "Finish the request ID of LINK with FAILURE or RESULT."
  (when-let ((call (gethash id (aircher-connection--link-calls link))))
    (remhash id (aircher-connection--link-calls link))
    (if (eq failure :null)
        (aircher-connection--finish call nil result)
      (aircher-connection--finish call failure nil))))

(defun aircher-connection--finish (call failure result)
  "End CALL with FAILURE or RESULT; only the first end counts."
  (unless (eq (aircher-call-state call) 'done)
    (setf (aircher-call-state call) 'done)
    (aircher-connection--call-safely (aircher-call-on-done call) failure result)))

(defun aircher-connection--handle-notification (link method params)
  "Handle the notification METHOD with PARAMS, which arrived over LINK."
  (pcase method
    ("chat.delta"
     (when-let ((call (gethash (aircher-get params 'id) (aircher-connection--link-calls link))))
       (aircher-connection--call-safely (aircher-call-on-delta call) params)))
    ("event" (aircher-connection--handle-event params))
    ("error" (setf (aircher-connection--link-last-error link) params)))
  (dolist (function aircher-notification-functions)
    (aircher-connection--call-safely function method params)))

;;;; Opening

(defun aircher-connection--open ()
  "Begin to connect; return nil if no process listens.
Signal `aircher-address-error' if the socket must not be used."
  (let ((path (aircher-address-find-socket)))
    (when-let ((link (and (aircher-address-check path)
                          (aircher-connection--open-socket path))))
      (aircher-connection--check-again link path))))

(defun aircher-connection--check-again (link path)
  "Return LINK if the socket at PATH is still safe, and nothing was exchanged.
Otherwise close it, and signal `aircher-address-error'."
  (condition-case problem
      (if (not (aircher-address-check path))
          (aircher-connection--drop link)
        (when (eq 'open (process-status (aircher-connection--link-process link)))
          (aircher-connection--welcome link))
        link)
    (aircher-address-error
     (aircher-connection--drop link)
     (signal (car problem) (cdr problem)))))

(defun aircher-connection--drop (link)
  "Close LINK, over which nothing was sent; return nil."
  (setq aircher-connection--link nil)
  (delete-process (aircher-connection--link-process link))
  (kill-buffer (aircher-connection--link-buffer link))
  nil)

(defun aircher-connection--make-process (path)
  "Return a process that connects to the socket at PATH.
Return nil if none listens: a local socket says so at once, by an error or by
the state of the process, in words of the user's language."
  (let* ((default-directory "/")
         (process (ignore-error file-error
                    (make-network-process :name "aircher" :family 'local :service path
                                          :nowait t :noquery t :coding 'binary))))
    (cond ((null process) nil)
          ((memq (process-status process) '(connect open run)) process)
          (t (delete-process process)
             nil))))

(defun aircher-connection--open-socket (path)
  "Begin to connect to the socket at PATH; return the connection.
Return nil if no process listens."
  (when-let ((process (aircher-connection--make-process path)))
    (let ((link (aircher-connection--link-create :process process
                                                 :scan (aircher-msgpack-scan-at 1))))
      (setf (aircher-connection--link-buffer link) (generate-new-buffer " *aircher*" t))
      (with-current-buffer (aircher-connection--link-buffer link)
        (set-buffer-multibyte nil)
        (buffer-disable-undo))
      (set-process-filter process (lambda (_ bytes) (aircher-connection--filter link bytes)))
      (set-process-sentinel process (lambda (process _) (aircher-connection--watch link process)))
      ;; The sentinel says when it is open, from the main loop: nothing is sent before that.
      (setq aircher-connection--link link))))

(defun aircher-connection--watch (link process)
  "Handle a change of the state of PROCESS, the socket of LINK."
  (pcase (process-status process)
    ('open (aircher-connection--welcome link))
    ('connect nil)
    (_
     (let ((message (if (aircher-connection--link-is-open link)
                        "aircherd closed the connection"
                      "aircherd does not take the connection")))
       ;; What arrived before the end is handled first.
       (setf (aircher-connection--link-is-ended link) t
             (aircher-connection--link-end-message link) message)
       (unless (aircher-connection--link-reader link)
         (aircher-connection--end link message))))))

(defun aircher-connection--welcome (link)
  "Send what waited for LINK, which is open now."
  (unless (or (aircher-connection--link-is-open link) (not (eq link aircher-connection--link)))
    (setf (aircher-connection--link-is-open link) t)
    (setq aircher-connection--delay aircher-connection--first-delay)
    (let ((calls (nreverse aircher-connection--waiting)))
      (setq aircher-connection--waiting nil)
      (aircher-connection--say-hello
       link (if calls (aircher-call-context (car calls)) (aircher-connection-context)))
      (aircher-connection--resubscribe)
      (dolist (call calls)
        (when (eq link aircher-connection--link)
          (aircher-connection--send-call link call))))))

(defun aircher-connection--end (link message)
  "Close LINK; its requests fail with MESSAGE, or with what the daemon said last."
  (when (eq link aircher-connection--link)
    (setq aircher-connection--link nil
          aircher-connection--resubscribe-call nil)
    (dolist (timer (list (aircher-connection--link-reader link)
                         (aircher-connection--link-writer link)))
      (when (timerp timer) (cancel-timer timer)))
    (delete-process (aircher-connection--link-process link))
    (kill-buffer (aircher-connection--link-buffer link))
    (let* ((said (aircher-connection--link-last-error link))
           (failure (aircher-failure (or (aircher-get said 'code)
                                         (if (aircher-connection--link-is-open link)
                                             "connection_lost"
                                           "unreachable"))
                                     (or (aircher-get said 'message) message))))
      (maphash (lambda (_ call) (aircher-connection--finish call failure nil))
               (aircher-connection--link-calls link))
      (unless (aircher-connection--link-is-open link)
        (aircher-connection--fail-waiting failure))
      (dolist (subscription aircher-connection--subscriptions)
        (aircher-connection--call-safely (cdr subscription) 'lost nil failure))
      (aircher-connection--connect-later))))

(defun aircher-connection--fail-waiting (failure)
  "End the requests that wait for a connection with FAILURE."
  (let ((calls (nreverse aircher-connection--waiting)))
    (setq aircher-connection--waiting nil)
    (dolist (call calls)
      (aircher-connection--finish call failure nil))))

(defun aircher-connection--connect ()
  "See that the requests that wait are sent: connect, or start a daemon."
  (unless (or aircher-connection--link aircher-connection--starter)
    (condition-case problem
        (unless (aircher-connection--open)
          (aircher-connection--start-daemon))
      (aircher-address-error
       (aircher-connection--fail-waiting (aircher-failure "unreachable" (cadr problem)))))))

(defun aircher-connection--connect-later ()
  "While there is a subscription, connect again after a while."
  (when (and aircher-connection--subscriptions (not aircher-connection--timer))
    (setq aircher-connection--timer
          (run-at-time aircher-connection--delay nil #'aircher-connection--connect-again)
          aircher-connection--delay (min aircher-connection--last-delay
                                         (* 2 aircher-connection--delay)))))

(defun aircher-connection--connect-again ()
  "Connect for the subscriptions, without starting a daemon."
  (setq aircher-connection--timer nil)
  (when (and aircher-connection--subscriptions (not aircher-connection--link))
    (unless (ignore-error aircher-address-error (aircher-connection--open))
      (aircher-connection--connect-later))))

;;;; Starting a daemon

(defun aircher-connection--may-start ()
  "Return whether a daemon may be started."
  (and aircher-autostart
       (not (member (downcase (or (getenv "AIRCHER_AUTOSTART") "1"))
                    '("0" "no" "off" "false")))))

(defun aircher-connection--start-daemon ()
  "Start a daemon, and connect when it answers."
  (let ((program (car aircher-daemon-command))
        (path (aircher-address-find-socket)))
    (cond
     ((not (aircher-connection--may-start))
      (aircher-connection--fail-waiting
       (aircher-failure "unreachable" (format "aircherd is not running: no process listens on %s, and \
%s is off.  Run 'aircher-cli daemon start'" path
                                          (if aircher-autostart "AIRCHER_AUTOSTART"
                                            "`aircher-autostart'")))))
     ((not (and program (executable-find program)))
      (aircher-connection--fail-waiting
       (aircher-failure "unreachable" (format "aircherd is not running, and %s was not found: install \
it with 'pipx install aircher', or set `aircher-daemon-command'" (or program "its command")))))
     (t (aircher-connection--run-starter)))))

(defun aircher-connection--run-starter ()
  "Run `aircher-daemon-command'."
  (let ((default-directory "/")
        (output (generate-new-buffer " *aircher daemon start*" t)))
    (message "Starting aircherd...")
    (condition-case problem
        (setq aircher-connection--starter
              (make-process :name "aircher daemon start" :command aircher-daemon-command
                            :buffer output :noquery t :connection-type 'pipe
                            :sentinel #'aircher-connection--starter-ended))
      (error
       (kill-buffer output)
       (aircher-connection--fail-waiting
        (aircher-failure "unreachable" (error-message-string problem)))))))

(defun aircher-connection--starter-ended (process _event)
  "Connect when PROCESS, which starts the daemon, has ended."
  (unless (process-live-p process)
    (let ((output (with-current-buffer (process-buffer process)
                    (string-trim (buffer-string)))))
      (kill-buffer (process-buffer process))
      (setq aircher-connection--starter nil)
      (message nil)
      (cond
       (aircher-connection--link nil)
       ((eq 0 (process-exit-status process))
        (condition-case problem
            (unless (aircher-connection--open)
              (aircher-connection--fail-waiting
               (aircher-failure "unreachable" (format "aircherd was started, but does not listen on %s"
                                                  (aircher-address-find-socket)))))
          (aircher-address-error
           (aircher-connection--fail-waiting (aircher-failure "unreachable" (cadr problem))))))
       (t (aircher-connection--fail-waiting
           (aircher-failure "unreachable" (if (string-empty-p output)
                                          "aircherd could not be started"
                                        output))))))))

;;;; What others call

(defun aircher-connection--start-call (call)
  "Send CALL, or let it wait for a connection; return it."
  (if (aircher-connection-is-open)
      (aircher-connection--send-call aircher-connection--link call)
    (push call aircher-connection--waiting)
    (aircher-connection--connect))
  call)

(defun aircher-request (method params callback)
  "Send the request METHOD with PARAMS; return a handle for `aircher-cancel'.
CALLBACK is called once with a failure, which is nil or an alist, and the
result.  PARAMS is an alist, see `aircher-msgpack'."
  (aircher-connection--start-call
   (aircher-connection--make-call method params :on-done callback
                                  :context (aircher-connection-context))))

(cl-defun aircher-chat-start (params &key on-delta on-text on-done)
  "Start a chat with PARAMS; return a handle for `aircher-cancel'.
ON-DELTA is called with each delta.  ON-DONE is called once with a failure,
which is nil or an alist, and the result.  The request belongs to the project
of the current buffer's directory.

With ON-TEXT, usual text deltas are given to it instead, without making garbage.
It is called with the beginning and the end of the text's bytes, UTF-8, in the
current buffer, where they are only during the call."
  (aircher-connection--start-call
   (aircher-connection--make-call "chat" params :on-delta on-delta :on-text on-text
                                  :on-done on-done
                                  :context (aircher-connection-context))))

(defun aircher-notify (method params)
  "Send the notification METHOD with PARAMS, if the daemon is connected."
  (when (aircher-connection-is-open)
    (aircher-connection--write aircher-connection--link
                               (aircher-msgpack-encode (vector 2 method (vector params))))))

(defun aircher-cancel (handle)
  "Cancel the request HANDLE.
The provider's connection is closed at once, and the request ends with the
failure `cancelled'.  Nothing happens if it has ended."
  (pcase (aircher-call-state handle)
    ('sent (aircher-notify "$/cancel" `((id . ,(aircher-call-id handle)))))
    ('waiting
     (setq aircher-connection--waiting (delq handle aircher-connection--waiting))
     (aircher-connection--finish
      handle (aircher-failure "cancelled" "the request was cancelled") nil))))

(defun aircher-connection-close ()
  "Close the connection; the requests under way are cancelled."
  (when aircher-connection--link
    (aircher-connection--end aircher-connection--link "the connection was closed"))
  (when aircher-connection--timer
    (cancel-timer aircher-connection--timer)
    (setq aircher-connection--timer nil)))

;;;; Subscriptions

(defun aircher-subscribe (topics function)
  "Follow TOPICS, a list of strings; return a handle for `aircher-unsubscribe'.
FUNCTION is called with three values:

  `snapshot', the topic, and its state, after each (re)connection
  `event', the topic, and the event
  `lost', nil, and the failure, when the connection has ended
  `refused', the topic, and the failure, if this client may not follow it

The connection is made again by itself.  A topic that an older daemon does not
know is left out."
  (let ((subscription (cons topics function)))
    (push subscription aircher-connection--subscriptions)
    (if (aircher-connection-is-open)
        (aircher-connection--resubscribe)
      (aircher-connection--connect))
    subscription))

(defun aircher-follow (topics function)
  "Subscribe to TOPICS as `aircher-subscribe', but start no daemon.
FUNCTION is as there."
  (let ((subscription (cons topics function)))
    (push subscription aircher-connection--subscriptions)
    (cond ((aircher-connection-is-open) (aircher-connection--resubscribe))
          ((null aircher-connection--link) (aircher-connection--connect-again)))
    subscription))

(defun aircher-unsubscribe (subscription)
  "End SUBSCRIPTION, which `aircher-subscribe' has returned."
  (setq aircher-connection--subscriptions (delq subscription aircher-connection--subscriptions))
  (let ((unused (seq-difference (car subscription) (aircher-connection--topics))))
    (when (and unused (aircher-connection-is-open))
      (aircher-request "events.unsubscribe" `((topics . ,(vconcat unused))) #'ignore))))

(defun aircher-connection--topics ()
  "Return the topics of all subscriptions."
  (seq-uniq (mapcan (lambda (each) (copy-sequence (car each)))
                    (copy-sequence aircher-connection--subscriptions))))

(defun aircher-connection--resubscribe (&optional without)
  "Subscribe to the topics of all subscriptions, and get their state.
WITHOUT are topics that this daemon does not know."
  (when-let ((topics (seq-difference (aircher-connection--topics) without)))
    (when aircher-connection--resubscribe-call
      ;; Its snapshots would come before those of the new one.
      (setf (aircher-call-on-done aircher-connection--resubscribe-call) nil))
    (setq aircher-connection--resubscribe-call
          (aircher-request
           "events.subscribe" `((topics . ,(vconcat topics)))
           (lambda (failure result)
             (setq aircher-connection--resubscribe-call nil)
             (if failure
                 (aircher-connection--subscribe-to-fewer failure topics without)
               (pcase-dolist (`(,topic . ,state) (aircher-get result 'snapshot))
                 (aircher-connection--tell 'snapshot (symbol-name topic) state))))))))

(defun aircher-connection--subscribe-to-fewer (failure topics without)
  "Subscribe to TOPICS that the daemon knows, after FAILURE.
WITHOUT are those that it is known not to know.  Its message has the unknown
topic in quotes, and then the topics that it knows."
  (let ((unknown (and (equal (aircher-get failure 'code) "bad_request")
                      (seq-find (lambda (topic)
                                  (string-match-p (regexp-quote (format "'%s'" topic))
                                                  (or (aircher-get failure 'message) "")))
                                topics))))
    (cond (unknown (aircher-connection--resubscribe (cons unknown without)))
          ((aircher-connection-is-open)
           (message "aircher: cannot follow %s: %s" (string-join topics ", ")
                    (aircher-get failure 'message))
           (dolist (topic topics)
             (aircher-connection--tell 'refused topic failure))))))

(defun aircher-connection--handle-event (event)
  "Give EVENT to its subscriptions; if some were lost, get the state again."
  (let ((topic (aircher-get event 'topic)))
    (if (equal topic "lagged")
        (aircher-connection--resubscribe)
      (aircher-connection--tell 'event topic event))))

(defun aircher-connection--tell (kind topic value)
  "Give VALUE of KIND to the subscriptions to TOPIC."
  (dolist (subscription aircher-connection--subscriptions)
    (when (member topic (car subscription))
      (aircher-connection--call-safely (cdr subscription) kind topic value))))

(provide 'aircher-connection)

;;; aircher-connection.el ends here
