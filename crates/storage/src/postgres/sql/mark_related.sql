UPDATE documents SET related_as = $2 WHERE document_number = ANY ($1)
