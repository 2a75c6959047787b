-- A page of the documents that link to some of source ?2, behind the number ?3, and those of the targets that run ?1 has
-- not handled, where it has handled the document: a row a target, and one with NULL for a document without any.
WITH page AS MATERIALIZED (
    SELECT DISTINCT document_number
    FROM document_dependencies
    WHERE document_number > ?3 AND target_source = ?2
    ORDER BY document_number
    LIMIT ?4
)
SELECT page.document_number, d.link_depth, dependency.target_source, dependency.target_locator
FROM page
LEFT JOIN documents d ON d.document_number = page.document_number AND d.seen_by_run = ?1
LEFT JOIN document_dependencies dependency
    ON dependency.document_number = d.document_number AND dependency.target_source = ?2
    AND NOT EXISTS (SELECT 1 FROM documents target
                    WHERE target.doc_key = dependency.target_key AND target.seen_by_run = ?1)
ORDER BY page.document_number
