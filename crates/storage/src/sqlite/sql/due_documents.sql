SELECT document_number
FROM documents
WHERE document_number BETWEEN ?2 AND ?3 AND outcome = 'stored' AND related_as IS NOT ?1
ORDER BY document_number
