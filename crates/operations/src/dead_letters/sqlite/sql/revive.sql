-- The letter's document at position ?2, with the number of its last attempt.
INSERT INTO document_queue
    (run_id, doc_id, source_name, locator, link_depth, etag, modified_at, size_bytes, priority, position, attempt,
     revived_count, created_at)
SELECT run_id, doc_id, source_name, locator, link_depth, etag, modified_at, size_bytes, priority, ?2,
       coalesce((SELECT max(value ->> 'attempt') FROM json_each(attempts)), 0), revived_count + 1,
       CAST(unixepoch('subsec') * 1000 AS INTEGER)
FROM dead_letter_queue
WHERE dead_letter_id = ?1
ON CONFLICT (run_id, doc_id) DO NOTHING
RETURNING queue_id
