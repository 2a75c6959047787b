-- Duplicates of a document that is gone are due.
UPDATE documents d SET related_as = NULL
FROM document_duplicates u
WHERE d.document_number = u.document_number AND d.related_as IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM documents first WHERE first.document_number = u.duplicate_of)
