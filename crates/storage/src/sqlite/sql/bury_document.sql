INSERT INTO document_tombstones (doc_key, doc_id, source_name, locator, content_hash, deleted_by_run, deleted_at)
SELECT doc_key, doc_id, source_name, locator, content_hash, ?1, CAST(unixepoch('subsec') * 1000 AS INTEGER)
FROM documents
WHERE document_number = ?2
ON CONFLICT (doc_key, deleted_by_run) DO NOTHING
