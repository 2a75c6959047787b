-- Letters as a JSON array, each with the key of its document in hexadecimal digits.
INSERT INTO dead_letter_queue
    (run_id, doc_id, doc_key, source_name, locator, link_depth, priority, etag, modified_at, size_bytes, retry_count,
     revived_count, worker_id, error_class, error_message, format, fingerprint, attempts, died_at)
SELECT new.run_id, new.doc_id, decode(keys.doc_key, 'hex'), new.source_name, new.locator, new.link_depth, new.priority,
       new.etag, new.modified_at, new.size_bytes, new.retry_count, new.revived_count, new.worker_id, new.error_class,
       new.error_message, new.format, new.fingerprint, new.attempts, new.died_at
FROM unnest($2::text[]) WITH ORDINALITY AS keys (doc_key, place)
JOIN ROWS FROM (jsonb_to_recordset($1::text::jsonb) AS (
         run_id text, doc_id text, source_name text, locator text, link_depth integer, priority smallint, etag text,
         modified_at bigint, size_bytes bigint, retry_count integer, revived_count integer, worker_id text,
         error_class text, error_message text, format text, fingerprint text, attempts jsonb, died_at timestamptz))
     WITH ORDINALITY AS new (run_id, doc_id, source_name, locator, link_depth, priority, etag, modified_at, size_bytes,
         retry_count, revived_count, worker_id, error_class, error_message, format, fingerprint, attempts, died_at,
         place) USING (place)
WHERE NOT EXISTS (SELECT 1 FROM document_queue queued
                  WHERE queued.run_id = new.run_id AND queued.doc_key = decode(keys.doc_key, 'hex'))
  AND NOT EXISTS (SELECT 1 FROM documents d
                  WHERE d.doc_key = decode(keys.doc_key, 'hex') AND d.seen_by_run = new.run_id)
ORDER BY place
ON CONFLICT (run_id, doc_key) DO NOTHING
