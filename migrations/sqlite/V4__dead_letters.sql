-- Dead letters that can be searched, grouped, and put back into the queue.

ALTER TABLE dead_letter_queue ADD COLUMN format TEXT;        -- what the document was found to be, or 'unknown'; NULL when it died before this version
ALTER TABLE dead_letter_queue ADD COLUMN worker_id TEXT;     -- of the last attempt
ALTER TABLE dead_letter_queue ADD COLUMN fingerprint TEXT;   -- of the error with its variables taken out: 16 hexadecimal digits; NULL until it is computed
ALTER TABLE dead_letter_queue ADD COLUMN revived_count INTEGER NOT NULL DEFAULT 0;   -- how often it was put back into the queue
UPDATE dead_letter_queue SET worker_id = attempts ->> '$[#-1].worker_id';

ALTER TABLE document_queue ADD COLUMN revived_count INTEGER NOT NULL DEFAULT 0;

-- One for each filter; every index of SQLite ends with the number of the row, which is the order of the pages.
CREATE INDEX dead_letter_queue_by_run ON dead_letter_queue (run_id);
CREATE INDEX dead_letter_queue_by_source ON dead_letter_queue (source_name);
CREATE INDEX dead_letter_queue_by_class ON dead_letter_queue (error_class);
CREATE INDEX dead_letter_queue_by_format ON dead_letter_queue (format);
CREATE INDEX dead_letter_queue_by_fingerprint ON dead_letter_queue (fingerprint);
CREATE INDEX dead_letter_queue_by_age ON dead_letter_queue (died_at);
