-- A page of documents with links that a run has handled, and the targets it has not: a row a target,
-- and one with NULL for a document whose targets are all handled.
WITH page AS MATERIALIZED (
    SELECT d.document_number, d.locator, d.link_depth
    FROM documents d
    WHERE d.document_number > $3
      -- As a CASE and a subquery of one value, the conditions are checked row by row along the primary key
      -- until the page is full. As conditions of their own they look rare to a server that has not counted
      -- the tables lately, and it would go through all documents, or all links, for each page.
      AND CASE WHEN d.source_name = $2 AND d.seen_by_run = $1
               THEN (SELECT true FROM relationships r
                     WHERE r.document_number = d.document_number AND r.relationship_type = 'explicit'
                     LIMIT 1)
               ELSE false
          END
    ORDER BY d.document_number
    LIMIT $4
)
SELECT page.document_number, page.locator, page.link_depth, open_target.doc_id
FROM page
LEFT JOIN LATERAL (
    SELECT DISTINCT r.target_doc_id AS doc_id
    FROM relationships r
    WHERE r.document_number = page.document_number AND r.relationship_type = 'explicit'
      AND NOT EXISTS (SELECT 1 FROM documents target
                      WHERE target.doc_id = r.target_doc_id AND target.seen_by_run = $1)
) AS open_target ON true
ORDER BY page.document_number
