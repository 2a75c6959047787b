-- Documents with relationships to a document that the run removed are due. A page of tombstones at a time; the answer is
-- the last of the page.
WITH page AS (
    SELECT doc_key, doc_id
    FROM document_tombstones
    WHERE deleted_by_run = $1 AND doc_key > $2
    ORDER BY doc_key
    LIMIT $3
), holders AS (
    SELECT DISTINCT r.document_number
    FROM relationships r
    JOIN page ON r.target_doc_id = page.doc_id
    WHERE r.relationship_type = 'cross_document'
), due AS (
    UPDATE documents d SET related_as = NULL
    FROM holders
    WHERE d.document_number = holders.document_number AND d.related_as IS NOT NULL
)
SELECT doc_key FROM page ORDER BY doc_key DESC LIMIT 1
