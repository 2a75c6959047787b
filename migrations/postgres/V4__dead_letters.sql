-- Dead letters that can be searched, grouped, and put back into the queue.

ALTER TABLE dead_letter_queue
    ADD COLUMN format        text,                       -- what the document was found to be, or 'unknown'; NULL when it died before this version
    ADD COLUMN worker_id     text,                       -- of the last attempt
    ADD COLUMN fingerprint   text,                       -- of the error with its variables taken out: 16 hexadecimal digits; NULL until it is computed
    ADD COLUMN revived_count integer NOT NULL DEFAULT 0; -- how often it was put back into the queue
UPDATE dead_letter_queue SET worker_id = attempts -> -1 ->> 'worker_id';

-- Read by nothing that claims; no index knows it.
ALTER TABLE document_queue ADD COLUMN revived_count integer NOT NULL DEFAULT 0;

-- One for each filter, in the order of the pages.
CREATE INDEX dead_letter_queue_by_run ON dead_letter_queue (run_id, dead_letter_id);
CREATE INDEX dead_letter_queue_by_source ON dead_letter_queue (source_name, dead_letter_id);
CREATE INDEX dead_letter_queue_by_class ON dead_letter_queue (error_class, dead_letter_id);
CREATE INDEX dead_letter_queue_by_format ON dead_letter_queue (format, dead_letter_id);
CREATE INDEX dead_letter_queue_by_fingerprint ON dead_letter_queue (fingerprint, dead_letter_id);
CREATE INDEX dead_letter_queue_by_age ON dead_letter_queue (died_at);
