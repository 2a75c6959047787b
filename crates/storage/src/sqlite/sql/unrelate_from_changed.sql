-- Documents with relationships to a document that the run stored anew or removed are due, and so are duplicates of one.
UPDATE documents SET related_as = NULL
WHERE related_as IS NOT NULL AND document_number IN (
    SELECT r.document_number
    FROM relationships r
    JOIN documents changed ON changed.doc_id = r.target_doc_id
    WHERE changed.stored_by_run = ?1 AND r.relationship_type = 'cross_document'
    UNION
    SELECT r.document_number
    FROM relationships r
    JOIN document_tombstones removed ON removed.doc_id = r.target_doc_id
    WHERE removed.deleted_by_run = ?1 AND r.relationship_type = 'cross_document'
    UNION
    SELECT u.document_number
    FROM document_duplicates u
    LEFT JOIN documents first ON first.document_number = u.duplicate_of
    WHERE first.document_number IS NULL OR first.stored_by_run = ?1
)
