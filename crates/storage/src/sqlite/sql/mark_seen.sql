-- Its stamp may be new while its content is not.
UPDATE documents
SET seen_by_run = ?2, etag = ?3, modified_at = ?4, size_bytes = coalesce(?5, size_bytes)
WHERE doc_id = ?1
