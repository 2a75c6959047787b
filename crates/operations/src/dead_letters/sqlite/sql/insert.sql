INSERT INTO dead_letter_queue
    (run_id, doc_id, source_name, locator, link_depth, priority, etag, modified_at, size_bytes, retry_count,
     revived_count, worker_id, error_class, error_message, format, fingerprint, attempts, died_at)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18
WHERE NOT EXISTS (SELECT 1 FROM document_queue WHERE run_id = ?1 AND doc_id = ?2)
  AND NOT EXISTS (SELECT 1 FROM documents WHERE doc_id = ?2 AND seen_by_run = ?1)
ON CONFLICT (run_id, doc_id) DO NOTHING
