DELETE FROM documents WHERE doc_key = ANY ($1) RETURNING document_number
