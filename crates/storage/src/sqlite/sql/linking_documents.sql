SELECT document_number, locator, link_depth
FROM documents
WHERE document_number > ?3 AND source_name = ?2 AND seen_by_run = ?1
  AND EXISTS (SELECT 1 FROM relationships r
              WHERE r.document_number = documents.document_number AND r.relationship_type = 'explicit')
ORDER BY document_number
LIMIT ?4
