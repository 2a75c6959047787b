SELECT document_number, content_hash, related_as IS NOT ?1 AS is_due
FROM documents
WHERE document_number > ?2 AND outcome = 'stored'
ORDER BY document_number
LIMIT ?3
