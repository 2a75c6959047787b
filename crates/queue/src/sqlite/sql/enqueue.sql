-- A document that is live, or was given up, in this run is not taken again.
INSERT INTO document_queue
    (run_id, doc_id, source_name, locator, link_depth, etag, modified_at, size_bytes, priority, position, created_at)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, CAST(unixepoch('subsec') * 1000 AS INTEGER)
WHERE NOT EXISTS (SELECT 1 FROM dead_letter_queue WHERE run_id = ?1 AND doc_id = ?2)
ON CONFLICT (run_id, doc_id) DO NOTHING
