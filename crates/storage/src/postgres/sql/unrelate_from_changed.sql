-- Documents with relationships to a document that the run stored anew are due: what they lead to may be another element
-- now. A page of documents at a time; the answer is the last of the page.
WITH page AS (
    SELECT document_number, doc_id, stored_by_run
    FROM documents
    WHERE document_number > $2
    ORDER BY document_number
    LIMIT $3
), changed AS (
    SELECT document_number, doc_id FROM page WHERE stored_by_run = $1
), holders AS (
    SELECT r.document_number
    FROM relationships r
    JOIN changed ON r.target_doc_id = changed.doc_id
    WHERE r.relationship_type = 'cross_document'
    UNION
    SELECT u.document_number FROM document_duplicates u JOIN changed ON u.duplicate_of = changed.document_number
), due AS (
    UPDATE documents d SET related_as = NULL
    FROM holders
    WHERE d.document_number = holders.document_number AND d.related_as IS NOT NULL
)
SELECT max(document_number) FROM page
