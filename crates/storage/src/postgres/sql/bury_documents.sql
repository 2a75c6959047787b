-- Another run may have found a document meanwhile: the row says so, and it stays.
WITH vanished AS (
    DELETE FROM documents d
    WHERE d.document_number = ANY ($2) AND d.seen_by_run <> $1
    RETURNING d.document_number, d.doc_key, d.doc_id, d.source_name, d.locator, d.content_hash
), buried AS (
    INSERT INTO document_tombstones (doc_key, doc_id, source_name, locator, content_hash, deleted_by_run)
    SELECT doc_key, doc_id, source_name, locator, content_hash, $1 FROM vanished
    ON CONFLICT (doc_key, deleted_by_run) DO NOTHING
)
SELECT document_number FROM vanished
