-- What is sealed of a message, sealed again under the key of a later month before its own was shredded
-- (docs/decisions/0055). Beside `messages`, which stays what Kafka gives: a rebuild and a later decision change it not.
CREATE TABLE resealed (
    sender     text        NOT NULL,
    message_id text        NOT NULL,
    sent_as    text        NOT NULL,             -- the person's number under which it was sent: the seal is bound to it
    sealed     text        NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sender, message_id, sent_as)
);
